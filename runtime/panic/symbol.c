// symbol.c - addresses to functions, files and lines.
//
// The best answer comes from the debugging information (dwarf_*.c); an object without it still has a table of function names; a
// stripped one at least a path, as "FILE +OFFSET".
#include "panic/symbol.h"

#include <string.h>

#include "panic/elf.h"

static void copy_text(char *out, size_t capacity, const char *s) {
    size_t n = strnlen(s, capacity - 1);
    memcpy(out, s, n);
    out[n] = 0;
}

int gort_symbols_at(uintptr_t address, Symbol out[SYMBOLS_MAX]) {
    memset(&out[0], 0, sizeof out[0]);
    const Module *m = gort_module_of(address);
    if (!m)
        return 1;
    ElfFunction f = gort_elf_function_at(m, address - m->base);
    copy_text(out[0].file, sizeof out[0].file, m->path);
    copy_text(out[0].function, sizeof out[0].function, f.name ? f.name : "");
    out[0].entry = f.name ? m->base + f.start : m->base;
    return 1;
}
