// symbol.h - addresses to functions, files and lines. Async-signal-safe: reads mapped files,
// allocates nothing.
#ifndef GORT_PANIC_SYMBOL_H
#define GORT_PANIC_SYMBOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One function that is active at an address: the function itself, or one that was inlined into it.
typedef struct Symbol {
    char function[160];   // `f`; of a nested function `f.func1`; empty: unknown
    char file[256];       // as the compiler knew it; empty: unknown
    unsigned line;
    uintptr_t entry;      // of the function that was not inlined; 0: unknown
    bool is_inlined;
    bool is_runtime;      // compiled from a file of this runtime
} Symbol;

enum { SYMBOLS_MAX = 12 };   // deeper inlining is cut, innermost functions first

// What is active at the instruction that contains `address`, innermost first. Returns how many: at
// least 1.
int gort_symbols_at(uintptr_t address, Symbol out[SYMBOLS_MAX]);

#endif
