// The run queue: order, overflow, stealing, and that "empty" is never said while something is there
// (GO28).
#include "sched/sched.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 4 * GORT_RUNQ_SIZE };
static Goroutine goroutines[COUNT];

static Goroutine *runnable(int i) {
    goroutines[i].id = (uint64_t)i;
    goroutines[i].status = G_RUNNABLE;
    return &goroutines[i];
}

static Processor *processor(void) {
    Processor *p = aligned_alloc(128, sizeof *p);
    memset(p, 0, sizeof *p);
    return p;
}

static void order(void) {
    Processor *p = processor();
    gort_check(gort_runq_is_empty(p) && gort_runq_get(p) == NULL);
    for (int i = 0; i < 3; i++) gort_runq_put(p, runnable(i));
    gort_runq_put_next(p, runnable(3));
    gort_runq_put_next(p, runnable(4)); // 3 goes to the end
    gort_verify_runq(p);
    static const uint64_t expected[] = {4, 0, 1, 2, 3};
    for (int i = 0; i < 5; i++) gort_check(gort_runq_get(p)->id == expected[i]);
    gort_check(gort_runq_is_empty(p));
    gort_runq_put(p, runnable(0));
    gort_runq_put_next(p, runnable(1));
    gort_check(gort_runq_get_fair(p)->id == 0 && gort_runq_get_fair(p)->id == 1 &&
               !gort_runq_get_fair(p));
    free(p);
}

// Half of a full queue, the oldest, and the one too many go to the global queue, in order.
static void overflow(void) {
    Processor *p = processor();
    for (int i = 0; i <= (int)GORT_RUNQ_SIZE; i++) gort_runq_put(p, runnable(i));
    gort_check(gort_runq_length(p) == GORT_RUNQ_SIZE / 2);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    gort_verify_globalq();
    gort_check(gort_sched.queue_count == GORT_RUNQ_SIZE / 2 + 1);
    uint64_t last = 0;
    for (uint32_t i = 0; i <= GORT_RUNQ_SIZE / 2; i++) {
        last = gort_globalq_get(p, 1)->id;
        gort_check(last == (i < GORT_RUNQ_SIZE / 2 ? i : GORT_RUNQ_SIZE));
    }
    gort_check(gort_globalq_get(p, 1) == NULL && gort_sched.queue_count == 0);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    for (uint32_t i = 0; i < GORT_RUNQ_SIZE / 2; i++)
        gort_check(gort_runq_get(p)->id == GORT_RUNQ_SIZE / 2 + i);
    free(p);
}

static void steal_half(void) {
    for (int n = 0; n <= (int)GORT_RUNQ_SIZE; n++) {
        Processor *victim = processor(), *thief = processor();
        for (int i = 0; i < n; i++) gort_runq_put(victim, runnable(i));
        Goroutine *g = gort_runq_steal(thief, victim, false);
        int stolen = n - n / 2;
        gort_check((g != NULL) == (n > 0));
        gort_check(gort_runq_length(victim) == (uint32_t)(n - stolen));
        gort_check(gort_runq_length(thief) == (uint32_t)(n > 0 ? stolen - 1 : 0));
        gort_check(n == 0 || g->id == (uint64_t)stolen - 1);
        gort_verify_runq(thief);
        free(victim);
        free(thief);
    }
}

static void steal_next(void) {
    Processor *victim = processor(), *thief = processor();
    gort_runq_put_next(victim, runnable(0));
    gort_check(gort_runq_steal(thief, victim, false) == NULL &&
               "what runs next is left alone at first");
    gort_check(gort_runq_steal(thief, victim, true)->id == 0 && gort_runq_is_empty(victim));
    free(victim);
    free(thief);
}

// Thieves against the holder: each goroutine is taken exactly once.
static Processor *shared;
static int taken[COUNT], running;

static void take(Goroutine *g) {
    if (g) gort_check(__atomic_add_fetch(&taken[g->id], 1, __ATOMIC_RELAXED) == 1);
}

static void *thief_main(void *arg) {
    Processor *p = processor();
    (void)arg;
    while (load_acquire(&running)) {
        take(gort_runq_steal(p, shared, true));
        for (Goroutine *g; (g = gort_runq_get(p)) != NULL;) take(g);
    }
    free(p);
    return NULL;
}

static void *onlooker_main(void *arg) {
    while (load_acquire(&running))
        gort_check(!gort_runq_is_empty(arg) && "one goroutine is always there");
    return NULL;
}

static void thieves(void) {
    pthread_t threads[2];
    shared = processor();
    store_release(&running, 1);
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, thief_main, NULL);
    for (int round = 0; round < 200; round++) {
        memset(taken, 0, sizeof taken);
        for (int i = 0; i < (int)GORT_RUNQ_SIZE / 2; i++)
            i % 3 ? gort_runq_put(shared, runnable(i)) : gort_runq_put_next(shared, runnable(i));
        for (Goroutine *g; (g = gort_runq_get(shared)) != NULL;) take(g);
        for (int i = 0; i < (int)GORT_RUNQ_SIZE / 2; i++)
            while (!load_acquire(&taken[i])) gort_os_thread_yield();
    }
    store_release(&running, 0);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    gort_check(gort_runq_is_empty(shared));
    free(shared);
}

static void never_looks_empty(void) {
    Processor *p = processor();
    pthread_t thread;
    gort_runq_put_next(p, runnable(0));
    store_release(&running, 1);
    pthread_create(&thread, NULL, onlooker_main, p);
    for (int i = 0; i < 100000; i++) {
        gort_runq_put_next(p, runnable(1)); // 0 moves to the ring
        gort_check(gort_runq_get(p)->id == 1); // 0 is in the ring
        gort_runq_put_next(p, runnable(1));
        gort_check(gort_runq_get_fair(p)->id == 0); // 1 is next
        gort_runq_put_next(p, runnable(0)); // 1 moves to the ring
        gort_check(gort_runq_get_fair(p)->id == 1); // 0 is next, as at the beginning
    }
    store_release(&running, 0);
    pthread_join(thread, NULL);
    free(p);
}

int main(void) {
    order();
    overflow();
    steal_half();
    steal_next();
    thieves();
    never_looks_empty();
    puts("ok");
}
