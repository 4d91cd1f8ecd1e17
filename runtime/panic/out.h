// out.h - text on its way to stderr, or to a caller's buffer.
//
// A crash report is long, and made when nothing can be trusted any more: no stdio, no allocation.
// Everything here is async-signal-safe.
#ifndef GORT_PANIC_OUT_H
#define GORT_PANIC_OUT_H

#include <stddef.h>
#include <stdint.h>

typedef struct Out {
    char *data;
    size_t capacity, length;
    int fd;   // written to when data is full; -1: what does not fit is dropped
} Out;

void gort_out_bytes(Out *o, const char *s, size_t n);
void gort_out_text(Out *o, const char *s);       // NULL prints nothing
void gort_out_indented(Out *o, const char *s);   // as gort_out_text, a tab after each newline
void gort_out_uint(Out *o, uint64_t v);
void gort_out_hex(Out *o, uint64_t v);           // with 0x
void gort_out_flush(
    Out *o); // fd >= 0 only: writes all; errors are dropped, there is nobody to tell

#endif
