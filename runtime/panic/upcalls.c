// upcalls.c - how lower layers get here: the one table of base/upcalls.h.
#include "base/upcalls.h"

#include "gc/gc.h"
#include "os/signal.h"
#include "panic/panic.h"

static _Noreturn void panic_plain(const char *text) {
    gort_panic_runtime(text, NULL);
}

const struct Upcalls gort_upcalls = {
    .panic_plain = panic_plain,
    .fatal = gort_report_fatal,
    .thread_started = gort_signal_stack_acquire,
    .thread_ended = gort_signal_stack_release,
    .answer = gort_gc_answer,
    .before_run = gort_gc_before_run,
    .born = gort_gc_born,
    .allocated = gort_gc_allocated,
};
