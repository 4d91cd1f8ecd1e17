.globl three
three:
    movl $3, %eax
    ret
.section .note.GNU-stack,"",@progbits
