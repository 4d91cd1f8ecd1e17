// number.c - floating-point numbers as Go prints them.
//
// The digits are the fewest that read back as the same number, and the exponent form begins where
// Go's print and panic begin it: 100000 but 1e+06, 0.0001 but 1e-05. The C library converts
// (correctly rounded both ways); its decimal point, which depends on the locale, is dropped.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic/panic.h"

typedef struct Decimal {
    char digits[32];   // no trailing zeros, at least one digit
    int count;
    int exponent;      // of the first digit: 1.5 has 0
} Decimal;

enum { LOWEST_PLAIN_EXPONENT = -4,
       FIRST_LARGE_EXPONENT = 6 }; // Go's strconv, format 'g', shortest

// Splits `[-]D.DDDe[+-]XX`, with any decimal point.
static Decimal decimal_parse(const char *text) {
    Decimal d = {.count = 0};
    const char *s = text;
    for (; *s && *s != 'e'; s++)
        if (*s >= '0' && *s <= '9' && d.count < (int)sizeof d.digits)
            d.digits[d.count++] = *s;
    if (*s == 'e')
        d.exponent = atoi(s + 1);
    while (d.count > 1 && d.digits[d.count - 1] == '0')
        d.count--;
    return d;
}

static bool reads_back(const char *text, long double v, int digits_max) {
    if (digits_max <= 9)
        return strtof(text, NULL) == (float)v;
    if (digits_max <= 17)
        return strtod(text, NULL) == (double)v;
    return strtold(text, NULL) == v;
}

static Decimal decimal_shortest(long double v, int digits_max) {
    char text[64];
    for (int n = 1; n <= digits_max; n++) {
        snprintf(text, sizeof text, "%.*Le", n - 1, v);
        if (reads_back(text, v, digits_max))
            break;
    }
    return decimal_parse(text);
}

static size_t put_exponent(const Decimal *d, char *out) {
    char *o = out;
    *o++ = d->digits[0];
    if (d->count > 1) {
        *o++ = '.';
        memcpy(o, d->digits + 1, d->count - 1);
        o += d->count - 1;
    }
    int e = d->exponent;
    o += sprintf(o, "e%c%02d", e < 0 ? '-' : '+', e < 0 ? -e : e);
    return o - out;
}

// An exponent of -4 to 5: at most 4 zeros after the point, or 5 before it.
static size_t put_plain(const Decimal *d, char *out) {
    char *o = out;
    int point = d->exponent + 1; // digits before the decimal point
    if (point <= 0) {
        *o++ = '0';
        *o++ = '.';
        for (; point < 0; point++)
            *o++ = '0';
        memcpy(o, d->digits, d->count);
        return o + d->count - out;
    }
    for (int i = 0; i < d->count || i < point; i++) {
        if (i == point)
            *o++ = '.';
        *o++ = i < d->count ? d->digits[i] : '0';
    }
    return o - out;
}

size_t gort_format_float(long double v, int digits_max, char *out) {
    if (isnan(v))
        return sprintf(out, "NaN");
    if (isinf(v))
        return sprintf(out, v < 0 ? "-Inf" : "+Inf");
    Decimal d = decimal_shortest(v, digits_max);
    size_t sign = signbit(v) ? 1 : 0;
    if (sign)
        *out = '-';
    bool plain = d.exponent >= LOWEST_PLAIN_EXPONENT && d.exponent < FIRST_LARGE_EXPONENT;
    size_t n = sign + (plain ? put_plain : put_exponent)(&d, out + sign);
    out[n] = 0;
    return n;
}
