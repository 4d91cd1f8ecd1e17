// heap.h - memory for what the translator moves out of stack frames, and for channels.
#ifndef GORT_MEM_HEAP_H
#define GORT_MEM_HEAP_H

#include <stddef.h>
#include <stdint.h>

// A processor's piece of fresh memory: [next, end) is zero and unused.
typedef struct HeapCache {
    char *next, *end;
} HeapCache;

// Zeroed memory at a multiple of align (a power of two); never NULL, running out is fatal. The
// cache belongs to the caller's processor; NULL: the caller holds none, a shared one is used, under
// a lock.
void *gort_heap_allocate(HeapCache *cache, size_t size, size_t align);

#endif
