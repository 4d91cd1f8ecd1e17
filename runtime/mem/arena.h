// arena.h - the heap's address space: arenas of 64 MiB, and from each page to its span.
//
// Arenas are made and never unmade. A table of all there can be (16 MiB of addresses, of which a
// page or two are touched) leads to an arena's descriptor, that to the span of each page. Both are
// read without a lock, by anyone at any time, with any address at all.
#ifndef GORT_MEM_ARENA_H
#define GORT_MEM_ARENA_H

#include "mem/span.h"

#define GORT_ARENA_SHIFT 26u
#define GORT_ARENA_BYTES ((size_t)1 << GORT_ARENA_SHIFT)
#define GORT_ARENA_PAGES ((size_t)1 << (GORT_ARENA_SHIFT - GORT_PAGE_SHIFT))
#if defined(__aarch64__)
#define GORT_ADDRESS_BITS 48u
#else
#define GORT_ADDRESS_BITS 47u
#endif
#define GORT_ARENAS_MAX ((size_t)1 << (GORT_ADDRESS_BITS - GORT_ARENA_SHIFT))

typedef struct Arena {
    // (a) written under the page heap's lock. A used span: all its pages. A free one: its first and
    // its last page; what the others say is old.
    Span *map[GORT_ARENA_PAGES];
    // Under the page heap's lock: pages that the kernel does not back, because they were never
    // touched or are given back. They are zero.
    uint64_t absent[GORT_ARENA_PAGES / 64];
    // Under the page heap's lock: pages from the start on that are mapped. All of them, but where
    // address space ran short.
    uint32_t mapped;
} Arena;

extern Arena *gort_arenas[GORT_ARENAS_MAX]; // (a) set once, with release

static inline Arena *arena_of(uintptr_t address) {
    size_t i = address >> GORT_ARENA_SHIFT;
    return i < GORT_ARENAS_MAX ? load_acquire(&gort_arenas[i]) : NULL;
}
// Where the arena map says which span a page belongs to; NULL: no arena there.
static inline Span **arena_slot(uintptr_t address) {
    Arena *a = arena_of(address);
    return a ? &a->map[address >> GORT_PAGE_SHIFT & (GORT_ARENA_PAGES - 1)] : NULL;
}

// The span in use that holds the address, or NULL; any value, any time, no lock. A span is not
// freed between the start of marking and the end of it, hence what the marker finds stays.
static inline Span *gort_span_of(uintptr_t address) {
    Span **slot = arena_slot(address);
    Span *s = slot ? load_acquire(slot) : NULL;
    if (!s || load_acquire(&s->state) != SPAN_USED) return NULL;
    return address - s->base < s->pages << GORT_PAGE_SHIFT ? s : NULL;
}

// Before a report on running out of memory: some address space that was kept for it is free again.
void gort_arena_reserve_drop(void);

// The rest is under the page heap's lock.

// Maps at least `pages` pages in one piece; sets *address and returns how many there are; 0: the
// kernel gives no more. They are absent, and belong to nobody.
size_t gort_arena_grow(size_t pages, uintptr_t *address);
// Marks pages as absent or not; returns how many of them were absent before.
size_t gort_arena_set_absent(uintptr_t address, size_t pages, bool absent);
size_t gort_arena_count_absent(uintptr_t address, size_t pages);
// Zeroed memory that is never given back, at a multiple of 64; NULL: there is none.
void *gort_metadata_allocate(size_t bytes);

extern size_t gort_arena_mapped_bytes, gort_metadata_mapped_bytes; // written under that lock

#endif
