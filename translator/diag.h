// diag.h - what the driver and the files of diag_*.c say to each other; the stages see only gocc.h.
#ifndef GOCC_DIAG_H
#define GOCC_DIAG_H

#include "gocc.h"

// How messages look: from gcc's options of the same names, set once by the driver.
typedef struct DiagOptions {
    bool caret;               // -fdiagnostics-show-caret
    bool color;               // -fdiagnostics-color, decided
    bool line_numbers;        // -fdiagnostics-show-line-numbers
    bool column;              // -fshow-column
    bool byte_columns;        // -fdiagnostics-column-unit=byte; otherwise what a terminal shows
    int column_origin;        // -fdiagnostics-column-origin
    int tab_stop;             // -ftabstop
    bool warnings;            // false: -w
    bool warnings_are_errors; // -Werror
    int max_errors;           // -fmax-errors; 0: no limit
} DiagOptions;
extern DiagOptions diag_options;

// ---- diag_columns.c: from the preprocessed text to what the user typed --------------------------
typedef struct UserPlace {
    const char *file;
    unsigned line, column; // from 1; column in bytes of the file's line
    bool system;
    const char *macro;     // the text came out of this macro's body, used at `line:column`; or NULL
    const char *body_file; // where in the body, if macro
    unsigned body_line, body_column;
} UserPlace;
UserPlace diag_locate(const Source *s, size_t offset);

// ---- diag_lines.c: the users' files, line by line -----------------------------------------------
// The line's text without its end; NULL if there is no such file or line. The pointer stays valid.
const char *diag_line(const char *file, unsigned line, size_t *length);
// A token's length in bytes at `column` (from 1) of a line, at least 1.
size_t diag_token_length(const char *line, size_t length, unsigned column);
// The column as a terminal shows it: tabs go to the next stop, wide characters take two columns.
unsigned diag_display_column(const char *line, size_t length, unsigned column);

// ---- diag_includes.c: how a file came into the unit ---------------------------------------------
// Prints `In file included from ...`, unless the file is the main one, or was told last time.
void diag_print_includes(FILE *out, const Source *s, size_t offset);

// ---- diag_print.c: one message ------------------------------------------------------------------
// `kind` is gcc's word: "error", "warning", "note", "fatal error".
void diag_print(FILE *out, const UserPlace *place, const char *kind, const char *text);
// A message without a place: `gocc: error: text`.
void diag_print_plain(FILE *out, const char *kind, const char *text);

#endif
