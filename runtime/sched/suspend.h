// suspend.h - asking threads for an answer, wherever they are, and stopping all of them.
//
// For the collector. A thread that is asked answers from a signal handler, at any instruction of
// the program; only code that holds off suspension is let finish first, and its thread answers
// when it is through.
#ifndef GORT_SCHED_SUSPEND_H
#define GORT_SCHED_SUSPEND_H

#include "sched/sched.h"

typedef enum Ask { // Machine.asked
    ASK_NOTHING,
    ASK_FLUSH, // give away what your grey buffer holds; from then on you see all that the asker wrote
    ASK_SCAN, // the same, and grey what your registers, your goroutine's stack and your
              // thread-local variables hold
    ASK_STOP, // flush, and wait until the world goes on
    ASK_OTHERS_ANSWER // somebody answers for the thread, which is asleep
} Ask;

// Where a thread that answers stands: [sp, its stack's end) and the registers are what it knows.
typedef struct Standing {
    uintptr_t sp;
    const void *registers, *registers_end;
    const void *vectors, *vectors_end; // vector registers: structs are copied through them
    void *fake_stack; // of the address sanitizer: sanitize_fake_stack
    const void *caller; // of a marked call: who has made it, if it may end on another thread, or NULL
} Standing;

// All threads answer `what`; returns when the last one has. Only the collector's thread asks.
void gort_ask_all(Ask what);
// All threads stop, or, when one does not answer in time, all go on and the answer is false.
bool gort_world_stop(int64_t patience_ns);
int64_t gort_world_resume(void); // when they went on: os_now()
// All machines that were stopped; by whoever stopped the world.
void gort_suspend_each(void (*fn)(Machine *m, void *arg), void *arg);

// The handler is installed, if it is not.
void gort_suspend_listen(void);

// The program is about to send that signal to one of its threads.
void gort_suspend_signal_sent(void);

// A thread's own answer where it holds suspension off no more. See suspend_allow.
void gort_suspend_answer(Machine *m);

// Between hold and allow this thread does not answer. What stands there must be short, must not
// wait for anything but locks that are only ever taken there, must not call malloc (a stopped thread
// may hold its lock), and must not fault.
static inline __attribute__((always_inline)) void suspend_hold(Machine *m) {
    m->nosuspend++;
    compiler_barrier();
}
static inline __attribute__((always_inline)) void suspend_allow(Machine *m) {
    compiler_barrier();
    m->nosuspend--;
    compiler_barrier(); // a signal before the decrement is noticed here, one after is answered there
    if (unlikely(load_relaxed(&m->asked) != ASK_NOTHING)) gort_suspend_answer(m);
}

// Brackets a sleep: others answer for the thread. Without Machine.standing it stands on its
// scheduler's stack.
void gort_suspend_nap_begin(Machine *m);
void gort_suspend_nap_end(Machine *m);

// Foreign machines come and go; the others are in gort_sched.machines.
void gort_suspend_enlist(Machine *m);
void gort_suspend_delist(Machine *m);
// The current thread's machine, not a foreign one, ends: unlink(m) is called under gort_sched.lock while
// nobody asks.
void gort_suspend_forget(Machine *m, void (*unlink)(Machine *m));
// In the child of a fork, m its only thread's machine or NULL: what was asked when it was made is asked
// no more, since who asked is not there.
void gort_suspend_forked(Machine *m);

#endif
