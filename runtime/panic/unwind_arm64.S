// unwind_arm64.S - frames whose caller, to an unwinder, is described by a struct Registers (unwind.h).
//
// As in unwind_amd64.S, with x19 for rbx. Where a signal interrupted a function that had not saved its
// return address, pc and x30 both count: the pc then goes by the column that libgcc has for this, 96.
#if defined(__aarch64__)

// DW_CFA_def_cfa_expression {DW_OP_breg19 8; DW_OP_deref}, then for each register DW_CFA_expression
// REGISTER {DW_OP_breg19 OFFSET}; offsets from 64 on take two bytes.
.macro caller_in_x19
    .cfi_escape 0x0f, 3, 0x83, 8, 0x06
    .cfi_escape 0x10, 19, 2, 0x83, 16
    .cfi_escape 0x10, 20, 2, 0x83, 24
    .cfi_escape 0x10, 21, 2, 0x83, 32
    .cfi_escape 0x10, 22, 2, 0x83, 40
    .cfi_escape 0x10, 23, 2, 0x83, 48
    .cfi_escape 0x10, 24, 2, 0x83, 56
    .cfi_escape 0x10, 25, 3, 0x83, 0xc0, 0
    .cfi_escape 0x10, 26, 3, 0x83, 0xc8, 0
    .cfi_escape 0x10, 27, 3, 0x83, 0xd0, 0
    .cfi_escape 0x10, 28, 3, 0x83, 0xd8, 0
    .cfi_escape 0x10, 29, 3, 0x83, 0xe0, 0
.endm

.macro caller_called
    .cfi_escape 0x10, 30, 2, 0x83, 0
.endm

.macro caller_interrupted
    .cfi_escape 0x10, 30, 3, 0x83, 0xe8, 0
    .cfi_escape 0x10, 96, 2, 0x83, 0
.endm

.macro start name
    .globl \name
    .hidden \name
    .type \name, %function
    .p2align 4
\name:
    .cfi_startproc
.endm

// x0: the Registers, x1: the function, x2: its argument.
.macro call_with_caller kind
    stp x29, x30, [sp, #-32]!
    str x19, [sp, #16]
    mov x19, x0
    mov x0, x2
    caller_in_x19
    \kind
    blr x1
    ldr x19, [sp, #16]
    ldp x29, x30, [sp], #32
    ret
    .cfi_endproc
.endm

.macro panic_with_caller kind
    caller_in_x19
    \kind
    nop
    bl gort_fault_panic
    brk #1
    .cfi_endproc
.endm

    .text
    start gort_unwind_from_call
    call_with_caller caller_called
    .size gort_unwind_from_call, . - gort_unwind_from_call

    start gort_unwind_from_trap
    .cfi_signal_frame
    .cfi_return_column 96
    call_with_caller caller_interrupted
    .size gort_unwind_from_trap, . - gort_unwind_from_trap

    start gort_call_enter
    panic_with_caller caller_called
    .size gort_call_enter, . - gort_call_enter

    start gort_trap_enter
    .cfi_signal_frame
    .cfi_return_column 96
    panic_with_caller caller_interrupted
    .size gort_trap_enter, . - gort_trap_enter

    .section .note.GNU-stack, "", %progbits
#endif
