// signal.h - alternate stacks for signal handlers, and handlers that know whom they replaced.
#ifndef GORT_OS_SIGNAL_H
#define GORT_OS_SIGNAL_H

#include <signal.h>
#include <stdbool.h>

// Gives the calling thread an alternate signal stack, unless it has one. Not for use in signal
// handlers.
void gort_signal_stack_acquire(void);
// Gives it back when the thread ends, or is no longer the runtime's; a stack that somebody else has
// set stays.
void gort_signal_stack_release(void);

typedef void SignalHandler(int number, siginfo_t *info, void *context);
// Handles a signal on the alternate stack. What was there before is kept for signal_forward. If the
// program has set a handler already and `polite`, nothing is changed.
void gort_signal_install(int number, SignalHandler *handler, bool polite);
// The signal by which threads are asked to stop or to answer (Go's choice, for Go's reasons: it is
// ignored by default, rarely used, and harmless where it comes for no reason).
#define GORT_SUSPEND_SIGNAL SIGURG
// As gort_signal_install, but with all other signals held off in the handler, and past everything
// that intercepts sigaction (a sanitizer would delay the signal).
void gort_signal_install_raw(int number, SignalHandler *handler);
// Installs it anew if the program has put a handler of its own in its place, which is kept for
// gort_signal_forward.
void gort_signal_keep(int number, SignalHandler *handler);
void gort_signal_send(int thread_id, int number); // to a thread of this process
void gort_signal_unblock(int number); // for the calling thread, whoever has blocked it
// Was there a handler (not the default, not ignored) before ours?
bool gort_signal_was_handled(int number);
// From a handler of gort_signal_install: does what would have been done without it. For the default
// action that means to restore it and return: a fault then happens again, any other signal is
// raised anew. Async-signal-safe.
void gort_signal_forward(int number, siginfo_t *info, void *context);

#endif
