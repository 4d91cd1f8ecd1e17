// SE11: four plain senders, four plain receivers, a sending and a receiving select over four
// channels of capacity 0, 0, 2, 3: all their operations find a partner.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1 %t | FileCheck %s
// RUN: env GODEBUG=verify=1,seed=1 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static chan(int) c[4];
static chan(go_unit) done;
static int n;

static void send_plain(void *arg) {
    for (int i = 0; i < n; i++) go_chan_send(c[(uintptr_t)arg], 0);
    stress_done(done);
}
static void receive_plain(void *arg) {
    for (int i = 0; i < n; i++) go_chan_recv(c[(uintptr_t)arg], (int *)NULL);
    stress_done(done);
}
static void select_all(void *arg) {
    int count[4] = {0}, zero = 0;
    unsigned char direction = arg ? GO_SEND : GO_RECV;
    chan(int) left[4] = {c[0], c[1], c[2], c[3]};
    for (int i = 0; i < 4 * n; i++) {
        struct go_select_case cases[4];
        for (int k = 0; k < 4; k++)
            cases[k] = (struct go_select_case){left[3 - k], &zero, direction, 0};
        int k = 3 - go_select(cases, 4, true);
        if (++count[k] == n) left[k] = NULL;
    }
    stress_done(done);
}

int main(void) {
    stress_start(4);
    n = stress_scaled(20000);
    done = go_chan_make(go_unit, 0);
    for (uintptr_t i = 0; i < 4; i++) {
        c[i] = go_chan_make(int, i < 2 ? 0 : (int)i);
        go_spawn(send_plain, (void *)i);
        go_spawn(receive_plain, (void *)i);
    }
    go_spawn(select_all, &n);
    go_spawn(select_all, NULL);
    stress_join(done, 10);
    puts("ok");
}
