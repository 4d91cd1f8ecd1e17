// arch.h - what differs between processors: the switch, the first frame, the thread's machine, a
// cycle counter.
//
// A goroutine that does not run is nothing but its stack and one pointer into it. At that pointer
// lie the callee-saved registers (the caller of the switch has saved what else it needs, as for any
// call) and the address where it goes on: struct ArchFrame. The switch pops them and jumps; it does
// not return, because a `ret` to another stack is never where the processor's return predictor
// expects it, and costs six times as much. Control registers (mxcsr, x87) are not saved: they
// belong to the thread, as in Go.
#ifndef GORT_ARCH_ARCH_H
#define GORT_ARCH_ARCH_H

#include <stdbool.h>
#include <stdint.h>

struct Machine;

// Saves the caller's frame, stores its address to *save, and goes on with the frame at `to`. Comes
// back when somebody switches to the saved frame, perhaps on another thread: what was read from
// thread-local storage before is stale after.
void gort_switch(void **save, void *to);
// Where a fresh goroutine starts; calls gort_goroutine_main(), which never returns. The end of
// every backtrace.
void gort_entry(void);

#if defined(__x86_64__)
struct ArchFrame { // at Goroutine.sp of a parked goroutine
    uint64_t r15, r14, r13, r12, rbx, rbp;
    uint64_t pc;
}; // the stack pointer after the switch: just above
#define ARCH_FRAME_BP(f) ((f)->rbp)
#elif defined(__aarch64__)
struct ArchFrame {
    uint64_t x19, x20, x21, x22, x23, x24, x25, x26, x27, x28;
    uint64_t fp, pc;                // x29, x30
    uint64_t d8, d9, d10, d11, d12, d13, d14, d15;
};
#define ARCH_FRAME_BP(f) ((f)->fp)
#else
#error "gocc's runtime knows x86-64 and aarch64"
#endif

// The frame from which gort_switch starts gort_entry on the stack that ends at `high` (16-byte
// aligned).
static inline void *arch_first_frame(void *high) {
    struct ArchFrame *f = (struct ArchFrame *)((char *)high - 16) - 1;
    *f = (struct ArchFrame){.pc = (uint64_t)(uintptr_t)gort_entry};
    ((uint64_t *)high)[-2] = 0; // the return address of gort_entry: none
    ((uint64_t *)high)[-1] = 0;
    return f;
}

// The current thread's machine. The compiler must not keep the address of a thread-local variable
// across a switch, and it would: hence asm, volatile, so that each mention reads anew. The
// initial-exec form works in executables (the linker turns the first instruction into a constant)
// and in shared libraries alike.
static inline __attribute__((always_inline)) struct Machine *arch_machine(void) {
    struct Machine *m;
#if defined(__x86_64__)
    __asm__ volatile("movq gort_tls_machine@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(m));
#else
    uint64_t base;
    __asm__ volatile(
        "adrp %0, :gottprel:gort_tls_machine\n\tldr %0, [%0, :gottprel_lo12:gort_tls_machine]\n\t"
        "mrs %1, tpidr_el0\n\tldr %0, [%0, %1]"
        : "=&r"(m), "=&r"(base));
#endif
    return m;
}

// Of the calling function, below the registers that it has saved.
static inline __attribute__((always_inline)) uintptr_t arch_stack_pointer(void) {
    uintptr_t sp;
#if defined(__x86_64__)
    __asm__ volatile("movq %%rsp, %0" : "=r"(sp));
#else
    __asm__ volatile("mov %0, sp" : "=r"(sp));
#endif
    return sp;
}

// Where a thread interrupted at pc is to go on: at pc, or, if it stands between the check and the
// store of a pointer, before the check. Async-signal-safe. is_mapped tells whether the page of an
// address can be read.
uintptr_t gort_window_start(uintptr_t pc, bool (*is_mapped)(uintptr_t));

// A counter that grows steadily, at some 1 to 4 per nanosecond: only for "has enough time passed to
// look at the clock".
static inline uint64_t arch_cycles(void) {
#if defined(__x86_64__)
    return __builtin_ia32_rdtsc();
#else
    uint64_t v;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(v));
    return v << 5;
#endif
}

#endif
