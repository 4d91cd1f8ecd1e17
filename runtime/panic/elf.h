// elf.h - the loaded objects of this process, and the sections of their files.
#ifndef GORT_PANIC_ELF_H
#define GORT_PANIC_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Bytes {
    const uint8_t *start, *end;   // start == NULL: there are none
} Bytes;

// One loaded object. Modules are found once and kept: crash reports come once, and go_stack callers
// often ask again.
typedef struct Module {
    uintptr_t base; // load address minus address in the file
    uintptr_t low, high; // [low, high): what it occupies in memory
    char path[256]; // of the file; empty for the kernel's own object
    Bytes file; // mapped, or none
    Bytes symtab, strtab; // .symtab, or .dynsym if it is stripped
    Bytes debug_info, debug_abbrev, debug_line, debug_str, debug_line_str, debug_ranges,
        debug_rnglists, debug_addr, debug_str_offsets;
} Module;

// The object that is loaded at the address; NULL: none. Valid for good.
const Module *gort_module_of(uintptr_t address);

typedef struct ElfFunction {
    const char *name; // NULL: none covers the address
    uint64_t start, size;
} ElfFunction;
// The function at an address of the file.
ElfFunction gort_elf_function_at(const Module *m, uint64_t address);

#endif
