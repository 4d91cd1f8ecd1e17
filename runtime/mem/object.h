// object.h - from an address to the object that contains it, and its mark.
#ifndef GORT_MEM_OBJECT_H
#define GORT_MEM_OBJECT_H

#include "mem/arena.h"

typedef struct Object {
    Span *span;
    uint32_t index; // of its slot
    uintptr_t base; // its first byte
} Object;

static inline uint32_t gort_object_index(const Span *s, uintptr_t address) {
    return (uint32_t)((address - s->base) * s->elem_magic >> 32);
}

// The object that holds this address; any value, any time. False: it is not in the heap, or in a
// slot that is free, or in the rest at a span's end.
static inline bool gort_object_find(uintptr_t address, Object *out) {
    Span *s = gort_span_of(address);
    if (!s) return false;
    uint32_t i = gort_object_index(s, address);
    if (i >= s->elem_count) return false;
    *out = (Object){s, i, s->base + i * s->elem_size};
    return gort_span_has(s, i, out->base);
}

static inline bool gort_object_is_marked(const Span *s, uint32_t index) {
    return bit_test(load_relaxed(&s->mark_bits), index);
}

// Marks it; true: it was not marked before. Any thread.
static inline bool gort_object_mark(Span *s, uint32_t index) {
    uint64_t *word = &load_relaxed(&s->mark_bits)[index / 64], bit = (uint64_t)1 << index % 64;
    if (load_relaxed(word) & bit) return false;
    return !(__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit);
}

#endif
