// trap_amd64.c - signal contexts of x86-64, and the division instructions.
//
// C leaves INT_MIN / -1 undefined, Go defines it: the quotient wraps to INT_MIN, the remainder is
// 0. The processor traps, with the same signal as for a division by zero; so the instruction is
// decoded, its divisor looked at, and the result put where the instruction would have put it.
#if defined(__x86_64__)
#define _GNU_SOURCE
#include "panic/trap.h"

#include <string.h>
#include <ucontext.h>

enum {
    RED_ZONE_BYTES = 128,
    FLAG_DIRECTION = 0x400,
    FLAG_ALIGNMENT = 0x40000,
    ERROR_INSTRUCTION_FETCH = 0x10   // of a page fault's error code
};

static greg_t *registers_of(const void *context) {
    return ((ucontext_t *)context)->uc_mcontext.gregs;
}

uintptr_t gort_trap_pc(const void *context) {
    return registers_of(context)[REG_RIP];
}

uintptr_t gort_trap_sp(const void *context) {
    return registers_of(context)[REG_RSP];
}

Registers gort_trap_registers(const void *context) {
    const greg_t *r = registers_of(context);
    return (Registers){.pc = r[REG_RIP], .sp = r[REG_RSP], .rbx = r[REG_RBX], .rbp = r[REG_RBP], .r12 = r[REG_R12], .r13 = r[REG_R13], .r14 = r[REG_R14], .r15 = r[REG_R15], .rax = r[REG_RAX], .rdx = r[REG_RDX], .rcx = r[REG_RCX], .rsi = r[REG_RSI], .rdi = r[REG_RDI], .r8 = r[REG_R8], .r9 = r[REG_R9], .r10 = r[REG_R10], .r11 = r[REG_R11]};
}

bool gort_trap_is_call(const void *context, uintptr_t address) {
    const greg_t *r = registers_of(context);
    return (r[REG_ERR] & ERROR_INSTRUCTION_FETCH) && (uintptr_t)r[REG_RIP] == address;
}

__attribute__((no_sanitize("address", "thread"))) void
gort_trap_panic(void *context, const Fault *fault, bool is_call) {
    greg_t *r = registers_of(context);
    if (is_call) {   // undo the call's push: what called is where it happened
        r[REG_RIP] = *(greg_t *)r[REG_RSP];
        r[REG_RSP] += sizeof(greg_t);
    }
    uintptr_t sp = (r[REG_RSP] - RED_ZONE_BYTES - sizeof(Trap)) & ~(uintptr_t)15;
    Trap *trap = (Trap *)sp;
    trap->at = gort_trap_registers(context);
    trap->fault = *fault;
    r[REG_RSP] = sp;
    r[REG_RBX] = r[REG_RDI] = sp;
    r[REG_RIP] = (greg_t)(is_call ? gort_call_enter : gort_trap_enter);
    r[REG_EFL] &= ~(greg_t)(FLAG_DIRECTION | FLAG_ALIGNMENT);
}

// ---- division -----------------------------------------------------------------------------------

// `div` or `idiv` with its operand: opcode F6 (8 bits) or F7, /6 or /7.
typedef struct Divide {
    int bytes; // of the operand: 1, 2, 4, 8
    bool is_signed;
    const uint8_t *next; // the following instruction
    uint64_t divisor; // of `bytes` bytes, zero-extended
} Divide;

static const int register_order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                       REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11,
                                       REG_R12, REG_R13, REG_R14, REG_R15};

typedef struct Prefixes {
    bool operand16, address32;
    uint8_t rex, segment;
} Prefixes;

static const uint8_t *read_prefixes(const uint8_t *p, Prefixes *out) {
    *out = (Prefixes){0};
    for (;; p++) {
        if (*p == 0x66)
            out->operand16 = true;
        else if (*p == 0x67)
            out->address32 = true;
        else if (*p == 0x64 || *p == 0x65)
            out->segment = *p;
        else if (*p != 0x2e && *p != 0x36 && *p != 0x3e && *p != 0x26)
            break;
    }
    if ((*p & 0xf0) == 0x40)
        out->rex = *p++;
    return p;
}

static int32_t read_displacement(const uint8_t **p, int mod, bool always32) {
    int32_t d = 0;
    if (mod == 2 || always32) {
        memcpy(&d, *p, 4);
        *p += 4;
    } else if (mod == 1) {
        d = (int8_t)*(*p)++;
    }
    return d;
}

static uintptr_t sib_address(const greg_t *r, uint8_t rex, uint8_t mod, const uint8_t **p) {
    uint8_t sib = *(*p)++;
    int base = (sib & 7) | (rex & 1) << 3, index = (sib >> 3 & 7) | (rex & 2) << 2;
    bool no_base = (sib & 7) == 5 && mod == 0;
    uintptr_t at = no_base ? 0 : r[register_order[base]];
    if (index != 4)
        at += (uintptr_t)r[register_order[index]] << (sib >> 6);
    return at + read_displacement(p, mod, no_base);
}

// The address that the ModRM byte at *p names; moves *p to the end of the instruction.
static uintptr_t operand_address(const greg_t *r, const Prefixes *x, const uint8_t **p) {
    uint8_t modrm = *(*p)++, mod = modrm >> 6, rm = modrm & 7;
    uintptr_t at;
    if (rm == 4) {
        at = sib_address(r, x->rex, mod, p);
    } else if (rm == 5 && mod == 0) {
        int32_t d = read_displacement(p, mod, true);
        at = (uintptr_t)*p + d;
    } else {
        at = r[register_order[rm | (x->rex & 1) << 3]];
        at += read_displacement(p, mod, false);
    }
    return x->address32 ? (uint32_t)at : at;
}

// A register operand; without REX the 8-bit numbers 4 to 7 are ah, ch, dh, bh.
static uint64_t operand_register(const greg_t *r, const Prefixes *x, int rm, int bytes) {
    if (bytes == 1 && !x->rex && rm >= 4)
        return (uint64_t)r[register_order[rm - 4]] >> 8;
    return r[register_order[rm | (x->rex & 1) << 3]];
}

static bool decode(const greg_t *r, Divide *out) {
    Prefixes x;
    const uint8_t *p = read_prefixes((const uint8_t *)r[REG_RIP], &x);
    uint8_t opcode = *p++, modrm = *p;
    if ((opcode != 0xf6 && opcode != 0xf7) || (modrm >> 3 & 7) < 6 || x.segment)
        return false;
    out->is_signed = (modrm >> 3 & 7) == 7;
    out->bytes = opcode == 0xf6 ? 1 : x.rex & 8 ? 8
                                  : x.operand16 ? 2
                                                : 4;
    if (modrm >> 6 == 3) {
        p++;
        out->divisor = operand_register(r, &x, modrm & 7, out->bytes);
    } else {
        uintptr_t at = operand_address(r, &x, &p);
        out->divisor = 0;
        memcpy(&out->divisor, (const void *)at, out->bytes);
    }
    if (out->bytes < 8)
        out->divisor &= (1ull << 8 * out->bytes) - 1;
    out->next = p;
    return true;
}

// Writes the low `bytes` bytes of a register as the processor does: 32 bits clear the upper half,
// fewer leave the rest.
static void set_register(greg_t *r, int number, int bytes, uint64_t v) {
    uint64_t mask = bytes == 8 ? ~0ull : (1ull << 8 * bytes) - 1;
    uint64_t rest = bytes >= 4 ? 0 : (uint64_t)r[number] & ~mask;
    r[number] = (greg_t)(rest | (v & mask));
}

Division gort_trap_division(void *context) {
    greg_t *r = registers_of(context);
    Divide d;
    if (!decode(r, &d))
        return DIVISION_UNKNOWN;
    if (d.divisor == 0)
        return DIVISION_BY_ZERO;
    uint64_t minus_one = d.bytes == 8 ? ~0ull : (1ull << 8 * d.bytes) - 1;
    if (!d.is_signed || d.divisor != minus_one)
        return DIVISION_TOO_LARGE;
    uint64_t quotient = -(uint64_t)r[REG_RAX];
    if (d.bytes == 1) {
        set_register(r, REG_RAX, 2, quotient & 0xff); // al: quotient, ah: remainder
    } else {
        set_register(r, REG_RAX, d.bytes, quotient);
        set_register(r, REG_RDX, d.bytes, 0);
    }
    r[REG_RIP] = (greg_t)d.next;
    return DIVISION_BY_MINUS_ONE;
}
#endif
