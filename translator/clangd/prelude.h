// prelude.h - what the shadows of gocc-clangd call: clangd reads it before each of them.
//
// Only types matter: nothing here is ever compiled or linked. What a form stands for is told in shadow.c.
#ifndef GOCC_CLANGD_PRELUDE_H
#define GOCC_CLANGD_PRELUDE_H
#pragma GCC system_header
#include <go/abi.h>

struct gocc_chan {
    int unused;
};
extern struct gocc_chan gocc_t;
int gocc_mark(int construct);
int gocc_select(int construct);
void *gocc_make(long none, ...);
void *gocc_any_pointer(void);
long gocc_len(const volatile void *channel);
long gocc_cap(const volatile void *channel);
_Noreturn void gocc_panic(int none, ...);
_Noreturn void go_panicf(const char *format, ...) __attribute__((format(printf, 1, 2)));
struct go_any gocc_recover(void);
_Bool gocc_any_is(struct go_any value, const volatile void *type);
void gocc_any_as(struct go_any value);
const char *go_any_string(struct go_any value);
int __attribute__((overloadable)) gocc_half(...);
// Beside POSIX's, which takes an int.
void __attribute__((overloadable)) close(const volatile void *channel);
#endif
