// stack.h - goroutine stacks: where they come from, and whose guard an address lies in.
#ifndef GORT_MEM_STACK_H
#define GORT_MEM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct Goroutine;

typedef struct Stack {
    // [low, high): usable; the guard lies below low. high is 16-byte aligned.
    char *low, *high;
} Stack;

// A processor's free stacks, last in first out: the warmest is used first.
typedef struct StackCache {
    struct StackHeader *first;
    uint32_t count;
} StackCache;

// A stack for `owner`. From the cache (NULL: the caller holds no processor), else from the shared
// list, else new address space. Takes no lock on the fast path. Running out of memory is fatal.
Stack gort_stack_acquire(StackCache *cache, struct Goroutine *owner);
// Gives a stack back. Nobody may stand on it. Its contents stay until it is used again.
void gort_stack_release(StackCache *cache, Stack stack);
// All of a processor's free stacks to the shared list.
void gort_stack_cache_flush(StackCache *cache);
// The goroutine whose guard page holds the address, that is, who overflowed its stack; NULL: none.
// Async-signal-safe.
struct Goroutine *gort_stack_guard_owner(const void *address);
// Bytes of stacks that goroutines have, or processors keep for them; and of all.
void gort_stack_stats(uint64_t *inuse, uint64_t *sys);
// Checks a cache: its count, and that each free stack lies in a known chunk. Throws if not.
void gort_verify_stack_cache(const StackCache *cache);

#endif
