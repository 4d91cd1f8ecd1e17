// grey.c - the chunks of grey objects that threads fill and share.
#include "mem/grey.h"

#include "base/check.h"
#include "base/flags.h"
#include "base/upcalls.h"
#include "os/os.h"

enum { BLOCK_BYTES = 256 << 10 }; // chunks are mapped so many at a time, and never unmapped

static SpinLock chunks_lock;
static GreyChunk *full; // under chunks_lock; read as a hint without
static GreyChunk *empty; // under chunks_lock
static uint64_t mapped_bytes; // (a) written under chunks_lock

// Under chunks_lock.
static void chunks_map(void) {
    char *block = gort_os_memory_map_signal(BLOCK_BYTES);
    if (!block) gort_upcalls.fatal("out of memory (the collector's queue)");
    store_relaxed(&mapped_bytes, mapped_bytes + BLOCK_BYTES);
    for (size_t at = 0; at + sizeof(GreyChunk) <= BLOCK_BYTES; at += sizeof(GreyChunk)) {
        GreyChunk *c = (GreyChunk *)(block + at);
        c->next = empty;
        empty = c;
    }
}

GreyChunk *gort_grey_fresh(void) {
    spin_lock(&chunks_lock, RANK_GREY);
    if (!empty) chunks_map();
    GreyChunk *c = empty;
    empty = c->next;
    spin_unlock(&chunks_lock, RANK_GREY);
    c->next = NULL;
    c->n = 0;
    return c;
}

void gort_grey_recycle(GreyChunk *c) {
    spin_lock(&chunks_lock, RANK_GREY);
    c->next = empty;
    empty = c;
    spin_unlock(&chunks_lock, RANK_GREY);
}

void gort_grey_give(GreyChunk *c) {
    gort_assert(c->n > 0 && c->n <= GORT_GREY_CHUNK);
    spin_lock(&chunks_lock, RANK_GREY);
    c->next = full;
    store_release(&full, c); // pairs with gort_grey_list_is_empty
    spin_unlock(&chunks_lock, RANK_GREY);
}

GreyChunk *gort_grey_take(void) {
    if (!load_relaxed(&full)) return NULL; // a hint: who must know for sure has stopped the world
    spin_lock(&chunks_lock, RANK_GREY);
    GreyChunk *c = full;
    if (c) full = c->next;
    spin_unlock(&chunks_lock, RANK_GREY);
    return c;
}

uint64_t gort_grey_mapped_bytes(void) { return load_relaxed(&mapped_bytes); }

bool gort_grey_list_is_empty(void) { return load_acquire(&full) == NULL; }

bool gort_grey_flush(GreyBuffer *b) {
    GreyChunk *c = b->chunk;
    b->chunk = NULL;
    if (!c) return false;
    if (c->n == 0) {
        gort_grey_recycle(c);
        return false;
    }
    gort_grey_give(c);
    return true;
}

__attribute__((noinline)) void gort_grey_push_slow(GreyBuffer *b, uintptr_t object) {
    if (b->chunk) gort_grey_give(b->chunk);
    b->chunk = gort_grey_fresh();
    if (unlikely(gort_flags.gcfault == 1)) return; // and the object is lost
    b->chunk->v[b->chunk->n++] = object;
}

__attribute__((no_sanitize("address"))) void gort_grey_words(GreyBuffer *b, const void *start,
                                                             const void *end) {
    const uintptr_t *p = (const uintptr_t *)(((uintptr_t)start + 7) & ~(uintptr_t)7);
    for (; p + 1 <= (const uintptr_t *)end; p++) grey_word(b, load_relaxed(p));
}

__attribute__((no_sanitize("address"))) void gort_grey_ambiguous(GreyBuffer *b, const void *start,
                                                                 const void *end) {
    const uintptr_t *p = (const uintptr_t *)(((uintptr_t)start + 7) & ~(uintptr_t)7);
    for (; p + 1 <= (const uintptr_t *)end; p++) {
        uintptr_t word = load_relaxed(p);
        Object o;
        bool found = gort_object_find(word, &o);
        if (found) grey_object(b, &o);
        // Objects end at multiples of 8; behind a span's last one lies none.
        if (word % 8 == 0 && (!found || word == o.base)) grey_word(b, word - 1);
    }
}
