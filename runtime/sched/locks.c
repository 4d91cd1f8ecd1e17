// locks.c - libc's locks: mutexes, read-write locks, conditions, semaphores, once.
//
// Waiting for one is marked (call.c), whoever waits, a .gc file or a C library. A lock is first tried without a mark, since most of
// them are free.
//   1. A mutex of most kinds knows its owner by the thread, and so does a read-write lock its writer: who holds one stays on
//      its thread (home.c) until it unlocks it, though it may wait or be preempted meanwhile. Otherwise another goroutine would run
//      there, and be taken for the owner.
//   2. Whether a lock is of that kind is read before it is unlocked: it may be gone once it is free.
// Not in builds for sanitizers, which stand in front of libc with functions of their own.
#define _GNU_SOURCE
#include "sched/front.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include <pthread.h>
#include <semaphore.h>
#include <threads.h>

const char gort_locks_are_linked; // suspend.c refers to it

// name(l), of whose kind most are free: tried at once, and waited for, marked, if that gave EBUSY. `taken` is told the result.
#define LOCK(name, try_name, Type, taken)                                          \
    FRONT int name(Type *l) {                                                      \
        static int (*next_try)(Type *);                                            \
        int (*try_it)(Type *) = load_relaxed(&next_try);                           \
        if (unlikely(!try_it))                                                     \
            store_relaxed(&next_try, try_it = gort_libc_next_or_fatal(#try_name)); \
        int error = try_it(l);                                                     \
        if (likely(error != EBUSY)) return taken(l, error);                        \
        FRONT_REAL(int, (Type *), gort_libc_next_or_fatal, #name);                 \
        FRONT_BEGIN;                                                               \
        error = real(l);                                                           \
        FRONT_END;                                                                 \
        return taken(l, error);                                                    \
    }

// The same where the caller has a limit, or does not wait at all.
#define LOCK_MARKED(name, parameters, arguments, taken)              \
    FRONT int name parameters {                                      \
        FRONT_REAL(int, parameters, gort_libc_next_or_fatal, #name); \
        FRONT_BEGIN;                                                 \
        int error = real arguments;                                  \
        FRONT_END;                                                   \
        return taken(l, error);                                      \
    }
#define LOCK_TRIED(name, Type, taken)                              \
    FRONT int name(Type *l) {                                      \
        FRONT_REAL(int, (Type *), gort_libc_next_or_fatal, #name); \
        return taken(l, real(l));                                  \
    }

#define UNLOCK(name, Type, knows)                                  \
    FRONT int name(Type *l) {                                      \
        FRONT_REAL(int, (Type *), gort_libc_next_or_fatal, #name); \
        if (likely(!knows(l))) return real(l);                     \
        int error = real(l);                                       \
        if (error == 0) gort_stay_no_more();                       \
        return error;                                              \
    }

// ---- mutexes ------------------------------------------------------------------------------------

static bool knows_owner(const pthread_mutex_t *l) {
    int kind = l->__data.__kind & 127;
    return kind != PTHREAD_MUTEX_TIMED_NP && kind != PTHREAD_MUTEX_ADAPTIVE_NP;
}

static int mutex_taken(const pthread_mutex_t *l, int error) {
    if (unlikely(knows_owner(l)) && (error == 0 || error == EOWNERDEAD)) gort_stay();
    return error;
}

LOCK(pthread_mutex_lock, pthread_mutex_trylock, pthread_mutex_t, mutex_taken)
LOCK_TRIED(pthread_mutex_trylock, pthread_mutex_t, mutex_taken)
LOCK_MARKED(pthread_mutex_timedlock, (pthread_mutex_t * l, const struct timespec *t),
            (l, t), mutex_taken)
LOCK_MARKED(pthread_mutex_clocklock,
            (pthread_mutex_t * l, clockid_t clock, const struct timespec *t), (l, clock, t), mutex_taken)
UNLOCK(pthread_mutex_unlock, pthread_mutex_t, knows_owner)

// C11's are pthread's by other names, in libc, too, which calls its own.
static bool mtx_knows_owner(const mtx_t *l) { return knows_owner((const pthread_mutex_t *)l); }
static int mtx_taken(const mtx_t *l, int error) {
    if (unlikely(mtx_knows_owner(l)) && error == thrd_success) gort_stay();
    return error;
}
_Static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && thrd_success == 0, "glibc's mtx_t");

LOCK_MARKED(mtx_lock, (mtx_t * l), (l), mtx_taken)
LOCK_MARKED(mtx_timedlock, (mtx_t * l, const struct timespec *t), (l, t), mtx_taken)
LOCK_TRIED(mtx_trylock, mtx_t, mtx_taken)
UNLOCK(mtx_unlock, mtx_t, mtx_knows_owner)

// ---- read-write locks ---------------------------------------------------------------------------

// Who unlocks it while it has a writer is that.
static bool is_written(const pthread_rwlock_t *l) { return l->__data.__cur_writer != 0; }

static int taken_to_read(const pthread_rwlock_t *l, int error) {
    (void)l;
    return error;
}

static int taken_to_write(const pthread_rwlock_t *l, int error) {
    (void)l;
    if (error == 0) gort_stay();
    return error;
}

LOCK(pthread_rwlock_rdlock, pthread_rwlock_tryrdlock, pthread_rwlock_t, taken_to_read)
LOCK_MARKED(pthread_rwlock_timedrdlock,
            (pthread_rwlock_t * l, const struct timespec *t), (l, t), taken_to_read)
LOCK_MARKED(pthread_rwlock_clockrdlock,
            (pthread_rwlock_t * l, clockid_t clock, const struct timespec *t), (l, clock, t), taken_to_read)
LOCK(pthread_rwlock_wrlock, pthread_rwlock_trywrlock, pthread_rwlock_t, taken_to_write)
LOCK_TRIED(pthread_rwlock_trywrlock, pthread_rwlock_t, taken_to_write)
LOCK_MARKED(pthread_rwlock_timedwrlock,
            (pthread_rwlock_t * l, const struct timespec *t), (l, t), taken_to_write)
LOCK_MARKED(pthread_rwlock_clockwrlock,
            (pthread_rwlock_t * l, clockid_t clock, const struct timespec *t), (l, clock, t), taken_to_write)
UNLOCK(pthread_rwlock_unlock, pthread_rwlock_t, is_written)

// ---- conditions and semaphores ------------------------------------------------------------------

MARKED(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *l), (c, l))
MARKED(int, pthread_cond_timedwait,
       (pthread_cond_t * c, pthread_mutex_t *l, const struct timespec *t), (c, l, t))
MARKED(int, pthread_cond_clockwait,
       (pthread_cond_t * c, pthread_mutex_t *l, clockid_t clock, const struct timespec *t),
       (c, l, clock, t))
MARKED(int, cnd_wait, (cnd_t * c, mtx_t *l), (c, l))
MARKED(int, cnd_timedwait, (cnd_t * c, mtx_t *l, const struct timespec *t), (c, l, t))

#define NO_CALL(name) (gort_libc_next_or_fatal(name), -1)
BLOCKING(sem_wait, (sem_t * s), (s), NO_CALL("sem_wait"))
BLOCKING(sem_timedwait, (sem_t * s, const struct timespec *t), (s, t), NO_CALL("sem_timedwait"))
BLOCKING(sem_clockwait, (sem_t * s, clockid_t clock, const struct timespec *t), (s, clock, t),
         NO_CALL("sem_clockwait"))

// ---- once ---------------------------------------------------------------------------------------

// Who waits until another has called init is in a marked call; who calls it is not: it ends the mark first.
static __thread void (*once_init)(void);

static __attribute__((noinline)) void once_call(void) {
    void (*init)(void) = once_init;
    Machine *m = arch_machine();
    if (m && m->standing) gort_call_end(m, m->standing);
    bool stays = gort_stay(); // libc stands below
    init();
    if (stays) gort_stay_no_more();
}

static __attribute__((noinline)) void once_prepare(void (*init)(void)) { once_init = init; }

FRONT int pthread_once(pthread_once_t *once, void (*init)(void)) {
    FRONT_REAL(int, (pthread_once_t *, void (*)(void)), gort_libc_next_or_fatal, "pthread_once");
    enum { DONE = 2 }; // what both glibc and musl write there
    if (likely(load_acquire(once) == DONE)) return 0;
    once_prepare(init);
    FRONT_BEGIN;
    int error = front_m ? real(once, once_call) : real(once, init);
    FRONT_END;
    return error;
}
#endif
