// close.c - close and what implies it: whoever waits on the descriptor is told.
//
// In C a thread that reads stays blocked when another closes the descriptor. Here the goroutine that
// waits gets EBADF, as in Go. A descriptor that is closed behind our back (by fclose, by a system
// call of a program's own) wakes nobody.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <fcntl.h>
#include <unistd.h>

const char gort_io_close_is_linked; // suspend.c refers to it

IO_REAL(int, close, (int fd), (fd), os_call(SYS_close, fd))
IO_REAL(int, dup3, (int fd, int to, int flags), (fd, to, flags), os_call(SYS_dup3, fd, to, flags))

// Announces that fd is about to be closed; true: gort_poll_closed is owed. The child of a vfork
// shares our memory, but not our descriptors. A signal's handler that has interrupted the scheduler
// must not touch its locks.
static bool closing(int fd) {
    return unlikely(gort_poll_find(fd) != NULL) && gort_io_may_tell() && gort_poll_closing(fd);
}

static NOINLINE int closed(int fd, int result) {
    int saved = errno;
    gort_poll_closed(fd);
    errno = saved;
    return result;
}

FRONT int close(int fd) {
    if (unlikely(gort_netpoll_owns(fd)) && !gort_io_is_child()) {
        errno = EBADF; // a program that closes all numbers there may be
        return -1;
    }
    bool told = closing(fd);
    int result = told ? IO_HELD(real_close(fd)) : real_close(fd); // SO_LINGER may wait
    return told ? closed(fd, result) : result;
}

IO_REAL(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags),
        os_call(SYS_close_range, first, last, flags))

// Each number that somebody may know, as close does it; the runtime's own stay open. The rest at once.
FRONT int close_range(unsigned first, unsigned last, int flags) {
    if (flags || first > last || gort_io_is_child()) return real_close_range(first, last, flags);
    int saved = errno;
    unsigned end = (unsigned)gort_poll_end();
    for (unsigned fd = first; fd < end && fd <= last; fd++) close((int)fd);
    errno = saved;
    if (last < end) return 0;
    return real_close_range(first > end ? first : end, last, flags);
}

FRONT void closefrom(int first) { close_range(first < 0 ? 0 : (unsigned)first, ~0u, 0); }

static int replace(int fd, int to, int flags) {
    bool valid = gort_poll_find(to) && os_call(SYS_fcntl, fd, F_GETFD) >= 0;
    bool told = valid && closing(to);
    int result = real_dup3(fd, to, flags);
    return told ? closed(to, result) : result;
}

FRONT int dup2(int fd, int to) {
    if (fd == to) return os_call(SYS_fcntl, fd, F_GETFD) < 0 ? -1 : to;
    return replace(fd, to, 0);
}

FRONT int dup3(int fd, int to, int flags) {
    return fd == to ? real_dup3(fd, to, flags) : replace(fd, to, flags);
}
