// SE10: a select looks at all its channels in one instant: while at least one of two is ready at
// every moment, `default` is never taken. Once with a value that moves from one to the other, once
// with channels that are closed.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

typedef struct Two {
    chan(int) a, b;
    chan(go_unit) done;
} Two;

static void poll_both(void *arg) {
    Two *t = arg;
    struct go_select_case cases[] = {{t->a, NULL, GO_RECV, 0}, {t->b, NULL, GO_RECV, 0}};
    STRESS_CHECK(go_select(cases, 2, false) >= 0, "neither looked ready");
    stress_done(t->done);
}

int main(void) {
    stress_start(4);
    chan(go_unit) done = go_chan_make(go_unit, 1);
    for (int i = 0, n = stress_scaled(20000); i < n; i++) {
        Two two = {go_chan_make(int, 1), go_chan_make(int, 1), done};
        go_chan_send(two.a, 1);
        go_spawn(poll_both, &two);
        if (i % 4 >= 2) go_yield();
        if (i % 2)
            go_chan_close(two.b);
        else
            go_chan_send(two.b, 1);
        struct go_select_case take = {two.a, NULL, GO_RECV, 0};
        go_select(&take, 1, false);
        stress_join(done, 1);
    }
    puts("ok");
}
