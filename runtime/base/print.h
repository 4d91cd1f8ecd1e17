// print.h - messages to stderr without stdio: no allocation, no lock, async-signal-safe.
//
// A message is put together in a buffer on the caller's stack and written with as few write() calls
// as possible, so that messages of several threads do not interleave within a line.
#ifndef GORT_BASE_PRINT_H
#define GORT_BASE_PRINT_H

#include <stddef.h>
#include <stdint.h>

typedef struct Print {
    size_t length;
    char text[512];
} Print;

void gort_print_start(Print *p);
void gort_print_text(Print *p, const char *text); // NULL prints nothing
void gort_print_int(Print *p, int64_t value);
void gort_print_uint(Print *p, uint64_t value);
void gort_print_hex(Print *p, uint64_t value); // with 0x
void gort_print_finish(Print *p); // writes what is left; preserves errno

#endif
