// unwind_amd64.S - frames whose caller, to an unwinder, is described by a struct Registers
// (unwind.h).
//
// The call frame information below reads, in words: the caller's stack pointer is at rbx + 8, its
// pc at rbx + 0, and so on. rbx is callee-saved, so that the unwinder knows it when it gets here
// from fn.
#if defined(__x86_64__)

// DW_CFA_def_cfa_expression {DW_OP_breg3 (rbx) 8; DW_OP_deref}, then for each register DW_CFA_expression
// REGISTER {DW_OP_breg3 OFFSET}, the offset in two bytes of LEB128.
.macro saved register, offset
    .cfi_escape 0x10, \register, 3, 0x73, (\offset & 0x7f) | 0x80, \offset >> 7
.endm

.macro caller_in_rbx signal
    .cfi_escape 0x0f, 3, 0x73, 8, 0x06
    saved 16, 0                         // pc
    saved 3, 16                         // rbx
    saved 6, 24                         // rbp
    saved 12, 32                        // r12
    saved 13, 40
    saved 14, 48
    saved 15, 56
    .if \signal
    saved 0, 64                         // rax
    saved 1, 72                         // rdx
    saved 2, 80                         // rcx
    saved 4, 88                         // rsi
    saved 5, 96                         // rdi
    saved 8, 104                        // r8
    saved 9, 112
    saved 10, 120
    saved 11, 128
    .endif
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
    caller_in_rbx \signal
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
    caller_in_rbx \signal
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
#endif
    .section .note.GNU-stack, "", %progbits
