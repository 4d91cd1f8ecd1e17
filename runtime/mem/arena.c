// arena.c - address space for the heap.
//
// The first arena lies at 0xc000000000 where that is free, as in Go, and the next ones follow it,
// so that large objects may cross from one to the next, and pointers are told from small numbers. A
// sanitizer has its own ideas of addresses: there the kernel chooses. Under a limit of address
// space (ulimit -v) an arena may not fit: then it is mapped in pieces, as far as it goes.
#include "mem/arena.h"

#include "base/check.h"
#include "os/os.h"
#ifdef GORT_ASAN
#include <sanitizer/lsan_interface.h>
#endif

enum { PIECE_PAGES = 128, // 1 MiB: how an arena grows where 64 MiB are too many
       METADATA_BYTES = 256 << 10,
       RESERVE_BYTES = 4 << 20 }; // enough to map a program's symbols

Arena *gort_arenas[GORT_ARENAS_MAX];
size_t gort_arena_mapped_bytes, gort_metadata_mapped_bytes;
static uintptr_t next_arena = (uintptr_t)0xc0 << 32; // where the next one is tried
static uintptr_t partial; // an arena of which not all is mapped; 0: none
static void *reserve; // (a) address space for the last message; never touched
static char *metadata_next, *metadata_end;

void *gort_metadata_allocate(size_t bytes) {
    bytes = (bytes + 63) & ~(size_t)63;
    if ((size_t)(metadata_end - metadata_next) < bytes) {
        size_t all = bytes > METADATA_BYTES / 4 ? (bytes + 4095) & ~(size_t)4095 : METADATA_BYTES;
        char *p = gort_os_memory_map(all, 4096);
        if (!p) return NULL;
        gort_metadata_mapped_bytes += all;
        if (all != METADATA_BYTES) return p;
        metadata_next = p;
        metadata_end = p + all;
    }
    char *p = metadata_next;
    metadata_next += bytes;
    return p;
}

// Descriptors for the arenas of [start, start + bytes); false: no memory.
static bool arenas_enter(uintptr_t start, size_t bytes) {
    for (uintptr_t at = start; at < start + bytes; at += GORT_ARENA_BYTES) {
        if (arena_of(at)) continue;
        Arena *a = gort_metadata_allocate(sizeof *a);
        if (!a) return false;
        store_release(&gort_arenas[at >> GORT_ARENA_SHIFT], a);
    }
    return true;
}

static uintptr_t map_anywhere(size_t bytes) {
    uintptr_t p = (uintptr_t)gort_os_memory_map(bytes, GORT_ARENA_BYTES);
    if (p + bytes <= (uintptr_t)1 << GORT_ADDRESS_BITS) return p;
    gort_os_memory_unmap((void *)p, bytes);
    return 0;
}

// Address space at a multiple of an arena's size; 0: none.
static uintptr_t map_aligned(size_t bytes) {
#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
    for (int tries = 0; tries < 8; tries++) {
        uintptr_t at = next_arena;
        int result = gort_os_memory_map_at((void *)at, bytes);
        if (result == 0) return at;
        if (result > 0) break; // no memory: it would not be found elsewhere either
        next_arena = (at | (((uintptr_t)1 << 40) - 1)) + 1; // taken: one TiB on
    }
#endif
    return map_anywhere(bytes);
}

// Takes what is mapped at `address` into the arenas' books.
static size_t pages_enter(uintptr_t address, size_t pages) {
    for (size_t done = 0; done < pages;) {
        Arena *a = arena_of(address + (done << GORT_PAGE_SHIFT));
        size_t room = GORT_ARENA_PAGES - a->mapped, n = pages - done < room ? pages - done : room;
        a->mapped += (uint32_t)n;
        done += n;
    }
    gort_arena_set_absent(address, pages, true);
    gort_arena_mapped_bytes += pages << GORT_PAGE_SHIFT;
    return pages;
}

static size_t grow_at(uintptr_t at, size_t pages, uintptr_t *address) {
    size_t bytes = pages << GORT_PAGE_SHIFT;
    if (!at) return 0;
    if (!arenas_enter(at & ~(GORT_ARENA_BYTES - 1), bytes + (at & (GORT_ARENA_BYTES - 1)))) {
        gort_os_memory_unmap((void *)at, bytes);
        return 0;
    }
    uintptr_t end = at + bytes;
    next_arena = (end + GORT_ARENA_BYTES - 1) & ~(GORT_ARENA_BYTES - 1);
    partial = end == next_arena ? 0 : end & ~(GORT_ARENA_BYTES - 1);
    *address = at;
#ifdef GORT_ASAN
    __lsan_register_root_region((void *)at, bytes); // what objects point to is not leaked
#endif
    return pages_enter(at, pages);
}

static size_t grow_partial(size_t pages, uintptr_t *address) {
    if (!partial) return 0;
    uint32_t mapped = arena_of(partial)->mapped;
    uintptr_t at = partial + ((size_t)mapped << GORT_PAGE_SHIFT);
    if (pages > GORT_ARENA_PAGES - mapped) return 0;
    if (gort_os_memory_map_at((void *)at, pages << GORT_PAGE_SHIFT) != 0) return 0;
    return grow_at(at, pages, address);
}

size_t gort_arena_grow(size_t pages, uintptr_t *address) {
    size_t whole = (pages + GORT_ARENA_PAGES - 1) & ~(GORT_ARENA_PAGES - 1);
    size_t pieces = (pages + PIECE_PAGES - 1) & ~(size_t)(PIECE_PAGES - 1);
    if (whole > (((uintptr_t)1 << GORT_ADDRESS_BITS) >> GORT_PAGE_SHIFT) / 2) return 0;
    if (!reserve) store_relaxed(&reserve, gort_os_memory_map(RESERVE_BYTES, GORT_PAGE_BYTES));
    size_t n = grow_partial(pieces, address);
#ifndef GORT_ASAN // the leak sanitizer will read all of it
    if (!n) n = grow_at(map_aligned(whole << GORT_PAGE_SHIFT), whole, address);
#endif
    if (!n) n = grow_at(map_aligned(pieces << GORT_PAGE_SHIFT), pieces, address);
    return n;
}

void gort_arena_reserve_drop(void) {
    void *p = exchange_acq_rel(&reserve, NULL);
    if (p) gort_os_memory_unmap(p, RESERVE_BYTES);
}

// ---- which pages the kernel backs ---------------------------------------------------------------

// Calls fn for each word of `absent` that [address, + pages) touches, with the bits that are meant.
static size_t absent_each(uintptr_t address, size_t pages, size_t (*fn)(uint64_t *, uint64_t)) {
    size_t sum = 0;
    uintptr_t page = address >> GORT_PAGE_SHIFT, end = page + pages;
    while (page < end) {
        uint64_t *word = &arena_of(page << GORT_PAGE_SHIFT)->absent[page % GORT_ARENA_PAGES / 64];
        size_t n = 64 - page % 64;
        if (n > end - page) n = end - page;
        sum += fn(word, ~(uint64_t)0 >> (64 - n) << page % 64);
        page += n;
    }
    return sum;
}

// Mostly all or nothing: counting bits is a call where the processor may be an old one.
static size_t bits_count(uint64_t bits, uint64_t mask) {
    bits &= mask;
    return bits ? (size_t)__builtin_popcountll(bits) : 0;
}

static size_t absent_set(uint64_t *word, uint64_t mask) {
    size_t before = bits_count(*word, mask);
    *word |= mask;
    return before;
}
static size_t absent_clear(uint64_t *word, uint64_t mask) {
    size_t before = bits_count(*word, mask);
    *word &= ~mask;
    return before;
}
static size_t absent_count(uint64_t *word, uint64_t mask) {
    return bits_count(*word, mask);
}

size_t gort_arena_set_absent(uintptr_t address, size_t pages, bool absent) {
    return absent_each(address, pages, absent ? absent_set : absent_clear);
}
size_t gort_arena_count_absent(uintptr_t address, size_t pages) {
    return absent_each(address, pages, absent_count);
}
