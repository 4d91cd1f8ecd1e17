// value.c - boxed values: copying them, comparing their types, printing them as panic does.
//
// Go's rules (runtime.printpanicval) carried over to C types: arithmetic values print bare, those
// of a typedef as name(value); texts and errors print their text; every other value prints its type
// and an address, the pointer itself or where the copy is. Nothing here is called before a crash
// but by users of <go/panic.h>.
#include <stdio.h>
#include <string.h>

#include "panic/panic.h"

const struct go_type gort_type_error = {"error", "go error", sizeof(char *),
                                        sizeof(char *), GO__ERROR, 0, &go__layout_any};
const struct go_type gort_type_runtime_error = {"runtime.Error", "go runtime.Error", sizeof(char *),
                                                sizeof(char *), GO__RUNTIME_ERROR, 0, &go__layout_any};

struct go_any gort_any_box(const struct go_type *type, const void *value) {
    return (struct go_any){type, go__new_copy(value, type->size, type->align, type->layout)};
}

const char *gort_any_text(struct go_any value) {
    switch (value.type ? value.type->kind : 0) {
    case GO__STRING:
    case GO__ERROR:
    case GO__RUNTIME_ERROR: return *(const char **)value.data;
    default: return NULL;
    }
}

// ---- one number at `data`; each returns the length of what it wrote -----------------------------

// Reads `size` bytes, little end first as all supported machines store them.
static unsigned __int128 read_bits(const void *data, unsigned long size) {
    unsigned __int128 v = 0;
    memcpy(&v, data, size <= sizeof v ? size : sizeof v);
    return v;
}

static size_t format_unsigned(unsigned __int128 v, char *out) {
    char reversed[40];
    size_t n = 0;
    do {
        reversed[n++] = '0' + (int)(v % 10);
        v /= 10;
    } while (v);
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

static size_t format_signed(const void *data, unsigned long size, char *out) {
    unsigned __int128 v = read_bits(data, size);
    unsigned __int128 sign = (unsigned __int128)1 << (8 * size - 1);
    if (!(v & sign))
        return format_unsigned(v, out);
    *out = '-';
    v = (v ^ sign) - sign; // sign extension
    return 1 + format_unsigned(-v, out + 1);
}

static size_t format_real(const void *data, unsigned long size, char *out) {
    switch (size) {
#ifdef __FLT16_MANT_DIG__
    case 2: {
        _Float16 v;
        memcpy(&v, data, sizeof v);
        return gort_format_float(v, 9, out);
    }
#endif
    case 4: {
        float v;
        memcpy(&v, data, sizeof v);
        return gort_format_float(v, 9, out);
    }
    case 8: {
        double v;
        memcpy(&v, data, sizeof v);
        return gort_format_float(v, 17, out);
    }
    default: {
        long double v;
        memcpy(&v, data, sizeof v);
        return gort_format_float(v, sizeof v > 8 ? 21 : 17, out);
    }
    }
}

static size_t format_complex(const char *data, unsigned long size, char *out) {
    char *o = out;
    *o++ = '(';
    o += format_real(data, size / 2, o);
    char imaginary[48];
    size_t n = format_real(data + size / 2, size / 2, imaginary);
    if (*imaginary != '-' && *imaginary != '+')
        *o++ = '+';
    memcpy(o, imaginary, n);
    o += n;
    *o++ = 'i';
    *o++ = ')';
    return o - out;
}

// A number or truth value; 0 if the kind is neither.
static size_t format_number(const struct go_type *type, const void *data, char *out) {
    switch (type->kind) {
    case GO__BOOL: return sprintf(out, *(const _Bool *)data ? "true" : "false");
    case GO__INT:
    case GO__ENUM: return format_signed(data, type->size, out);
    case GO__UINT: return format_unsigned(read_bits(data, type->size), out);
    case GO__FLOAT: return format_real(data, type->size, out);
    case GO__COMPLEX: return format_complex(data, type->size, out);
    default: return 0;
    }
}

// ---- values -------------------------------------------------------------------------------------

static const void *shown_address(struct go_any value) {
    switch (value.type->kind) {
    case GO__STRING:
    case GO__POINTER:
    case GO__CHAN:
    case GO__FUNC: return *(void **)value.data;
    default: return value.data;
    }
}

size_t gort_any_format(struct go_any value, char *out) {
    const struct go_type *type = value.type;
    if (!type)
        return sprintf(out, "nil");
    char number[128];
    size_t n = format_number(type, value.data, number);
    number[n] = 0;
    if (!n)
        return sprintf(out, "(%.200s) 0x%lx", type->name, (unsigned long)shown_address(value));
    if (!type->named && type->kind != GO__ENUM)
        return sprintf(out, "%s", number);
    bool has_parentheses = type->kind == GO__COMPLEX;
    return sprintf(out, has_parentheses ? "%.100s%s" : "%.100s(%s)", type->name, number);
}
