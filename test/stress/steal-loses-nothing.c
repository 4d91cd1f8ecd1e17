// Stealing half of a queue loses none of it: bursts of goroutines are started on one processor,
// overflow its queue, are stolen by others, and each must run exactly once.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <string.h>

#if defined(__SANITIZE_THREAD__)
enum { BURST = 300 }; // each new goroutine costs a millisecond when many are alive
#else
enum { BURST = 1000 };
#endif
static unsigned char ran[BURST];
static long total;
static chan(go_unit) done;

static void once(void *arg) {
    int i = (int)(uintptr_t)arg;
    STRESS_CHECK(__atomic_exchange_n(&ran[i], 1, __ATOMIC_RELAXED) == 0, "goroutine %d ran twice",
                 i);
    if (i % 7 == 0) go_yield();
    if (__atomic_add_fetch(&total, 1, __ATOMIC_ACQ_REL) % BURST == 0) stress_done(done);
}

int main(void) {
    stress_start(4);
    done = go_chan_make(go_unit, 0);
    for (int round = 1, rounds = stress_scaled(200); round <= rounds; round++) {
        memset(ran, 0, sizeof ran);
        for (uintptr_t i = 0; i < BURST; i++) go_spawn(once, (void *)i);
        stress_join(done, 1);
        STRESS_CHECK(total == (long)round * BURST, "%ld of %ld ran", total, (long)round * BURST);
    }
    puts("ok");
}
