// calls.c - calls of libc that wait for a thread, a process, a disk or another machine.
//
// They are marked (call.c), whoever makes them, a .gc file or a C library: while they wait, others
// have the processor. Nothing else about them changes. (Locks: locks.c.)
// Not in builds for sanitizers, which stand in front of libc with functions of their own.
#define _GNU_SOURCE
#include "sched/front.h"
#include "sched/netpoll.h"

#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
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

// ---- threads ------------------------------------------------------------------------------------

MARKED(int, pthread_join, (pthread_t t, void **result), (t, result))
MARKED(int, pthread_barrier_wait, (pthread_barrier_t * b), (b))
MARKED(int, thrd_join, (thrd_t t, int *result), (t, result))

#define NO_CALL(name) (gort_libc_next_or_fatal(name), -1)
BLOCKING(semop, (int id, struct sembuf *v, size_t n), (id, v, n), NO_CALL("semop"))
BLOCKING(semtimedop, (int id, struct sembuf *v, size_t n, const struct timespec *t), (id, v, n, t),
         NO_CALL("semtimedop"))
BLOCKING(msgsnd, (int id, const void *m, size_t n, int flags), (id, m, n, flags), NO_CALL("msgsnd"))

// ---- processes ----------------------------------------------------------------------------------

// Its child would share the scheduler with us, and a call there might park or move. POSIX allows it to be fork.
FRONT pid_t vfork(void) { return fork(); }

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
        FRONT_MAY_MOVE;                                                         \
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
MARKED_HERE(struct hostent *, gethostbyname, (const char *name), (name))

// ---- modules ------------------------------------------------------------------------------------

// Others may come to lie where this one was. (dlopen looks at who calls it, and is left alone.)
FRONT int dlclose(void *module) {
    FRONT_REAL(int, (void *), gort_libc_next_or_fatal, "dlclose");
    int error = real(module);
    gort_text_find();
    return error;
}

// ---- whatever it is -----------------------------------------------------------------------------

// Of a system call that only waits, and does nothing to its thread.
static bool only_waits(long n) {
    switch (n) {
    case SYS_read:
    case SYS_write:
    case SYS_readv:
    case SYS_writev:
    case SYS_pread64:
    case SYS_pwrite64:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_openat:
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
    case SYS_ppoll:
    case SYS_pselect6:
    case SYS_epoll_pwait:
    case SYS_recvfrom:
    case SYS_sendto:
    case SYS_recvmsg:
    case SYS_sendmsg:
    case SYS_accept4:
    case SYS_connect:
    case SYS_wait4:
    case SYS_waitid:
    case SYS_flock: return true;
    default: return false;
    }
}

FRONT long syscall(long n, ...) {
    FRONT_REAL(long, (long, ...), gort_libc_next_or_fatal, "syscall");
    va_list rest;
    va_start(rest, n);
    long a = va_arg(rest, long), b = va_arg(rest, long), c = va_arg(rest, long);
    long d = va_arg(rest, long), e = va_arg(rest, long), f = va_arg(rest, long);
    va_end(rest);
    FRONT_BEGIN;
    if (only_waits(n)) FRONT_MAY_MOVE;
    long result = real(n, a, b, c, d, e, f);
    FRONT_END;
    // What io/ knows of files that block, and of sockets, may have become untrue.
    if (n == SYS_fcntl || n == SYS_ioctl) add_seq_cst(&gort_poll_flags_set, 1);
    if (n == SYS_setsockopt) add_seq_cst(&gort_poll_timeouts_set, 1);
    if (n == SYS_setsockopt && b == IPPROTO_TCP && c == TCP_ULP) store_seq_cst(&gort_poll_layered, true);
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
