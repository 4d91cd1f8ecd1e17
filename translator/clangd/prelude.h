// prelude.h - what the shadows of gocc-clangd call: clangd reads it before each of them.
//
// Only types matter: nothing here is ever compiled or linked. Parameters have no names, which clangd would show as hints. What a form stands for is told in shadow.c.
#ifndef GOCC_CLANGD_PRELUDE_H
#define GOCC_CLANGD_PRELUDE_H
#pragma GCC system_header
#include <go/abi.h>

struct gocc_chan {
    int unused;
};
extern struct gocc_chan gocc_t;
int gocc_mark(int);
int gocc_select(int);
void *gocc_make(long, ...);
void *gocc_any_pointer(void);
long gocc_len(const volatile void *);
long gocc_cap(const volatile void *);
_Noreturn void gocc_panic(int, ...);
_Noreturn void go_panicf(const char *, ...) __attribute__((format(printf, 1, 2)));
struct go_any gocc_recover(void);
_Bool gocc_any_is(struct go_any, const volatile void *);
void gocc_any_as(struct go_any);
const char *go_any_string(struct go_any);
int __attribute__((overloadable)) gocc_half(...);
// Beside POSIX's, which takes an int.
void __attribute__((overloadable)) close(const volatile void *);
#endif
