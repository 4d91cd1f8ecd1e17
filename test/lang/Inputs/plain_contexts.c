// Plain C's part of contexts-in-plain-c-and-cxx.gc: threads that derive, wait, time out and cancel.
#include "plain_contexts.h"

#include <errno.h>
#include <go/sync.h>
#include <pthread.h>
#include <stdlib.h>

enum { THREADS = 3 };
struct plain_threads {
    pthread_t id[THREADS];
    int cause[THREADS];
    go_context *ctx;
};
struct start {
    struct plain_threads *all;
    int number;
};

static void *run(void *arg) {
    struct start s = *(struct start *)arg;
    free(arg);
    go_context *ctx = s.all->ctx, *below = go_context_with_cancel(ctx);
    go_context *short_one = go_context_with_timeout(ctx, 1);
    go_chan_recv(go_context_done(short_one), (go_unit *)0);
    if (!go_context_err(short_one)) return 0;
    if (s.number == 0) {
        go_chan_recv(go_context_done(below), (go_unit *)0);
    } else {
        struct go_select_case cases[] = {
            {(void *)go_context_done(below), 0, GO_RECV, 0},
            {(void *)go_after(GO_HOUR), 0, GO_RECV, 0},
        };
        if (go_select(cases, 2, true) != 0) return 0;
    }
    if (go_context_err(below) == ECANCELED) s.all->cause[s.number] = go_context_cause(below);
    return 0;
}

struct plain_threads *plain_threads_start(go_context *ctx) {
    struct plain_threads *t = calloc(1, sizeof *t);
    t->ctx = ctx; // main's stack refers to it, too
    for (int i = 0; i < THREADS; i++) {
        struct start *s = malloc(sizeof *s);
        *s = (struct start){t, i};
        pthread_create(&t->id[i], 0, run, s);
    }
    return t;
}

int plain_threads_join(struct plain_threads *t) {
    int cause = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(t->id[i], 0);
        cause = i == 0 || cause == t->cause[i] ? t->cause[i] : -1;
    }
    free(t);
    return cause;
}

static void cancel(void *arg) { go_context_cancel((go_context *)arg); }

static void *alone(void *arg) {
    static const char key = 0;
    go_context *root = go_context_with_value(go_context_background(), &key, arg);
    go_context *a = go_context_with_cancel(root), *b = go_context_with_cancel(go_context_background());
    go_context_func *f = go_context_after_func(a, cancel, b);
    go_spawn(cancel, a);
    go_chan_recv(go_context_done(b), (go_unit *)0);
    bool ok = !go_context_func_stop(f) && go_context_value(a, &key) == arg &&
              go_context_err(a) == ECANCELED;
    return ok ? arg : 0;
}

static go_semaphore semaphore;
static int takes(void *arg) {
    for (int i = 0; i < 50; i++) {
        if (go_semaphore_acquire(&semaphore, (go_context *)arg, 2)) return EIO;
        go_yield();
        go_semaphore_release(&semaphore, 2);
    }
    return 0;
}
static int fails(void *arg) {
    go_chan_recv(go_context_done((go_context *)arg), (go_unit *)0);
    return EPIPE;
}

// On a thread of its own: it waits for goroutines, and they for it.
static void *grouped(void *arg) {
    go_group g;
    go_semaphore_init(&semaphore, 3);
    go_context *ctx = go_group_init(&g, go_context_background());
    go_group_set_limit(&g, 2);
    for (int i = 0; i < 5; i++) go_group_go(&g, takes, ctx);
    if (takes(ctx) || go_group_wait(&g)) return 0;
    ctx = go_group_init(&g, go_context_with_timeout(go_context_background(), GO_MILLISECOND));
    go_group_go(&g, fails, ctx);
    return go_group_wait(&g) == EPIPE && go_context_err(ctx) == ETIMEDOUT ? arg : 0;
}

int plain_grouped(void) {
    pthread_t id;
    void *result = 0;
    int something;
    pthread_create(&id, 0, grouped, &something);
    pthread_join(id, &result);
    return result != &something;
}

int plain_alone(void) {
    pthread_t id;
    void *result = 0;
    int something;
    pthread_create(&id, 0, alone, &something);
    pthread_join(id, &result);
    return result != &something;
}
