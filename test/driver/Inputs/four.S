#define FOUR 4
.globl four
four:
    movl $FOUR, %eax
    ret
.section .note.GNU-stack,"",@progbits
