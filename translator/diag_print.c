// diag_print.c - one message in gcc's form: place, kind and text, then the line with a caret.
//
//     file.gc:12:9: error: value of type 'char *' sent on 'chan(int)'
//        12 |     c <- "x";
//           |       ^~
//
// Editors and build tools parse this form, so nothing in it is ours to change.

#include "diag.h"

#include <string.h>

static const char *paint(const char *color) {
    return diag_options.color ? color : "";
}

#define COLOR_LOCUS paint("\33[01m\33[K")
#define COLOR_END paint("\33[m\33[K")

static const char *kind_color(const char *kind) {
    if (strstr(kind, "error"))
        return paint("\33[01;31m\33[K");
    return paint(strcmp(kind, "warning") == 0 ? "\33[01;35m\33[K" : "\33[01;36m\33[K");
}

// The column that is printed, by -fdiagnostics-column-unit and -fdiagnostics-column-origin.
static unsigned shown_column(const char *line, size_t length, unsigned column) {
    unsigned shown =
        line && !diag_options.byte_columns ? diag_display_column(line, length, column) : column;
    return shown - 1 + (unsigned)diag_options.column_origin;
}

// Tabs become blanks, so that the caret below stands right whatever the terminal's stops are.
static void put_line(FILE *out, const char *line, size_t length) {
    unsigned at = 1;
    for (size_t i = 0; i < length; i++) {
        if (line[i] != '\t') {
            fputc(line[i] ? line[i] : ' ', out);
            continue;
        }
        unsigned next = diag_display_column(line, length, (unsigned)i + 2);
        for (at = diag_display_column(line, length, (unsigned)i + 1); at < next; at++)
            fputc(' ', out);
    }
}

static int digits(unsigned n) {
    int count = 1;
    for (; n >= 10; n /= 10)
        count++;
    return count;
}

static void put_gutter(FILE *out, unsigned line) {
    int w = digits(line) > 5 ? digits(line) : 5;
    if (!diag_options.line_numbers)
        fputc(' ', out);
    else if (line)
        fprintf(out, "%*u | ", w, line);
}

// A line longer than this is no help to anybody.
enum { SHOWN_BYTES = 4096 };

static void put_caret(FILE *out, const UserPlace *place, const char *line, size_t length,
                      const char *kind) {
    if (place->column > length + 1 || length > SHOWN_BYTES)
        return;
    put_gutter(out, place->line);
    put_line(out, line, length);
    fputc('\n', out);
    int w = digits(place->line) > 5 ? digits(place->line) : 5;
    fprintf(out, diag_options.line_numbers ? "%*s | " : " ", w, "");
    unsigned start = diag_display_column(line, length, place->column);
    size_t bytes = diag_token_length(line, length, place->column);
    unsigned end = diag_display_column(line, length, place->column + (unsigned)bytes);
    fprintf(out, "%*s%s^", (int)start - 1, "", kind_color(kind));
    for (unsigned i = start + 1; i < end; i++)
        fputc('~', out);
    fprintf(out, "%s\n", COLOR_END);
}

static void put_message(FILE *out, const UserPlace *place, const char *kind, const char *text) {
    size_t length = 0;
    const char *line = diag_line(place->file, place->line, &length);
    fprintf(out, "%s%s:%u:", COLOR_LOCUS, place->file, place->line);
    if (diag_options.column && place->column)
        fprintf(out, "%u:", shown_column(line, length, place->column));
    fprintf(out, "%s %s%s: %s%s\n", COLOR_END, kind_color(kind), kind, COLOR_END, text);
    if (line && diag_options.caret && place->column)
        put_caret(out, place, line, length, kind);
}

void diag_print(FILE *out, const UserPlace *place, const char *kind, const char *text) {
    put_message(out, place, kind, text);
    if (!place->macro)
        return;
    UserPlace body = {
        .file = place->body_file, .line = place->body_line, .column = place->body_column};
    put_message(out, &body, "note", arena_format("in definition of macro '%s'", place->macro));
}

void diag_print_plain(FILE *out, const char *kind, const char *text) {
    fprintf(out, "%sgocc:%s %s%s: %s%s\n", COLOR_LOCUS, COLOR_END, kind_color(kind), kind,
            COLOR_END, text);
}
