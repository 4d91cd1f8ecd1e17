// CH13: 23 workers range over one queue and write to a result channel, which is closed when all
// have ended: count and sum are exact.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

enum { WORKERS = 23 };
static const int primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31};
static chan(int) queue, results;
static int left = WORKERS, items;

static void worker(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    int v;
    while (go_chan_recv(queue, &v)) {
        if (stress_random(&state) % 8 == 0) go_yield();
        go_chan_send(results, v);
    }
    if (__atomic_sub_fetch(&left, 1, __ATOMIC_ACQ_REL) == 0) go_chan_close(results);
}

static void feed(void *arg) {
    (void)arg;
    for (int i = 0; i < items; i++) go_chan_send(queue, primes[i % 11]);
    go_chan_close(queue);
}

int main(void) {
    stress_start(4);
    items = stress_scaled(271828);
    queue = go_chan_make(int, 7);
    results = go_chan_make(int, 3);
    for (uintptr_t i = 0; i < WORKERS; i++) go_spawn(worker, (void *)i);
    go_spawn(feed, NULL);
    long sum = 0, n = 0, expected = 0;
    for (int v; go_chan_recv(results, &v); n++) sum += v;
    for (int i = 0; i < items; i++) expected += primes[i % 11];
    STRESS_CHECK(n == items && sum == expected, "%ld items, sum %ld, expected %d, %ld", n, sum,
                 items, expected);
    puts("ok");
}
