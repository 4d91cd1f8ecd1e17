// numbers.h - what the tests share that ask where addresses go when C calls them numbers.
#ifndef NUMBERS_H
#define NUMBERS_H

#define _GNU_SOURCE
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

chan(int) unused;
typedef uintptr_t word;
struct node { struct node *next; long n; int *p; unsigned u; };
struct numbers { long n, m; };
struct mixed { long n; int *p; };
struct xdexim { int *p; long n; };
struct halves { unsigned lo, hi; };
struct packed_long { long v; } __attribute__((packed));
static word gword;
static long garray[4];
static double gdouble;
static int failed;

static int *of(word w) { return (int *)w; }
static __attribute__((noinline)) void smash(void) {
    volatile char b[8192];
    memset((char *)b, 0x5a, sizeof b);
}

// The pointer, or after the call the number w, is the address of a 7.
static void is_seven(word w, const char *what) {
    smash();
    if (w > 4096 && *(int *)w == 7) return;
    printf("FAIL %s\n", what);
    failed = 1;
}
#define T(e) is_seven((word)(e), #e)
#define V(e, w)                      \
    do {                             \
        gword = 0;                   \
        e;                           \
        smash();                     \
        is_seven((w), #e);           \
    } while (0)
#endif
