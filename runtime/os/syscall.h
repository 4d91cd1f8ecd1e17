// syscall.h - a system call by itself.
//
// Not libc's `syscall`: that one may be a mark around a call that blocks (sched/calls.c), and sets
// errno, which is the program's.
#ifndef GORT_OS_SYSCALL_H
#define GORT_OS_SYSCALL_H

#include <errno.h>
#include <sys/syscall.h>

// The result, or -errno. Arguments that are left out are 0.
#define os_syscall(...) OS_SYSCALL(__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define OS_SYSCALL(n, a, b, c, d, e, f, ...) \
    os_syscall_of((long)(n), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

// The same as libc's: -1, and errno.
#define os_call(...) os_call_result(os_syscall(__VA_ARGS__))

static inline long os_call_result(long result) {
    if (result >= 0 || result < -4095) return result;
    errno = (int)-result;
    return -1;
}

static inline long os_syscall_of(long n, long a, long b, long c, long d, long e, long f) {
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "+a"(n)
                     : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return n;
#else
    register long x8 __asm__("x8") = n;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
#endif
}

#endif
