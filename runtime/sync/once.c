// once.c - <go/sync.h>: what is done once.
//
// `done` is set only after fn has run, and under the mutex: who finds it clear and waits for the
// mutex finds it set then. (A CAS of `done` to choose the one who calls fn would let the others
// return while fn still runs.) Setting it is deferred, so a panic or go_exit in fn sets it, too.
#include "sync/sync.h"

#include "base/abi.h"

typedef struct OnceEnd {
    struct go__defer defer;
    go_once *once;
} OnceEnd;

static void once_end(void *record) {
    go_once *once = ((OnceEnd *)record)->once;
    sanitize_release(&once->done);
    store_release(&once->done, 1); // pairs with the load in the header
    go_mutex_unlock(&once->mutex);
}

static void call(go_once *once, void (*fn)(void)) {
    OnceEnd end = {.defer = {.run = once_end, .callee = (void *)once_end}, .once = once};
    struct go__frame frame = {0};
    go__defer_push(&frame, &end.defer);
    fn();
    go__defer_return(&frame);
}

void go_once_do_slow(go_once *once, void (*fn)(void)) {
    if (!load_acquire(&once->done)) {
        machine_current();
        go_mutex_lock(&once->mutex);
        if (!load_relaxed(&once->done)) {
            call(once, fn);
            return;
        }
        go_mutex_unlock(&once->mutex);
    }
    sanitize_acquire(&once->done);
}
