// signal.c - alternate stacks for signal handlers, and handlers that know whom they replaced.
//
// A handler must not run on a goroutine's stack: it may be full (that is what the signal says), and
// a frame with the processor's whole vector state is several KiB. So each thread that runs
// goroutines has an alternate stack, mapped with a guard page below, big enough to print a crash
// report on. Invariants:
//   1. A thread's stack is mapped and freed by that thread only, outside of handlers.
//   2. previous[n] is written once, before our handler for n is installed, and constant after.
// A program that installs its own handler later simply replaces ours: nothing is intercepted.
#define _GNU_SOURCE
#include "os/signal.h"

#include "os/syscall.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    STACK_BYTES = 64 << 10,
    GUARD_BYTES = 4 << 10
}; // a crash report takes some 10 KiB, a frame up to 12

static __thread char *own_stack; // the mapping, guard included, or NULL
static struct sigaction previous[NSIG];

void gort_signal_stack_acquire(void) {
    stack_t now;
    if (own_stack || sigaltstack(NULL, &now) != 0 || !(now.ss_flags & SS_DISABLE))
        return;
    char *p = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (p == MAP_FAILED)
        return; // faults then kill without a report: no reason to fail now
    mprotect(p, GUARD_BYTES, PROT_NONE);
    stack_t wanted = {.ss_sp = p + GUARD_BYTES, .ss_size = STACK_BYTES};
    if (sigaltstack(&wanted, NULL) == 0)
        own_stack = p;
    else
        munmap(p, STACK_BYTES + GUARD_BYTES);
}

void gort_signal_stack_release(void) {
    stack_t now;
    if (!own_stack || sigaltstack(NULL, &now) != 0)
        return;
    if (now.ss_sp == own_stack + GUARD_BYTES) {
        stack_t off = {.ss_flags = SS_DISABLE};
        if (sigaltstack(&off, NULL) != 0)
            return;
    }
    munmap(own_stack, STACK_BYTES + GUARD_BYTES);
    own_stack = NULL;
}

bool gort_signal_was_handled(int number) {
    const struct sigaction *p = &previous[number];
    return (p->sa_flags & SA_SIGINFO) || (p->sa_handler != SIG_DFL && p->sa_handler != SIG_IGN);
}

// libc fills only the first word of the mask; the others are what its stack held, perhaps the address
// of a collected object, which a global must not keep.
static bool remember_previous(int number) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) != 0) return false;
    struct sigaction *p = &previous[number];
    p->sa_flags = now.sa_flags;
    p->sa_sigaction = now.sa_sigaction;
    __builtin_memcpy(&p->sa_mask, &now.sa_mask, sizeof(unsigned long));
    return true;
}

void gort_signal_install(int number, SignalHandler *handler, bool polite) {
    if (!remember_previous(number))
        return;
    if (polite && (gort_signal_was_handled(number) || previous[number].sa_handler == SIG_IGN))
        return;
    // SA_NODEFER: a fault in a handler must reach one again, not kill without a word.
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER};
    action.sa_sigaction = handler;
    sigfillset(&action.sa_mask);
    sigdelset(&action.sa_mask,
              SIGSEGV); // a fault in a handler must reach one, not kill without a word
    sigdelset(&action.sa_mask, SIGBUS);
    sigdelset(&action.sa_mask, SIGFPE);
    sigaction(number, &action, NULL);
}

// ---- past the sanitizers ------------------------------------------------------------------------

typedef struct KernelAction { // what rt_sigaction takes; libc's struct has another order
    SignalHandler *handler;
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
} KernelAction;

#if defined(__x86_64__)
// Where a handler returns to. Unwinders know it by these bytes.
__asm__(".text\n.p2align 4\n.type gort_signal_restore, @function\n"
        ".hidden gort_signal_restore\n.globl gort_signal_restore\n"
        "gort_signal_restore: movq $15, %rax\n syscall\n"
        ".size gort_signal_restore, . - gort_signal_restore\n");
extern void gort_signal_restore(void);
enum { RESTORER = 0x04000000 };
#else
#define gort_signal_restore NULL
enum { RESTORER = 0 };
#endif

void gort_signal_install_raw(int number, SignalHandler *handler) {
    remember_previous(number);
    unsigned long faults = 1ul << (SIGSEGV - 1) | 1ul << (SIGBUS - 1) | 1ul << (SIGFPE - 1) |
                           1ul << (SIGILL - 1) | 1ul << (SIGTRAP - 1);
    KernelAction action = {handler, SA_SIGINFO | SA_ONSTACK | SA_RESTART | RESTORER,
                           gort_signal_restore, ~faults};
    os_syscall(SYS_rt_sigaction, number, &action, NULL, sizeof action.mask);
}

void gort_signal_keep(int number, SignalHandler *handler) {
    struct sigaction now;
    if (sigaction(number, NULL, &now) != 0) return;
    if (!(now.sa_flags & SA_SIGINFO) || now.sa_sigaction != handler)
        gort_signal_install_raw(number, handler);
}

void gort_signal_unblock(int number) {
    unsigned long mask = 1ul << (number - 1);
    os_syscall(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof mask);
}

void gort_signal_send(int thread_id, int number) {
    os_syscall(SYS_tgkill, getpid(), thread_id, number);
}

// ---- what would have been done without us -------------------------------------------------------

static void act_as_default(int number, const siginfo_t *info) {
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigaction(number, &action, NULL);
    if (info->si_code <= 0) // sent by somebody: it does not come back by itself
        os_syscall(SYS_tgkill, getpid(), os_syscall(SYS_gettid), number);
}

void gort_signal_forward(int number, siginfo_t *info, void *context) {
    const struct sigaction *p = &previous[number];
    if (p->sa_flags & SA_SIGINFO)
        p->sa_sigaction(number, info, context);
    else if (p->sa_handler != SIG_DFL && p->sa_handler != SIG_IGN)
        p->sa_handler(number);
    else if (p->sa_handler == SIG_DFL || info->si_code > 0)
        act_as_default(number, info);
}
