// CH14: a chain of goroutines, each copying one value from its right to its left channel, delivers
// it and ends cleanly.
// UNSUPPORTED: gcstress
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"

#if defined(__SANITIZE_THREAD__)
// The thread sanitizer has room for 8,000 goroutines, and is slow with many.
enum { LENGTH = 500 };
#else
enum { LENGTH = 10000 };
#endif

typedef struct Link {
    chan(int) left, right;
} Link;

// In a global, since the collector does not look into memory of malloc.
static Link links[LENGTH];

static void pass(void *arg) {
    Link *l = arg;
    int v;
    go_chan_recv(l->right, &v);
    go_chan_send(l->left, v + 1);
}

int main(void) {
    stress_start(4);
    for (int round = 0, rounds = stress_scaled(3); round < rounds; round++) {
        chan(int) leftmost = go_chan_make(int, 0), left = leftmost, right = left;
        for (int i = 0; i < LENGTH; i++, left = right) {
            right = go_chan_make(int, 0);
            links[i] = (Link){left, right};
            go_spawn(pass, &links[i]);
        }
        int v;
        go_chan_send(right, 0);
        go_chan_recv(leftmost, &v);
        STRESS_CHECK(v == LENGTH, "%d arrived", v);
    }
    for (int i = 0; i < 1000 && go_num_goroutine() > 1; i++) go_sleep(GO_MILLISECOND);
    STRESS_CHECK(go_num_goroutine() == 1, "%d goroutines are left", go_num_goroutine());
    puts("ok");
}
