// birth.c - what files descriptors mean, as far as the calls that make and change them tell.
//
// netpoll registers a socket for good if it knows that the socket was made at its number, and asks
// for O_NONBLOCK and the timeouts only once, if it is told when they change. These calls tell it; none
// of them waits (but for locks of fcntl). accept.. in socket.c and close.. in close.c tell it, too.
//   1. A number that is given to another name of a file (dup, F_DUPFD) is BORN_UNSEEN: what is done to
//      the file by its other name is not seen here.
//   2. O_NONBLOCK that is set through a number which was not born with its file may be that of any
//      file: gort_poll_flags_set. So may a protocol on top of TCP: then no short read means anything
//      any more, in the whole process.
//   3. What other processes set, with which a descriptor is shared, is not seen. That matters for
//      sockets that this process has made itself, and only once it has waited there.
//   4. Static programs have libc's own functions in places: there nothing is born (gort_io_born).
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

const char gort_io_birth_is_linked; // suspend.c refers to it

IO_REAL(int, socket, (int family, int type, int protocol), (family, type, protocol),
        os_call(SYS_socket, family, type, protocol))
IO_REAL(int, socketpair, (int family, int type, int protocol, int pair[2]),
        (family, type, protocol, pair), os_call(SYS_socketpair, family, type, protocol, pair))
IO_REAL(int, dup, (int fd), (fd), os_call(SYS_dup, fd))
IO_REAL(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
        (fd, level, name, value, size), os_call(SYS_setsockopt, fd, level, name, value, size))

// ---- births -------------------------------------------------------------------------------------

static bool is_tcp(int family, int type, int protocol) {
    type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
    return (family == AF_INET || family == AF_INET6) && type == SOCK_STREAM &&
           (protocol == 0 || protocol == IPPROTO_TCP);
}

FRONT int socket(int family, int type, int protocol) {
    int fd = real_socket(family, type, protocol);
    if (fd < 0) return fd;
    return gort_io_born(fd, is_tcp(family, type, protocol) ? BORN_TCP : BORN_SOCKET);
}

FRONT int socketpair(int family, int type, int protocol, int pair[2]) {
    int result = real_socketpair(family, type, protocol, pair);
    for (int i = 0; i < 2 && result == 0; i++) gort_io_born(pair[i], BORN_SOCKET);
    return result;
}

FRONT int dup(int fd) {
    int made = real_dup(fd);
    return made < 0 ? made : gort_io_born(made, BORN_UNSEEN);
}

// ---- changes ------------------------------------------------------------------------------------

static bool is_known(int fd) {
    const PollDesc *d = gort_poll_find(fd);
    return d && load_relaxed(&d->birth) != BORN_UNSEEN;
}

// O_NONBLOCK was set, successfully; invariant 2.
static NOINLINE void nonblocking(int fd) {
    int saved = errno;
    if (is_known(fd) && gort_io_may_tell())
        gort_poll_changed(fd);
    else
        add_seq_cst(&gort_poll_flags_set, 1);
    errno = saved;
}

FRONT int setsockopt(int fd, int level, int name, const void *value, socklen_t size) {
    int result = real_setsockopt(fd, level, name, value, size);
    if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
        gort_io_timeouts_changed();
    if (level == IPPROTO_TCP && name == TCP_ULP) store_seq_cst(&gort_poll_layered, true);
    return result;
}

// A lock is waited for: a marked call. All other commands do not wait.
static int control_file(int fd, int command, void *argument, int (*real)(int, int, ...)) {
    if (command == F_SETLKW || command == F_OFD_SETLKW)
        return IO_HELD(real ? real(fd, command, argument) : (int)os_call(SYS_fcntl, fd, command, argument));
    int result = real ? real(fd, command, argument) : (int)os_call(SYS_fcntl, fd, command, argument);
    if (result < 0) return result;
    if (command == F_SETFL && (intptr_t)argument & O_NONBLOCK) nonblocking(fd);
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) gort_io_born(result, BORN_UNSEEN);
    return result;
}

#define FCNTL(name)                                              \
    FRONT int name(int fd, int command, ...) {                   \
        FRONT_REAL(int, (int, int, ...), gort_libc_next, #name); \
        va_list rest;                                            \
        va_start(rest, command);                                 \
        void *argument = va_arg(rest, void *);                   \
        va_end(rest);                                            \
        return control_file(fd, command, argument, real);        \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

FRONT int ioctl(int fd, unsigned long request, ...) {
    FRONT_REAL(int, (int, unsigned long, ...), gort_libc_next, "ioctl");
    va_list rest;
    va_start(rest, request);
    void *argument = va_arg(rest, void *);
    va_end(rest);
    int result = real ? real(fd, request, argument) : (int)os_call(SYS_ioctl, fd, request, argument);
    if (request == FIONBIO && result == 0 && *(const int *)argument) nonblocking(fd);
    return result;
}
