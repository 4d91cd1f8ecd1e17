// Goroutines in the global queue get their turn although the local queue is never empty: a pair
// that yields to each other for ever on the only processor ends when a goroutine says so that a
// thread of the program's own has started, and that hence lies in the global queue. The same for a
// pair that talks over channels.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <pthread.h>

static chan(go_unit) done;
static chan(int) there, back;
static int stop;

static bool stopped(void) { return __atomic_load_n(&stop, __ATOMIC_ACQUIRE); }

static void yielder(void *arg) {
    (void)arg;
    while (!stopped()) go_yield();
    stress_done(done);
}

static void talker(void *arg) {
    int v = 0;
    if (arg) {
        while (go_chan_recv(there, &v)) go_chan_send(back, v);
    } else {
        while (!stopped()) {
            go_chan_send(there, v);
            go_chan_recv(back, &v);
        }
        go_chan_close(there);
    }
    stress_done(done);
}

static void end(void *arg) {
    (void)arg;
    __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
}

static void *thread_main(void *arg) {
    go_spawn(end, arg);
    return NULL;
}

static void ends(void (*fn)(void *)) {
    pthread_t thread;
    stop = 0;
    go_spawn(fn, NULL);
    go_spawn(fn, &stop);
    pthread_create(&thread, NULL, thread_main, NULL);
    stress_join(done, 2);
    pthread_join(thread, NULL);
}

int main(void) {
    stress_start(1);
    go_maxprocs(1);
    done = go_chan_make(go_unit, 0);
    for (int i = 0, n = stress_scaled(50); i < n; i++) {
        there = go_chan_make(int, 0);
        back = go_chan_make(int, 0);
        ends(yielder);
        ends(talker);
    }
    puts("ok");
}
