// stream.c - read, write and their like, on whatever a descriptor means.
//
// preadv2 and pwritev2 with RWF_NOWAIT at the current position are read and write that do not block,
// for sockets, pipes, eventfds, and regular files whose pages are at hand. Files that do not know
// that (ttys, some devices and file systems) are asked by poll first, and then called plainly.
//   1. A short read of a regular file is not the end of it: what was at hand came, the rest is to be
//      fetched. Everything else that gives less than asked for has no more just now.
//   2. A write to a blocking descriptor writes all, or says how much before an error.
// pread and pwrite are for files, which cannot be waited for: they are not here.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

const char gort_io_stream_is_linked; // suspend.c refers to it

IO_REAL(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n), os_call(SYS_read, fd, buf, n))
IO_REAL(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n),
        os_call(SYS_write, fd, buf, n))
IO_REAL(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n),
        os_call(SYS_readv, fd, v, n))
IO_REAL(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n),
        os_call(SYS_writev, fd, v, n))

IO_PLAIN(ssize_t, read, (int fd, void *buf, size_t n), (fd, buf, n))
IO_PLAIN(ssize_t, write, (int fd, const void *buf, size_t n), (fd, buf, n))
IO_PLAIN(ssize_t, readv, (int fd, const struct iovec *v, int n), (fd, v, n))
IO_PLAIN(ssize_t, writev, (int fd, const struct iovec *v, int n), (fd, v, n))

// ---- one attempt --------------------------------------------------------------------------------

// The sanitizers are to see what is read and written: they stand behind the plain calls.
static long nowait(const Io *io, const struct iovec *v, int n) {
#if defined(GORT_ASAN) || defined(GORT_TSAN)
    errno = EOPNOTSUPP;
    return -1;
#endif
    return os_call(io->direction == POLL_READ ? SYS_preadv2 : SYS_pwritev2, io->fd, v, n, -1L, -1L,
                   RWF_NOWAIT);
}

static bool looks_ready(const Io *io) {
    return gort_io_has(io->fd, io->direction == POLL_READ ? POLLIN : POLLOUT);
}

static bool is_unknown(int error) {
    return error == EOPNOTSUPP || error == ENOSYS || error == EINVAL;
}

// True: *result is the attempt's. False: the call is to be made plainly.
static inline bool tried(Io *io, const struct iovec *v, int n, ssize_t *result) {
    if (io->blocks) return false;
    if (!io->unasked) {
        ssize_t done = nowait(io, v, n);
        if (done < 0 && is_unknown(errno))
            io->unasked = true;
        else
            return *result = done < 0 ? -errno : done, true;
    }
    return *result = -EAGAIN, !looks_ready(io);
}

static bool is_regular(int fd) {
    struct stat s;
    return os_call(SYS_fstat, fd, &s) == 0 && S_ISREG(s.st_mode);
}

// Invariant 1.
static ssize_t read_rest(Io *io, char *buf, size_t n, ssize_t done) {
    if (done <= 0 || (size_t)done == n || !is_regular(io->fd)) return done;
    ssize_t more = IO_HELD(real_read(io->fd, buf + done, n - (size_t)done));
    return more > 0 ? done + more : done;
}

static NOINLINE void no_socket(const Io *io) {
    store_relaxed(&io->link.desc->socket, false);
    gort_poll_mistaken(io->link.desc);
}

static bool is_socket(const Io *io) {
    return !io->blocks && !io->unasked && io->link.desc && load_relaxed(&io->link.desc->socket);
}

static NOINLINE ssize_t try_read(Io *io, char *buf, size_t n) {
    ssize_t result;
    if (is_socket(io)) {
        // Only a guess. A socket's short read needs no look at the file.
        if (poll_is_empty(&io->link)) return -EAGAIN;
        result = recvfrom(io->fd, buf, n, MSG_DONTWAIT, NULL, NULL);
        if (result > 0) poll_emptied(&io->link, (size_t)result, n);
        if (result >= 0 || errno != ENOTSOCK) return result < 0 ? -errno : result;
        no_socket(io);
    }
    struct iovec v = {buf, n};
    if (tried(io, &v, 1, &result)) return read_rest(io, buf, n, result);
    io->held = true;
    result = IO_HELD(real_read(io->fd, buf, n));
    return result < 0 ? -errno : result;
}

// For sanitizers, which must see it: a socket's send that does not block, or as much as a pipe that
// poll calls writable takes for sure. False: as tried says.
static bool tried_watched(Io *io, const struct iovec *v, int n, ssize_t *result) {
    struct msghdr m = {.msg_iov = (struct iovec *)v, .msg_iovlen = (size_t)n};
    if (io->blocks || (*result = sendmsg(io->fd, &m, MSG_DONTWAIT)) >= 0) return !io->blocks;
    if (errno != ENOTSOCK) return *result = -errno, true;
    if (!looks_ready(io)) return *result = -EAGAIN, true;
    while (v->iov_len == 0) v++;
    *result = real_write(io->fd, v->iov_base, v->iov_len < PIPE_BUF ? v->iov_len : PIPE_BUF);
    if (*result < 0) *result = -errno;
    return true;
}

static inline bool tried_write(Io *io, const struct iovec *v, int n, ssize_t *result) {
#if defined(GORT_ASAN) || defined(GORT_TSAN)
    return tried_watched(io, v, n, result);
#endif
    (void)tried_watched;
    return tried(io, v, n, result);
}

static NOINLINE ssize_t try_write(Io *io, const char *buf, size_t n) {
    struct iovec v = {(char *)buf, n};
    ssize_t result;
    if (is_socket(io)) {
        result = sendto(io->fd, buf, n, MSG_DONTWAIT, NULL, 0); // as in try_read
        if (result >= 0 || errno != ENOTSOCK) return result < 0 ? -errno : result;
        no_socket(io);
    }
    if (tried_write(io, &v, 1, &result)) return result;
    io->held = true;
    result = IO_HELD(real_write(io->fd, buf, n));
    return result < 0 ? -errno : result;
}

// ---- read and write -----------------------------------------------------------------------------

static inline ssize_t read_for(int fd, void *buf, size_t n, const void *caller) {
    Io io;
    if (n == 0) return real_read(fd, buf, n);
    if (!gort_io_begin(&io, fd, POLL_READ, caller)) return plain_read(fd, buf, n);
    return gort_io_end(&io, IO_LOOP(&io, try_read(&io, buf, n)));
}

FRONT ssize_t read(int fd, void *buf, size_t n) { return read_for(fd, buf, n, CALLER); }

// What _FORTIFY_SOURCE makes of it.
extern void __chk_fail(void) __attribute__((noreturn));
FRONT ssize_t __read_chk(int fd, void *buf, size_t n, size_t room) {
    if (n > room) __chk_fail();
    return read_for(fd, buf, n, CALLER);
}

FRONT ssize_t write(int fd, const void *buf, size_t n) {
    Io io;
    if (n == 0) return real_write(fd, buf, n);
    if (!gort_io_begin(&io, fd, POLL_WRITE, CALLER)) return plain_write(fd, buf, n);
    if (n > SSIZE_MAX) n = SSIZE_MAX;
    size_t done = 0;
    ssize_t result;
    do {
        result = IO_LOOP(&io, try_write(&io, (const char *)buf + done, n - done));
        if (result > 0) done += (size_t)result, io.vain = 0;
    } while (result > 0 && done < n && !io.held);
    return gort_io_end(&io, done ? (ssize_t)done : result);
}

// ---- readv and writev ---------------------------------------------------------------------------

// The bytes of v; 0 also where the kernel is to find the fault.
static size_t vector_bytes(const struct iovec *v, int n) {
    size_t bytes = 0;
    if (n < 0 || n > IOV_MAX) return 0;
    for (int i = 0; i < n; i++)
        if (v[i].iov_len > SSIZE_MAX || (bytes += v[i].iov_len) > SSIZE_MAX) return 0;
    return bytes;
}

// What is left of v after `done` bytes, into rest; returns how many entries that has.
static int vector_skip(struct iovec *rest, const struct iovec *v, int n, size_t done) {
    while (n > 0 && done >= v->iov_len) done -= v->iov_len, v++, n--;
    for (int i = 0; i < n; i++) rest[i] = v[i];
    if (n > 0) rest[0] = (struct iovec){(char *)v->iov_base + done, v->iov_len - done};
    return n;
}

static NOINLINE ssize_t try_readv(Io *io, const struct iovec *v, int n, size_t bytes) {
    ssize_t result;
    if (tried(io, v, n, &result)) {
        if (result <= 0 || (size_t)result == bytes || !is_regular(io->fd)) return result;
        struct iovec rest[n];
        int left = vector_skip(rest, v, n, (size_t)result);
        ssize_t more = IO_HELD(real_readv(io->fd, rest, left));
        return more > 0 ? result + more : result;
    }
    io->held = true;
    result = IO_HELD(real_readv(io->fd, v, n));
    return result < 0 ? -errno : result;
}

FRONT ssize_t readv(int fd, const struct iovec *v, int n) {
    Io io;
    size_t bytes = vector_bytes(v, n);
    if (bytes == 0) return real_readv(fd, v, n);
    if (!gort_io_begin(&io, fd, POLL_READ, CALLER)) return plain_readv(fd, v, n);
    return gort_io_end(&io, IO_LOOP(&io, try_readv(&io, v, n, bytes)));
}

static NOINLINE ssize_t try_writev(Io *io, const struct iovec *v, int n, size_t done) {
    struct iovec rest[n];
    ssize_t result;
    if (done) {
        n = vector_skip(rest, v, n, done);
        v = rest;
    }
    if (tried_write(io, v, n, &result)) return result;
    io->held = true;
    result = IO_HELD(real_writev(io->fd, v, n));
    return result < 0 ? -errno : result;
}

FRONT ssize_t writev(int fd, const struct iovec *v, int n) {
    Io io;
    size_t bytes = vector_bytes(v, n), done = 0;
    if (bytes == 0) return real_writev(fd, v, n);
    if (!gort_io_begin(&io, fd, POLL_WRITE, CALLER)) return plain_writev(fd, v, n);
    ssize_t result;
    do {
        result = IO_LOOP(&io, try_writev(&io, v, n, done));
        if (result > 0) done += (size_t)result, io.vain = 0;
    } while (result > 0 && done < bytes && !io.held);
    return gort_io_end(&io, done ? (ssize_t)done : result);
}
