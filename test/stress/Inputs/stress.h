// stress.h - what the stress programs share: how much to do, chance from a printed seed, and
// waiting for goroutines.
//
// STRESS=N in the environment multiplies the work (default 1), SEED=N repeats a run's choices. A
// program prints its seed if it fails.
#ifndef STRESS_H
#define STRESS_H

#include <go/chan.h>
#include <go/runtime.h>
#include <go/time.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint64_t stress_seed;

// How often, for STRESS=1; a goroutine costs 100 times as much under the thread sanitizer.
#ifndef STRESS_SMALLER
#if defined(__SANITIZE_THREAD__)
#define STRESS_SMALLER(n) ((n) / 20 + 1)
#else
#define STRESS_SMALLER(n) (n)
#endif
#endif

static inline long stress_scaled(long n) {
    const char *s = getenv("STRESS");
    long factor = s ? atol(s) : 1;
    return STRESS_SMALLER(n) * (factor > 0 ? factor : 1);
}

// GODEBUG=seed wants one processor.
static inline void stress_start(int procs) {
    const char *s = getenv("SEED"), *debug = getenv("GODEBUG");
    stress_seed = s ? strtoull(s, NULL, 10) : (uint64_t)go_now() ^ (uint64_t)getpid() << 40;
    if (!getenv("GOMAXPROCS") && !(debug && strstr(debug, "seed="))) go_maxprocs(procs);
}

// A number of this seed's sequence; each goroutine keeps a state of its own, begun with a number of
// its own.
static inline uint32_t stress_random(uint64_t *state) {
    uint64_t x = *state += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)(x >> 32);
}
static inline uint64_t stress_state(uint64_t number) {
    return stress_seed + number * 0x2545f4914f6cdd1du;
}

// Fails with the seed, and as a crash, so that a core or a traceback is left.
#define STRESS_CHECK(condition, ...)                                                 \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: %s is false: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                            \
            fprintf(stderr, " (SEED=%llu)\n", (unsigned long long)stress_seed);      \
            abort();                                                                 \
        }                                                                            \
    } while (0)

// n signals on c.
static inline void stress_join(GO_CHAN(go_unit) c, int n) {
    for (int i = 0; i < n; i++) go_chan_recv(c, (go_unit *)NULL);
}
static inline void stress_done(GO_CHAN(go_unit) c) {
    go_unit unit = {};
    go_chan_send(c, unit);
}

#endif
