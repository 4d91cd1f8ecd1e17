// layout.c - where pointers lie in the objects of a span.
//
// Small objects (up to 512 bytes) have a bit for each word of the span. They are put down for a
// whole run at a time, in the belief that the objects of a run are of one type: the next
// allocation with the same layout has nothing to do. An object repeats its layout to the end of its
// slot: what lies beyond its size is zero. Larger objects have a pointer to their layout.
#include "base/abi.h"
#include "base/check.h"
#include "mem/central.h"

const struct go__layout go__layout_any = {1, {1}};

// The bits of one slot of e words (at most 64).
static uint64_t slot_pattern(const struct go__layout *layout, uint32_t e) {
    uint64_t p = layout->mask[0];
    for (uint32_t n = layout->words; n < e; n *= 2) p |= p << n;
    return e == 64 ? p : p & (((uint64_t)1 << e) - 1);
}

// Writes the low n bits of value at bit `at`. Only the span's holder writes: no atomic operation is
// needed, but whole words, since the marker reads the bits of other objects.
static void bits_write(uint64_t *bits, uint32_t at, uint32_t n, uint64_t value) {
    uint64_t mask = ~(uint64_t)0 >> (64 - n);
    uint64_t *word = &bits[at / 64];
    uint32_t shift = at % 64;
    value &= mask;
    store_relaxed(word, (load_relaxed(word) & ~(mask << shift)) | value << shift);
    if (shift + n > 64)
        store_relaxed(word + 1, (load_relaxed(word + 1) & ~(mask >> (64 - shift))) |
                                    value >> (64 - shift));
}

// The pattern of e bits again and again, from bit `from` up to `to`.
static void bits_repeat(uint64_t *bits, uint32_t from, uint32_t to, uint64_t pattern, uint32_t e) {
    unsigned __int128 many = pattern;
    for (uint32_t n = e; n < 128; n *= 2) many |= many << n;
    uint32_t phase = 0;
    while (from < to) {
        uint32_t n = 64 - from % 64;
        if (n > to - from) n = to - from;
        bits_write(bits, from, n, (uint64_t)(many >> phase));
        from += n;
        phase = (phase + n) % e;
    }
}

void gort_layout_put(Span *s, uint32_t from, uint32_t to, const struct go__layout *layout) {
    gort_assert(s->scan && layout && layout->words > 0);
    if (s->elem_size > GORT_POINTER_BITS_MAX) {
        for (uint32_t i = from; i < to; i++) store_relaxed(&s->layouts[i], layout);
        return;
    }
    uint32_t e = (uint32_t)(s->elem_size / 8);
    uint64_t pattern = slot_pattern(layout, e);
    if (to == from + 1)
        bits_write(s->pointer_bits, from * e, e, pattern);
    else
        bits_repeat(s->pointer_bits, from * e, to * e, pattern, e);
}
