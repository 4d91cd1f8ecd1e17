// window.c - the moment between looking at go__gc_marking and storing.
//
// Generated code stores a pointer with (translator/lower_barrier.c):
//
//     nopl 0x63636f67(%rax)      ; "gocc": says what follows
//     cmpb $0, go__gc_marking
//     jne  slow
//     movq value, slot
//
// A thread that has compared, and not yet stored, must not go on once the flag has changed: its
// store would go unreported. A signal handler that finds it there sends it back to the nop. Nothing
// has happened since, so it is as if the thread had been that much slower. The same shape, without
// the nop's bytes, does not occur: they are an address nobody would write.
#include "arch/arch.h"

#include "base/atomic.h"

#if defined(__x86_64__)
enum { NOP_BYTES = 7,
       COMPARE_MAX = 8,
       JUMP_MAX = 6,
       PAGE = 4096 };

static bool is_nop(const uint8_t *p) {
    static const uint8_t nop[NOP_BYTES] = {0x0f, 0x1f, 0x80, 'g', 'o', 'c', 'c'};
    return __builtin_memcmp(p, nop, NOP_BYTES) == 0;
}

// The length of `cmpb $0, memory` at p; 0: it is something else.
static unsigned compare_length(const uint8_t *p) {
    unsigned prefix = (p[0] & 0xf0) == 0x40;
    p += prefix;
    if (p[0] != 0x80 || (p[1] & 0x38) != 0x38) return 0;
    unsigned mode = p[1] >> 6, rm = p[1] & 7, n = prefix + 3;
    if (rm == 4) n++;
    if (mode == 1) return n + 1;
    if (mode == 2 || rm == 5 || (rm == 4 && (p[2] & 7) == 5)) return n + 4;
    return n;
}

static unsigned jump_length(const uint8_t *p) {
    return p[0] == 0x75 ? 2 : p[0] == 0x0f && p[1] == 0x85 ? 6
                                                           : 0;
}

uintptr_t gort_window_start(uintptr_t pc, bool (*is_mapped)(uintptr_t)) {
    enum { REACH = NOP_BYTES + COMPARE_MAX + JUMP_MAX };
    if (pc < REACH || (pc % PAGE < REACH && !is_mapped(pc - REACH))) return pc;
    for (unsigned n = NOP_BYTES; n <= REACH; n++) {
        const uint8_t *start = (const uint8_t *)pc - n;
        if (!is_nop(start)) continue;
        const uint8_t *jump = start + NOP_BYTES + compare_length(start + NOP_BYTES);
        const uint8_t *store = jump + jump_length(jump);
        return pc == (uintptr_t)jump || pc == (uintptr_t)store ? (uintptr_t)start : pc;
    }
    return pc;
}
#else
uintptr_t gort_window_start(uintptr_t pc, bool (*is_mapped)(uintptr_t)) {
    (void)is_mapped; // there generated code calls go__gc_store, which is not stopped in the middle
    return pc;
}
#endif
