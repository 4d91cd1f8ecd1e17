// A goroutine is visible to others only once its registers are saved: each keeps values in many
// registers across yields and channel operations, and holds a flag that says it runs: if two
// threads ran one stack, flag or values would be wrong.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static chan(go_unit) done;
static chan(int) crowd;
static int rounds;

static void worker(void *arg) {
    uint64_t number = (uint64_t)(uintptr_t)arg, state = stress_state(number);
    int running = 0;
    uint64_t a = number, b = number * 3, c = number * 5, d = number * 7, e = number * 11,
             f = number * 13;
    for (int i = 0; i < rounds; i++) {
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
        __atomic_store_n(&running, 0, __ATOMIC_RELAXED);
        int v = (int)number;
        switch (stress_random(&state) % 3) {
        case 0: go_yield(); break;
        case 1: go_chan_send(crowd, v); break;
        case 2: go_chan_recv(crowd, &v); break;
        }
        STRESS_CHECK(__atomic_exchange_n(&running, 1, __ATOMIC_RELAXED) == 0,
                     "two threads run goroutine %d", (int)number);
        STRESS_CHECK(a == number && b == 3 * a && c == 5 * a && d == 7 * a && e == 11 * a &&
                         f == 13 * a,
                     "registers of %d", (int)number);
    }
    stress_done(done);
}

static int stop;
// Gives to senders and takes from receivers, whoever is left over.
static void balance(void *arg) {
    int v = 0;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        if (arg)
            go_chan_try_send(crowd, v);
        else
            go_chan_try_recv(crowd, &v, NULL);
        go_yield();
    }
    stress_done(done);
}

int main(void) {
    enum { WORKERS = 24 };
    stress_start(4);
    rounds = stress_scaled(10000);
    done = go_chan_make(go_unit, 0);
    crowd = go_chan_make(int, 0);
    for (uintptr_t i = 1; i <= WORKERS; i++) go_spawn(worker, (void *)i);
    go_spawn(balance, NULL);
    go_spawn(balance, &stop);
    stress_join(done, WORKERS);
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    stress_join(done, 2);
    puts("ok");
}
