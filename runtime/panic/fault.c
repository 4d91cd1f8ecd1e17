// fault.c - what becomes of SIGSEGV, SIGBUS, SIGFPE and SIGQUIT.
//
// A fault of goroutine code comes in four kinds. An access through a null pointer (any unmapped
// address below 4 GiB: a null struct pointer with a large member offset) and a division by zero are
// panics. The handler does not panic itself: it makes the interrupted code look as if it had called
// gort_fault_panic, and returns; so deferred functions run on the goroutine's stack with signals
// unblocked, and the traceback shows the faulting line. INT_MIN / -1 gets its wrapped result. A
// full stack is fatal, and any other wild address: memory may be corrupt. A fault that is not of
// goroutine code (a thread of plain C, the scheduler's own stack) is none of our business: the
// handler that was there before gets it.
//   1. Everything in a handler is async-signal-safe; the reports are, too.
//   2. A context is only rewritten if its stack pointer lies in the current goroutine's stack.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/resource.h>

#include "mem/stack.h"
#include "os/os.h"
#include "os/signal.h"
#include "panic/panic.h"
#include "panic/report.h"
#include "panic/traceback.h"
#include "panic/trap.h"

#define NULL_ACCESS_END ((uintptr_t)1 << 32)
// A frame may be large, but hardly so large that its first access lies further below the end of
// a thread's stack.
#define OVERFLOW_REACH ((uintptr_t)1 << 20)

_Noreturn __attribute__((used, visibility("hidden"))) void gort_fault_panic(const Trap *trap);

void gort_fault_panic(const Trap *trap) {
    Fault fault = trap->fault;
    if (fault.signal != SIGFPE)
        gort_panic_runtime("runtime error: invalid memory address or nil pointer dereference",
                           &fault);
    if (fault.code == FPE_INTDIV)
        gort_panic_runtime("runtime error: integer divide by zero", &fault);
    if (fault.code == FPE_INTOVF)
        gort_panic_runtime("runtime error: integer overflow", &fault);
    gort_panic_runtime("runtime error: floating point error", &fault);
}

// The test that generated code makes before a division came out true.
void go__panic_divide(void) {
    gort_panic_runtime("runtime error: integer divide by zero", NULL);
}

// ---- fatal ones, on the alternate stack ---------------------------------------------------------

static _Noreturn void stack_overflow(Goroutine *g, uint64_t limit, const void *context) {
    Out *o = gort_report_begin();
    Registers at = gort_trap_registers(context);
    gort_out_text(o, "runtime: goroutine stack exceeds ");
    gort_out_uint(o, limit);
    gort_out_text(o, "-byte limit\nruntime: sp=");
    gort_out_hex(o, at.sp);
    gort_out_text(o, " stack=[");
    gort_out_hex(o, (uintptr_t)g->stack.high - limit);
    gort_out_text(o, ", ");
    gort_out_hex(o, (uintptr_t)g->stack.high);
    gort_out_text(o, "]\nfatal error: stack overflow\n");
    gort_report_goroutines(o, g, &at, false);
}

static _Noreturn void wild_access(Goroutine *g, const Fault *fault, const void *context) {
    Out *o = gort_report_begin();
    Registers at = gort_trap_registers(context);
    gort_out_text(o, "unexpected fault address ");
    gort_out_hex(o, fault->address);
    gort_out_text(o, "\nfatal error: fault\n");
    gort_report_fault(o, fault);
    gort_report_goroutines(o, g, &at, false);
}

// Where the goroutine's stack ends. The process's own grows up to a limit that the program may
// change; without one, no end is known: 0.
static uintptr_t stack_low(const Goroutine *g) {
    struct rlimit limit;
    if (!g->is_main)
        return (uintptr_t)g->stack.low;
    bool is_limited = getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    return is_limited ? (uintptr_t)g->stack.high - limit.rlim_cur : 0;
}

// Is the fault one of a full stack? Those of goroutines have guards that know their owner; on the
// stack of a thread, it is an access near its end and near the stack pointer.
static bool is_overflow(const Goroutine *g, uintptr_t address, uintptr_t sp) {
    if (gort_stack_guard_owner((void *)address) == g)
        return true;
    uintptr_t low = stack_low(g);
    bool is_near = address < low + OVERFLOW_REACH && address + 2 * OVERFLOW_REACH > low;
    bool is_stack_access = address + OVERFLOW_REACH > sp && address < sp + OVERFLOW_REACH;
    return (g->is_main || (g->home && g->home->foreign)) && low && is_near && is_stack_access;
}

// ---- handlers -----------------------------------------------------------------------------------

static bool is_on_stack(const Goroutine *g, uintptr_t sp) {
    return g && sp < (uintptr_t)g->stack.high && sp >= stack_low(g);
}

static void handle_access(int number, siginfo_t *info, void *context) {
    gort_traceback_faulted();
    if (gort_report_is_mine())
        gort_report_failed();
    Goroutine *g = info->si_code > 0 ? gort_current_or_null() : NULL;
    Fault fault = {number, info->si_code, (uintptr_t)info->si_addr, gort_trap_pc(context)};
    if (!g) {
        gort_signal_forward(number, info, context);
        return;
    }
    if (is_overflow(g, fault.address, gort_trap_sp(context)))
        stack_overflow(g, (uintptr_t)g->stack.high - stack_low(g), context);
    if (!is_on_stack(g, gort_trap_sp(context)))
        gort_signal_forward(number, info, context);
    else if (number == SIGSEGV && info->si_code == SEGV_MAPERR && fault.address < NULL_ACCESS_END)
        gort_trap_panic(context, &fault, gort_trap_is_call(context, fault.address));
    else if (gort_signal_was_handled(number))
        gort_signal_forward(number, info, context); // a sanitizer's report says more
    else
        wild_access(g, &fault, context);
}

static void handle_arithmetic(int number, siginfo_t *info, void *context) {
    if (gort_report_is_mine())
        gort_report_failed();
    Goroutine *g = info->si_code > 0 ? gort_current_or_null() : NULL;
    if (!is_on_stack(g, gort_trap_sp(context))) {
        gort_signal_forward(number, info, context);
        return;
    }
    Fault fault = {number, info->si_code, (uintptr_t)info->si_addr, gort_trap_pc(context)};
    if (info->si_code == FPE_INTDIV) {
        Division d = gort_trap_division(context);
        if (d == DIVISION_BY_MINUS_ONE)
            return;
        if (d == DIVISION_TOO_LARGE)
            fault.code = FPE_INTOVF;
    }
    gort_trap_panic(context, &fault, false);
}

static void handle_quit(int number, siginfo_t *info, void *context) {
    (void)number;
    Goroutine *g = gort_current_or_null();
    Registers at = gort_trap_registers(context);
    Out *o = gort_report_begin();
    gort_out_text(o, "SIGQUIT: quit\nPC=");
    gort_out_hex(o, at.pc);
    gort_out_text(o, " m=0 sigcode=");
    gort_out_uint(o, info->si_code > 0 ? info->si_code : 0);
    gort_out_text(o, "\n");
    gort_report_goroutines(o, is_on_stack(g, at.sp) ? g : NULL, &at, true);
}

// Early, but after the constructors of a sanitizer.
__attribute__((constructor(103))) static void faults_install(void) {
    gort_signal_stack_acquire();
    gort_signal_install(SIGSEGV, handle_access, false);
    gort_signal_install(SIGBUS, handle_access, false);
    gort_signal_install(SIGFPE, handle_arithmetic, false);
    gort_signal_install(SIGQUIT, handle_quit, true);
}
