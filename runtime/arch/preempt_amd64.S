// preempt_amd64.S - where a goroutine goes on that a signal has taken off its processor.
//
// The handler (sched/preempt.c) has made it look as if the interrupted instruction had called
// gort_preempt_entry: its address lies below the 128 bytes under the stack pointer that the function may
// be using. Everything that the instruction may rely on is saved here, vector registers included: the
// area (XSAVE's, without the tile registers, which nobody may hold across calls) lies on the goroutine's own
// stack, where the collector sees it.
#if defined(__x86_64__)
#define RED_ZONE 128
#define AREA 2752                       // 576 + 2112: up to AVX-512, in XSAVE's standard layout; a multiple of 64
    .text

    .globl gort_preempt_entry
    .hidden gort_preempt_entry
    .type gort_preempt_entry, @function
    .p2align 4
gort_preempt_entry:
    .cfi_startproc
    .cfi_signal_frame                   // the return address is an instruction that was not executed
    .cfi_def_cfa %rsp, 8 + RED_ZONE
    .cfi_offset %rip, -(8 + RED_ZONE)
    pushq %rbp
    .cfi_adjust_cfa_offset 8
    .cfi_offset %rbp, -(16 + RED_ZONE)
    movq %rsp, %rbp
    .cfi_def_cfa_register %rbp
    pushfq
    cld
    pushq %rax
    pushq %rcx
    pushq %rdx
    pushq %rbx
    pushq %rsi
    pushq %rdi
    pushq %r8
    pushq %r9
    pushq %r10
    pushq %r11
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    // Those, too, that no call preserves: in its first instructions a function that aligns its stack
    // finds its frame through r10.
    .cfi_offset %rax, -(32 + RED_ZONE)
    .cfi_offset %rcx, -(40 + RED_ZONE)
    .cfi_offset %rdx, -(48 + RED_ZONE)
    .cfi_offset %rbx, -(56 + RED_ZONE)
    .cfi_offset %rsi, -(64 + RED_ZONE)
    .cfi_offset %rdi, -(72 + RED_ZONE)
    .cfi_offset %r8, -(80 + RED_ZONE)
    .cfi_offset %r9, -(88 + RED_ZONE)
    .cfi_offset %r10, -(96 + RED_ZONE)
    .cfi_offset %r11, -(104 + RED_ZONE)
    .cfi_offset %r12, -(112 + RED_ZONE)
    .cfi_offset %r13, -(120 + RED_ZONE)
    .cfi_offset %r14, -(128 + RED_ZONE)
    .cfi_offset %r15, -(136 + RED_ZONE)
    subq $AREA, %rsp
    andq $-64, %rsp
    movl gort_preempt_vectors(%rip), %eax
    testl %eax, %eax
    jz 1f
    xorl %edx, %edx
    movq %rdx, 512(%rsp)                // the header must be zero where XSAVE does not write
    movq %rdx, 520(%rsp)
    movq %rdx, 528(%rsp)
    movq %rdx, 536(%rsp)
    movq %rdx, 544(%rsp)
    movq %rdx, 552(%rsp)
    movq %rdx, 560(%rsp)
    movq %rdx, 568(%rsp)
    xsave64 (%rsp)
    jmp 2f
1:  fxsave64 (%rsp)
2:  movq %rsp, %rdi                     // all that is saved: [rdi, rsi)
    leaq 16 + RED_ZONE(%rbp), %rsi      // the interrupted stack pointer
    call gort_preempted
    movl gort_preempt_vectors(%rip), %eax
    testl %eax, %eax
    jz 3f
    xorl %edx, %edx
    xrstor64 (%rsp)
    jmp 4f
3:  fxrstor64 (%rsp)
4:  leaq -8 * 15(%rbp), %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %r11
    popq %r10
    popq %r9
    popq %r8
    popq %rdi
    popq %rsi
    popq %rbx
    popq %rdx
    popq %rcx
    popq %rax
    popfq
    popq %rbp
    .cfi_def_cfa %rsp, 8 + RED_ZONE
    .cfi_restore %rbp
    ret $RED_ZONE
    .cfi_endproc
    .size gort_preempt_entry, . - gort_preempt_entry
#endif
    .section .note.GNU-stack, "", %progbits
