// grey.h - objects that the collector has reached and not yet looked into.
//
// Whoever finds an address that may be an object's greys it: looks the object up, marks it, and,
// if it may hold pointers, puts it into a buffer of its own. Buffers are chunks; a full one goes to
// a list that all share, from which the marker (gc/mark.c) and helping allocators take.
//   1. An object is put into a buffer at most once a cycle: by the one whose marking came first.
//   2. A buffer belongs to one thread, or to the collector while that thread is stopped or asleep.
//   3. The lock of the shared list is held only by threads that cannot be stopped meanwhile (they
//      hold off suspension, or are the collector's own): nobody waits for a stopped thread.
#ifndef GORT_MEM_GREY_H
#define GORT_MEM_GREY_H

#include "base/config.h"
#include "mem/object.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct GreyChunk {
    struct GreyChunk *next;
    uint32_t n;
    uintptr_t v[GORT_GREY_CHUNK]; // first bytes of marked objects that may hold pointers
} GreyChunk;

typedef struct GreyBuffer {
    GreyChunk *chunk; // the one being filled, or NULL
    uint64_t marked_bytes; // of objects that this buffer's owner marked, since it was last collected
    uint64_t scan_bytes; // those of them that may hold pointers
} GreyBuffer;

// ---- shared chunks ------------------------------------------------------------------------------

// A full chunk, or NULL. The caller gives it back with gort_grey_recycle.
GreyChunk *gort_grey_take(void);
void gort_grey_give(GreyChunk *c); // to the shared list
GreyChunk *gort_grey_fresh(void); // empty
void gort_grey_recycle(GreyChunk *c);
bool gort_grey_list_is_empty(void);
uint64_t gort_grey_mapped_bytes(void); // by all chunks there are
// What the buffer holds goes to the shared list; true if that was anything.
bool gort_grey_flush(GreyBuffer *b);

// ---- greying ------------------------------------------------------------------------------------

void gort_grey_push_slow(GreyBuffer *b, uintptr_t object);

static inline __attribute__((always_inline)) void grey_push(GreyBuffer *b, uintptr_t object) {
    GreyChunk *c = b->chunk;
    if (likely(c && c->n < GORT_GREY_CHUNK))
        c->v[c->n++] = object;
    else
        gort_grey_push_slow(b, object);
}

// The object was found; marks and keeps it, if nobody else did.
static inline __attribute__((always_inline)) void grey_object(GreyBuffer *b, const Object *o) {
    if (gort_object_is_marked(o->span, o->index) || !gort_object_mark(o->span, o->index)) return;
    b->marked_bytes += o->span->elem_size;
    if (!o->span->scan) return;
    b->scan_bytes += o->span->elem_size;
    grey_push(b, o->base);
}

// Any word: if it is an address inside an object, that object.
static inline __attribute__((always_inline)) void grey_word(GreyBuffer *b, uintptr_t word) {
    Object o;
    if (gort_object_find(word, &o)) grey_object(b, &o);
}

// Each aligned word in [start, end).
void gort_grey_words(GreyBuffer *b, const void *start, const void *end);
// The same for stacks and registers, where the compiler keeps what it likes: a word that is an
// object's first address may also be one past the end of the object before. (Arrays have a byte to
// spare, so elsewhere such a word is still inside; and not to be believed: each pointer to an object
// would keep that object's neighbour, too.)
void gort_grey_ambiguous(GreyBuffer *b, const void *start, const void *end);

#endif
