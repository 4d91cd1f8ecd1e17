// rt_window.c - a store of a pointer, stopped at each of its instructions in turn.
//
// The trap flag makes the processor stop after every instruction. At the n-th stop the collector is
// made to begin: the flag is set, and the thread's place is mended as the runtime's signal handler
// does it. Whatever n is, the store must have been done before, or be reported.
#define _GNU_SOURCE
#include "arch/arch.h"
#include "base/abi.h"
#include "base/check.h"

#include <signal.h>
#include <stdio.h>
#include <ucontext.h>

#if defined(__x86_64__)
static unsigned char marking; // stands for go__gc_marking
static void *slot, *reported;
static int steps, begin_at;
static void *slot_at_begin;

static __attribute__((noinline)) void report(void *at, const void *value) {
    reported = (void *)value;
    *(const void **)at = value;
}

// As the translator emits it.
static inline __attribute__((always_inline)) void store(void *at, const void *value) {
    __asm__ goto("nopl 0x63636f67(%%rax)\n\tcmpb $0, %1\n\tjne %l[slow]\n\tmovq %2, %0"
                 : "=m"(*(void **)at)
                 : "m"(marking), "r"(value)
                 : "cc"
                 : slow);
    return;
slow:
    report(at, value);
}

__attribute__((noinline)) static void stores_once(void **at, void *value) { store(at, value); }

// The flag behind a pointer in a register, as position-independent code has it.
__attribute__((noinline)) static void stores_by_register(void **at, void *value) {
    unsigned char *flag = &marking;
    __asm__ volatile("" : "+r"(flag));
    __asm__ goto("nopl 0x63636f67(%%rax)\n\tcmpb $0, %1\n\tjne %l[slow]\n\tmovq %2, %0"
                 : "=m"(*at)
                 : "m"(*flag), "r"(value)
                 : "cc"
                 : slow);
    return;
slow:
    report(at, value);
}

static bool is_mapped(uintptr_t address) { return address != 0; }

static void on_step(int number, siginfo_t *info, void *context) {
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)number, (void)info;
    if (++steps != begin_at) return;
    slot_at_begin = slot;
    marking = 1;
    r[REG_RIP] = (greg_t)gort_window_start((uintptr_t)r[REG_RIP], is_mapped);
    r[REG_EFL] &= ~0x100;
}

static void trap_flag(void) {
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "cc", "memory");
}
static void trap_flag_off(void) {
    __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "cc", "memory");
}

// How many instructions it takes; checks the claim for stop n.
static int try_one(void (*fn)(void **, void *), int n) {
    static int value;
    slot = NULL;
    reported = NULL;
    marking = 0;
    steps = 0;
    begin_at = n;
    trap_flag();
    fn(&slot, &value);
    trap_flag_off();
    gort_check(slot == &value);
    if (marking && !slot_at_begin) gort_check(reported == &value && "not a silent store");
    return steps;
}

static void try_all(void (*fn)(void **, void *), const char *name) {
    int total = try_one(fn, -1), reports = 0;
    for (int n = 1; n < total; n++) {
        try_one(fn, n);
        reports += reported != NULL;
    }
    printf("%s: %d steps, reported after a beginning at %d of them\n", name, total, reports);
    gort_check(reports >= 4); // at least the nop, the compare, the jump and the store
}

int main(void) {
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    try_all(stores_once, "flag by address");
    try_all(stores_by_register, "flag by register");
    return 0;
}
#else
int main(void) { return 0; }
#endif
