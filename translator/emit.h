// emit.h - gocc --emit-c: final C as a file. emit.c says how.
#ifndef GOCC_EMIT_H
#define GOCC_EMIT_H

#include "gocc.h"

typedef struct EmitOptions {
    const char *name;        // of the .gc file
    const char *head;        // what the result begins with: a comment
    bool lines;              // keep the user's lines, and say which they are
    bool all_macros;         // define all macros of the user's that are defined before a header is included, not only reserved names
    bool undefine;           // headers' macros whose names occur in the text
    bool expand;             // leave nothing out: the text was preprocessed without -dD -dI
} EmitOptions;
// From final C; the result is malloc'ed.
char *emit_make(const char *text, size_t length, const EmitOptions *options, size_t *out_length);
// Have two preprocessed texts the same tokens? Directives other than #pragma do not count.
bool emit_same(const char *a, size_t a_length, const char *b, size_t b_length);

// ---- emit_break.c -------------------------------------------------------------------------------
// Appends one line of C, broken after statements and braces if it is long. *in_comment: a comment goes on from the line before, or
// to the one after.
void emit_broken(Buffer *out, const char *text, size_t n, bool *in_comment);
#endif
