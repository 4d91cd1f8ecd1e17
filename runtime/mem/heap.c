// heap.c - memory that stays: a pointer moves through fresh pages.
//
// There is no collector here, and so nothing is ever given back: an allocation takes the next bytes
// of the processor's piece (64 KiB), which comes from an arena (4 MiB of fresh address space, zero
// by the kernel's promise). Large objects get pages of their own. A build for the address sanitizer
// uses calloc, so that running over an object's end is found.
#include "mem/heap.h"

#include "base/check.h"
#include "base/upcalls.h"
#include "os/os.h"
#include <stdlib.h>
#ifdef GORT_ASAN
#include <sanitizer/lsan_interface.h>

static void *allocate(HeapCache *cache, size_t size, size_t align) {
    void *p = NULL;
    (void)cache;
    __lsan_disable();
    if (posix_memalign(&p, align < 16 ? 16 : align, size))
        gort_upcalls.fatal("runtime: out of memory");
    __lsan_enable();
    return __builtin_memset(p, 0, size);
}
#else
enum { PIECE = 64 << 10,
       ARENA = 4 << 20,
       LARGE = 16 << 10,
       PAGE = 4096 };

static Lock heap_lock;
static HeapCache shared;             // for callers without a processor; under heap_lock
static char *arena_next, *arena_end; // under heap_lock

static void *fresh_pages(size_t bytes, size_t align) {
    void *p =
        bytes <= SIZE_MAX / 4 && align <= SIZE_MAX / 4 ? gort_os_memory_map(bytes, align) : NULL;
    if (!p) gort_upcalls.fatal("runtime: out of memory");
    return p;
}

// A new piece for a cache; what was left of the old one is lost (at most LARGE bytes).
static void piece_take(HeapCache *cache) {
    if (arena_next == arena_end) {
        arena_next = fresh_pages(ARENA, PAGE);
        arena_end = arena_next + ARENA;
    }
    cache->next = arena_next;
    cache->end = arena_next += PIECE;
}

static char *bump(HeapCache *cache, size_t size, size_t align) {
    uintptr_t at = ((uintptr_t)cache->next + align - 1) & ~(uintptr_t)(align - 1);
    if (!cache->next || at + size > (uintptr_t)cache->end) return NULL;
    cache->next = (char *)at + size;
    return (char *)at;
}

static __attribute__((noinline)) void *allocate_slow(HeapCache *cache, size_t size, size_t align) {
    if (size > LARGE || align > PAGE)
        return fresh_pages((size + PAGE - 1) & ~(size_t)(PAGE - 1), align > PAGE ? align : PAGE);
    gort_lock_acquire(&heap_lock, RANK_ALLOCATE);
    HeapCache *from = cache ? cache : &shared;
    char *p = cache ? NULL : bump(from, size, align);
    if (!p) {
        piece_take(from);
        p = bump(from, size, align);
    }
    gort_lock_release(&heap_lock, RANK_ALLOCATE);
    return p;
}

static inline void *allocate(HeapCache *cache, size_t size, size_t align) {
    char *p = cache && size <= LARGE && align <= PAGE ? bump(cache, size, align) : NULL;
    return likely(p != NULL) ? p : allocate_slow(cache, size, align);
}
#endif

void *gort_heap_allocate(HeapCache *cache, size_t size, size_t align) {
    gort_assert(align && (align & (align - 1)) == 0);
    if (size == 0) size = 1; // distinct objects have distinct addresses, as C wants it
    return allocate(cache, size, align);
}
