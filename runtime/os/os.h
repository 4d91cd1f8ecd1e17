// os.h - every system call of the runtime, behind one header: memory, threads, locks, notes, the
// clock.
//
// Two locks and a note:
//   SpinLock  a word, released by a plain store: what a channel pays at each operation. Whoever
//   finds it taken spins a little, then lets
//             other threads run, then naps: the holder may have lost its core. For sections of a
//             few dozen instructions without system calls.
//   Lock      a futex: for sections that others wait for at length (the scheduler's own lock).
//   Note      one thread sleeps, another wakes it; a wake before the sleep is kept.
// None of these changes errno, except where said: it is the goroutine's, and a program that sends
// on a channel has not made a system call. In builds with -DGORT_DEV each lock has a rank, and a
// thread takes them in increasing order only (os/rank.c).
#ifndef GORT_OS_OS_H
#define GORT_OS_OS_H

#include "base/atomic.h"
#include <stddef.h>
#include <stdint.h>
#include <time.h>

// ---- memory.c -----------------------------------------------------------------------------------

// Zeroed pages without reservation of swap, at a multiple of `align` (a power of two, at least a
// page); NULL: there are none.
void *gort_os_memory_map(size_t bytes, size_t align);
// Zeroed pages, from a signal handler, too, that may have interrupted a sanitizer.
void *gort_os_memory_map_signal(size_t bytes);
// The same at this place: 0 done, -1 the place is taken, 1 there are none.
int gort_os_memory_map_at(void *at, size_t bytes);
void gort_os_memory_unmap(void *at, size_t bytes);
// The pages' contents are no longer wanted: the kernel takes the memory, and they are zero from now
// on.
void gort_os_memory_release(void *at, size_t bytes);
// Makes [at, at + bytes) fault on every access, for good. Takes no map entry where the kernel has
// MADV_GUARD_INSTALL (6.13); else mprotect, of which a process has about 32,000: false when they
// are used up.
bool gort_os_memory_guard(void *at, size_t bytes);
// Replaces pages of gort_os_memory_map by zeroed ones.
void gort_os_memory_renew(void *at, size_t bytes);
// The end of the mapped memory that begins at `from`, at most from + max; the start of that which
// ends at high, at least low. Async-signal-safe.
uintptr_t gort_os_mapped_end(uintptr_t from, size_t max);
uintptr_t gort_os_mapped_from(uintptr_t low, uintptr_t high);
bool gort_os_is_mapped(uintptr_t address); // its page; async-signal-safe
// Small pages here: a goroutine that uses 4 KiB of its stack must not be given 2 MiB.
void gort_os_memory_small_pages(void *at, size_t bytes);

// ---- lock.c -------------------------------------------------------------------------------------

typedef enum LockRank { // a thread that holds one may take those further down
    RANK_START = 1, // one change of GOMAXPROCS at a time
    RANK_CONTEXT, // contexts, several at a time, parents first; semaphores, groups
    RANK_TIMERS, // a processor's timers
    RANK_TIMERS_RETIRED, // those of a processor that goes out of use
    RANK_CHANNEL, // several at a time, in address order
    RANK_PLACE, // where goroutines wait for a mutex and the like
    RANK_MAP, // nodes of a sync_map: several at a time, upwards
    RANK_POLL, // a file descriptor's waiters
    RANK_POLL_WAIT, // one wait for descriptors
    RANK_POLL_TABLE, // new chunks of the table of descriptors, and the start of netpoll
    RANK_WORLD, // the list of foreign machines; whoever asks all threads something
    RANK_ROOTS, // registered ranges, cleanups, pools, the pacer: with the world stopped, too
    RANK_SCHED, // gort_sched.lock
    RANK_ALLOCATE, // free lists of goroutines, stacks: leaves, several at a time
    RANK_HEAP_SHARED, // the cache of threads that hold no processor
    RANK_CENTRAL, // a size class's lists of spans
    RANK_PAGES, // the page heap
    RANK_GREY, // the collector's shared list: taken by threads that hold off suspension
    RANK_COUNT
} LockRank;

#ifdef GORT_DEV
void gort_rank_acquired(LockRank rank);
void gort_rank_released(LockRank rank);
#else
#define gort_rank_acquired(rank) ((void)0)
#define gort_rank_released(rank) ((void)0)
#endif

typedef struct SpinLock {
    uint32_t taken;
} SpinLock;
void gort_spin_lock_slow(SpinLock *l);

static inline __attribute__((always_inline)) void spin_lock(SpinLock *l, LockRank rank) {
    (void)rank;
    if (unlikely(exchange_acquire(&l->taken, 1))) gort_spin_lock_slow(l);
    gort_rank_acquired(rank);
}
static inline __attribute__((always_inline)) void spin_unlock(SpinLock *l, LockRank rank) {
    (void)rank;
    gort_rank_released(rank);
    store_release(&l->taken, 0);
}

// For debug modes that stop the world: no rank, no waiting.
static inline bool spin_try_lock(SpinLock *l) { return exchange_acquire(&l->taken, 1) == 0; }
static inline void spin_try_unlock(SpinLock *l) { store_release(&l->taken, 0); }

typedef struct Lock {
    uint32_t state;
} Lock; // 0 free, 1 taken, 2 taken and somebody may wait
void gort_lock_acquire(Lock *l, LockRank rank);
void gort_lock_release(Lock *l, LockRank rank);
bool gort_lock_try(Lock *l, LockRank rank); // true: it was free, and is the caller's

// ---- note.c -------------------------------------------------------------------------------------

typedef struct Note {
    uint32_t state;
} Note; // 0 nothing, 1 a wake is kept, 2 the owner sleeps
// Sleeps until woken, and uses that wake up. One thread only: the owner.
void gort_note_sleep(Note *n);
// The same, but not beyond os_now() == deadline_ns; true if woken.
bool gort_note_sleep_until(Note *n, int64_t deadline_ns);
// Wakes the owner, or keeps the wake; waking twice is the same as once. The note must outlive the
// call.
void gort_note_wake(Note *n);
// Sleeps while *gate is `closed`, or returns for no reason; opens it for all who sleep there, after
// *gate was changed.
void gort_gate_wait(uint32_t *gate, uint32_t closed);
void gort_gate_open(uint32_t *gate);

// ---- thread.c -----------------------------------------------------------------------------------

// Starts a detached thread with all signals as in the caller, or, if that leaves them to others, as it had
// them before; false: there is no room for one.
bool gort_os_thread_start(void (*fn)(void *), void *arg);
// The calling thread, one of the runtime's own that runs nothing of the program's, takes no signals.
void gort_os_thread_leave_signals(void);
// The stack of the calling thread, [*low, *high), as far as pthread knows.
void gort_os_thread_stack(void **low, void **high);
void gort_os_thread_yield(void);
void gort_os_nap_us(unsigned us);
int gort_os_thread_id(void);
int gort_os_thread_count(void); // threads of the process; 0: unknown
int gort_os_cpu_count(void); // cores this process may use, at least 1
// Does the kernel make its clock of the counter that arch_cycles reads?
bool gort_os_cycles_are_the_clock(void);
// Brackets a sleep of wait_ns: the kernel ends the sleeps of a thread up to 50 us late, to wake several at one
// time; a short one shall end when it is over. What a program has chosen for its thread is left alone.
long gort_os_slack_drop(int64_t wait_ns);
void gort_os_slack_restore(long slack);
// Is the address in the main executable (not in a shared library)?
bool gort_os_in_executable(const void *address);
bool gort_os_is_initial_thread(void);

// Monotonic nanoseconds, never 0.
static inline int64_t os_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

#endif
