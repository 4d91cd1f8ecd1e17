// unwind_arm64.S - frames whose caller, to an unwinder, is described by a struct Registers (unwind.h).
//
// As in unwind_amd64.S, with x19 for rbx. Where a signal interrupted a function that had not saved its
// return address, pc and x30 both count: the pc then goes by the column that libgcc has for this, 96.
#if defined(__aarch64__)

// DW_CFA_def_cfa_expression {DW_OP_breg19 8; DW_OP_deref}, then for each register DW_CFA_expression
// REGISTER {DW_OP_breg19 OFFSET}, the offset in two bytes of LEB128. x0 is at 16.
.macro saved register, offset
    .cfi_escape 0x10, \register, 3, 0x83, ((\offset) & 0x7f) | 0x80, (\offset) >> 7
.endm

.macro caller_in_x19
    .cfi_escape 0x0f, 3, 0x83, 8, 0x06
    .irp register, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29
    saved \register, 16 + 8 * \register
    .endr
.endm

.macro caller_called
    saved 30, 0
.endm

.macro caller_interrupted
    .irp register, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30
    saved \register, 16 + 8 * \register
    .endr
    saved 96, 0
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
#endif
    .section .note.GNU-stack, "", %progbits
