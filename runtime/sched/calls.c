// calls.c - calls of libc that wait for a thread, a lock, a process, a disk or another machine.
//
// They are marked (call.c), whoever makes them, a .gc file or a C library: while they wait, others
// have the processor. Nothing else about them changes. Locks are first tried without a mark, since
// most of them are free.
// Not in builds for sanitizers, which stand in front of libc with functions of their own.
#define _GNU_SOURCE
#include "sched/front.h"
#include "sched/netpoll.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

const char gort_calls_are_linked; // suspend.c refers to it

// ---- threads and locks --------------------------------------------------------------------------

MARKED(int, pthread_join, (pthread_t t, void **result), (t, result))
MARKED(int, pthread_barrier_wait, (pthread_barrier_t * b), (b))
MARKED(int, pthread_cond_wait, (pthread_cond_t * c, pthread_mutex_t *l), (c, l))
MARKED(int, pthread_cond_timedwait,
       (pthread_cond_t * c, pthread_mutex_t *l, const struct timespec *t), (c, l, t))
MARKED(int, pthread_cond_clockwait,
       (pthread_cond_t * c, pthread_mutex_t *l, clockid_t clock, const struct timespec *t),
       (c, l, clock, t))

// C11's, which call libc's own names for the ones above.
MARKED(int, thrd_join, (thrd_t t, int *result), (t, result))
MARKED(int, mtx_lock, (mtx_t * l), (l))
MARKED(int, mtx_timedlock, (mtx_t * l, const struct timespec *t), (l, t))
MARKED(int, cnd_wait, (cnd_t * c, mtx_t *l), (c, l))
MARKED(int, cnd_timedwait, (cnd_t * c, mtx_t *l, const struct timespec *t), (c, l, t))

// A mutex of most kinds knows its owner by the thread: who holds one stays on its thread (home.c), though
// it may be preempted meanwhile.
static bool knows_owner(const pthread_mutex_t *l) {
    int kind = l->__data.__kind & 127;
    return kind != PTHREAD_MUTEX_TIMED_NP && kind != PTHREAD_MUTEX_ADAPTIVE_NP;
}

static int mutex_taken(const pthread_mutex_t *l, int error) {
    if (unlikely(knows_owner(l)) && (error == 0 || error == EOWNERDEAD)) gort_stay();
    return error;
}

FRONT int pthread_mutex_trylock(pthread_mutex_t *l) {
    FRONT_REAL(int, (pthread_mutex_t *), gort_libc_next_or_fatal, "pthread_mutex_trylock");
    return mutex_taken(l, real(l));
}

FRONT int pthread_mutex_timedlock(pthread_mutex_t *l, const struct timespec *t) {
    FRONT_REAL(int, (pthread_mutex_t *, const struct timespec *), gort_libc_next_or_fatal,
               "pthread_mutex_timedlock");
    FRONT_BEGIN;
    int error = real(l, t);
    FRONT_END;
    return mutex_taken(l, error);
}

FRONT int pthread_mutex_unlock(pthread_mutex_t *l) {
    FRONT_REAL(int, (pthread_mutex_t *), gort_libc_next_or_fatal, "pthread_mutex_unlock");
    if (likely(!knows_owner(l))) return real(l); // it may be gone once it is free
    int error = real(l);
    if (error == 0) gort_stay_no_more();
    return error;
}

static int rwlock_taken(const pthread_rwlock_t *l, int error) {
    (void)l;
    return error;
}

// A lock that is free is taken at once; one that is not is waited for, marked.
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
LOCK(pthread_mutex_lock, pthread_mutex_trylock, pthread_mutex_t, mutex_taken)
LOCK(pthread_rwlock_rdlock, pthread_rwlock_tryrdlock, pthread_rwlock_t, rwlock_taken)
LOCK(pthread_rwlock_wrlock, pthread_rwlock_trywrlock, pthread_rwlock_t, rwlock_taken)

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

#define NO_CALL(name) (gort_libc_next_or_fatal(name), -1)
BLOCKING(sem_wait, (sem_t * s), (s), NO_CALL("sem_wait"))
BLOCKING(sem_timedwait, (sem_t * s, const struct timespec *t), (s, t), NO_CALL("sem_timedwait"))
BLOCKING(sem_clockwait, (sem_t * s, clockid_t clock, const struct timespec *t), (s, clock, t),
         NO_CALL("sem_clockwait"))
BLOCKING(semop, (int id, struct sembuf *v, size_t n), (id, v, n), NO_CALL("semop"))
BLOCKING(semtimedop, (int id, struct sembuf *v, size_t n, const struct timespec *t), (id, v, n, t),
         NO_CALL("semtimedop"))
BLOCKING(msgsnd, (int id, const void *m, size_t n, int flags), (id, m, n, flags), NO_CALL("msgsnd"))

// ---- processes ----------------------------------------------------------------------------------

MARKED(pid_t, wait, (int *status), (status))
MARKED(pid_t, waitpid, (pid_t pid, int *status, int options), (pid, status, options))
MARKED(pid_t, wait3, (int *status, int options, struct rusage *u), (status, options, u))
MARKED(pid_t, wait4, (pid_t pid, int *status, int options, struct rusage *u),
       (pid, status, options, u))
MARKED(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int options),
       (type, id, info, options))
MARKED(int, system, (const char *command), (command))
MARKED(int, pclose, (FILE * f), (f))
MARKED(FILE *, popen, (const char *command, const char *mode), (command, mode))
MARKED(int, posix_spawn,
       (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *a, char *const argv[], char *const environment[]),
       (pid, path, actions, a, argv, environment))
MARKED(int, posix_spawnp,
       (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions,
        const posix_spawnattr_t *a, char *const argv[], char *const environment[]),
       (pid, file, actions, a, argv, environment))

// ---- files --------------------------------------------------------------------------------------

MARKED(int, flock, (int fd, int operation), (fd, operation))
MARKED(int, lockf, (int fd, int command, off_t n), (fd, command, n))
MARKED(int, fsync, (int fd), (fd))
MARKED(int, fdatasync, (int fd), (fd))
MARKED(int, syncfs, (int fd), (fd))
MARKED(int, msync, (void *at, size_t n, int flags), (at, n, flags))
MARKED(ssize_t, pread, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
MARKED(ssize_t, pwrite, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
MARKED(ssize_t, sendfile, (int to, int from, off_t *at, size_t n), (to, from, at, n))
MARKED(ssize_t, sendfile64, (int to, int from, off64_t *at, size_t n), (to, from, at, n))
MARKED(ssize_t, splice, (int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags),
       (from, from_at, to, to_at, n, flags))
MARKED(ssize_t, copy_file_range,
       (int from, off64_t *from_at, int to, off64_t *to_at, size_t n, unsigned flags),
       (from, from_at, to, to_at, n, flags))

// To open the end of a pipe waits for who opens the other.
#define OPEN(name, first, pass)                                                 \
    FRONT int name first {                                                      \
        FRONT_REAL(int, first, gort_libc_next_or_fatal, #name);                 \
        va_list rest;                                                           \
        va_start(rest, flags);                                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
        va_end(rest);                                                           \
        FRONT_BEGIN;                                                            \
        int result = real pass;                                                 \
        FRONT_END;                                                              \
        return result;                                                          \
    }
OPEN(open, (const char *path, int flags, ...), (path, flags, mode))
OPEN(open64, (const char *path, int flags, ...), (path, flags, mode))
OPEN(openat, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))
OPEN(openat64, (int fd, const char *path, int flags, ...), (fd, path, flags, mode))

// ---- names of hosts -----------------------------------------------------------------------------

MARKED(int, getaddrinfo,
       (const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out),
       (node, service, hints, out))
MARKED(int, getnameinfo,
       (const struct sockaddr *a, socklen_t n, char *host, socklen_t host_n, char *service,
        socklen_t service_n, int flags),
       (a, n, host, host_n, service, service_n, flags))
MARKED(struct hostent *, gethostbyname, (const char *name), (name))

// ---- modules ------------------------------------------------------------------------------------

// Others may come to lie where this one was. (dlopen looks at who calls it, and is left alone.)
FRONT int dlclose(void *module) {
    FRONT_REAL(int, (void *), gort_libc_next_or_fatal, "dlclose");
    int error = real(module);
    gort_text_find();
    return error;
}

// ---- whatever it is -----------------------------------------------------------------------------

FRONT long syscall(long n, ...) {
    FRONT_REAL(long, (long, ...), gort_libc_next_or_fatal, "syscall");
    va_list rest;
    va_start(rest, n);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    FRONT_BEGIN;
    long result = real(n, a, b, c, d, e, f);
    FRONT_END;
    // What io/ knows of files that block may have become untrue.
    if (n == SYS_fcntl || n == SYS_ioctl) add_seq_cst(&gort_poll_flags_set, 1);
    return result;
}

// ---- jumping out --------------------------------------------------------------------------------

// A signal handler that jumps out of a call ends it.
static void jump(void) {
    Machine *m = arch_machine();
    if (m && m->standing) gort_call_end(m, m->standing);
}

#define JUMP(name, Buffer)                                               \
    FRONT void name(Buffer at, int value) {                              \
        FRONT_REAL(void, (Buffer, int), gort_libc_next_or_fatal, #name); \
        jump();                                                          \
        real(at, value);                                                 \
        __builtin_unreachable();                                         \
    }
JUMP(longjmp, jmp_buf)
JUMP(_longjmp, jmp_buf)
JUMP(siglongjmp, sigjmp_buf)
void __longjmp_chk(jmp_buf, int);
JUMP(__longjmp_chk, jmp_buf)
#endif
