// unwind.h - walking a stack that is not the caller's own.
//
// libgcc's unwinder starts at its caller and cannot be told to start elsewhere. But where a frame's
// caller lies, it only learns from tables; so a function whose table says "my caller's registers
// are in the struct that rbx points to" makes it continue on any stack: of a parked goroutine, or
// of the code that a signal interrupted.
#ifndef GORT_PANIC_UNWIND_H
#define GORT_PANIC_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

// What an unwinder needs to know of a place in a program (the layout is known to unwind_*.S). At a call only
// the callee-saved ones count; where a signal came, all: a prologue may have the frame's address anywhere.
typedef struct Registers {
#if defined(__x86_64__)
    uint64_t pc, sp, rbx, rbp, r12, r13, r14, r15;
    uint64_t rax, rdx, rcx, rsi, rdi, r8, r9, r10, r11;
#elif defined(__aarch64__)
    uint64_t pc, sp, x[31];
#endif
} Registers;

// Calls fn(arg) so that, to an unwinder, `at` is its caller. In the first form at->pc is a return
// address, in the second an instruction that has not been executed (a signal came). Returns when fn
// does.
void gort_unwind_from_call(const Registers *at, void (*fn)(void *), void *arg);
void gort_unwind_from_trap(const Registers *at, void (*fn)(void *), void *arg);
// To be jumped to, with the addresses of the Registers in rdi and rbx (x0 and x19), by a signal
// context; they call gort_fault_panic(registers), which does not return.
void gort_trap_enter(void);
void gort_call_enter(void);

#endif
