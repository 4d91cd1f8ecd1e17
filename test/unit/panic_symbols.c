// panic_symbols.c - addresses to functions, files and lines: what the reader of debugging
// information says, and that it survives damaged information.
#include "panic/dwarf.h"
#include "panic/elf.h"
#include "panic/symbol.h"
#include "panic_frames.h"

static int expect_symbol(const Symbol *s, const char *function, unsigned line, bool inlined) {
    bool same = !strcmp(s->function, function) && s->line == line && s->is_inlined == inlined;
    const char *slash = strrchr(s->file, '/');
    if (same && slash && !strcmp(slash, "/panic_symbols.c") && !s->is_runtime)
        return 0;
    printf("got %s at %s:%u%s, expected %s line %u\n", s->function, s->file, s->line,
           s->is_inlined ? " (inlined)" : "", function, line);
    return 1;
}

// ---- places -------------------------------------------------------------------------------------

static uintptr_t here;
static unsigned here_line;

static __attribute__((noinline)) uintptr_t caller(void) {
    return (uintptr_t)__builtin_return_address(0) - 1;
}
static inline __attribute__((always_inline)) void inlined(void) {
    here = caller(), here_line = __LINE__;
}
static __attribute__((noinline)) unsigned outer(void) {
    // A function in a function, as the translator makes of a block.
    __attribute__((noinline)) void gocc_func1(void) {
        inlined();
        event("x");
    }
    unsigned line = __LINE__ + 1;
    gocc_func1();
    event("y");
    return line;
}

static void nested_and_inlined_functions_are_named(void) {
    outer();
    Symbol s[SYMBOLS_MAX];
    int n = gort_symbols_at(here, s);
    EXPECT(n == 2);
    failures += expect_symbol(&s[0], "inlined", here_line, true);
    failures += expect_symbol(&s[1], "outer.func1", here_line + 5, false);
    EXPECT(s[1].entry < here && here - s[1].entry < 200);
}

static void files_of_the_runtime_are_known(void) {
    Symbol s[SYMBOLS_MAX];
    int n = gort_symbols_at((uintptr_t)gort_symbols_at + 1, s);
    EXPECT(s[n - 1].is_runtime && !strcmp(s[n - 1].function, "gort_symbols_at"));
}

static void libraries_have_names_at_least(void) {
    Symbol s[SYMBOLS_MAX];
    EXPECT(gort_symbols_at((uintptr_t)rand + 1, s) >= 1);
    EXPECT(!strcmp(s[0].function, "rand") && strstr(s[0].file, "libc"));
}

static void unmapped_addresses_have_none(void) {
    Symbol s[SYMBOLS_MAX];
    EXPECT(gort_symbols_at(64, s) == 1 && !*s[0].function && !*s[0].file);
}

// ---- damaged information --------------------------------------------------------------------------

static uint32_t seed = 1;
static uint32_t next_random(void) {
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static uint8_t *copy_section(Bytes *section) {
    size_t n = section->end - section->start;
    uint8_t *copy = malloc(n + 1);
    memcpy(copy, section->start, n);
    *section = (Bytes){copy, copy + n};
    return copy;
}

// Changes one byte in a while, or cuts the section short.
static void damage(Bytes *section) {
    size_t n = section->end - section->start;
    if (!n)
        return;
    uint8_t *bytes = (uint8_t *)section->start;
    for (unsigned i = 0; i < 1 + next_random() % 8; i++)
        bytes[next_random() % n] = next_random();
    if (next_random() % 4 == 0)
        section->end = section->start + next_random() % n;
}

static void damaged_information_does_no_harm(void) {
    const Module *whole = gort_module_of((uintptr_t)outer);
    for (int round = 0; round < 300; round++) {
        Module m = *whole;
        Bytes *sections[] = {&m.debug_info, &m.debug_abbrev, &m.debug_line,
                             &m.debug_str, &m.debug_line_str, &m.debug_rnglists};
        uint8_t *copies[6];
        for (int i = 0; i < 6; i++)
            copies[i] = copy_section(sections[i]);
        damage(sections[round % 6]);
        damage(sections[next_random() % 6]);
        Symbol s[SYMBOLS_MAX];
        int n = gort_dwarf_symbols(&m, here - m.base, s);
        EXPECT(n >= 0 && n <= SYMBOLS_MAX);
        for (int i = 0; i < n; i++)
            EXPECT(strlen(s[i].function) < sizeof s[i].function &&
                   strlen(s[i].file) < sizeof s[i].file);
        for (int i = 0; i < 6; i++)
            free(copies[i]);
    }
}

int main(void) {
    go__chan_make(1, 0, NULL); // pulls in the runtime
    nested_and_inlined_functions_are_named();
    files_of_the_runtime_are_known();
    libraries_have_names_at_least();
    unmapped_addresses_have_none();
    damaged_information_does_no_harm();
    return failures != 0;
}
