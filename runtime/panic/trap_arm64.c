// trap_arm64.c - signal contexts of aarch64. Divisions do not trap there: by zero they give 0, which is why
// the translator tests divisors.
#if defined(__aarch64__)
#define _GNU_SOURCE
#include "panic/trap.h"

#include <string.h>
#include <ucontext.h>

enum { X0 = 0,
       X19 = 19,
       LR = 30 };

static mcontext_t *registers_of(const void *context) {
    return &((ucontext_t *)context)->uc_mcontext;
}

uintptr_t gort_trap_pc(const void *context) {
    return registers_of(context)->pc;
}

uintptr_t gort_trap_sp(const void *context) {
    return registers_of(context)->sp;
}

Registers gort_trap_registers(const void *context) {
    const mcontext_t *m = registers_of(context);
    Registers r = {.pc = m->pc, .sp = m->sp};
    memcpy(r.x, &m->regs[X0], sizeof r.x);
    return r;
}

bool gort_trap_is_call(const void *context, uintptr_t address) {
    return registers_of(context)->pc == address;
}

__attribute__((no_sanitize("address", "thread"))) void gort_trap_panic(void *context, const Fault *fault, bool is_call) {
    mcontext_t *m = registers_of(context);
    if (is_call)
        m->pc = m->regs[LR];
    uintptr_t sp = (m->sp - sizeof(Trap)) & ~(uintptr_t)15;
    Trap *trap = (Trap *)sp;
    trap->at = gort_trap_registers(context);
    trap->fault = *fault;
    m->sp = sp;
    m->regs[X0] = m->regs[X19] = sp;
    m->pc = (uintptr_t)(is_call ? gort_call_enter : gort_trap_enter);
}

Division gort_trap_division(void *context) {
    (void)context;
    return DIVISION_UNKNOWN;
}
#endif
