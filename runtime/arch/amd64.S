// amd64.S - the switch between goroutines, and the first frame, for x86-64 (System V ABI).
//
// The CFI directives describe the stack at each instruction, so that an unwinder or a debugger
// standing in the switch, or started from a parked goroutine's frame (struct ArchFrame), finds the
// caller.
#if defined(__x86_64__)
    .text

    .globl gort_switch
    .hidden gort_switch
    .type gort_switch, @function
    .p2align 4
gort_switch:                            // rdi: void **save, rsi: void *to
    .cfi_startproc
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbp, 0
    pushq %rbx
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rbx, 0
    pushq %r12
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r12, 0
    pushq %r13
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r13, 0
    pushq %r14
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r14, 0
    pushq %r15
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %r15, 0
    movq %rsp, (%rdi)
    movq %rsi, %rsp                     // the other frame has the same shape: the CFI stays true
    popq %r15
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r15
    popq %r14
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r14
    popq %r13
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r13
    popq %r12
    .cfi_adjust_cfa_offset -8
    .cfi_restore %r12
    popq %rbx
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbx
    popq %rbp
    .cfi_adjust_cfa_offset -8
    .cfi_restore %rbp
    popq %rcx
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rcx
    notrack jmp *%rcx
    .cfi_endproc
    .size gort_switch, . - gort_switch

    .globl gort_entry
    .hidden gort_entry
    .type gort_entry, @function
    .p2align 4
gort_entry:                             // rsp is 16-byte aligned; two zero words above
    .cfi_startproc
    .cfi_undefined %rip                 // nobody called: backtraces end here
    xorl %ebp, %ebp
    call gort_goroutine_main
    ud2
    .cfi_endproc
    .size gort_entry, . - gort_entry
#endif
    .section .note.GNU-stack, "", %progbits
