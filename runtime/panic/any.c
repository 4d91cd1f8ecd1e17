// any.c - what may be done with an `any`: ask for its type, take its value, get its text; and
// panics from plain C.
#include <stdio.h>
#include <string.h>

#pragma GCC visibility push(default)
#include <go/panic.h>
#pragma GCC visibility pop

#include "panic/panic.h"

// ---- types --------------------------------------------------------------------------------------

// One descriptor per unit and type: the same type if the identities are the same text.
static bool same_type(const struct go_type *a, const struct go_type *b) {
    return a == b || (a && b && !strcmp(a->id, b->id));
}

_Bool go__any_is(struct go_any value, const struct go_type *type) {
    return same_type(value.type, type);
}

// A collected text from up to four parts.
static char *join(const char *a, const char *b, const char *c, const char *d) {
    size_t n = strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1;
    char *text = go__new(n, 1, NULL);
    snprintf(text, n, "%s%s%s%s", a, b, c, d);
    return text;
}

static _Noreturn void panic_wrong_type(struct go_any value, const struct go_type *type) {
    const char *has = value.type ? value.type->name : "nil";
    gort_panic_runtime(join("interface conversion: any is ", has, ", not ", type->name), NULL);
}

void *go__any_as(struct go_any value, const struct go_type *type) {
    if (!same_type(value.type, type))
        panic_wrong_type(value, type);
    return value.data;
}

bool go_any_is(struct go_any value, const struct go_type *type) {
    return same_type(value.type, type);
}

void *go_any_as(struct go_any value, const struct go_type *type) {
    return go__any_as(value, type);
}

bool go_any_is_runtime_error(struct go_any value) {
    return value.type && value.type->kind == GO__RUNTIME_ERROR;
}

// ---- texts --------------------------------------------------------------------------------------

const char *go_any_string(struct go_any value) {
    const char *text = gort_any_text(value);
    char formatted[GORT_VALUE_BYTES];
    if (!text) {
        gort_any_format(value, formatted);
        text = formatted;
    }
    return go__new_copy(text, strlen(text) + 1, 1, NULL);
}

// ---- panics -------------------------------------------------------------------------------------

void go_panic_value(const struct go_type *type, const void *value) {
    go__panic(type, value);
}

void go_vpanicf(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    if (n < 0)
        gort_panic_runtime("panicf: bad format", NULL);
    char *text = go__new((size_t)n + 1, 1, NULL);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    go__panic(&gort_type_error, &text);
}

void go_panicf(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    go_vpanicf(format, arguments);
}

// ---- descriptors for plain C --------------------------------------------------------------------

#define DESCRIPTOR(variable, type, kind, layout) \
    const struct go_type variable = {#type, #type, sizeof(type), _Alignof(type), kind, 0, layout}
#define ARITHMETIC(variable, type, kind) DESCRIPTOR(variable, type, kind, NULL)
// These two may be a uintptr_t or intptr_t.
#define WORD(variable, type, kind) DESCRIPTOR(variable, type, kind, &go__layout_any)
#define POINTER(variable, type, kind) DESCRIPTOR(variable, type, kind, &go__layout_any)
ARITHMETIC(go_type_bool, _Bool, GO__BOOL);
ARITHMETIC(go_type_char, char, (char)-1 < 0 ? GO__INT : GO__UINT);
ARITHMETIC(go_type_schar, signed char, GO__INT);
ARITHMETIC(go_type_uchar, unsigned char, GO__UINT);
ARITHMETIC(go_type_short, short, GO__INT);
ARITHMETIC(go_type_ushort, unsigned short, GO__UINT);
ARITHMETIC(go_type_int, int, GO__INT);
ARITHMETIC(go_type_uint, unsigned int, GO__UINT);
WORD(go_type_long, long, GO__INT);
WORD(go_type_ulong, unsigned long, GO__UINT);
ARITHMETIC(go_type_llong, long long, GO__INT);
ARITHMETIC(go_type_ullong, unsigned long long, GO__UINT);
ARITHMETIC(go_type_float, float, GO__FLOAT);
ARITHMETIC(go_type_double, double, GO__FLOAT);
ARITHMETIC(go_type_ldouble, long double, GO__FLOAT);
POINTER(go_type_string, char *, GO__STRING);
POINTER(go_type_const_string, const char *, GO__STRING);
POINTER(go_type_pointer, void *, GO__POINTER);
