// Readers and writers of two related numbers: a reader sees them as some writer left them, a writer is alone, all get their turn.
// RUN: %gocc -O2 %s -o %t && %t && env GOMAXPROCS=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <go/sync.h>

enum { READERS = 12,
       WRITERS = 4 };

static go_rwmutex mutex;
static go_waitgroup wg;
static long a, b;
static int rounds, readers, writers;

static int add(int *n, int k) { return __atomic_add_fetch(n, k, __ATOMIC_RELAXED); }

static void look(uint64_t *state) {
    add(&readers, 1);
    long seen = a;
    STRESS_CHECK(__atomic_load_n(&writers, __ATOMIC_RELAXED) == 0, "a writer beside a reader");
    if (stress_random(state) % 16 == 0) go_yield();
    STRESS_CHECK(a == seen && b == 3 * seen, "%ld, then %ld and %ld", seen, a, b);
    add(&readers, -1);
}

static void change(uint64_t *state) {
    STRESS_CHECK(add(&writers, 1) == 1, "two writers");
    STRESS_CHECK(__atomic_load_n(&readers, __ATOMIC_RELAXED) == 0, "a reader beside a writer");
    a++;
    if (stress_random(state) % 16 == 0) go_yield();
    b += 3;
    add(&writers, -1);
}

static void reader(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        if (stress_random(&state) % 4 || !go_rwmutex_tryrlock(&mutex)) go_rwmutex_rlock(&mutex);
        look(&state);
        go_rwmutex_runlock(&mutex);
    }
}

static void writer(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        if (stress_random(&state) % 4 || !go_rwmutex_trylock(&mutex)) go_rwmutex_lock(&mutex);
        change(&state);
        go_rwmutex_unlock(&mutex);
        if (stress_random(&state) % 4 == 0) go_yield();
    }
}

int main(void) {
    stress_start(4);
    rounds = stress_scaled(2000);
    for (uintptr_t i = 0; i < READERS; i++) go_waitgroup_go(&wg, reader, (void *)i);
    for (uintptr_t i = 0; i < WRITERS; i++) go_waitgroup_go(&wg, writer, (void *)(100 + i));
    go_waitgroup_wait(&wg);
    STRESS_CHECK(a == (long)WRITERS * rounds && b == 3 * a, "%ld, %ld", a, b);
    STRESS_CHECK(go_rwmutex_trylock(&mutex), "locked at the end");
    puts("ok");
}
