// random.h - a small generator for choices that must be fair, not secret: xorshift64* with one word
// of state.
#ifndef GORT_BASE_RANDOM_H
#define GORT_BASE_RANDOM_H

#include <stdint.h>

typedef struct Random {
    uint64_t state;
} Random; // never 0

// Different seeds, also neighbouring ones, give unrelated sequences.
static inline void random_seed(Random *r, uint64_t seed) {
    seed = (seed + 0x9e3779b97f4a7c15u) * 0xbf58476d1ce4e5b9u;
    seed ^= seed >> 31;
    r->state = seed ? seed : 0x2545f4914f6cdd1du;
}

static inline uint32_t random_next(Random *r) {
    uint64_t x = r->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    r->state = x;
    return (uint32_t)((x * 0x2545f4914f6cdd1du) >> 32);
}

// Uniform in [0, n); n > 0. The product method: its bias is below n / 2^32.
static inline uint32_t random_below(Random *r, uint32_t n) {
    return (uint32_t)(((uint64_t)random_next(r) * n) >> 32);
}

#endif
