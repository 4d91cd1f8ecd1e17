// A bounded queue made of a mutex and two conditions, between many producers and consumers, goroutines and threads: each value arrives once.
// RUN: %gocc -O2 %s -o %t -pthread && %t && env GOMAXPROCS=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <go/sync.h>
#include <pthread.h>

enum { PAIRS = 6,
       ROOM = 3 };

static go_mutex mutex;
static go_cond not_empty, not_full;
static go_waitgroup wg;
static int queue[ROOM], filled, rounds;
static long received;

static void put(int v) {
    go_mutex_lock(&mutex);
    while (filled == ROOM) go_cond_wait(&not_full);
    queue[filled++] = v;
    if (v % 2) {
        go_cond_signal(&not_empty);
        go_mutex_unlock(&mutex);
    } else {
        go_mutex_unlock(&mutex);
        go_cond_signal(&not_empty);
    }
}

static int get(void) {
    go_mutex_lock(&mutex);
    while (filled == 0) go_cond_wait(&not_empty);
    int v = queue[--filled];
    if (filled == ROOM - 1)
        go_cond_broadcast(&not_full);
    else
        go_cond_signal(&not_full);
    go_mutex_unlock(&mutex);
    return v;
}

static void produce(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 1; i <= rounds; i++) {
        put(i);
        if (stress_random(&state) % 16 == 0) go_yield();
    }
}

static void consume(void *arg) {
    long sum = 0;
    (void)arg;
    for (int i = 0; i < rounds; i++) sum += get();
    __atomic_add_fetch(&received, sum, __ATOMIC_RELAXED);
}

static void *thread(void *arg) {
    consume(arg);
    return NULL;
}

int main(void) {
    pthread_t foreign;
    stress_start(4);
    rounds = stress_scaled(1500);
    go_cond_init(&not_empty, &mutex);
    go_cond_init(&not_full, &mutex);
    pthread_create(&foreign, NULL, thread, NULL);
    for (uintptr_t i = 0; i < PAIRS; i++) {
        go_waitgroup_go(&wg, produce, (void *)i);
        if (i) go_waitgroup_go(&wg, consume, NULL);
    }
    go_waitgroup_wait(&wg);
    pthread_join(foreign, NULL);
    long expected = (long)PAIRS * rounds * (rounds + 1) / 2;
    STRESS_CHECK(received == expected && filled == 0, "%ld of %ld", received, expected);
    puts("ok");
}
