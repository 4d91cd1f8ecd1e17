// unwind_amd64.S - frames whose caller, to an unwinder, is described by a struct Registers
// (unwind.h).
//
// The call frame information below reads, in words: the caller's stack pointer is at rbx + 8, its
// pc at rbx + 0, and so on. rbx is callee-saved, so that the unwinder knows it when it gets here
// from fn.
#if defined(__x86_64__)

// DW_CFA_def_cfa_expression {DW_OP_breg3 (rbx) 8; DW_OP_deref}, then for each register
// DW_CFA_expression REGISTER {DW_OP_breg3 OFFSET}.
.macro caller_in_rbx
    .cfi_escape 0x0f, 3, 0x73, 8, 0x06
    .cfi_escape 0x10, 16, 2, 0x73, 0
    .cfi_escape 0x10, 3, 2, 0x73, 16
    .cfi_escape 0x10, 6, 2, 0x73, 24
    .cfi_escape 0x10, 12, 2, 0x73, 32
    .cfi_escape 0x10, 13, 2, 0x73, 40
    .cfi_escape 0x10, 14, 2, 0x73, 48
    .cfi_escape 0x10, 15, 2, 0x73, 56
.endm

.macro unwind_from name, signal
    .globl \name
    .hidden \name
    .type \name, @function
    .p2align 4
\name:
    .cfi_startproc
    .if \signal
    .cfi_signal_frame
    .endif
    pushq %rbx
    movq %rdi, %rbx
    movq %rdx, %rdi
    caller_in_rbx
    call *%rsi
    popq %rbx
    ret
    .cfi_endproc
    .size \name, . - \name
.endm

.macro enter name, signal
    .globl \name
    .hidden \name
    .type \name, @function
    .p2align 4
\name:
    .cfi_startproc
    .if \signal
    .cfi_signal_frame
    .endif
    caller_in_rbx
    nop
    call gort_fault_panic
    ud2
    .cfi_endproc
    .size \name, . - \name
.endm

    .text
    unwind_from gort_unwind_from_call, 0
    unwind_from gort_unwind_from_trap, 1
    enter gort_call_enter, 0
    enter gort_trap_enter, 1

    .section .note.GNU-stack, "", @progbits
#endif
