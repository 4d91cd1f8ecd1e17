// net.c - <go/net.h>: listening, accepting, dialling, deadlines.
//
// All is done by the calls that io/ defines: what waits here waits as read and accept do. A dial that
// a context may end has a goroutine beside it that waits for the context, and then moves the
// descriptor's write deadline into the past, which wakes the connect. The dial waits for that
// goroutine to end: the descriptor is the caller's alone when it is handed over.
#define _GNU_SOURCE
#include <go/net.h>
#include <go/runtime.h>

#include "base/abi.h"
#include "chan/chan.h"
#include "io/io.h"
#include "net/net.h"
#include "os/syscall.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 65535, // the kernel takes its own limit (net.core.somaxconn) for more
       LONG_AGO = 1 };

// The other branch's; there whenever a program has made a context.
extern GO_CHAN_RECV(go_unit) go_context_done(go_context *ctx) __attribute__((weak));
extern int go_context_err(go_context *ctx) __attribute__((weak));

static int fail(int error) {
    gort_io_set_errno(error);
    return -1;
}

// Closes fd, and fails with what went wrong before.
static int give_up(int fd) {
    int error = gort_io_errno();
    close(fd);
    return fail(error);
}

static void set_option(int fd, int level, int option, int value) {
    setsockopt(fd, level, option, &value, sizeof value);
}

static int open_socket(const Address *a) {
    int fd = socket(a->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && a->family != AF_UNIX) set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    return fd;
}

// ---- listening ----------------------------------------------------------------------------------

static int listen_at(const Address *a, const char *network) {
    int fd = open_socket(a);
    if (fd < 0) return -1;
    if (a->family != AF_UNIX) set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (a->family == AF_INET6) set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, network[3] == '6');
    if (bind(fd, (const struct sockaddr *)&a->at, a->length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    return give_up(fd);
}

int go_listen(const char *network, const char *address) {
    Address found[ADDRESSES];
    int n = gort_net_resolve(network, address, true, found), fd = -1;
    for (int i = 0; i < n && fd < 0; i++) fd = listen_at(&found[i], network);
    return fd;
}

int go_accept(int fd) {
    for (;;) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0) {
            set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1); // AF_UNIX knows no such thing
            return connection;
        }
        int error = gort_io_errno();
        if (error != ECONNABORTED && error != EINTR) return fail(error);
    }
}

// ---- dialling -----------------------------------------------------------------------------------

typedef struct Watch { // on the dial's stack, which stays until `ended` is received from
    int fd;
    void *done; // the context's channel
    Channel *stop, *ended; // closed by the dial, by the watcher
} Watch;

static void watch(void *arg) {
    Watch *w = arg;
    struct go__case cases[2] = {{.chan = w->done}, {.chan = w->stop}};
    if (go__select(cases, 2, true) == 0) go_set_write_deadline(w->fd, LONG_AGO);
    go__chan_close(w->ended);
}

static int connect_to(int fd, const Address *a) {
    return connect(fd, (const struct sockaddr *)&a->at, a->length);
}

static int connect_watched(int fd, const Address *a, void *done) {
    Watch w = {.fd = fd, .done = done};
    w.stop = gort_channel_new(0, 0, NULL, NULL);
    w.ended = gort_channel_new(0, 0, NULL, NULL);
    go_spawn(watch, &w);
    int result = connect_to(fd, a), error = gort_io_errno();
    go__chan_close(w.stop);
    go__chan_recv(w.ended, NULL);
    go_set_write_deadline(fd, 0);
    gort_io_set_errno(error);
    return result;
}

static int dial_at(const Address *a, void *done) {
    int fd = open_socket(a);
    if (fd < 0) return -1;
    int result = done ? connect_watched(fd, a, done) : connect_to(fd, a);
    return result == 0 ? fd : give_up(fd);
}

static int context_error(go_context *ctx) { return ctx ? go_context_err(ctx) : 0; }

int go_dial(const char *network, const char *address, go_context *ctx) {
    Address found[ADDRESSES];
    int error = context_error(ctx);
    if (error) return fail(error);
    int n = gort_net_resolve(network, address, false, found), fd = -1;
    if (n < 0) return -1;
    void *done = ctx ? (void *)go_context_done(ctx) : NULL;
    for (int i = 0; i < n && fd < 0 && error == 0; i++) {
        fd = dial_at(&found[i], done);
        if (fd < 0) error = context_error(ctx);
    }
    return error ? fail(error) : fd;
}

// ---- deadlines ----------------------------------------------------------------------------------

// What never waits has no deadline. A number that was waited for is not asked about again.
static NOINLINE int check(int fd, const PollDesc *d) {
    struct stat s;
    if (d && (d->registered || load_relaxed(&d->birth) != BORN_UNSEEN)) return 0;
    if (os_call(SYS_fstat, fd, &s) < 0) return errno;
    return S_ISREG(s.st_mode) || S_ISDIR(s.st_mode) ? EINVAL : 0;
}

static int set(int fd, go_time when, bool reads, bool writes) {
    machine_current(); // a thread of the program's may be here for the first time
    int error = fd < 0 ? EBADF : check(fd, gort_poll_find(fd));
    if (error) return fail(error);
    PollDesc *d = gort_poll_desc(fd);
    if (!d) return fail(ENOMEM);
    if (when < 0) when = LONG_AGO;
    if (reads) gort_poll_set_deadline(d, POLL_READ, when);
    if (writes) gort_poll_set_deadline(d, POLL_WRITE, when);
    return 0;
}

int go_set_deadline(int fd, go_time when) { return set(fd, when, true, true); }
int go_set_read_deadline(int fd, go_time when) { return set(fd, when, true, false); }
int go_set_write_deadline(int fd, go_time when) { return set(fd, when, false, true); }
