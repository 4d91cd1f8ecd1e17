// C++'s part of contexts-in-plain-c-and-cxx.gc.
#include "plain_contexts.h"
#include <errno.h>
#include <go/sync.h>

static go_semaphore semaphore;

static int work(void *arg) {
    go_context *ctx = static_cast<go_context *>(arg);
    if (go_semaphore_acquire(&semaphore, ctx, 1)) return EIO;
    go_semaphore_release(&semaphore, 1);
    return 0;
}

int cxx_alone(void) {
    static const char key = 0;
    int value;
    go_context *ctx = go_context_with_value(go_context_with_timeout(go_context_background(), GO_HOUR), &key, &value);
    go_semaphore_init(&semaphore, 1);
    go_group g = go_group();
    go_context *own = go_group_init(&g, ctx);
    for (int i = 0; i < 10; i++) go_group_go(&g, work, own);
    if (go_group_wait(&g) || go_context_err(own) != ECANCELED || go_context_err(ctx)) return 1;
    go_chan_recv(go_context_done(own), static_cast<go_unit *>(0));
    go_timer *t = go_timer_new(GO_MILLISECOND);
    go_time due = 0;
    go_chan_recv(t->c, &due);
    return go_context_value(own, &key) == &value && due && !go_timer_stop(t) && !go_tick(0) ? 0 : 1;
}
