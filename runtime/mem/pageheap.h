// pageheap.h - runs of pages: who needs a span gets one here, and whole free spans come back.
#ifndef GORT_MEM_PAGEHEAP_H
#define GORT_MEM_PAGEHEAP_H

#include "mem/arena.h"

// Counts of pages; written under the page heap's lock.
typedef struct PageStats {
    uint64_t used; // in spans
    uint64_t free; // all others
    uint64_t absent; // of the free ones: not backed by the kernel
    uint64_t spans; // spans in use
    uint64_t metadata; // bytes mapped for structures and arena descriptors
    uint64_t structures; // bytes of span structures ever made
    uint64_t spare_structures; // of these: bytes not in use
} PageStats;

typedef enum Grow { // what pages may be taken
    GROW_NOT, // those that the kernel backs
    GROW_BELOW_LIMIT, // others, too, and new address space, as long as the limit holds
    GROW // for the limit's sake others go back to the kernel first, but it is not for ever
} Grow;

// A span of that many pages at a multiple of `align` bytes (a power of two), with `extra` bytes
// behind its structure (their contents are arbitrary). Set: base, pages, needs_zero, extra_bytes;
// the caller sets the rest and publishes it. NULL: there are no pages.
Span *gort_pages_allocate(size_t pages, size_t align, size_t extra, Grow grow);
// Bytes of pages that the kernel should back at most; UINT64_MAX: any number.
void gort_pages_limit(uint64_t bytes);
// The span is complete: gort_span_of finds it from now on.
void gort_pages_publish(Span *s);
// A used span's pages are free, and it is no more. Nobody may hold it.
void gort_pages_free(Span *s);
// Gives about that many bytes of free pages back to the kernel, the largest runs first; returns how
// many there were.
size_t gort_pages_release(size_t bytes);
// Bytes of free pages, backed by the kernel, that nobody has needed since the last answer other than
// 0: the fewest that there were. 0 also if that was less than window_ns ago.
size_t gort_pages_idle(int64_t window_ns);
PageStats gort_pages_stats(void);
// Checks all of it against the arena map; throws if something is wrong. The world is stopped.
void gort_verify_pages(void);
// Calls fn for each used span, in the order of addresses; the world is stopped.
void gort_pages_each(void (*fn)(Span *, void *), void *arg);

#endif
