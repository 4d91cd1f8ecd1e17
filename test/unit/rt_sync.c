// The parts that mutexes, wait groups and pools are made of: queues and semaphores in a word, states of a mutex, the queue
// of a pool between its owner and thieves (SY23).
#include "sched/suspend.h"
#include "sync/sync.h"

#include <go/chan.h>
#include <go/runtime.h>
#include <go/time.h>
#include <stdio.h>
#include <stdlib.h>

// ---- queues and semaphores ----------------------------------------------------------------------

static void queues(void) {
    unsigned long q = 0;
    Waiter w[5] = {{0}};
    gort_check(!queue_take(&q));
    for (int i = 1; i < 4; i++) queue_put(&q, &w[i]);
    queue_put_first(&q, &w[0]);
    queue_put(&q, &w[4]);
    for (int i = 0; i < 5; i++) gort_check(queue_take(&q) == &w[i]);
    gort_check(q == 0 && !queue_take(&q));
    queue_put_first(&q, &w[3]);
    gort_check(queue_take(&q) == &w[3] && q == 0);
}

static unsigned long semaphore;
static int order[10], n_order;

static void acquire(void *arg) {
    gort_semaphore_acquire(&semaphore, WAIT_SEMAPHORE);
    order[n_order++] = (int)(uintptr_t)arg;
}

static void yield_often(void) {
    for (int i = 0; i < 100; i++) go_yield();
}

// Permits are kept for those who come later, and those who wait are served in order.
static void semaphores(void) {
    go_maxprocs(1);
    gort_semaphore_release(&semaphore, 2);
    gort_check(semaphore == 5);
    gort_semaphore_acquire(&semaphore, WAIT_SEMAPHORE);
    gort_semaphore_acquire(&semaphore, WAIT_SEMAPHORE);
    gort_check(semaphore == 0);
    for (uintptr_t i = 0; i < 10; i++) {
        go_spawn(acquire, (void *)i);
        yield_often();
    }
    gort_check(n_order == 0 && semaphore != 0 && !(semaphore & 1));
    for (int i = 1; i <= 10; i++) {
        gort_semaphore_release(&semaphore, i < 10 ? 1 : 3); // two too many
        while (n_order < i) go_yield();
    }
    gort_check(semaphore == 5);
    for (int i = 0; i < 10; i++) gort_check(order[i] == i);
}

// ---- the mutex ----------------------------------------------------------------------------------

static go_mutex mutex;
static int got[8], n_got;

static void lock_and_note(void *arg) {
    go_mutex_lock(&mutex);
    got[n_got++] = (int)(uintptr_t)arg;
    go_mutex_unlock(&mutex);
}

// Waiters that have waited for long are handed the mutex one after the other, in order, each before the
// one who unlocks goes on (SY4, SY29), and it is as new in the end.
static void hand_over_in_order(void) {
    go_maxprocs(1);
    for (int round = 0; round < 20; round++) {
        n_got = 0;
        go_mutex_lock(&mutex);
        for (uintptr_t i = 0; i < 8; i++) {
            go_spawn(lock_and_note, (void *)i);
            yield_often();
        }
        gort_check(mutex.waiters && n_got == 0);
        for (go_time end = go_now() + 3 * GO_MILLISECOND; go_now() < end;) {}
        // The first is woken, and loses against us: it turns starvation on.
        go_mutex_unlock(&mutex);
        gort_check(go_mutex_trylock(&mutex));
        enum { STARVING = 8 };
        while (!(mutex.state & STARVING)) go_yield();
        gort_check(n_got == 0);
        go_mutex_unlock(&mutex);
        gort_check(n_got >= 1 && "who was given the lock went on before us");
        while (n_got < 8) go_yield();
        for (int i = 0; i < 8; i++) gort_check(got[i] == i);
        yield_often();
        gort_check(mutex.state == 0 && mutex.waiters == 0);
    }
}

// ---- the queue of a pool ------------------------------------------------------------------------

enum { THIEVES = 9 };
static Chain chain;
static unsigned char *taken; // by item
static long items, n_taken;
static bool pushed_all;
static GO_CHAN(go_unit) done;

static void note_taken(void *item) {
    uintptr_t i = (uintptr_t)item;
    gort_check(i >= 1 && i <= (uintptr_t)items);
    gort_check(__atomic_add_fetch(&taken[i], 1, __ATOMIC_RELAXED) == 1 && "an item is taken once");
    __atomic_add_fetch(&n_taken, 1, __ATOMIC_RELAXED);
}

static void *take(void *(*how)(Machine *, Chain *)) {
    Machine *m = machine_current();
    suspend_hold(m);
    void *item = how(m, &chain);
    suspend_allow(m);
    return item;
}

static void thief(void *arg) {
    (void)arg;
    for (;;) {
        bool last = load_acquire(&pushed_all);
        void *item = take(gort_chain_take_tail);
        if (item)
            note_taken(item);
        else if (last && load_relaxed(&n_taken) == items)
            break;
        else
            go_yield();
    }
    go_unit unit = {};
    go_chan_send(done, unit);
}

// `grows`: in a chain; else in a single ring, and what does not fit is taken out again.
static void push(uintptr_t i, bool grows) {
    for (ChainPart *part = NULL;;) {
        uint32_t slots = 0;
        Machine *m = machine_current();
        suspend_hold(m);
        bool put = gort_chain_put(m, &chain, (void *)i, &slots);
        if (!put && part) {
            gort_chain_extend(m, &chain, part);
            put = gort_chain_put(m, &chain, (void *)i, &slots);
        }
        suspend_allow(m);
        if (put) return;
        if (grows || !chain.head) {
            part = gort_chain_part_new(grows ? slots : 16);
            continue;
        }
        void *item = take(gort_chain_take_head);
        if (item)
            note_taken(item);
        else
            go_yield(); // a thief has not cleared its slot yet
    }
}

static void owner_and_thieves(bool grows) {
    go_maxprocs(4);
    chain = (Chain){NULL, NULL};
    n_taken = 0;
    pushed_all = false;
    taken = calloc((size_t)items + 1, 1);
    for (int i = 0; i < THIEVES; i++) go_spawn(thief, NULL);
    for (uintptr_t i = 1; i <= (uintptr_t)items; i++) {
        push(i, grows);
        if (i % 10 == 0) {
            void *item = take(gort_chain_take_head);
            if (item) note_taken(item);
        }
        if (i % 4096 == 0) go_yield();
    }
    store_release(&pushed_all, true);
    for (int i = 0; i < THIEVES; i++) go_chan_recv(done, (go_unit *)NULL);
    for (long i = 1; i <= items; i++) gort_check(taken[i] == 1);
    free(taken);
}

int main(void) {
    done = go_chan_make(go_unit, 0);
    items = 200000;
    queues();
    semaphores();
    hand_over_in_order();
    owner_and_thieves(false);
    owner_and_thieves(true);
    puts("ok");
    return 0;
}
