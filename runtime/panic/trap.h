// trap.h - a signal context seen as what the interrupted code was doing. One trap_*.c per
// processor.
#ifndef GORT_PANIC_TRAP_H
#define GORT_PANIC_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "panic/panic.h"
#include "panic/unwind.h"

// What gort_trap_enter hands to gort_fault_panic; it lies on the goroutine's stack, below the
// interrupted frame's red zone.
typedef struct Trap {
    Registers at;   // first: unwind_*.S knows
    Fault fault;
} Trap;

uintptr_t gort_trap_pc(const void *context);
uintptr_t gort_trap_sp(const void *context);
Registers gort_trap_registers(const void *context);
// Was the fault a jump to `address` (a call through a null function pointer)?
bool gort_trap_is_call(const void *context, uintptr_t address);
// Makes the context call gort_fault_panic on the interrupted stack. is_call: as if from the call
// instruction.
void gort_trap_panic(void *context, const Fault *fault, bool is_call);

// A division that trapped: by zero, or because the quotient does not fit.
typedef enum Division {
    DIVISION_UNKNOWN,
    DIVISION_BY_ZERO,
    DIVISION_BY_MINUS_ONE,
    DIVISION_TOO_LARGE
} Division;
// Decodes the instruction at pc. DIVISION_BY_MINUS_ONE: the context has been given the quotient and
// remainder of two's complement arithmetic and the pc of the next instruction.
Division gort_trap_division(void *context);

#endif
