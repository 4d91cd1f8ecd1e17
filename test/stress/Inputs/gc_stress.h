// gc_stress.h - what the collector's stress programs share, for .gc files: seeds, how much to do, checks that print the seed.
//
// STRESS=N multiplies the work, SEED=N repeats a run's choices (with GODEBUG=seed=N and one processor also the interleaving).
#ifndef GC_STRESS_H
#define GC_STRESS_H

#include "../../gc/Inputs/gc.h"
#include <unistd.h>

static uint64_t stress_seed;

static inline long stress_scaled(long n) {
    const char *s = getenv("STRESS");
    long factor = s ? atol(s) : 1;
    return gc_scaled(n) * (factor > 0 ? factor : 1);
}
static inline void stress_start(int procs) {
    const char *s = getenv("SEED"), *debug = getenv("GODEBUG");
    stress_seed = s ? strtoull(s, NULL, 10) : (uint64_t)go_now() ^ (uint64_t)getpid() << 40;
    if (!getenv("GOMAXPROCS") && !(debug && strstr(debug, "seed="))) go_maxprocs(procs);
}
static inline uint32_t stress_random(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32);
}
static inline uint64_t stress_state(uint64_t number) { return stress_seed + number * 0x2545f4914f6cdd1du; }

// Fails with the seed, and as a crash, so that a core or a traceback is left.
#define STRESS_CHECK(condition, ...)                                                  \
    do {                                                                              \
        if (!(condition)) {                                                           \
            fprintf(stderr, "%s:%d: %s is false: ", __FILE__, __LINE__, #condition);  \
            fprintf(stderr, __VA_ARGS__);                                             \
            fprintf(stderr, " (SEED=%llu)\n", (unsigned long long)stress_seed);       \
            abort();                                                                  \
        }                                                                             \
    } while (0)

// Runs fn(0) to fn(n - 1) as goroutines, and waits for them.
static inline void stress_workers(int n, void (*fn)(int)) {
    chan(go_unit) done = make(chan(go_unit));
    for (int i = 0; i < n; i++) {
        go (int i = i) {
            fn(i);
            done <- (go_unit){};
        }
    }
    for (int i = 0; i < n; i++) <-done;
}

#endif
