// go/panic.h - panics and the values that they carry, for .gc files and plain C.
//
// In a .gc file `any`, `any_is`, `any_as`, `any_string`, `panic`, `panicf` and `recover` are words
// of the language, and need no header. This one gives plain C its share: looking into an `any` that
// came from a .gc file, and panicking. (To recover needs `defer`, so it is done in .gc files.)
//
// Panicking runs the goroutine's deferred calls, innermost first. C frames in between are
// abandoned, as by longjmp: what they hold (locks, memory) they keep. A panic that nobody recovers
// ends the process with status 2.
#ifndef GO_PANIC_H
#define GO_PANIC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#ifndef __GOCC__ // there the translator has declared what abi.h declares
#include <go/abi.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Go's empty interface: the type of a value, and a pointer to a private copy of it that stays valid
// as long as something refers to it. Zero (type NULL) is the nil any.
typedef struct go_any go_any;

// A collected, NUL-terminated text: of a string or error its own text, otherwise what panic would
// print (`42`, `1.5`, `meters(3)`, `(struct job *) 0x7f00...`); "nil" for the nil any.
const char *go_any_string(struct go_any value);
// Is it a run-time error (nil access, division by zero, channel misuse, ...)?
bool go_any_is_runtime_error(struct go_any value);
// Does the value have the type? And its address; panics `interface conversion: any is int, not T`
// if it has not.
bool go_any_is(struct go_any value, const struct go_type *type);
void *go_any_as(struct go_any value, const struct go_type *type);

// Panics with a copy of the type->size bytes at value.
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
void go_panic_value(const struct go_type *type, const void *value);
// Panics with an error whose text is printf's.
__attribute__((noreturn, format(printf, 1, 2))) void go_panicf(const char *format, ...);
__attribute__((noreturn, format(printf, 1, 0))) void go_vpanicf(const char *format,
                                                                va_list arguments);

// Descriptors of C's own types, for go_type_of.
extern const struct go_type go_type_bool, go_type_char, go_type_schar, go_type_uchar, go_type_short,
    go_type_ushort, go_type_int, go_type_uint, go_type_long, go_type_ulong, go_type_llong,
    go_type_ullong, go_type_float, go_type_double, go_type_ldouble, go_type_string,
    go_type_const_string, go_type_pointer;

#ifdef __cplusplus
}
#endif

// The descriptor of the type of an expression: arithmetic types and strings have their own, every
// other pointer is a `void *`.
#if !defined(__cplusplus)
// clang-format off
#define GO_TYPE_SELECT(v, other)                                                                   \
    _Generic((v),                                                                                  \
        _Bool: &go_type_bool, char: &go_type_char, signed char: &go_type_schar,                    \
        unsigned char: &go_type_uchar, short: &go_type_short, unsigned short: &go_type_ushort,     \
        int: &go_type_int, unsigned int: &go_type_uint, long: &go_type_long,                       \
        unsigned long: &go_type_ulong, long long: &go_type_llong,                                  \
        unsigned long long: &go_type_ullong, float: &go_type_float, double: &go_type_double,       \
        long double: &go_type_ldouble, char *: &go_type_string,                                    \
        const char *: &go_type_const_string, other)
// clang-format on
// Panics with the value of v: any arithmetic value, string or pointer.
#define go_panic(v)                                                                        \
    do {                                                                                   \
        __typeof__((void)0, (v)) go_panic_value_ = (v);                                    \
        go_panic_value(GO_TYPE_SELECT((v), default : &go_type_pointer), &go_panic_value_); \
    } while (0)

#ifndef __GOCC__
// T is an arithmetic type, char *, const char *, or a pointer type: those are one type here, void
// *.
#define any_is(e, T) go_any_is((e), GO_TYPE_SELECT((T){0}, default : &go_type_pointer))
#define any_as(e, T) (*(T *)go_any_as((e), GO_TYPE_SELECT((T){0}, default : &go_type_pointer)))
#define any_string(e) go_any_string(e)
#endif
#endif

#endif
