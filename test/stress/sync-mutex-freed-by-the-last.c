// An object counts its users under its own mutex, and the one who lowers the count to zero frees it after unlocking: no unlock touches the
// memory of a mutex that another one has locked since.
// RUN: %gocc -O2 %s -o %t && %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <go/sync.h>

enum { USERS = 4 };

struct object {
    go_mutex mutex;
    int users;
};

static void use(void *arg) {
    struct object *o = arg;
    for (int i = 0; i < 3; i++) {
        go_mutex_lock(&o->mutex);
        if (i == 1) go_yield();
        int left = i < 2 ? 1 : --o->users;
        go_mutex_unlock(&o->mutex);
        if (left) continue;
        o->mutex = (go_mutex){~0u, ~0u, 0}; // a late CAS would find neither the one value nor the other
        STRESS_CHECK(o->mutex.state == ~0u, "%u", o->mutex.state);
        free(o);
    }
}

int main(void) {
    go_waitgroup wg = {0};
    stress_start(4);
    for (int i = 0, n = stress_scaled(1500); i < n; i++) {
        struct object *o = calloc(1, sizeof *o);
        o->users = USERS;
        for (int k = 0; k < USERS; k++) go_waitgroup_go(&wg, use, o);
        if (i % 8 == 0) go_waitgroup_wait(&wg);
    }
    go_waitgroup_wait(&wg);
    puts("ok");
}
