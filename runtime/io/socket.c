// socket.c - recv, send, accept, connect and their like.
//
// MSG_DONTWAIT makes an attempt of recv and send that does not block. accept has no such flag, so
// its attempt asks poll first, holding the turn for the descriptor: of the goroutines of this process
// only one is between the question and the accept. Another process may be quicker; then the call
// holds its thread until the next connection.
//   1. connect of a blocking socket sets O_NONBLOCK for the moment of the system call and takes it
//      back: there is no other way to begin to connect without waiting for the end. A socket that is
//      not connected yet is hardly in use elsewhere in that microsecond. Rejected: a thread for each
//      connect that is under way; SO_SNDTIMEO, which is just as visible and waits for a tick.
//   2. Stream sockets: a send sends all, or says how much before an error. MSG_WAITALL waits for all.
//   3. A wait that ends by the socket's own timeout says what the kernel says: EAGAIN, of connect
//      EINPROGRESS.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

const char gort_io_socket_is_linked; // suspend.c refers to it

IO_REAL(ssize_t, recvfrom,
        (int fd, void *buf, size_t n, int flags, struct sockaddr *from, socklen_t *length),
        (fd, buf, n, flags, from, length),
        os_call(SYS_recvfrom, fd, buf, n, flags, from, length))
IO_REAL(ssize_t, sendto,
        (int fd, const void *buf, size_t n, int flags, const struct sockaddr *to, socklen_t length),
        (fd, buf, n, flags, to, length), os_call(SYS_sendto, fd, buf, n, flags, to, length))
IO_REAL(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags),
        os_call(SYS_recvmsg, fd, m, flags))
IO_REAL(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags),
        os_call(SYS_sendmsg, fd, m, flags))
IO_REAL(int, recvmmsg,
        (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t),
        (fd, v, n, flags, t), os_call(SYS_recvmmsg, fd, v, n, flags, t))
IO_REAL(int, sendmmsg, (int fd, struct mmsghdr *v, unsigned n, int flags), (fd, v, n, flags),
        os_call(SYS_sendmmsg, fd, v, n, flags))
IO_REAL(int, accept4, (int fd, struct sockaddr *from, socklen_t *length, int flags),
        (fd, from, length, flags), os_call(SYS_accept4, fd, from, length, flags))
IO_REAL(int, connect, (int fd, const struct sockaddr *to, socklen_t length), (fd, to, length),
        os_call(SYS_connect, fd, to, length))

IO_PLAIN(ssize_t, recvfrom,
         (int fd, void *buf, size_t n, int flags, struct sockaddr *from, socklen_t *length),
         (fd, buf, n, flags, from, length))
IO_PLAIN(ssize_t, sendto,
         (int fd, const void *buf, size_t n, int flags, const struct sockaddr *to, socklen_t length),
         (fd, buf, n, flags, to, length))
IO_PLAIN(ssize_t, recvmsg, (int fd, struct msghdr *m, int flags), (fd, m, flags))
IO_PLAIN(ssize_t, sendmsg, (int fd, const struct msghdr *m, int flags), (fd, m, flags))
IO_PLAIN(int, recvmmsg, (int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t),
         (fd, v, n, flags, t))
IO_PLAIN(int, sendmmsg, (int fd, struct mmsghdr *v, unsigned n, int flags), (fd, v, n, flags))
IO_PLAIN(int, accept4, (int fd, struct sockaddr *from, socklen_t *length, int flags),
         (fd, from, length, flags))

// These never block, or are to block as the kernel does it.
enum { AS_THEY_ARE = MSG_DONTWAIT | MSG_ERRQUEUE | MSG_OOB };

static bool is_stream(int fd) {
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

// The result of `attempt`, which takes further flags and is made plainly if nothing else will do.
#define ATTEMPT(io, attempt)                                      \
    ({                                                            \
        int more = (io)->blocks ? 0 : MSG_DONTWAIT;               \
        (io)->held = (io)->blocks;                                \
        ssize_t done_ = more ? (attempt) : IO_HELD_ANEW(attempt); \
        done_ < 0 ? -errno : done_;                               \
    })

// ---- receiving ----------------------------------------------------------------------------------

static NOINLINE ssize_t try_recv(Io *io, char *buf, size_t n, int flags, struct sockaddr *from,
                                 socklen_t *length) {
    bool plain = !from && !(flags & ~MSG_NOSIGNAL);
    if (plain && !io->blocks && poll_is_empty(&io->link)) return -EAGAIN;
    ssize_t done = ATTEMPT(io, real_recvfrom(io->fd, buf, n, flags | more, from, length));
    if (plain && done > 0) poll_emptied(&io->link, (size_t)done, n);
    return done;
}

// MSG_WAITALL: more, unless it is a message of its own or the end.
static ssize_t recv_rest(Io *io, char *buf, size_t n, int flags, ssize_t done) {
    if (done <= 0 || (size_t)done == n || io->held || !is_stream(io->fd)) return done;
    while ((size_t)done < n) {
        io->vain = 0;
        ssize_t result = IO_LOOP(io, try_recv(io, buf + done, n - (size_t)done, flags, NULL, NULL));
        if (result <= 0) break;
        done += result;
    }
    return done;
}

static inline ssize_t recv_for(int fd, void *buf, size_t n, int flags, struct sockaddr *from,
                               socklen_t *length, const void *caller) {
    Io io;
    if (flags & AS_THEY_ARE) return real_recvfrom(fd, buf, n, flags, from, length);
    if (!gort_io_begin(&io, fd, POLL_READ, caller)) return plain_recvfrom(fd, buf, n, flags, from, length);
    if (flags & MSG_PEEK && flags & MSG_WAITALL) io.blocks = true; // there is no event for that
    ssize_t result = IO_LOOP(&io, try_recv(&io, buf, n, flags, from, length));
    if (unlikely(flags & MSG_WAITALL)) result = recv_rest(&io, buf, n, flags, result);
    return gort_io_end(&io, result);
}

FRONT ssize_t recv(int fd, void *buf, size_t n, int flags) {
    return recv_for(fd, buf, n, flags, NULL, NULL, CALLER);
}

FRONT ssize_t recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *from,
                       socklen_t *length) {
    return recv_for(fd, buf, n, flags, from, length, CALLER);
}

// What _FORTIFY_SOURCE makes of them.
extern void __chk_fail(void) __attribute__((noreturn));
FRONT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t room, int flags) {
    if (n > room) __chk_fail();
    return recv_for(fd, buf, n, flags, NULL, NULL, CALLER);
}
FRONT ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t room, int flags,
                             struct sockaddr *from, socklen_t *length) {
    if (n > room) __chk_fail();
    return recv_for(fd, buf, n, flags, from, length, CALLER);
}

static NOINLINE ssize_t try_recvmsg(Io *io, struct msghdr *m, int flags) {
    return ATTEMPT(io, real_recvmsg(io->fd, m, flags | more));
}

// Descriptors that have come along: files that others know, too.
static ssize_t with_rights(struct msghdr *m, ssize_t result) {
    struct cmsghdr *c = result >= 0 && m->msg_controllen ? CMSG_FIRSTHDR(m) : NULL;
    for (; c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
        for (size_t at = CMSG_LEN(0); at + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, (char *)c + at, sizeof fd);
            gort_io_born(fd, BORN_UNSEEN);
        }
    }
    return result;
}

FRONT ssize_t recvmsg(int fd, struct msghdr *m, int flags) {
    Io io;
    if (flags & AS_THEY_ARE) return with_rights(m, real_recvmsg(fd, m, flags));
    if (!gort_io_begin(&io, fd, POLL_READ, CALLER)) return with_rights(m, plain_recvmsg(fd, m, flags));
    if (flags & MSG_WAITALL) io.blocks = true; // it has parts, and what comes beside them
    return with_rights(m, gort_io_end(&io, IO_LOOP(&io, try_recvmsg(&io, m, flags))));
}

static NOINLINE ssize_t try_recvmmsg(Io *io, struct mmsghdr *v, unsigned n, int flags,
                                     struct timespec *t) {
    return ATTEMPT(io, real_recvmmsg(io->fd, v, n, flags | more, t));
}

FRONT int recvmmsg(int fd, struct mmsghdr *v, unsigned n, int flags, struct timespec *t) {
    Io io;
    if (flags & AS_THEY_ARE || n == 0) return real_recvmmsg(fd, v, n, flags, t);
    if (!gort_io_begin(&io, fd, POLL_READ, CALLER)) return plain_recvmmsg(fd, v, n, flags, t);
    if (t || flags & MSG_WAITALL) io.blocks = true; // its time counts from message to message
    unsigned done = 0;
    ssize_t result;
    do {
        result = IO_LOOP(&io, try_recvmmsg(&io, v + done, n - done, flags, t));
        if (result > 0) done += (unsigned)result, io.vain = 0;
    } while (result > 0 && done < n && !io.held && !(flags & MSG_WAITFORONE));
    return (int)gort_io_end(&io, done ? (ssize_t)done : result);
}

// ---- sending ------------------------------------------------------------------------------------

static NOINLINE ssize_t try_send(Io *io, const char *buf, size_t n, int flags,
                                 const struct sockaddr *to, socklen_t length) {
    return ATTEMPT(io, real_sendto(io->fd, buf, n, flags | more, to, length));
}

static inline ssize_t send_for(int fd, const char *buf, size_t n, int flags,
                               const struct sockaddr *to, socklen_t length, const void *caller) {
    Io io;
    if (flags & MSG_DONTWAIT) return real_sendto(fd, buf, n, flags, to, length);
    if (!gort_io_begin(&io, fd, POLL_WRITE, caller)) return plain_sendto(fd, buf, n, flags, to, length);
    size_t done = 0;
    ssize_t result;
    do {
        result = IO_LOOP(&io, try_send(&io, buf + done, n - done, flags, to, length));
        if (result > 0) done += (size_t)result, io.vain = 0;
    } while (result > 0 && done < n && !io.held);
    return gort_io_end(&io, done ? (ssize_t)done : result);
}

FRONT ssize_t send(int fd, const void *buf, size_t n, int flags) {
    return send_for(fd, buf, n, flags, NULL, 0, CALLER);
}

FRONT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *to,
                     socklen_t length) {
    return send_for(fd, buf, n, flags, to, length, CALLER);
}

static size_t message_bytes(const struct msghdr *m) {
    size_t bytes = 0;
    if (m->msg_iovlen > IOV_MAX) return 0;
    for (size_t i = 0; i < m->msg_iovlen; i++) bytes += m->msg_iov[i].iov_len;
    return bytes;
}

static NOINLINE ssize_t try_sendmsg(Io *io, const struct msghdr *m, int flags) {
    return ATTEMPT(io, real_sendmsg(io->fd, m, flags | more));
}

// What is left of the message after `done` bytes. What goes beside the bytes went with the first.
static NOINLINE ssize_t try_sendmsg_rest(Io *io, const struct msghdr *m, int flags, size_t done) {
    size_t first = 0;
    while (done >= m->msg_iov[first].iov_len) done -= m->msg_iov[first++].iov_len;
    size_t n = m->msg_iovlen - first;
    struct iovec rest[n];
    memcpy(rest, m->msg_iov + first, n * sizeof *rest);
    rest[0].iov_base = (char *)rest[0].iov_base + done;
    rest[0].iov_len -= done;
    struct msghdr r = *m;
    r.msg_iov = rest, r.msg_iovlen = n;
    r.msg_control = NULL, r.msg_controllen = 0;
    return ATTEMPT(io, real_sendmsg(io->fd, &r, flags | more));
}

FRONT ssize_t sendmsg(int fd, const struct msghdr *m, int flags) {
    Io io;
    if (flags & MSG_DONTWAIT) return real_sendmsg(fd, m, flags);
    if (!gort_io_begin(&io, fd, POLL_WRITE, CALLER)) return plain_sendmsg(fd, m, flags);
    ssize_t result = IO_LOOP(&io, try_sendmsg(&io, m, flags));
    size_t done = result > 0 ? (size_t)result : 0;
    size_t bytes = result > 0 && !io.held ? message_bytes(m) : 0;
    while (result > 0 && done < bytes && !io.held) {
        io.vain = 0;
        result = IO_LOOP(&io, try_sendmsg_rest(&io, m, flags, done));
        if (result > 0) done += (size_t)result;
    }
    return gort_io_end(&io, done ? (ssize_t)done : result);
}

static NOINLINE ssize_t try_sendmmsg(Io *io, struct mmsghdr *v, unsigned n, int flags) {
    return ATTEMPT(io, real_sendmmsg(io->fd, v, n, flags | more));
}

// Of a stream a message may be sent in part: that is where the kernel stops, and so does this.
FRONT int sendmmsg(int fd, struct mmsghdr *v, unsigned n, int flags) {
    Io io;
    if (flags & MSG_DONTWAIT || n == 0) return real_sendmmsg(fd, v, n, flags);
    if (!gort_io_begin(&io, fd, POLL_WRITE, CALLER)) return plain_sendmmsg(fd, v, n, flags);
    if (is_stream(fd)) io.blocks = true;
    unsigned done = 0;
    ssize_t result;
    do {
        result = IO_LOOP(&io, try_sendmmsg(&io, v + done, n - done, flags));
        if (result > 0) done += (unsigned)result, io.vain = 0;
    } while (result > 0 && done < n && !io.held);
    return (int)gort_io_end(&io, done ? (ssize_t)done : result);
}

// ---- accept -------------------------------------------------------------------------------------

static NOINLINE ssize_t try_accept(Io *io, struct sockaddr *from, socklen_t *length, int flags) {
    if (!io->blocks) {
        if (!io->link.desc && !(io->link.desc = gort_poll_desc(io->fd))) return -EMFILE;
        if (!io->link.turn && !gort_poll_claim(&io->link)) return -EAGAIN;
        if (!gort_io_has(io->fd, POLLIN)) return -EAGAIN;
    }
    io->held = true; // also if it is quick: what it says is final
    int fd = IO_HELD(real_accept4(io->fd, from, length, flags));
    return fd < 0 ? -errno : fd;
}

static int accepted(int fd) { return fd < 0 ? fd : gort_io_born(fd, BORN_ACCEPTED); }

static inline int accept_for(int fd, struct sockaddr *from, socklen_t *length, int flags,
                             const void *caller) {
    Io io;
    if (!gort_io_begin(&io, fd, POLL_READ, caller)) return accepted(plain_accept4(fd, from, length, flags));
    return accepted((int)gort_io_end(&io, IO_LOOP(&io, try_accept(&io, from, length, flags))));
}

FRONT int accept(int fd, struct sockaddr *from, socklen_t *length) {
    return accept_for(fd, from, length, 0, CALLER);
}

FRONT int accept4(int fd, struct sockaddr *from, socklen_t *length, int flags) {
    return accept_for(fd, from, length, flags, CALLER);
}

// ---- connect ------------------------------------------------------------------------------------

// Has the connection that was begun come about?
static ssize_t connected(const Io *io) {
    if (!gort_io_has(io->fd, POLLOUT)) return -EAGAIN;
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(io->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return -errno;
    return -error;
}

static ssize_t connect_begin(Io *io, const struct sockaddr *to, socklen_t length, bool *begun) {
    int flags = (int)os_call(SYS_fcntl, io->fd, F_GETFL);
    if (flags < 0) return -errno;
    if (flags & O_NONBLOCK || io->blocks) {
        io->held = true;
        return IO_HELD(real_connect(io->fd, to, length)) < 0 ? -errno : 0;
    }
    os_call(SYS_fcntl, io->fd, F_SETFL, flags | O_NONBLOCK);
    int error = real_connect(io->fd, to, length) < 0 ? errno : 0;
    os_call(SYS_fcntl, io->fd, F_SETFL, flags);
    *begun = error == EINPROGRESS;
    return *begun ? -EAGAIN : -error; // EAGAIN itself: a socket of AF_UNIX, whose queue is full
}

static NOINLINE ssize_t try_connect(Io *io, const struct sockaddr *to, socklen_t length,
                                    bool *begun) {
    return *begun && !io->blocks ? connected(io) : connect_begin(io, to, length, begun);
}

FRONT int connect(int fd, const struct sockaddr *to, socklen_t length) {
    Io io;
    if (!gort_io_begin(&io, fd, POLL_WRITE, CALLER)) return real_connect(fd, to, length);
    bool begun = false;
    ssize_t result = IO_LOOP(&io, try_connect(&io, to, length, &begun));
    if (result == -EAGAIN && begun) result = -EINPROGRESS;
    return (int)gort_io_end(&io, result);
}
