// No wake-up is lost between a channel's unlocking and its waiter's falling asleep: many pairs hand
// a token to and fro, on more processors than cores, so that a pair's halves meet on different
// threads at every possible moment.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1 %t | FileCheck %s
// RUN: env GODEBUG=verify=1,seed=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

typedef struct Pair {
    chan(int) there, back;
    int rounds;
} Pair;
static chan(go_unit) done;

static void answer(void *arg) {
    Pair *p = arg;
    int v;
    while (go_chan_recv(p->there, &v)) go_chan_send(p->back, v + 1);
    stress_done(done);
}

static void ask(void *arg) {
    Pair *p = arg;
    for (int i = 0, v; i < p->rounds; i++) {
        go_chan_send(p->there, i);
        go_chan_recv(p->back, &v);
        STRESS_CHECK(v == i + 1, "got %d for %d", v, i);
    }
    go_chan_close(p->there);
    stress_done(done);
}

int main(void) {
    enum { PAIRS = 8 };
    static Pair pairs[PAIRS];
    stress_start(4);
    done = go_chan_make(go_unit, 0);
    for (int i = 0; i < PAIRS; i++) {
        pairs[i] = (Pair){go_chan_make(int, i % 3), go_chan_make(int, i % 2), stress_scaled(20000)};
        go_spawn(ask, &pairs[i]);
        go_spawn(answer, &pairs[i]);
    }
    stress_join(done, 2 * PAIRS);
    puts("ok");
}
