// lock.c - the two locks, and the order in which they may be taken.
//
// A SpinLock's release is a plain store: it cannot tell whether somebody waits, so nobody may sleep
// for it without an end. A waiter spins (the holder is on another core, and about done), gives its
// core away (the holder was put aside on this one), and at last naps 50 us at a time. Rejected: a
// futex in every channel, whose release needs a locked exchange, 5 ns of the 60 that a round trip
// takes.
#include "os/os.h"

#include "base/check.h"
#include "os/syscall.h"
#include <linux/futex.h>

enum { SPINS = 100,
       YIELDS = 20 };

__attribute__((noinline, cold)) void gort_spin_lock_slow(SpinLock *l) {
    for (unsigned tries = 0;; tries++) {
        for (int i = 0; i < SPINS; i++) {
            if (!load_relaxed(&l->taken) && !exchange_acquire(&l->taken, 1)) return;
            cpu_relax();
        }
        if (tries < YIELDS)
            gort_os_thread_yield();
        else
            gort_os_nap_us(50);
    }
}

static void futex(uint32_t *word, int operation, uint32_t value) {
    os_syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value);
}

static __attribute__((noinline)) void lock_wait(Lock *l) {
    for (int i = 0; i < SPINS; i++) {
        if (!load_relaxed(&l->state) && cas_acquire(&l->state, 0, 1)) return;
        cpu_relax();
    }
    while (exchange_acquire(&l->state, 2)) futex(&l->state, FUTEX_WAIT, 2);
}

void gort_lock_acquire(Lock *l, LockRank rank) {
    (void)rank;
    if (unlikely(!cas_acquire(&l->state, 0, 1))) lock_wait(l);
    gort_rank_acquired(rank);
}

bool gort_lock_try(Lock *l, LockRank rank) {
    (void)rank;
    if (!cas_acquire(&l->state, 0, 1)) return false;
    gort_rank_acquired(rank);
    return true;
}

void gort_lock_release(Lock *l, LockRank rank) {
    (void)rank;
    gort_rank_released(rank);
    if (unlikely(exchange_release(&l->state, 0) == 2)) futex(&l->state, FUTEX_WAKE, 1);
}

#ifdef GORT_DEV
// The ranks a thread holds, as a count for each. A lock is released by the thread that took it,
// though perhaps by another goroutine on it (see sched/park.c), so counting by thread is right.
// noinline: the address of a thread-local must not outlive a switch.
static _Thread_local uint32_t held[RANK_COUNT];

static bool is_taken_in_numbers(LockRank rank) {
    return rank == RANK_CONTEXT || rank == RANK_CHANNEL || rank == RANK_MAP ||
           rank == RANK_ALLOCATE;
}

__attribute__((noinline)) void gort_rank_acquired(LockRank rank) {
    for (int above = (int)rank + is_taken_in_numbers(rank); above < RANK_COUNT; above++)
        gort_check(held[above] == 0 && "locks are taken in the order of their ranks");
    held[rank]++;
}

__attribute__((noinline)) void gort_rank_released(LockRank rank) {
    gort_check(held[rank] > 0 && "a lock is released by the thread that took it");
    held[rank]--;
}
#endif
