// prelude.c - the declarations that marker C and final C begin with.
//
// Both start with abi.h, the border between generated code and runtime, built into the translator as it is (without its
// comments and directives, on one line). Marker C adds functions that exist only for clang to type-check against.

#include "gocc.h"
#include "translate.h"

#include <string.h>

__asm__(".pushsection .rodata\n"
        ".globl gocc_abi_text, gocc_abi_end\n"
        "gocc_abi_text: .incbin \"" GOCC_ABI_H "\"\n"
        "gocc_abi_end: .byte 0\n"
        ".popsection");
extern const char gocc_abi_text[], gocc_abi_end[];

static const char *after_line(const char *p, const char *end) {
    while (p < end && *p != '\n')
        p++;
    return p;
}

// abi.h without directives, comments and newlines. The C++ brackets are the only code under a condition.
static void append_abi(Buffer *out) {
    bool cplusplus = false;
    for (const char *p = gocc_abi_text; p < gocc_abi_end; p++) {
        bool line_start = p == gocc_abi_text || p[-1] == '\n';
        if (line_start && *p == '#') {
            if (!strncmp(p, "#ifdef __cplusplus", 18))
                cplusplus = true;
            else if (!strncmp(p, "#endif", 6))
                cplusplus = false;
            p = after_line(p, gocc_abi_end);
        } else if (cplusplus || (p[0] == '/' && p[1] == '/')) {
            p = after_line(p, gocc_abi_end);
        } else if (*p != '\n') {
            buffer_append(out, p, 1);
        }
        if (*p == '\n' && out->length && out->data[out->length - 1] != ' ')
            buffer_append(out, " ", 1);
    }
}

const char *prelude_abi(void) {
    static Buffer text;
    if (!text.length)
        append_abi(&text);
    return text.data;
}

const char *prelude_final(void) {
    static Buffer text;
    if (!text.length) {
        buffer_puts(&text, prelude_abi());
        buffer_puts(&text,
                    "struct gocc_chan { int unused; }; extern struct gocc_chan gocc_t; "
                    "_Noreturn void go_panicf(const char *, ...)"
                    " __attribute__((format(printf, 1, 2))); "
                    "const char *go_any_string(struct go_any); ");
    }
    return text.data;
}

const char *prelude_marker(void) {
    static Buffer text;
    if (!text.length) {
        buffer_puts(&text, prelude_final());
        buffer_puts(&text,
                    "int gocc_mark(int); int gocc_select(int); void *gocc_any_pointer(void); "
                    "struct go_any gocc_recover(int); _Noreturn void gocc_raise(void); "
                    "void *gocc_result(void); ");
    }
    return text.data;
}
