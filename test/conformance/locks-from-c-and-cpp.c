// One mutex, wait group and condition are used by plain C, by C++ and by threads of C's own, without a line of .gc.
// REQUIRES: has-g++
// RUN: g++ -x c++ -std=c++11 -Wall -Wextra -Werror -I %include -c %s -o %t.cpp.o
// RUN: gcc -std=c11 -Wall -Wextra -Werror -DMAIN -I %include -c %s -o %t.c.o
// RUN: %gocc %t.c.o %t.cpp.o -o %t -pthread -lstdc++ && %t
#include <go/runtime.h>
#include <go/sync.h>
#include <pthread.h>
#include <stddef.h>

enum { ROUNDS = 300 };
#ifdef __cplusplus
extern "C" {
#endif
void *work_in_cpp(void *arg);
#ifdef __cplusplus
}
#endif

struct state {
    go_mutex mutex;
    go_cond changed;
    go_waitgroup jobs;
    go_rwmutex rwmutex;
    go_once once;
    long n, ready;
};

static void init(void) {}

static void work(void *arg) {
    struct state *s = (struct state *)arg;
    go_once_do(&s->once, init);
    for (int i = 0; i < ROUNDS; i++) {
        go_mutex_lock(&s->mutex);
        s->n++;
        go_mutex_unlock(&s->mutex);
        go_rwmutex_rlock(&s->rwmutex);
        go_rwmutex_runlock(&s->rwmutex);
    }
    go_mutex_lock(&s->mutex);
    s->ready++;
    go_cond_signal(&s->changed);
    go_mutex_unlock(&s->mutex);
}

#ifdef MAIN
static struct state state;

int main(void) {
    pthread_t threads[2];
    go_cond_init(&state.changed, &state.mutex);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, work_in_cpp, &state)) return 1;
    for (int i = 0; i < 8; i++) go_waitgroup_go(&state.jobs, work, &state);
    go_mutex_lock(&state.mutex);
    while (state.ready < 10) go_cond_wait(&state.changed);
    go_mutex_unlock(&state.mutex);
    go_waitgroup_wait(&state.jobs);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    return state.n != 10 * ROUNDS;
}
#else
void *work_in_cpp(void *arg) {
    work(arg);
    return NULL;
}
#endif
