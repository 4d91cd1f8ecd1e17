// barrier.c - what generated code calls when it stores a pointer where others may find it.
//
// There is no collector yet, so nobody is told of anything: these are C's own operations.
#include <stdlib.h>

#include "base/abi.h"

unsigned char go__gc_marking;

void go__gc_store(void *slot, const void *value) {
    *(const void **)slot = value;
}

void go__gc_copy(void *to, const void *from, unsigned long n) {
    __builtin_memmove(to, from, n);
}

void go__gc_clear(void *to, int c, unsigned long n) {
    __builtin_memset(to, c, n);
}

void go__gc_qsort(void *base, unsigned long n, unsigned long size,
                  int (*compare)(const void *, const void *)) {
    qsort(base, n, size, compare);
}

void go__gc_atomic_begin(void *slot, const void *value) {
    (void)slot;
    (void)value;
}

void go__gc_atomic_end(void) {}
