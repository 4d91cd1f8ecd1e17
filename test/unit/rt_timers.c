// The timer heap: order, removal from anywhere, periods, channel timers, and processors that go out
// of use.
#include "base/random.h"
#include "sched/clock.h"
#include "sched/timer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 500 };
static Timer timers[COUNT];
static TimerHeap heap;
static int64_t last_due;
static int fired;

static void fire(Timer *t, int64_t due_ns) {
    (void)t;
    gort_check(due_ns >= last_due && "timers fire in order");
    last_due = due_ns;
    fired++;
}

static void verify(TimerHeap *h) {
    spin_lock(&h->lock.lock, RANK_TIMERS);
    gort_verify_timers(h);
    spin_unlock(&h->lock.lock, RANK_TIMERS);
}

static void reset(void) {
    gort_timer_heap_init(&heap);
    memset(timers, 0, sizeof timers);
    for (int i = 0; i < COUNT; i++) timers[i] = (Timer){.heap = &heap, .fire = fire};
    last_due = fired = 0;
}

// Far in the future, so that the scheduler's own machines never see them as due.
static const int64_t far = (int64_t)1 << 60;

static void random_order(uint64_t seed) {
    Random r;
    random_seed(&r, seed);
    reset();
    int pending = 0, stopped = 0;
    for (int i = 0; i < 5 * COUNT; i++) {
        Timer *t = &timers[random_below(&r, COUNT)];
        bool was = t->when_ns != 0;
        if (random_below(&r, 3) == 0) {
            gort_check(gort_timer_stop(t) == was);
            pending -= was;
            stopped++;
        } else {
            gort_check(gort_timer_start(t, far + random_below(&r, 1000), 0) == was);
            pending += !was;
        }
        if (i % 16 == 0) verify(&heap);
    }
    gort_check(stopped > 0 && heap.count - heap.empty == (uint32_t)pending);
    gort_timers_run(&heap, far + 499);
    gort_check(last_due <= far + 499 && heap.earliest_ns > far + 499);
    gort_timers_run(&heap, far + 1000);
    gort_check(fired == pending && heap.count == 0 && heap.earliest_ns == INT64_MAX);
    free(heap.memory);
}

// One that is set later again and again stays where it is, and fires at the last of these times.
static void postponed(void) {
    reset();
    for (int i = 0; i < 3; i++) gort_timer_start(&timers[i], far + i, 0);
    for (int n = 1; n <= 10; n++) gort_check(gort_timer_start(&timers[0], far + 10 * n, 0));
    gort_check(heap.earliest_ns == far && timers[0].when_ns == far + 100);
    verify(&heap);
    gort_timers_run(&heap, far);
    gort_check(fired == 0 && heap.earliest_ns == far + 1);
    gort_timers_run(&heap, far + 99);
    gort_check(fired == 2 && heap.earliest_ns == far + 100);
    gort_check(gort_timer_start(&timers[0], far + 50, 0) && heap.earliest_ns == far + 50);
    gort_timer_start(&timers[0], far + 200, 0);
    gort_check(gort_timer_stop(&timers[0]) && heap.count == 0 && heap.earliest_ns == INT64_MAX);
    free(heap.memory);
}

// In a heap of more than a few: who starts a timer gets the entry of one that was stopped; nobody wakes up
// for entries alone.
static void stopped_ones_make_room(void) {
    reset();
    for (int i = 0; i < COUNT; i++) gort_timer_start(&timers[i], far + i, 0);
    uint32_t before = heap.count;
    for (int n = 0; n < 3 * COUNT; n++) {
        Timer *t = &timers[n * 7 % COUNT];
        gort_check(gort_timer_stop(t));
        gort_check(!gort_timer_start(t, far + (n * 31) % (2 * COUNT), 0));
        if (n % 16 == 0) verify(&heap);
    }
    gort_check(heap.count <= before + before / 4);
    verify(&heap);
    for (int i = 0; i < COUNT; i++) {
        gort_check(gort_timer_stop(&timers[i * 3 % COUNT]));
        if (i % 16 == 0) verify(&heap);
    }
    gort_check(heap.count == 0 && heap.empty == 0 && heap.earliest_ns == INT64_MAX);
    free(heap.memory);
}

// Set to earlier times, and back: each fires at the last of them, in order, and the earliest is known at once.
static void advanced(void) {
    reset();
    for (int i = 0; i < COUNT; i++) gort_timer_start(&timers[i], far + 1000 + i, 0);
    for (int i = 0; i < COUNT; i++) {
        int64_t when = far + 900 - i;
        gort_timer_start(&timers[i * 7 % COUNT], when, 0);
        gort_check(heap.earliest_ns == when);
        if (i % 3 == 0) gort_timer_start(&timers[i * 7 % COUNT], when + 2000, 0);
        if (i % 5 == 0) gort_timer_stop(&timers[i * 11 % COUNT]);
        if (i % 16 == 0) verify(&heap);
    }
    verify(&heap);
    int pending = 0;
    for (int i = 0; i < COUNT; i++) pending += timers[i].when_ns != 0;
    for (int64_t now = far; now < far + 4000; now += 50) gort_timers_run(&heap, now);
    gort_check(fired == pending && heap.count == 0 && heap.early_count == 0);
    gort_check(heap.earliest_ns == INT64_MAX);
    free(heap.memory);
}

// The time for deadlines is never behind the clock, nor much before it.
static void clock_for_deadlines(void) {
    int64_t end = os_now() + 40000000;
    for (int64_t before = 0; before < end;) {
        before = os_now();
        int64_t t = gort_clock_deadline(), after = os_now();
        gort_check(t >= before && t <= after + 2000);
    }
}

// Missed periods are not made up for, and the rhythm is kept.
static void periods(void) {
    reset();
    gort_timer_start(&timers[0], far, 100);
    gort_timers_run(&heap, far);
    gort_check(fired == 1 && timers[0].when_ns == far + 100);
    gort_timers_run(&heap, far + 1050);
    gort_check(fired == 2 && last_due == far + 100 && timers[0].when_ns == far + 1100);
    gort_check(gort_timer_stop(&timers[0]) && heap.count == 0);
    gort_timers_run(&heap, INT64_MAX - 1);
    gort_check(fired == 2);
    free(heap.memory);
}

// A channel timer is in the heap while somebody watches it, and only then.
static void channel_timers(void) {
    reset();
    Timer *t = &timers[0];
    t->is_channel = true;
    gort_timer_start(t, far, 0);
    gort_check(heap.count == 0 && t->when_ns == far);
    gort_timer_watch(t);
    gort_timer_watch(t);
    gort_check(heap.count == 1 && heap.earliest_ns == far);
    gort_timer_unwatch(t);
    gort_check(heap.count == 1);
    gort_timer_unwatch(t);
    gort_check(heap.count == 0 && heap.earliest_ns == INT64_MAX && fired == 0);
    gort_timer_poll(t);
    gort_check(fired == 0 && t->when_ns == far);
    gort_timer_start(t, 1, 0); // long due, but nobody has looked
    gort_check(fired == 0);
    gort_timer_poll(t);
    gort_check(fired == 1 && last_due == 1 && t->when_ns == 0);
    gort_check(!gort_timer_stop(t));
    free(heap.memory);
}

// The timers of a processor that goes out of use move to the first processor, and later ones go
// there, too.
static void retirement(void) {
    gort_world_set_procs(2);
    gort_check(gort_sched.processors_made >= 2);
    TimerHeap *first = &gort_sched.processors[0]->timers,
              *second = &gort_sched.processors[1]->timers;
    Timer moves = {.heap = second, .fire = fire}, late = {.heap = second, .fire = fire};
    gort_timer_start(&moves, far, 0);
    gort_check(second->count == 1);
    gort_world_set_procs(1);
    gort_check(second->count == 0 && moves.heap == first && moves.slot > 0);
    gort_timer_start(&late, far, 0);
    gort_check(second->count == 0 && late.heap == first);
    verify(first);
    gort_check(gort_timer_stop(&moves) && gort_timer_stop(&late) && first->count == 0);
}

int main(void) {
    for (uint64_t seed = 1; seed <= 20; seed++) random_order(seed);
    postponed();
    stopped_ones_make_room();
    advanced();
    clock_for_deadlines();
    periods();
    channel_timers();
    retirement();
    puts("ok");
}
