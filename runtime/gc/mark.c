// mark.c - from grey to black: looking into objects.
//
// Where an object's pointers lie is known from its layout, kept by the allocator as a bit for each
// word (small objects) or as the layout itself. Each such word is looked up like any other word
// that may be an address: it need not be one, and may point into the middle of an object.
//
// The marker works from its own buffer, last in, first out, and gives chunks away when the buffer
// overflows, or when an allocating thread that must help has found none (hungry): then the older
// half, which most of the work hangs on. Words are
// looked up a few at a time: the look-up of one brings in a cache line while the others are dealt
// with (RING), because marking is little but cache misses.
#include "gc/gc.h"

enum { RING = 8 };

typedef struct Ring {
    uintptr_t v[RING];
    uint32_t at;
} Ring;

// A word goes in, the one that went in RING words ago is greyed.
static inline __attribute__((always_inline)) void ring_put(GreyBuffer *b, Ring *r, uintptr_t word) {
    Span *s = gort_span_of(word);
    if (!s) return;
    __builtin_prefetch(s->mark_bits);
    uintptr_t old = r->v[r->at];
    r->v[r->at] = word;
    r->at = (r->at + 1) % RING;
    if (old) grey_word(b, old);
}

static inline void ring_flush(GreyBuffer *b, Ring *r) {
    for (uint32_t i = 0; i < RING; i++) {
        uintptr_t word = r->v[(r->at + i) % RING];
        r->v[(r->at + i) % RING] = 0;
        if (word) grey_word(b, word);
    }
}

// ---- one object ---------------------------------------------------------------------------------

// Words [at, at + n) of a span with a bit for each.
static inline void scan_bits(GreyBuffer *b, Ring *r, const Span *s, size_t at, size_t n) {
    const uintptr_t *words = (const uintptr_t *)s->base;
    while (n > 0) {
        size_t shift = at % 64, here = 64 - shift < n ? 64 - shift : n;
        uint64_t bits = load_relaxed(&s->pointer_bits[at / 64]) >> shift;
        if (here < 64) bits &= ((uint64_t)1 << here) - 1;
        for (; bits; bits &= bits - 1)
            ring_put(b, r, load_relaxed(&words[at + (size_t)__builtin_ctzll(bits)]));
        at += here;
        n -= here;
    }
}

// Elements of a layout, one behind the other up to the end of the object.
static void scan_layout(GreyBuffer *b, Ring *r, uintptr_t base, size_t bytes,
                        const struct go__layout *layout) {
    const uintptr_t *words = (const uintptr_t *)base;
    size_t n = bytes / 8;
    for (size_t element = 0; element < n; element += layout->words)
        for (size_t at = 0; at < layout->words && element + at < n; at += 64)
            for (uint64_t bits = layout->mask[at / 64]; bits; bits &= bits - 1) {
                size_t i = element + at + (size_t)__builtin_ctzll(bits);
                if (i < n) ring_put(b, r, load_relaxed(&words[i]));
            }
}

static inline uint64_t scan_object(GreyBuffer *b, Ring *r, uintptr_t base) {
    Object o;
    if (!gort_object_find(base, &o)) return 0;
    const Span *s = o.span;
    gort_assert(s->scan && o.base == base);
    if (s->elem_size <= GORT_POINTER_BITS_MAX)
        scan_bits(b, r, s, (base - s->base) / 8, s->elem_size / 8);
    else if (s->layouts[o.index])
        scan_layout(b, r, base, s->elem_size, s->layouts[o.index]);
    return s->elem_size;
}

// ---- sharing ------------------------------------------------------------------------------------

static uint32_t hungry; // (a) somebody wanted to help, and found nothing
enum { WORTH_SHARING = 8, // objects
       ACCOUNT_BYTES = 1 << 20 }; // those who help see what is left as exactly

static __attribute__((noinline)) void share(GreyBuffer *b) {
    GreyChunk *c = b->chunk;
    if (!c || c->n < WORTH_SHARING) return;
    GreyChunk *half = gort_grey_fresh();
    half->n = c->n / 2;
    __builtin_memcpy(half->v, c->v, half->n * sizeof *c->v);
    c->n -= half->n;
    __builtin_memmove(c->v, c->v + half->n, c->n * sizeof *c->v);
    store_relaxed(&hungry, 0);
    gort_grey_give(half);
}

// ---- many ---------------------------------------------------------------------------------------

void gort_mark_account(GreyBuffer *b) {
    if (b->marked_bytes) add_relaxed(&gort_gc.marked_bytes, b->marked_bytes);
    if (b->scan_bytes) add_relaxed(&gort_gc.scan_bytes, b->scan_bytes);
    b->marked_bytes = b->scan_bytes = 0;
}

// The next grey object: from the buffer's chunk, else a chunk of the shared list takes its place.
static inline uintptr_t grey_pop(GreyBuffer *b) {
    GreyChunk *c = b->chunk;
    if (likely(c && c->n > 0)) return c->v[--c->n];
    GreyChunk *more = gort_grey_take();
    if (!more) return 0;
    if (c) gort_grey_recycle(c);
    b->chunk = more;
    return more->v[--more->n];
}

void gort_mark_drain(GreyBuffer *b) {
    Ring r = {0};
    for (;;) {
        uintptr_t object = grey_pop(b);
        if (!object) {
            ring_flush(b, &r);
            object = grey_pop(b);
        }
        if (!object) break;
        scan_object(b, &r, object);
        if (unlikely(b->scan_bytes >= ACCOUNT_BYTES)) gort_mark_account(b);
        if (unlikely(load_relaxed(&hungry))) share(b);
    }
    gort_mark_account(b);
}

uint64_t gort_mark_some(GreyBuffer *b, uint64_t bytes) {
    Ring r = {0};
    uint64_t done = 0;
    for (uintptr_t object; done < bytes && (object = grey_pop(b)) != 0;)
        done += scan_object(b, &r, object);
    ring_flush(b, &r);
    if (done < bytes) store_relaxed(&hungry, 1);
    return done;
}
