// panic_values.c - values as panic prints them (PO2, PO4), and what <go/panic.h> gives plain C.
#include "panic_frames.h"

#include <complex.h>
#include <float.h>
#include <go/panic.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>

static void expect_text(const struct go_type *type, const void *value, const char *expected) {
    const char *text = go_any_string((struct go_any){type, (void *)value});
    if (strcmp(text, expected)) {
        printf("%s: got %s, expected %s\n", type->name, text, expected);
        failures++;
    }
}

#define EXPECT_TEXT(T, kind, named, value, expected)                                           \
    do {                                                                                       \
        T v_ = (value);                                                                        \
        struct go_type type_ = {#T, #T, sizeof(T), _Alignof(T), kind, named, &go__layout_any}; \
        expect_text(&type_, &v_, expected);                                                    \
    } while (0)
#define DOUBLE(v, expected) EXPECT_TEXT(double, GO__FLOAT, 0, v, expected)
#define FLOAT(v, expected) EXPECT_TEXT(float, GO__FLOAT, 0, v, expected)

typedef int celsius;
typedef double metres;
typedef double _Complex phase;
typedef const char *label;
enum colour { RED,
              GREEN };
struct point {
    int x, y;
};

static void floats_are_shortest_and_in_the_layout_of_go(void) {
    DOUBLE(1.5, "1.5");
    DOUBLE(100.0, "100");
    DOUBLE(0.0, "0");
    DOUBLE(-0.0, "-0");
    DOUBLE(0.1, "0.1");
    DOUBLE(1.0 / 3, "0.3333333333333333");
    DOUBLE(123456.0, "123456");
    DOUBLE(999999.5, "999999.5");
    DOUBLE(1000000.0, "1e+06");
    DOUBLE(1234567.0, "1.234567e+06");
    DOUBLE(1e20, "1e+20");
    DOUBLE(1.5e300, "1.5e+300");
    DOUBLE(0.0001, "0.0001");
    DOUBLE(0.00001, "1e-05");
    DOUBLE(0.00012345, "0.00012345");
    DOUBLE(5e-324, "5e-324");
    DOUBLE(DBL_MAX, "1.7976931348623157e+308");
    DOUBLE(NAN, "NaN");
    DOUBLE(INFINITY, "+Inf");
    DOUBLE(-INFINITY, "-Inf");
    FLOAT(0.1f, "0.1");
    FLOAT(16777216.0f, "1.6777216e+07");
    FLOAT(3.4028235e38f, "3.4028235e+38");
    EXPECT_TEXT(long double, GO__FLOAT, 0, 0.1L, "0.1");
}

static void floats_do_not_depend_on_the_locale(void) {
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        return;
    DOUBLE(1.5, "1.5");
    setlocale(LC_ALL, "C");
}

static void integers(void) {
    EXPECT_TEXT(int, GO__INT, 0, 42, "42");
    EXPECT_TEXT(int, GO__INT, 0, INT32_MIN, "-2147483648");
    EXPECT_TEXT(long, GO__INT, 0, INT64_MIN, "-9223372036854775808");
    EXPECT_TEXT(unsigned long, GO__UINT, 0, UINT64_MAX, "18446744073709551615");
    EXPECT_TEXT(signed char, GO__INT, 0, -1, "-1");
    EXPECT_TEXT(unsigned char, GO__UINT, 0, 255, "255");
    EXPECT_TEXT(char, GO__INT, 0, 'a', "97");
    EXPECT_TEXT(_Bool, GO__BOOL, 0, 1, "true");
    EXPECT_TEXT(_Bool, GO__BOOL, 0, 0, "false");
    EXPECT_TEXT(__int128, GO__INT, 0, (__int128)INT64_MIN * 1000, "-9223372036854775808000");
    EXPECT_TEXT(unsigned __int128, GO__UINT, 0, ~(unsigned __int128)0,
                "340282366920938463463374607431768211455");
}

static void complex_numbers(void) {
    EXPECT_TEXT(double _Complex, GO__COMPLEX, 0, 1 + 2 * I, "(1+2i)");
    EXPECT_TEXT(float _Complex, GO__COMPLEX, 0, 1.5f - 2.5f * I, "(1.5-2.5i)");
    EXPECT_TEXT(phase, GO__COMPLEX, 1, 32.1 + 10 * I, "phase(32.1+10i)");
}

static void named_types_show_their_name(void) {
    EXPECT_TEXT(celsius, GO__INT, 1, 93, "celsius(93)");
    EXPECT_TEXT(metres, GO__FLOAT, 1, 1.5, "metres(1.5)");
    EXPECT_TEXT(enum colour, GO__ENUM, 0, GREEN, "enum colour(1)");
    EXPECT_TEXT(label, GO__STRING, 1, "x", "x");
}

static void others_show_their_type_and_address(void) {
    struct point p = {1, 2};
    struct go_type type = {"struct point", "struct point", sizeof p, 4, GO__STRUCT, 0, NULL};
    char expected[100];
    snprintf(expected, sizeof expected, "(struct point) %p", (void *)&p);
    expect_text(&type, &p, expected);
    void *wild = (void *)0x1234;
    EXPECT_TEXT(void *, GO__POINTER, 0, wild, "(void *) 0x1234");
    EXPECT_TEXT(void *, GO__POINTER, 0, NULL, "(void *) 0x0");
    EXPECT_TEXT(char *, GO__STRING, 0, NULL, "(char *) 0x0");
    EXPECT(!strcmp(go_any_string((struct go_any){0}), "nil"));
}

static void long_type_names_are_cut(void) {
    char name[2000];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    int v = 1;
    struct go_type type = {name, name, sizeof v, 4, GO__INT, 1, NULL};
    EXPECT(strlen(go_any_string((struct go_any){&type, &v})) < 256);
    type.kind = GO__STRUCT;
    EXPECT(strlen(go_any_string((struct go_any){&type, &v})) < 256);
}

// ---- plain C's <go/panic.h> ---------------------------------------------------------------------

static struct go_any caught;
static void catch(void *record) {
    (void)record;
    caught = go__recover(go__recover_enter((void *)catch));
}
static int throw(int which) {
    FRAME(result);
    DEFER(catch);
    short s = 7;
    const char *text = "text";
    char array[] = "array";
    switch (which) {
    case 0: go_panic(42);
    case 1: go_panic(1.5);
    case 2: go_panic(s);
    case 3: go_panic(text);
    case 4: go_panic(array);
    case 5: go_panic((void *)&which);
    case 6: go_panic((_Bool)1);
    case 7: go_panicf("%d of %d", 1, 2);
    case 8: go_panic('x');
    case 9: (void)any_as(caught, double);
    }
    END(result);
}
static void plain_c_panics_and_looks(void) {
    throw(0);
    EXPECT(any_is(caught, int) && any_as(caught, int) == 42 && !any_is(caught, long));
    throw(9);
    EXPECT(!strcmp(any_string(caught), "interface conversion: any is int, not double"));
    EXPECT(go_any_is_runtime_error(caught));
    throw(1);
    EXPECT(any_is(caught, double) && any_as(caught, double) == 1.5);
    throw(2);
    EXPECT(any_is(caught, short) && any_as(caught, short) == 7);
    throw(3);
    EXPECT(any_is(caught, const char *) && !any_is(caught, char *));
    EXPECT(!strcmp(any_string(caught), "text"));
    throw(4);
    EXPECT(any_is(caught, char *));
    throw(5);
    EXPECT(any_is(caught, void *) && any_is(caught, struct point *));
    throw(6);
    EXPECT(any_is(caught, _Bool) && any_as(caught, _Bool));
    throw(7);
    EXPECT(!strcmp(any_string(caught), "1 of 2") && !go_any_is_runtime_error(caught));
    throw(8);
    EXPECT(any_is(caught, int));
}

int main(void) {
    floats_are_shortest_and_in_the_layout_of_go();
    floats_do_not_depend_on_the_locale();
    integers();
    complex_numbers();
    named_types_show_their_name();
    others_show_their_type_and_address();
    long_type_names_are_cut();
    plain_c_panics_and_looks();
    return failures != 0;
}
