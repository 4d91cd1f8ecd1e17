// wait.c - what all calls have in common that wait for a descriptor.
//
// read, recv, accept and their like are defined here in front of libc's, for the program and for
// the shared libraries in it. In a goroutine they wait as goroutines do; to everything else in the
// process they are libc's.
//   1. A call first tries, in a way that does not block and does not touch O_NONBLOCK, which
//      belongs to the open file, and so also to other processes. Only if it would block more is
//      done: so a call that does not wait costs what it costs in C.
//   2. Then it asks whether it may wait at all: the program's own O_NONBLOCK is heeded, and so are
//      SO_RCVTIMEO and SO_SNDTIMEO.
//   3. Then it waits on netpoll, and tries again. What cannot be waited for (regular files, devices)
//      is called plainly, and holds the thread.
//   4. The deadline of a descriptor (<go/net.h>) counts before each attempt: it is an error even if
//      there is data.
//   5. A call that has been woken has the turn, and passes it on when it ends (netpoll.c).
//   6. A signal's handler does not end a wait: the calls go on, as with SA_RESTART. A goroutine has
//      no thread while it waits, and a signal to the process meant somebody else as well as it. A
//      program without goroutines but main, however, makes plain calls, which are interrupted as in C.
//   7. Who never has to wait makes way now and then all the same.
//   8. Not a goroutine's: calls on other threads, on the scheduler's stack, in a signal handler on
//      its own stack, and in the child of a fork.
#define _GNU_SOURCE
#include "io/io.h"
#include "os/syscall.h"

#include "base/abi.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { PATIENCE = 16, // vain waits before it lets some time pass
       SELDOM = 8, // so much less often than others whoever stays on its thread makes way
       NAP_NS = 1000000 };

const char gort_io_is_linked; // suspend.c refers to it

static bool is_child; // of a fork
static bool is_dynamic; // (c) not a static program
static int process; // c

// ---- who calls ----------------------------------------------------------------------------------

static void forked(void) { is_child = true; }

__attribute__((constructor)) static void watch_forks(void) {
    process = (int)os_call(SYS_getpid);
    pthread_atfork(NULL, NULL, forked);
    is_dynamic = gort_libc_next("close") != NULL;
}

bool gort_io_is_child(void) { return is_child; }
bool gort_io_is_vfork_child(void) { return (int)os_call(SYS_getpid) != process; }

bool gort_io_may_tell(void) {
    Machine *m = arch_machine();
    if (is_child || (m && !m->foreign && !gort_io_machine())) return false;
    return !gort_io_is_vfork_child();
}

int gort_io_born(int fd, PollBirth birth) {
    int saved = gort_io_errno();
    if ((birth == BORN_UNSEEN || is_dynamic) && gort_io_may_tell())
        gort_poll_born(fd, birth);
    gort_io_set_errno(saved);
    return fd;
}

Machine *gort_io_machine(void) {
    Machine *m = arch_machine();
    if (!m || m->foreign || m->current == &m->scheduler || m->nosuspend || unlikely(is_child))
        return NULL;
    // Called back by a call that waits, or by a signal that has come to a goroutine while it waits on this stack.
    if (unlikely(m->standing || !m->p)) return NULL;
    return likely(stands_on(m->current, arch_stack_pointer())) ? m : NULL;
}

bool gort_io_alone(const Goroutine *g) {
    return g->is_main && gort_goroutine_count() == 1 && gort_timers_earliest() == INT64_MAX;
}

// ---- errno --------------------------------------------------------------------------------------

NOINLINE int gort_io_errno(void) { return *go__errno(); }
NOINLINE void gort_io_set_errno(int error) { *go__errno() = error; }

// ---- asking -------------------------------------------------------------------------------------

bool gort_io_has(int fd, short events) {
    long found;
    do {
        struct pollfd p = {fd, events, 0};
        struct timespec at_once = {0, 0};
        found = os_syscall(SYS_ppoll, &p, 1, &at_once, NULL, 8);
    } while (found == -EINTR); // a signal that is just coming
    return found != 0;
}

// ---- beginning and end --------------------------------------------------------------------------

// A goroutine whose other end answers faster than it asks never waits. After some calls in a row it lets
// others run, and has the kernel asked for those who are to be woken.
static NOINLINE void make_way(Machine *m, const void *caller) {
    Processor *p = m->p;
    bool stays = m->current->home || !gort_text_contains((uintptr_t)caller);
    if (stays && p->io_calls < SELDOM * GORT_IO_CALLS) return; // on its thread that costs two switches of threads
    p->io_calls = 0;
    p->now_ns = os_now();
    if (stays) gort_pin(m);
    gort_yield();
    if (stays) gort_unpin(arch_machine());
}

static inline void count_call(Machine *m, const void *caller) {
    Processor *p = m->p;
    if (p->io_tick != p->tick) {
        p->io_tick = p->tick;
        p->io_calls = 0;
    } else if (unlikely(++p->io_calls >= GORT_IO_CALLS)) {
        make_way(m, caller);
    }
}

bool gort_io_begin(Io *io, int fd, PollDirection direction, const void *caller) {
    Machine *m = gort_io_machine();
    if (!m) return false;
    count_call(m, caller);
    m = arch_machine(); // perhaps another
    PollDesc *d = gort_poll_find(fd);
    io->fd = fd;
    io->direction = direction;
    io->caller = caller;
    io->waited = io->unasked = io->blocks = io->held = false;
    io->vain = 0;
    io->link = (PollLink){.desc = d,
                          .events = direction == POLL_READ ? EPOLLIN : EPOLLOUT,
                          .sequence = d ? load_seq_cst(&d->sequence) : 0,
                          .takes = true};
    if (unlikely(m->current->is_main) && gort_io_alone(m->current))
        io->blocks = !d || load_relaxed(&d->deadline_ns[direction]) == 0;
    return true;
}

ssize_t gort_io_end(Io *io, ssize_t result) {
    if (unlikely(io->link.turn)) gort_poll_pass(&io->link);
    if (likely(result >= 0)) return result;
    gort_io_set_errno((int)-result);
    return -1;
}

// ---- waiting ------------------------------------------------------------------------------------

void gort_io_timeouts_changed(void) { add_seq_cst(&gort_poll_timeouts_set, 1); }

// What all that is accepted turns out to be: a stream of TCP or not.
static PollBirth birth_of(int fd, const PollDesc *d) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    if (load_relaxed(&d->birth) != BORN_ACCEPTED) return BORN_UNSEEN;
    if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0) protocol = 0;
    return protocol == IPPROTO_TCP ? BORN_TCP : BORN_SOCKET;
}

// The socket's own timeout in that direction; 0: none. What is found goes into *f.
static int64_t timeout_of(int fd, PollDirection direction, PollFacts *f, uint32_t set) {
    struct timeval t[2] = {{0, 0}, {0, 0}};
    socklen_t size = sizeof t[0];
    int error = getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t[POLL_READ], &size);
    size = sizeof t[0];
    if (error == 0) error = getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t[POLL_WRITE], &size);
    f->socket = error == 0;
    bool none = !t[0].tv_sec && !t[0].tv_usec && !t[1].tv_sec && !t[1].tv_usec;
    f->untimed = none ? set : 0;
    return t[direction].tv_sec * (int64_t)1000000000 + t[direction].tv_usec * (int64_t)1000;
}

static bool is_untimed(const PollDesc *d) {
    return load_relaxed(&d->untimed) == load_seq_cst(&gort_poll_timeouts_set);
}

// Nothing need be asked: of a file that was born at this number it is known whether O_NONBLOCK is set
// (birth.c). Of others it is not: the flag belongs to the file, and may be set through another number.
static bool is_plain(const PollDesc *d) {
    return d && load_relaxed(&d->birth) != BORN_UNSEEN && is_untimed(d) &&
           load_relaxed(&d->blocking) == load_seq_cst(&gort_poll_flags_set);
}

// Until when the call may wait, asked of the kernel.
static void find_time(Io *io, uint32_t changes, uint32_t flags_set) {
    PollDesc *d = io->link.desc;
    uint32_t set = load_seq_cst(&gort_poll_timeouts_set);
    PollFacts f = {.socket = load_relaxed(&d->socket), .untimed = set, .blocking = flags_set};
    bool known = is_untimed(d) && load_relaxed(&d->birth) == BORN_UNSEEN;
    int64_t ns = known ? 0 : timeout_of(io->fd, io->direction, &f, set);
    if (unlikely(!f.socket) && load_relaxed(&d->birth) != BORN_UNSEEN) gort_poll_mistaken(d);
    f.birth = birth_of(io->fd, d);
    if (!known) gort_poll_learn(d, changes, &f);
    io->until_ns = ns > 0 ? os_now() + ns : INT64_MAX;
}

// False: it must not wait; *result says why.
static NOINLINE bool may_wait(Io *io, ssize_t *result) {
    io->waited = true;
    io->until_ns = INT64_MAX;
    if (likely(is_plain(io->link.desc))) return true;
    uint32_t changes = io->link.desc ? load_acquire(&io->link.desc->changes) : 0;
    uint32_t flags_set = load_seq_cst(&gort_poll_flags_set);
    int flags = (int)os_call(SYS_fcntl, io->fd, F_GETFL);
    if (flags < 0) *result = -errno;
    if (flags < 0 || flags & O_NONBLOCK) return false;
    if (!io->link.desc) io->link.desc = gort_poll_desc(io->fd);
    if (io->link.desc)
        find_time(io, changes, flags_set);
    else
        io->blocks = true;
    return true;
}

static void nap_end(Timer *t, int64_t due_ns) {
    (void)due_ns;
    gort_ready(t->arg); // *t is on its stack: gone from here on
}

// Events that come to nothing, time and again: a full queue at the other end of a datagram socket
// of AF_UNIX does not count as not writable.
static NOINLINE void nap(const void *caller) {
    Timer t = {.fire = nap_end, .arg = gort_current()};
    bool stays = !gort_text_contains((uintptr_t)caller);
    if (stays) gort_pin(arch_machine());
    gort_timer_park(&t, os_now() + NAP_NS, WAIT_IO);
    if (stays) gort_unpin(arch_machine());
}

PollOutcome gort_io_park(PollLink *links, uint32_t n, int64_t until_ns, const void *caller) {
    bool stays = !gort_text_contains((uintptr_t)caller);
    if (stays) gort_pin(arch_machine());
    PollOutcome outcome = gort_poll_wait(links, n, until_ns);
    if (stays) gort_unpin(arch_machine());
    return outcome;
}

bool gort_io_wait(Io *io, ssize_t *result) {
    if (io->held) return false;
    if (!io->waited && !may_wait(io, result)) return false;
    if (io->blocks) return true;
    if (++io->vain > PATIENCE) nap(io->caller);
    switch (gort_io_park(&io->link, 1, io->until_ns, io->caller)) {
    case POLL_READY: return true;
    case POLL_CLOSED: *result = -EBADF; return false;
    case POLL_TIMED_OUT: return false; // EAGAIN is what the socket's own timeout gives
    default: io->blocks = true; return true;
    }
}
