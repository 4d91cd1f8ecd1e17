// gc.h - what the tests of the collector share. Seen by .gc files only.
//
// Stacks are scanned conservatively: a dead word may keep an object, which is no error. So a test that wants to see
// objects die lets goroutines make them (an ended goroutine's stack is not scanned), or allows for a few.
#ifndef GC_H
#define GC_H

#include <go/runtime.h>
#include <go/time.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition, ...)                                                        \
    do {                                                                             \
        if (!(condition)) {                                                          \
            fprintf(stderr, "%s:%d: %s is false: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                            \
            fprintf(stderr, "\n");                                                   \
            _Exit(1);                                                                \
        }                                                                            \
    } while (0)

// What has been stored here escapes: the translator gives it a home on the heap.
static void *gc_sink;
#define gc_escape(p)                                                        \
    ({                                                                      \
        __auto_type gc_escaping = (p);                                      \
        __atomic_store_n(&gc_sink, (void *)gc_escaping, __ATOMIC_RELAXED);  \
        __atomic_store_n(&gc_sink, NULL, __ATOMIC_RELAXED);                 \
        gc_escaping;                                                        \
    })
#define gc_new(T) gc_escape(new(T))

// Collects until the condition holds, or has not held for long: its value. Cleanups run in between.
#define gc_until(condition)                        \
    ({                                             \
        bool gc_met = (condition);                 \
        for (int n = 0; !gc_met && n < 500; n++) { \
            go_gc();                               \
            go_yield();                            \
            gc_met = (condition);                  \
        }                                          \
        gc_met;                                    \
    })

static inline struct go_memstats gc_stats(void) {
    struct go_memstats m;
    go_read_memstats(&m);
    return m;
}

// Less work where each step costs much more: a collection at each allocation, a sanitizer.
static inline long gc_scaled(long n) {
    const char *debug = getenv("GODEBUG");
    if (debug && strstr(debug, "gcstress=1")) n = n / 200 + 1;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    n = n / 20 + 1;
#endif
    return n;
}

// Runs fn in a goroutine and waits for its end: what its stack held is gone then.
static inline void gc_elsewhere(void (*fn)(void)) {
    chan(go_unit) done = make(chan(go_unit));
    go {
        fn();
        close(done);
    }
    <-done;
}

// Between start and stop a goroutine collects all the time. Both are called on one goroutine.
static int gc_busy;
static chan(go_unit) gc_busy_done;
static inline void gc_always_start(void) {
    if (go_maxprocs(0) < 4) go_maxprocs(4);
    gc_busy_done = make(chan(go_unit));
    __atomic_store_n(&gc_busy, 1, __ATOMIC_SEQ_CST);
    go {
        while (__atomic_load_n(&gc_busy, __ATOMIC_SEQ_CST)) {
            go_gc();
            go_yield();
        }
        close(gc_busy_done);
    }
}
static inline void gc_always_stop(void) {
    __atomic_store_n(&gc_busy, 0, __ATOMIC_SEQ_CST);
    <-gc_busy_done;
    gc_busy_done = NULL;
}

// Garbage of n objects in several size classes, so that what was freed by mistake is soon overwritten.
struct gc_16 { void *p; long l[1]; };
struct gc_32 { void *p; long l[3]; };
struct gc_64 { void *p; long l[7]; };
struct gc_128 { void *p; long l[15]; };
#define gc_garbage(T)                                                       \
    ({                                                                      \
        T *gc_g = gc_new(T);                                                \
        for (size_t j = 0; j < sizeof gc_g->l / sizeof gc_g->l[0]; j++)     \
            gc_g->l[j] = -1;                                                \
    })
static inline void gc_churn(int n) {
    for (int i = 0; i < n; i++) switch (i & 3) {
        case 0: gc_garbage(struct gc_16); break;
        case 1: gc_garbage(struct gc_32); break;
        case 2: gc_garbage(struct gc_64); break;
        case 3: gc_garbage(struct gc_128); break;
        }
}
// Collects, and reuses what became free, a few times over.
static inline void gc_collect_and_reuse(void) {
    for (int i = 0; i < 3; i++) {
        go_gc();
        gc_churn((int)gc_scaled(4000));
    }
}

// A word that means nothing to the collector, for remembering where an object was.
static inline unsigned long gc_hide(const void *p) { return ~(unsigned long)p; }

// The number after a name of /proc/self/status, in KiB: VmHWM is the peak of resident memory.
static inline long gc_status(const char *name) {
    char line[256];
    long value = -1;
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, name, strlen(name))) value = atol(line + strlen(name) + 1);
    if (f) fclose(f);
    return value;
}

// Objects that are watched: gc_died counts those whose cleanup ran.
static long gc_died;
static inline void gc_count_death(void *arg) {
    (void)arg;
    __atomic_add_fetch(&gc_died, 1, __ATOMIC_SEQ_CST);
}
static inline void gc_watch(void *object) { go_add_cleanup(object, gc_count_death, NULL); }
static inline long gc_deaths(void) { return __atomic_load_n(&gc_died, __ATOMIC_SEQ_CST); }
// All n have died: of many, all but one in 500, for a word that equals the start of an object also keeps the one before it,
// which it may be one past the end of.
#define gc_all_died(n) (gc_until(gc_deaths() >= (n) - (n) / 500) && gc_deaths() <= (n))

#endif
