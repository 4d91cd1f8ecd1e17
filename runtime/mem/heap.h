// heap.h - the collected heap, as the rest of the runtime sees it.
//
// Memory for what the translator moves out of stack frames, for `new` and `make`, for channels.
// Reading order of what is behind: sizeclass.h, span.h, arena.h, pageheap.c (pages), central.c
// (spans by class), alloc.h and alloc.c (objects), layout.c (where pointers lie), sweep.c,
// object.h (from an address to its object), stats.c, verify.c.
//
// What a collector must do, and when:
//   - An allocation must not be interrupted in the middle and stopped there: its caller holds off
//     suspension around it.
//   - Before marking: all spans are swept (gort_heap_sweep_done). Then set gort_heap_black; from
//     the moment when everybody has seen it new objects are marked when they are made.
//   - When marking is over: stop the world, flush all caches and the shared one, clear
//     gort_heap_black, set gort_heap_live to the bytes of what is marked, gort_heap_sweep_start.
//   - Sweep at leisure, in any thread; whoever needs a span sweeps for himself, too.
#ifndef GORT_MEM_HEAP_H
#define GORT_MEM_HEAP_H

#include "mem/span.h"

// What a processor allocates from, without a lock. All zero: empty. Once used it must stay where it
// is for ever.
typedef struct HeapCache {
    uintptr_t tiny_start, tiny_end; // rest of a block for tiny objects: zero, and unused
    // A collection is due (gort_heap_live has reached gort_heap_trigger), or marking goes on and
    // this cache has taken more memory, or GODEBUG=gcstress wants a collection. Whoever looks at it
    // resets it.
    uint8_t attention;
    uint64_t taken; // bytes of free slots and large objects since whoever pays for it set it to 0
    uint64_t tiny_count; // (a) tiny objects ever that shared a block with an earlier one
    Span *spans[GORT_SPAN_CLASSES]; // by span class; NULL: none
    // For the statistics, which others read at any time: stats.c. Objects ever allocated, but for
    // those in spans[] beyond a span's `counted`.
    uint64_t mallocs[GORT_SPAN_CLASSES]; // (a) written by the holder
    uint32_t version; // (a) odd while mallocs, spans, or the numbers of one of these change
    bool listed; // in the list of all caches, for ever
    struct HeapCache *next; // (c) there
} HeapCache;

// Zeroed memory for an object of `size` bytes at a multiple of align (a power of two); never NULL,
// running out is fatal. `layout`: where pointers lie; NULL: nowhere. The cache belongs to the
// caller's processor; NULL: the caller holds none, a shared one is used, under a lock, and
// gort_heap_attention is set where a cache's attention would be.
void *gort_heap_allocate(HeapCache *cache, size_t size, size_t align,
                         const struct go__layout *layout);
// Gives a cache's spans back; NULL: the shared cache's. By its holder, or with the world stopped.
void gort_heap_cache_flush(HeapCache *cache);

extern uint8_t gort_heap_black; // 0 or 1: new objects are marked
extern uint8_t gort_heap_attention; // (a) attention of the shared cache
// (a) Bytes in use, and those allocated since: a cache counts a span's free slots when it takes it
// (and takes back what is left when it is flushed). A sweep does not subtract what it frees: the
// collector sets it to what it has marked.
extern uint64_t gort_heap_live;
extern uint64_t gort_heap_trigger; // (a) at first UINT64_MAX

// ---- sweeping -----------------------------------------------------------------------------------

// The world is stopped, caches are flushed, all was swept, marking is over: every span in use
// becomes unswept. O(1).
void gort_heap_sweep_start(void);
// Sweeps one span; false: none is left to take, or sweeping pauses. Any thread, not to be
// suspended.
bool gort_heap_sweep_one(void);
// No span is left, and nobody is in the middle of one.
bool gort_heap_sweep_done(void);
// While true nobody sweeps, and who needs a span takes fresh pages. Set with the world stopped.
void gort_heap_sweep_pause(bool pause);

// Gives about that many bytes of free pages back to the kernel, those of the largest runs first;
// returns how many it were.
size_t gort_heap_release(size_t bytes);
// How many bytes of pages the kernel should back at most; UINT64_MAX: any number. Who needs more
// sweeps first, and gives free pages back for it, and gets it all the same.
void gort_heap_limit(uint64_t bytes);
// How much could have been given back for window_ns without being missed; 0 also if the last other
// answer is not that old. Who gives back no more than that does not give back what the next
// cycle, a millisecond later, faults in again.
size_t gort_heap_idle(int64_t window_ns);

// ---- looking ------------------------------------------------------------------------------------

// Exact, for each cache as of some moment of the call. Suspension held off.
typedef struct HeapStats {
    uint64_t mallocs, frees; // objects ever allocated and freed (by a sweep)
    uint64_t objects; // mallocs - frees
    uint64_t total_alloc; // bytes ever allocated, in slots
    uint64_t bytes; // in allocated slots: reachable objects, and garbage not yet swept
    uint64_t spans; // spans in use
    uint64_t inuse; // bytes of pages in spans
    uint64_t idle; // bytes of free pages, those given back or never used included
    uint64_t released; // of idle: not backed by the kernel
    uint64_t sys; // inuse + idle: address space for objects
    uint64_t metadata_inuse, metadata_sys; // span structures with their bits; arena descriptors too
} HeapStats;
void gort_heap_stats(HeapStats *out);
// Checks all structures; throws if something is wrong. The world is stopped, or nobody else uses
// the heap; caches may be filled.
void gort_heap_verify(void);
// Calls fn for each span in use, in the order of addresses; the world is stopped.
void gort_heap_each(void (*fn)(Span *, void *), void *arg);

#endif
