// SE7, SE8: a select takes each ready case equally often, whatever stands before it, and a random
// one of two sends of one channel.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static void two_of_four(void) {
    enum { TRIALS = 10000 };
    chan(int) never1 = go_chan_make(int, 0), never2 = go_chan_make(int, 0),
              closed1 = go_chan_make(int, 0), closed2 = go_chan_make(int, 0);
    int taken[4] = {0};
    go_chan_close(closed1);
    go_chan_close(closed2);
    for (int i = 0; i < TRIALS; i++) {
        struct go_select_case cases[] = {{never1, NULL, GO_RECV, 0},
                                         {never2, NULL, GO_RECV, 0},
                                         {closed1, NULL, GO_RECV, 0},
                                         {closed2, NULL, GO_RECV, 0}};
        taken[go_select(cases, 4, true)]++;
    }
    STRESS_CHECK(taken[0] == 0 && taken[1] == 0, "a case that was not ready was taken");
    // Ten standard deviations.
    STRESS_CHECK(abs(taken[2] - TRIALS / 2) < 500, "%d and %d of %d", taken[2], taken[3], TRIALS);
}

static void send_bits(void *arg) {
    chan(int) c = (chan(int))arg;
    for (int i = 0; i < 100; i++) {
        int zero = 0, one = 1;
        struct go_select_case cases[] = {{c, &one, GO_SEND, 0}, {c, &zero, GO_SEND, 0}};
        go_select(cases, 2, true);
    }
    go_chan_close(c);
}

static void random_bits(int capacity) {
    chan(int) c = go_chan_make(int, capacity);
    int taken[2] = {0}, v;
    go_spawn(send_bits, (void *)c);
    while (go_chan_recv(c, &v)) taken[v]++;
    STRESS_CHECK(taken[0] > 10 && taken[1] > 10 && taken[0] + taken[1] == 100, "%d and %d",
                 taken[0], taken[1]);
}

int main(void) {
    stress_start(2);
    for (int i = 0, n = stress_scaled(3); i < n; i++)
        two_of_four(), random_bits(0), random_bits(100);
    puts("ok");
}
