// The heap without a collector: this test marks what it wants to keep, and sweeps. Size classes, zeroing and
// alignment, reuse, addresses inside and outside, tiny and large objects, layouts, pages given back, and a random
// mutator against a shadow of what should be there; at the end several threads at once.
#include "base/check.h"
#include "base/flags.h"
#include "base/random.h"
#include "mem/alloc.h"
#include "mem/central.h"
#include "mem/object.h"
#include "mem/poison.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static HeapCache cache;
static const struct go__layout pair = {2, {2}};   // an integer, a pointer

static bool is_zero(const void *p, size_t bytes) {
    const char *c = p;
    for (size_t i = 0; i < bytes; i++)
        if (c[i]) return false;
    return true;
}

static Object object_at(const void *p) {
    Object o;
    gort_check(gort_object_find((uintptr_t)p, &o));
    return o;
}

static void mark(const void *p) {
    Object o = object_at(p);
    gort_object_mark(o.span, o.index);
}

static void sweep_all(void) {
    gort_heap_cache_flush(&cache);
    gort_heap_cache_flush(NULL);
    gort_heap_verify();
    gort_heap_sweep_start();
    while (gort_heap_sweep_one()) continue;
    gort_check(gort_heap_sweep_done());
    gort_heap_verify();
}

static HeapStats stats(void) {
    HeapStats s;
    gort_heap_cache_flush(&cache);
    gort_heap_stats(&s);
    return s;
}

// Every size up to 40,000 (in steps), aligned as asked, zero, without overlap, found by all its addresses.
static void test_sizes(void) {
    static const size_t aligns[] = {1, 8, 16, 64, 4096, 65536};
    for (int round = 0; round < 2; round++) {
        for (size_t size = 1; size < 40000; size += size < 1100 ? 7 : 331)
            for (int i = 0; i < 6; i++) {
                const struct go__layout *layout = size % 2 ? NULL : &pair;
                char *p = gort_heap_allocate(&cache, size, aligns[i], layout);
                gort_check((uintptr_t)p % aligns[i] == 0 && is_zero(p, size));
                memset(p, 0xff, size);
                Object o = object_at(p), last = object_at(p + size - 1);
                gort_check(o.base == last.base && o.index == last.index && o.span == last.span);
                gort_check(o.span->scan == (layout != NULL));
                gort_check((uintptr_t)p == o.base || size <= GORT_TINY_MAX);
            }
        sweep_all();   // nothing was marked
        gort_check(stats().objects == 0 && stats().inuse == 0);
    }
    gort_check(gort_heap_allocate(&cache, 0, 1, NULL) != gort_heap_allocate(&cache, 0, 1, NULL));
    sweep_all();
}

static void test_junk(void) {
    Object o;
    static const uintptr_t junk[] = {0, 1, 8, UINTPTR_MAX, (uintptr_t)1 << 47, (uintptr_t)1 << 63, 0xc0000001};
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) gort_check(!gort_object_find(junk[i], &o));
    gort_check(!gort_object_find((uintptr_t)&o, &o) && !gort_object_find((uintptr_t)&cache, &o));
    char *p = gort_heap_allocate(&cache, 100, 8, NULL);
    gort_check(gort_object_find((uintptr_t)p, &o));
    // The next slot is in the run, and free; so is the first one that no run has reached.
    gort_check(!gort_object_find((uintptr_t)p + o.span->elem_size, &o));
    gort_check(!gort_object_find(o.span->base + (o.span->pages << GORT_PAGE_SHIFT) - 1, &o));
    sweep_all();
    gort_check(!gort_object_find((uintptr_t)p, &o));
}

// Of each ten objects one is kept; its bytes stay, and the other slots are used again, zeroed.
static void test_reuse(size_t size) {
    enum { COUNT = 2000 };
    static char *p[COUNT];
    for (int i = 0; i < COUNT; i++) memset(p[i] = gort_heap_allocate(&cache, size, 8, &pair), i, size);
    for (int i = 0; i < COUNT; i += 10) mark(p[i] + size / 2);
    size_t before = stats().inuse;
    (void)before;
    sweep_all();
    gort_check(stats().objects == COUNT / 10);
    for (int i = 0; i < COUNT; i++) {
        Object o = {0};
        gort_check(gort_object_find((uintptr_t)p[i], &o) == (i % 10 == 0));
        if (i % 10) continue;
        gort_check(o.base == (uintptr_t)p[i] && !gort_object_is_marked(o.span, o.index));
        for (size_t k = 0; k < size; k++) gort_check(p[i][k] == (char)i);
    }
    for (int i = 0; i < COUNT * 9 / 10; i++) gort_check(is_zero(gort_heap_allocate(&cache, size, 8, &pair), size));
#ifndef GORT_TSAN // which uses whole spans only
    gort_check(stats().inuse <= before && "the same pages are enough");
#endif
    sweep_all();
}

static void test_tiny(void) {
    char *a = gort_heap_allocate(&cache, 1, 1, NULL), *b = gort_heap_allocate(&cache, 2, 2, NULL),
         *c = gort_heap_allocate(&cache, 7, 4, NULL), *d = gort_heap_allocate(&cache, 7, 1, NULL);
    gort_check(a != b && b != c && (uintptr_t)b % 2 == 0 && (uintptr_t)c % 4 == 0);
    if (POISON || gort_flags.gcstress) return; // each has a block of its own
    gort_check(object_at(a).base == object_at(c).base && "three share a block of 16 bytes");
    gort_check(object_at(d).base != object_at(a).base);
    mark(c);
    sweep_all();
    gort_check(object_at(a).base == object_at(c).base && "one keeps the whole block");
    char *e = gort_heap_allocate(&cache, 1, 1, NULL);
    gort_check(object_at(e).base != object_at(a).base && "the rest of a block is not used after a sweep");
    sweep_all();
}

static void test_large(void) {
    enum { SIZE = 3 << 20 };
    for (int round = 0; round < 3; round++) {
        char *p = gort_heap_allocate(&cache, SIZE, 8, &pair), *q = gort_heap_allocate(&cache, 100001, 1, NULL),
             *r = gort_heap_allocate(&cache, (size_t)200 << 20, 1 << 20, NULL);
        gort_check((uintptr_t)p % 8192 == 0 && is_zero(p, SIZE) && is_zero(q, 100001));
        gort_check((uintptr_t)r % (1 << 20) == 0 && object_at(r + (199 << 20)).base == (uintptr_t)r);
        memset(p, 1, SIZE);
        memset(q, 1, 100001);
        r[0] = r[(200 << 20) - 1] = 1;
        gort_check(object_at(p + SIZE - 1).base == (uintptr_t)p && object_at(p).span->layouts[0] == &pair);
        mark(p + SIZE / 2);
        sweep_all();
        Object o;
        gort_check(gort_object_find((uintptr_t)p, &o) && p[SIZE - 1] == 1);
        gort_check(!gort_object_find((uintptr_t)q, &o) && !gort_object_find((uintptr_t)r, &o));
        sweep_all();
        gort_check(stats().objects == 0);
    }
}

static bool pointer_bit(const void *p, size_t word) {
    Object o = object_at(p);
    return bit_test(o.span->pointer_bits, (o.base - o.span->base) / 8 + word);
}

// The bits of each object are those of its layout, whichever layouts its neighbours have.
static void test_layouts(void) {
    static const struct go__layout three = {3, {5}}, last = {64, {1ul << 63}};
    const struct go__layout *all[] = {&pair, &go__layout_any, &three, &pair, &pair};
    enum { LARGEST = GORT_POINTER_BITS_MAX - POISON_TAIL };
    for (size_t size = 8; size <= LARGEST; size += 8)
        for (int i = 0; i < 60; i++) {
            const struct go__layout *l = all[(i + size / 8) % 5];
            char *p = gort_heap_allocate(&cache, size, 8, l);
            for (size_t w = 0; w < size / 8; w++) gort_check(pointer_bit(p, w) == (l->mask[0] >> w % l->words & 1));
        }
    char *p = gort_heap_allocate(&cache, LARGEST, 8, &last);
    for (size_t w = 0; w < LARGEST / 8; w++) gort_check(pointer_bit(p, w) == (w == 63));
    for (int i = 0; i < 50; i++) {
        p = gort_heap_allocate(&cache, 600, 8, all[i % 5]);
        gort_check(object_at(p).span->layouts[object_at(p).index] == all[i % 5]);
    }
    sweep_all();
}

// While marking, what is new is marked: small, tiny, large; what is not allocated is not.
static void test_black(void) {
    void *before = gort_heap_allocate(&cache, 48, 8, &pair), *tiny = gort_heap_allocate(&cache, 1, 1, NULL);
    gort_heap_black = 1;
    void *p[] = {gort_heap_allocate(&cache, 48, 8, &pair), gort_heap_allocate(&cache, 1, 1, NULL),
                 gort_heap_allocate(&cache, 50000, 8, NULL), gort_heap_allocate(&cache, 5000, 8, &pair)};
    for (int i = 0; i < 4; i++) gort_check(gort_object_is_marked(object_at(p[i]).span, object_at(p[i]).index));
    gort_check(!gort_object_is_marked(object_at(before).span, object_at(before).index));
    gort_check(!gort_object_is_marked(object_at(tiny).span, object_at(tiny).index));
    gort_heap_cache_flush(&cache);
    gort_heap_black = 0;
    sweep_all();
    gort_check(stats().objects == 4);
    sweep_all();
    gort_check(stats().objects == 0);
}

static __attribute__((unused)) size_t resident_bytes(void) {
    size_t pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    gort_check(f && fscanf(f, "%zu %zu", &pages, &resident) == 2);
    fclose(f);
    return resident * 4096;
}

static void test_release(void) {
#ifndef GORT_TSAN // where what is free is given back at once
    enum { BYTES = 64 << 20 };
    gort_heap_release(SIZE_MAX / 2);   // what earlier tests left, touched or not
    char *p = gort_heap_allocate(&cache, BYTES, 8, NULL);
    memset(p, 1, BYTES);
    size_t full = resident_bytes(), released = stats().released;
    sweep_all();
    gort_check(stats().released == released);
    gort_heap_idle(0);
    gort_check(gort_heap_idle(0) >= BYTES);
    gort_check(gort_heap_allocate(&cache, BYTES / 2, 8, NULL));
    sweep_all();
    gort_check(gort_heap_idle(0) < BYTES && "half of it was needed meanwhile");
    size_t n = gort_heap_release(BYTES / 2);
    gort_check(n >= BYTES / 2 && n < BYTES && stats().released == released + n);
    gort_check(resident_bytes() < full - BYTES / 4);
    gort_heap_release(SIZE_MAX);
    gort_check(stats().released == stats().idle && gort_heap_release(1) == 0);
    gort_heap_verify();
    gort_check(is_zero(gort_heap_allocate(&cache, BYTES, 8, NULL), BYTES));
    sweep_all();
#endif
}

// For the address sanitizer what lies behind an object is out of bounds, and so is a freed one.
static void test_poison(void) {
#ifdef GORT_ASAN
    for (size_t size = 1; size < 100000; size = size * 2 + 1) {
        char *p = gort_heap_allocate(&cache, size, 1, NULL);
        gort_check(!__asan_region_is_poisoned(p, size) && __asan_address_is_poisoned(p + size));
        gort_check(__asan_address_is_poisoned(p + size + 15));
        mark(p);
        sweep_all();
        gort_check(!__asan_region_is_poisoned(p, size));
        sweep_all();
        gort_check(__asan_address_is_poisoned(p) && __asan_address_is_poisoned(p + size - 1));
    }
#endif
}

static void test_trigger(void) {
    cache.attention = 0;
    gort_heap_trigger = gort_heap_live + (1 << 20);
    int n = 0;
    for (; !cache.attention; n++) gort_heap_allocate(&cache, 1024, 8, NULL);
    gort_check(gort_flags.gcstress || (n > 900 && n < 1100));
    gort_heap_trigger = UINT64_MAX;
    gort_heap_attention = 0;
    gort_heap_trigger = 0;
    gort_heap_allocate(NULL, 5000, 8, NULL);
    gort_check(gort_heap_attention);
    gort_heap_trigger = UINT64_MAX;
    sweep_all();
}

// ---- a random mutator ---------------------------------------------------------------------------

typedef struct Shadow {
    unsigned char *p;
    size_t size;
    unsigned char fill;
} Shadow;

static size_t random_size(Random *r) {
    uint32_t k = random_below(r, 100);
    if (k < 60) return 1 + random_below(r, 128);
    if (k < 95) return 1 + random_below(r, 3000);
    if (k < 99) return 1 + random_below(r, 40000);
    return 1 + random_below(r, 400000);
}

static void shadow_new(Shadow *s, Random *r) {
    static const struct go__layout *const layouts[] = {NULL, &pair, &go__layout_any};
    s->size = random_size(r);
    size_t align = (size_t)1 << random_below(r, 7);
    s->p = gort_heap_allocate(random_below(r, 50) ? &cache : NULL, s->size, align, layouts[random_below(r, 3)]);
    gort_check((uintptr_t)s->p % align == 0 && is_zero(s->p, s->size));
    s->fill = (unsigned char)(1 + random_below(r, 255));
    memset(s->p, s->fill, s->size);
}

static void shadow_check(const Shadow *s) {
    for (size_t i = 0; i < s->size; i += 1 + s->size / 64) gort_check(s->p[i] == s->fill);
    gort_check(s->p[s->size - 1] == s->fill);
}

static void test_random(uint64_t seed, int operations) {
    enum { LIVE = 20000 };
    static Shadow live[LIVE];
    memset(live, 0, sizeof live);
    Random r;
    random_seed(&r, seed);
    int mean = 1 + (int)random_below(&r, LIVE);
    for (int n = 0; n < operations; n++) {
        Shadow *s = &live[random_below(&r, (uint32_t)mean)];
        if (s->p) shadow_check(s);
        s->p = NULL;
        if (random_below(&r, 3)) shadow_new(s, &r);
        if (random_below(&r, 50000) == 0) gort_heap_release(random_below(&r, 1 << 24));
        if (random_below(&r, 60000)) continue;
        for (int i = 0; i < LIVE; i++)
            if (live[i].p) mark(live[i].p + random_below(&r, (uint32_t)live[i].size));
        gort_heap_cache_flush(&cache);
        gort_heap_cache_flush(NULL);
        gort_heap_verify();
        gort_heap_sweep_start();
        gort_heap_sweep_pause(random_below(&r, 2));
        for (int i = (int)random_below(&r, 3000); i > 0; i--) shadow_new(&live[random_below(&r, (uint32_t)mean)], &r);
        gort_heap_sweep_pause(false);
        for (int i = (int)random_below(&r, 3000); i > 0; i--) shadow_new(&live[random_below(&r, (uint32_t)mean)], &r);
        gort_heap_verify();
        while (gort_heap_sweep_one()) continue;
        gort_heap_verify();
        for (int i = 0; i < LIVE; i++)
            if (live[i].p) shadow_check(&live[i]);
    }
    sweep_all();
    gort_check(stats().objects == 0 && stats().bytes == 0);
}

// ---- several threads ----------------------------------------------------------------------------

// Threads allocate from caches of their own (one of them from the shared one) while another sweeps; between rounds
// everything stops, and what each thread has kept is marked.
enum { THREADS = 3,
       KEPT = 3000 };
static int rounds = 20;
static pthread_barrier_t barrier;
static Shadow kept[THREADS][KEPT];
static HeapCache caches[THREADS];

static void allocate_some(int id, Random *r) {
    static const struct go__layout *const layouts[] = {NULL, &pair, &go__layout_any};
    for (int n = 0; n < 20000; n++) {
        Shadow *s = &kept[id][random_below(r, KEPT)];
        if (s->p) shadow_check(s);
        s->size = 1 + random_below(r, random_below(r, 50) ? 300 : 20000);
        s->p = gort_heap_allocate(id ? &caches[id] : NULL, s->size, 8, layouts[random_below(r, 3)]);
        gort_check(is_zero(s->p, s->size));
        s->fill = (unsigned char)(1 + random_below(r, 255));
        memset(s->p, s->fill, s->size);
    }
}

static void *allocator(void *arg) {
    int id = (int)(intptr_t)arg;
    Random r;
    random_seed(&r, (uint64_t)id + 77);
    for (int round = 0; round < rounds; round++) {
        allocate_some(id, &r);
        pthread_barrier_wait(&barrier);   // all stand still
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

static void stop_and_mark(void) {
    for (int i = 0; i < THREADS; i++) {
        gort_heap_cache_flush(&caches[i]);
        for (int k = 0; k < KEPT; k++)
            if (kept[i][k].p) mark(kept[i][k].p);
    }
    gort_heap_cache_flush(NULL);
    gort_heap_verify();
    gort_heap_sweep_start();
}

static void test_threads(void) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (intptr_t i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, allocator, (void *)i);
    for (int round = 0; round < rounds; round++) {
        while (gort_heap_sweep_one()) gort_heap_release(1 << 16);
        pthread_barrier_wait(&barrier);
        while (gort_heap_sweep_one()) continue;
        stop_and_mark();
        pthread_barrier_wait(&barrier);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        gort_heap_cache_flush(&caches[i]);
    }
    while (gort_heap_sweep_one()) continue;
    sweep_all();
    gort_check(stats().objects == 0);
}

int main(int argc, char **argv) {
    gort_flags_read();
    int scale = argc > 1 ? atoi(argv[1]) : 1;   // 0: a short run
    if (scale == 0) rounds = 4;
    test_sizes();
    test_junk();
    for (size_t size = 8; size < 3000; size = size * 3 / 2 + 8) test_reuse(size);
    test_tiny();
    test_large();
    test_layouts();
    test_black();
    test_release();
    test_poison();
    test_trigger();
    for (int i = 0; i < 3 * scale; i++) test_random((uint64_t)i, 300000);
    test_threads();
    puts("ok");
}
