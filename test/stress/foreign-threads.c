// Threads that the runtime did not make use channels, select and sleep like goroutines, come and
// go, and are woken by goroutines as they wake them.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <errno.h>
#include <pthread.h>

static chan(int) requests, replies, never;
static chan(go_unit) done;

static void serve(void *arg) {
    (void)arg;
    int v;
    while (go_chan_recv(requests, &v)) {
        if (v % 5 == 0) go_yield();
        go_chan_send(replies, v * 2);
    }
    stress_done(done);
}

static void *client(void *arg) {
    int n = (int)(uintptr_t)arg;
    for (int i = 0; i < n; i++) {
        int v = i;
        errno = i;
        go_chan_send(requests, v);
        struct go_select_case cases[] = {{never, NULL, GO_RECV, 0}, {replies, &v, GO_RECV, 0}};
        STRESS_CHECK(go_select(cases, 2, true) == 1 && cases[1].ok, "a select of a foreign thread");
        STRESS_CHECK(errno == i, "errno is %d", errno);
        if (i % 64 == 0) go_sleep(10 * GO_MICROSECOND);
    }
    stress_done(done);
    return NULL;
}

int main(void) {
    enum { SERVERS = 3,
           CLIENTS = 4 };
    stress_start(2);
    requests = go_chan_make(int, 0);
    replies = go_chan_make(int, 2);
    never = go_chan_make(int, 0);
    done = go_chan_make(go_unit, 0);
    for (int i = 0; i < SERVERS; i++) go_spawn(serve, NULL);
    for (int round = 0, rounds = stress_scaled(20); round < rounds; round++) {
        pthread_t threads[CLIENTS];
        for (int i = 0; i < CLIENTS; i++)
            pthread_create(&threads[i], NULL, client, (void *)(uintptr_t)(200 + round));
        stress_join(done, CLIENTS);
        for (int i = 0; i < CLIENTS; i++) pthread_join(threads[i], NULL);
    }
    go_chan_close(requests);
    stress_join(done, SERVERS);
    STRESS_CHECK(go_num_goroutine() <= 1 + SERVERS, "%d goroutines", go_num_goroutine());
    puts("ok");
}
