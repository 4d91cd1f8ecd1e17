// CH16: a channel holds one value; while another goroutine closes it and then receives, a receive
// that does not wait never finds it "not ready": at every moment there is a value, or it is closed.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

static chan(go_unit) done;

static void poll_once(void *arg) {
    chan(int) c = (chan(int))arg;
    int v;
    bool ok;
    STRESS_CHECK(go_chan_try_recv(c, &v, &ok), "the channel looked empty and open");
    STRESS_CHECK(ok ? v == 1 : v == 0, "%d, %d", v, ok);
    stress_done(done);
}

int main(void) {
    stress_start(4);
    done = go_chan_make(go_unit, 1);
    for (int i = 0, n = stress_scaled(10000); i < n; i++) {
        chan(int) c = go_chan_make(int, 1);
        int v;
        go_chan_send(c, 1);
        go_spawn(poll_once, (void *)c);
        if (i % 2) go_yield();
        go_chan_close(c);
        go_chan_recv(c, &v);
        stress_join(done, 1);
    }
    puts("ok");
}
