// report.c - the last words of a process: unrecovered panics, fatal errors, SIGQUIT.
//
// The texts, their order and their line breaks are Go's, so that people and tools that read Go's
// crashes can read these.
//   1. One thread reports: the first. Others that come here stop for good, and so does main, should
//      it return meanwhile. Once main has passed that point, nobody begins a report: none is ever
//      cut short.
//   2. Nothing here allocates, locks, or uses stdio. Stdio buffers are not flushed: the process
//      ends with _exit(2).
//   3. A fault while reporting ends the process at once, with what has been printed so far.
// A report may begin on any stack: a goroutine's, a scheduler's, a signal handler's.
#define _GNU_SOURCE
#include "panic/report.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "arch/arch.h"
#include "os/os.h"
#include "panic/traceback.h"

static int reporter; // (a) thread id of who reports, or 0
static int leaver; // (a) thread id of who has come to the end of exit(), or 0
static bool printing_values;
static char text[8192];
static Out out = {text, sizeof text, 0, STDERR_FILENO};

static _Noreturn void stop_for_good(void) {
    for (;;)
        pause();
}

bool gort_report_is_mine(void) {
    int thread = load_relaxed(&reporter);
    return thread && thread == gort_os_thread_id();
}

void gort_report_failed(void) {
    gort_out_text(&out, printing_values ? "\nfatal error: panic while printing panic value\n"
                                        : "\npanic during panic\n");
    gort_out_flush(&out);
    _exit(2);
}

Out *gort_report_begin(void) {
    int me = gort_os_thread_id();
    if (load_relaxed(&reporter) == me)
        gort_report_failed();
    if (!cas_seq_cst(&reporter, 0, me))
        stop_for_good();
    int leaving =
        load_seq_cst(&leaver); // pairs with exit_waits_for_report: one of the two sees the other
    if (leaving && leaving != me) {
        store_release(&reporter, 0); // it waits for that
        stop_for_good();
    }
    gort_world_freeze();
    return &out;
}

_Noreturn void gort_report_end(bool crash) {
    gort_out_flush(&out);
    if (crash) {
        struct sigaction action = {.sa_handler = SIG_DFL};
        sigaction(SIGABRT, &action, NULL);
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGABRT);
        sigprocmask(SIG_UNBLOCK, &set, NULL);
        raise(SIGABRT);
    }
    _exit(2);
}

// ---- panics -------------------------------------------------------------------------------------

static void print_value(struct go_any value) {
    const char *s = gort_any_text(value);
    char formatted[GORT_VALUE_BYTES];
    if (!s) {
        gort_out_bytes(&out, formatted, gort_any_format(value, formatted));
        return;
    }
    if (value.type->named) {
        gort_out_text(&out, value.type->name);
        gort_out_text(&out, "(\"");
    }
    gort_out_indented(&out, s);
    if (value.type->named)
        gort_out_text(&out, "\")");
}

static bool same_value(const Panic *a, const Panic *b) {
    return a->value.type == b->value.type && a->value.data == b->value.data;
}

static void print_panic(const Panic *p) {
    gort_out_text(&out, "panic: ");
    print_value(p->value);
    if (p->recovered)
        gort_out_text(&out, p->repanicked ? " [recovered, repanicked]" : " [recovered]");
    gort_out_text(&out, "\n");
}

// Oldest first. The chain is turned round for printing, and back: recursion could be deep.
static Panic *chain_reverse(Panic *p) {
    Panic *reversed = NULL;
    while (p) {
        Panic *next = p->link;
        p->link = reversed;
        reversed = p;
        p = next;
    }
    return reversed;
}

static void print_panics(Goroutine *g) {
    printing_values = true;
    for (Panic *p = g->panics; p; p = p->link)
        if (p->link && same_value(p, p->link))
            p->link->repanicked = true;
    Panic *oldest = chain_reverse(g->panics), *older = NULL;
    for (Panic *p = oldest; p; older = p, p = p->link) {
        if (older && older->repanicked)
            continue;
        if (older && !older->is_exit)
            gort_out_text(&out, "\t");
        if (!p->is_exit)
            print_panic(p);
    }
    chain_reverse(oldest);
    printing_values = false;
}

static const char *signal_text(int number) {
    switch (number) {
    case SIGSEGV: return "SIGSEGV: segmentation violation";
    case SIGBUS: return "SIGBUS: bus error";
    default: return "SIGFPE: floating-point exception";
    }
}

void gort_report_fault(Out *o, const Fault *f) {
    gort_out_text(o, "[signal ");
    gort_out_text(o, signal_text(f->signal));
    gort_out_text(o, " code=");
    gort_out_hex(o, f->code);
    gort_out_text(o, " addr=");
    gort_out_hex(o, f->address);
    gort_out_text(o, " pc=");
    gort_out_hex(o, f->pc);
    gort_out_text(o, "]\n");
}

static const Fault *newest_fault(const Goroutine *g) {
    for (const Panic *p = g->panics; p; p = p->link)
        if (p->fault.signal)
            return &p->fault;
    return NULL;
}

// ---- whole reports ------------------------------------------------------------------------------

_Noreturn void gort_report_goroutines(Out *o, Goroutine *g, const Registers *at, bool everybody) {
    TracebackLevel wanted = gort_traceback_level();
    if (wanted.level > 0 && g) {
        gort_out_text(o, "\n");
        gort_traceback_current(o, g, at, wanted.level);
    }
    if (wanted.level > 0 && (wanted.all || everybody || !g))
        gort_traceback_others(o, g, wanted.level);
    gort_report_end(wanted.crash);
}

void gort_report_panic(Goroutine *g) {
    Out *o = gort_report_begin();
    print_panics(g);
    const Fault *f = newest_fault(g);
    if (f && f->signal != SIGFPE)
        gort_report_fault(o, f);
    gort_report_goroutines(o, g, NULL, false);
}

// The goroutine that the calling thread runs, unless it runs its scheduler, or is none of the
// runtime's.
static Goroutine *goroutine_here(void) {
    Machine *m = arch_machine();
    return m && m->current != &m->scheduler ? m->current : NULL;
}

void gort_report_fatal(const char *message) {
    Goroutine *g = goroutine_here();
    Out *o = gort_report_begin();
    if (g && g->panics) {
        print_panics(g);
        gort_out_text(o, "\t");
    }
    gort_out_text(o, "fatal error: ");
    gort_out_indented(o, message);
    gort_out_text(o, "\n");
    gort_report_goroutines(o, g, NULL, false);
}

// Invariant 1 for main: runs when the process exits in good order. A goroutine whose panic still
// runs deferred calls is given a chance to come to its report, as in Go; one that waits for
// something is not waited for.
__attribute__((destructor)) static void exit_waits_for_report(void) {
    Goroutine *g = goroutine_here();
    for (int i = 0; i < 1000 && g && !g->panics && load_relaxed(&gort_panics_running) > 0; i++)
        gort_yield();
    store_seq_cst(&leaver, gort_os_thread_id());
    while (load_seq_cst(&reporter) && !gort_report_is_mine())
        gort_os_nap_us(100);
}
