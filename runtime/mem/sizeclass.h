// sizeclass.h - the sizes that small objects are rounded up to, and the spans they are cut from.
//
// The classes are Go's: 8 bytes to 32 KiB, each next one such that no object wastes more than an
// eighth (and a span's tail no more than an eighth of the span). Class 0 stands for large objects,
// which have spans of their own. A span class is a class and whether its objects may hold pointers:
// spans without pointers are never scanned.
#ifndef GORT_MEM_SIZECLASS_H
#define GORT_MEM_SIZECLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GORT_SIZE_CLASSES 68u
#define GORT_SPAN_CLASSES (2 * GORT_SIZE_CLASSES)
#define GORT_SMALL_MAX 32768u // larger objects are `large`
#define GORT_FINE_MAX 1024u // up to here the table has steps of 8 bytes, beyond of 128
#define GORT_TINY_MAX 7u // objects without pointers up to this size share blocks
#define GORT_TINY_BYTES 16u // of this size
#define GORT_TINY_CLASS 2u // and this class

extern const uint16_t gort_class_size[GORT_SIZE_CLASSES];
extern const uint8_t gort_class_pages[GORT_SIZE_CLASSES]; // of one span
extern const uint8_t gort_class_fine[GORT_FINE_MAX / 8 + 1]; // by (size + 7) / 8
extern const uint8_t gort_class_coarse[(GORT_SMALL_MAX - GORT_FINE_MAX) / 128 + 1];

// The smallest class whose objects hold `size` bytes (at least 1) at multiples of `align`; 0: none,
// the object is large. Spans begin at a page (8 KiB), so objects lie at multiples of what divides
// their size.
static inline unsigned size_class(size_t size, size_t align) {
    if (size > GORT_SMALL_MAX) return 0;
    unsigned c = size <= GORT_FINE_MAX ? gort_class_fine[(size + 7) / 8]
                                       : gort_class_coarse[(size - GORT_FINE_MAX + 127) / 128];
    while (gort_class_size[c] & (align - 1))
        if (++c == GORT_SIZE_CLASSES) return 0;
    return c;
}

static inline unsigned span_class(unsigned size_class, bool scan) { return size_class * 2 + scan; }

#endif
