// symbol.c - addresses to functions, files and lines.
//
// The best answer comes from the debugging information (dwarf_*.c); an object without it still has
// a table of function names; a stripped one at least a path.
#include "panic/symbol.h"

#include <assert.h>
#include <string.h>

#include "base/atomic.h"
#include "panic/dwarf.h"
#include "panic/elf.h"

static void copy_text(char *out, size_t capacity, const char *s) {
    size_t n = strnlen(s, capacity - 1);
    memcpy(out, s, n);
    out[n] = 0;
}

// Without debugging information: one symbol, its name from the symbol table, its file that of the
// object.
static void symbol_from_table(const Module *m, uintptr_t address, Symbol *out) {
    ElfFunction f = gort_elf_function_at(m, address - m->base);
    memset(out, 0, sizeof *out);
    copy_text(out->file, sizeof out->file, m->path);
    copy_text(out->function, sizeof out->function, f.name ? f.name : "");
    out->entry = f.name ? m->base + f.start : m->base;
}

static int symbols_at(uintptr_t address, Symbol *out) {
    const Module *m = gort_module_of(address);
    if (!m) {
        memset(out, 0, sizeof *out);
        return 1;
    }
    int n = gort_dwarf_symbols(m, address - m->base, out);
    if (n == 0) {
        symbol_from_table(m, address, out);
        return 1;
    }
    if (out[n - 1].entry == m->base) {   // in several pieces: the one that the address is in
        Symbol piece;
        symbol_from_table(m, address, &piece);
        out[n - 1].entry = piece.entry;
    }
    return n;
}

// The folder of the runtime's sources as the compiler knew it: this very function lies in
// FOLDER/panic/symbol.c. Empty if the runtime has no debugging information.
static void runtime_folder(char *out, size_t capacity) {
    Symbol here[SYMBOLS_MAX];
    int n = symbols_at((uintptr_t)gort_symbols_at, here);
    static const char tail[] = "panic/symbol.c";
    copy_text(out, capacity, here[n - 1].file);
    size_t length = strlen(out), cut = sizeof tail - 1;
    out[length >= cut && !strcmp(out + length - cut, tail) ? length - cut : 0] = 0;
}

// Names as people write them: what the translator (`gocc_func1`) or clang (`__f_block_invoke_2`,
// the second block in f) calls the functions of blocks becomes `func1`, `f.func2`.
static void tidy_name(char *name, size_t capacity) {
    for (char *at; (at = strstr(name, "gocc_func"));)
        memmove(at, at + 5, strlen(at + 5) + 1);
    char *block = strstr(name, "_block_invoke");
    if (!block || strncmp(name, "__", 2))
        return;
    char number[16] = "1";
    const char *digits = block + strlen("_block_invoke");
    if (*digits == '_')
        copy_text(number, sizeof number, digits + 1);
    memmove(name, name + 2, block - name - 2);
    copy_text(block - 2, capacity - (block - 2 - name), ".func");
    copy_text(block + 3, capacity - (block + 3 - name), number);
}

static int symbols_tidied(uintptr_t address, Symbol *out) {
    static char folder[sizeof out->file];
    static int known; // 0: not yet, 1: somebody is at it, 2: folder is valid
    if (load_acquire(&known) == 0 && cas_acquire(&known, 0, 1)) {
        runtime_folder(folder, sizeof folder);
        store_release(&known, 2);
    }
    int n = symbols_at(address, out);
    size_t length = load_acquire(&known) == 2 ? strlen(folder) : 0;
    for (int i = 0; i < n; i++) {
        tidy_name(out[i].function, sizeof out[i].function);
        out[i].is_runtime = length && !strncmp(out[i].file, folder, length);
    }
    return n;
}

// ---- what was asked before ----------------------------------------------------------------------

// A dump of ten thousand goroutines, or a deep recursion, asks for the same few addresses again and
// again. The cache is used by whoever finds it free; others look the address up, as a signal
// handler must.
enum { CACHED_ADDRESSES = 128,
       CACHED_SYMBOLS = 4 };

typedef struct CacheEntry {
    uintptr_t address; // 0: none
    int n;
    Symbol symbols[CACHED_SYMBOLS];
} CacheEntry;

static CacheEntry cache[CACHED_ADDRESSES];
static int cache_taken;

static_assert(CACHED_ADDRESSES == 1 << (64 - 57), "the slot is the hash's upper bits");
static CacheEntry *cache_slot(uintptr_t address) {
    return &cache[address * 0x9e3779b97f4a7c15u >> 57];
}

int gort_symbols_at(uintptr_t address, Symbol out[SYMBOLS_MAX]) {
    if (exchange_acquire(&cache_taken, 1))
        return symbols_tidied(address, out);
    CacheEntry *c = cache_slot(address);
    int n = c->address == address ? c->n : 0;
    if (n) {
        memcpy(out, c->symbols, n * sizeof *out);
    } else {
        n = symbols_tidied(address, out);
        if (n <= CACHED_SYMBOLS) {
            c->address = address;
            c->n = n;
            memcpy(c->symbols, out, n * sizeof *out);
        }
    }
    store_release(&cache_taken, 0);
    return n;
}
