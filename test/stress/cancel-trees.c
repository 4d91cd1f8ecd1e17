// Contexts are derived, cancelled, run out of time, and are asked, by many goroutines on one tree at once: none is missed, none
// finishes too early, all that is below a finished one has finished, functions run once or are taken back.
// RUN: %gocc -O2 %s -o %t -pthread && %t | FileCheck %s
// RUN: env GODEBUG=verify=1,seed=3 %t | FileCheck %s
// CHECK: ok
#include "Inputs/stress.h"
#include <errno.h>
#include <go/context.h>
#include <stdatomic.h>

enum { SHARED = 40, WORKERS = 24 };
enum { VALUE = 0, DETACHED = 3 }; // of the 8 kinds of derive
static go_context *shared[SHARED]; // replaced all the time; who is replaced is cancelled
static atomic_long started, taken_back, set;
static chan(go_unit) done;
static int key, rounds;

static void called(void *arg) {
    STRESS_CHECK(go_context_err(arg) != 0, "a function of a context that has not finished");
    atomic_fetch_add(&started, 1);
}

static go_context *derive(go_context *parent, uint32_t dice) {
    switch (dice % 8) {
    case VALUE: return go_context_with_value(parent, &key, &key);
    case 1: return go_context_with_timeout(parent, dice % 3000 * GO_MICROSECOND);
    case 2: return go_context_with_timeout(parent, GO_HOUR);
    case DETACHED: return go_context_without_cancel(parent);
    default: return go_context_with_cancel(parent);
    }
}

static void check(go_context *ctx, bool must) {
    int error = go_context_err(ctx);
    STRESS_CHECK(error || !must, "a context below a cancelled one has not finished");
    if (!error) return;
    struct go_select_case done_case = {(void *)go_context_done(ctx), NULL, GO_RECV, 0};
    STRESS_CHECK(go_select(&done_case, 1, false) == 0, "an error, but the channel is open");
    STRESS_CHECK(go_context_cause(ctx) != 0, "no cause");
}

static void replace(uint64_t *state, go_context *by) {
    go_context **slot = &shared[stress_random(state) % SHARED];
    go_context_cancel(__atomic_exchange_n(slot, by, __ATOMIC_ACQ_REL));
}

static void ask(go_context *ctx, uint32_t dice) {
    go_context_func *f = go_context_after_func(ctx, called, ctx);
    atomic_fetch_add(&set, 1);
    if (dice % 2) go_yield();
    if (dice % 3 == 0 || !go_context_done(ctx))
        atomic_fetch_add(&taken_back, go_context_func_stop(f));
}

static void worker(void *arg) {
    uint64_t state = stress_state((uintptr_t)arg);
    for (int i = 0; i < rounds; i++) {
        enum { LEVELS = 6 };
        go_context *way[LEVELS];
        uint32_t dice[LEVELS];
        go_context *ctx =
            __atomic_load_n(&shared[stress_random(&state) % SHARED], __ATOMIC_ACQUIRE);
        for (int n = 0; n < LEVELS; n++) {
            dice[n] = stress_random(&state);
            way[n] = ctx = derive(ctx, dice[n]);
            if (dice[n] % 5 == 0) ask(ctx, dice[n]);
            if (dice[n] % 7 == 0) replace(&state, ctx);
        }
        for (int n = 0; n < LEVELS; n++) check(way[n], false);
        if (stress_random(&state) % 2) go_yield();
        int at = (int)(stress_random(&state) % LEVELS);
        go_context_cancel_cause(way[at], EIO);
        bool can_finish = dice[at] % 8 != VALUE && dice[at] % 8 != DETACHED;
        for (int n = at; can_finish && n < LEVELS && (n == at || dice[n] % 8 != DETACHED); n++)
            check(way[n], true);
        if (stress_random(&state) % 4 == 0)
            replace(&state, go_context_with_cancel(go_context_background()));
        for (int n = 0; n < LEVELS; n++) go_context_cancel(way[n]);
    }
    stress_done(done);
}

int main(void) {
    stress_start(4);
    const char *debug = getenv("GODEBUG");
    rounds = stress_scaled(debug ? 40 : 1000); // gcstress: each allocation is a collection
    done = go_chan_make(go_unit, 0);
    for (int i = 0; i < SHARED; i++) shared[i] = go_context_with_cancel(go_context_background());
    for (uintptr_t i = 0; i < WORKERS; i++) go_spawn(worker, (void *)i);
    stress_join(done, WORKERS);
    for (int i = 0; i < SHARED; i++) go_context_cancel(shared[i]);
    // Every context is cancelled by now: each function is started, or was taken back.
    while (atomic_load(&started) + atomic_load(&taken_back) < atomic_load(&set)) go_yield();
    puts("ok");
}
