// io.h - calls of libc that wait for file descriptors, as goroutines make them.
//
// wait.c has the reading order's first part: what all of these calls do. stream.c, socket.c,
// close.c, poll.c and sleep.c define them, in front of libc's.
#ifndef GORT_IO_IO_H
#define GORT_IO_IO_H

#include "sched/front.h"
#include "sched/netpoll.h"
#include "sched/suspend.h"
#include <errno.h>
#include <sys/types.h>

// One call at work, on its goroutine's stack.
typedef struct Io {
    int fd;
    PollDirection direction;
    PollLink link; // link.desc: NULL while nothing is known of fd
    const void *caller; // pc
    int64_t until_ns; // of SO_RCVTIMEO or SO_SNDTIMEO; INT64_MAX: for ever. Valid once it waited
    bool waited;
    uint32_t vain; // waits in a row after which there was nothing to be had
    bool unasked; // the file does not know of attempts that do not block
    bool blocks; // it cannot be waited for: the call itself is to wait, and holds the thread
    bool held; // the last attempt did so: its result is what POSIX says, and final
} Io;

// True: the call is a goroutine's, and *io is ready. False: libc's function as it is.
bool gort_io_begin(Io *io, int fd, PollDirection direction, const void *caller);
// After an attempt that would have blocked. True: try again. False: that is the result, or another
// one in *result.
bool gort_io_wait(Io *io, ssize_t *result);
// The call is over; a result below 0 is -errno, and becomes -1.
ssize_t gort_io_end(Io *io, ssize_t result);
// The current goroutine's machine, if it may park here: it is ours, and on its own stack; else NULL.
Machine *gort_io_machine(void);
// g is the only goroutine of the process, and no timer could start another: it need not make way.
bool gort_io_alone(const Goroutine *g);
// Parks for n links, on its thread if the caller is plain C.
PollOutcome gort_io_park(PollLink *links, uint32_t n, int64_t until_ns, const void *caller);
// errno of the goroutine. After a goroutine has parked the macro may mean another thread's.
int gort_io_errno(void);
void gort_io_set_errno(int error);
// A socket's timeouts may have changed.
void gort_io_timeouts_changed(void);
// May this thread, just now, touch what is known of descriptors? Not in the child of a fork or a vfork, nor
// in a signal's handler that has interrupted the runtime.
bool gort_io_may_tell(void);
// fd >= 0 was made just now by a call of libc's: see gort_poll_born. Returns it; errno stays.
int gort_io_born(int fd, PollBirth birth);
bool gort_io_is_child(void); // of a fork: it is to exec or exit, and nothing waits on its behalf
bool gort_io_is_vfork_child(void); // the same after vfork; a system call

// Attempts until one does not say -EAGAIN, or there is reason to give up. attempt: -errno or >= 0.
#define IO_LOOP(io, attempt)                                                               \
    ({                                                                                     \
        ssize_t io_result_;                                                                \
        do {                                                                               \
            poll_attempt(&(io)->link, (io)->direction);                                    \
            io_result_ = (io)->link.desc && poll_is_late((io)->link.desc, (io)->direction) \
                             ? -ETIMEDOUT                                                  \
                             : (attempt);                                                  \
        } while (io_result_ == -EAGAIN && gort_io_wait((io), &io_result_));                \
        io_result_;                                                                        \
    })

// A call that may hold the thread.
#define IO_HELD(call)                              \
    ({                                             \
        __builtin_unwind_init();                   \
        MARKED_STANDING(io_at_);                   \
        Machine *io_m_ = gort_call_begin(&io_at_); \
        __typeof__(call) io_value_ = (call);       \
        gort_call_end(io_m_, &io_at_);             \
        io_value_;                                 \
    })
// The same for one that the kernel does not restart after the collector's signal, if that came when
// the thread had just said that it is asleep: it is made anew.
#define IO_HELD_ANEW(call)                                                     \
    ({                                                                         \
        __typeof__(call) io_anew_;                                             \
        uint32_t io_before_;                                                   \
        do {                                                                   \
            Machine *io_now_ = arch_machine();                                 \
            io_before_ = io_now_ ? io_now_->questions : 0;                     \
            io_anew_ = IO_HELD(call);                                          \
        } while (unlikely(io_anew_ < 0) && errno == EINTR && arch_machine() && \
                 arch_machine()->questions != io_before_);                     \
        io_anew_;                                                              \
    })

// Looked up early where a sanitizer's own reports make these calls: there nothing may be allocated.
#if defined(GORT_ASAN) || defined(GORT_TSAN)
#define IO_EARLY __attribute__((constructor))
#else
#define IO_EARLY __attribute__((unused))
#endif
// real_NAME: libc's function, or, in static programs, `otherwise`.
#define IO_REAL(type, name, parameters, arguments, otherwise)                           \
    static type(*next_##name) parameters;                                               \
    IO_EARLY static void find_##name(void) { /* again and again by who comes at once */ \
        store_relaxed(&next_##name, (type(*) parameters)gort_libc_next(#name));         \
    }                                                                                   \
    static __attribute__((noinline)) type real_##name parameters {                      \
        if (unlikely(!load_relaxed(&next_##name))) find_##name();                       \
        return next_##name ? next_##name arguments : (type)(otherwise);                 \
    }

// plain_NAME: the same where it is no goroutine's call (wait.c, invariant 8). Held, since the kernel does
// not restart one on a socket with a timeout after the collector's signal.
#define IO_PLAIN(type, name, parameters, arguments) \
    static __attribute__((noinline)) type plain_##name parameters { return IO_HELD_ANEW(real_##name arguments); }

// Does fd have one of these events (POLLIN, ...), or an error? Does not wait.
bool gort_io_has(int fd, short events);

// What looks at errno is not inlined into what parks: see gort_io_errno.
#define NOINLINE __attribute__((noinline))
#define CALLER __builtin_return_address(0)

#endif
