// preempt.c - taking a goroutine off its processor that does not give it up.
//
// sysmon sends a signal to a machine whose goroutine has run for long while others wait. The handler makes
// it look as if the interrupted instruction had called gort_preempt_entry (arch/), which saves all
// registers and lets others run; the goroutine goes on where it was when its turn comes. Loops cost
// nothing for that: no polls.
//   1. Only where the interrupted instruction belongs to a .gc file: not in libc, which may hold a lock,
//      nor in the runtime, nor in a C library.
//   2. Only on the goroutine's own stack, with room for what is saved; not in a signal handler of the
//      program's, which runs on the alternate stack; not where suspension is held off.
//   3. Between a barrier's check and its store it is sent back before the check (arch/window.c): it
//      may rest there for any number of collections.
//   4. Addresses of thread-local storage do not go to another thread. A .gc file with thread-local
//      variables is not in the table; errno's address comes from a call, and may lie in a register or
//      in the frame: then the goroutine stays on its thread. (A false alarm costs nothing but that.)
//   5. With frames of plain C on its stack it stays, too (callback.c).
#define _GNU_SOURCE
#include "sched/sched.h"

#include "base/flags.h"
#include "sched/front.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <signal.h>
#include <ucontext.h>

enum {
    RED_ZONE = 128,
    STACK_NEEDED = 24 << 10, // what is saved, the unwinder, a signal's frame
    FRAME_LOOKED_AT = 1024, // bytes above the stack pointer that may hold errno's address
};

void gort_preempt_entry(void);
uint32_t gort_preempt_vectors __attribute__((visibility("hidden"))); // XSAVE's mask; 0: there is no XSAVE

static bool enabled;

// Whoever holds a lock of libc's may be preempted only if those who wait for it are marked (calls.c), or
// they would hold all processors: not in static programs, nor in builds for sanitizers, where the calls
// are not ours. GODEBUG=preemptstress=1 preempts all the same.
static bool calls_are_marked(void) {
#if defined(GORT_ASAN) || defined(GORT_TSAN)
    return false;
#else
    return gort_libc_next("pthread_mutex_lock") != NULL;
#endif
}

// x87, SSE, AVX, and the three parts of AVX-512, as far as the system has them switched on.
void gort_preempt_init(void) {
    unsigned a, b, c, d;
    enabled = gort_flags.preemptstress || calls_are_marked();
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE)) return;
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    gort_preempt_vectors = a & 0xe7;
}

static bool can_preempt(const Machine *m, uintptr_t pc, uintptr_t sp) {
    const Goroutine *g = m->current;
    return enabled && m->p && m->nosuspend == 0 && g != &m->scheduler && g->stack.low &&
           sp < (uintptr_t)g->stack.high && sp > (uintptr_t)g->stack.low + STACK_NEEDED &&
           gort_text_is_preemptible(pc);
}

void gort_preempt_try(Machine *m, void *context) {
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP], sp = (uintptr_t)registers[REG_RSP];
    if (!can_preempt(m, pc, sp)) return;
    pc = gort_window_start(pc, gort_os_is_mapped);
    uintptr_t *slot = (uintptr_t *)(sp - RED_ZONE) - 1;
    *slot = pc;
    registers[REG_RSP] = (greg_t)slot;
    registers[REG_RIP] = (greg_t)(uintptr_t)gort_preempt_entry;
}

// ---- may it move to another thread? -------------------------------------------------------------

// Not for the address sanitizer: these are other functions' frames.
__attribute__((no_sanitize("address"))) static bool holds(const uintptr_t *from, const uintptr_t *to,
                                                          uintptr_t address) {
    while (from < to && *from != address) from++;
    return from < to;
}

// Called by gort_preempt_entry; [saved, sp) is all that it saved, sp the interrupted stack pointer.
__attribute__((visibility("hidden"))) void gort_preempted(const uintptr_t *saved, const uintptr_t *sp) {
    Machine *m = arch_machine();
    const uintptr_t *end = (const uintptr_t *)m->current->stack.high, *to = sp + FRAME_LOOKED_AT / sizeof *sp;
    bool stays = gort_stands_on_c() || gort_stays(m) ||
                 holds(saved, to < end ? to : end, (uintptr_t)m->errno_address);
    if (!stays) {
        gort_preempt_yield(m);
        return;
    }
    gort_pin(m);
    gort_home_yield(m);
    gort_unpin(m);
}
#else
void gort_preempt_init(void) {}
void gort_preempt_try(Machine *m, void *context) { (void)m, (void)context; }
#endif
