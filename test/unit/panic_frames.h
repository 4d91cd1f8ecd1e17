// panic_frames.h - what generated code does around defer and recover, by hand, for the unit tests
// of panic/.
//
//     static int f(void) {
//         FRAME(result);                   // declares the frame and `int result = 0`
//         DEFER(reporter);                 // void reporter(void *record)
//         ...
//         END(result);
//     }
#ifndef TEST_PANIC_FRAMES_H
#define TEST_PANIC_FRAMES_H

#include <go/abi.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Noreturn void go_exit(void);

#define FRAME(result)                \
    struct go__frame frame = {0};    \
    volatile int result = 0;         \
    if (__builtin_setjmp(frame.jmp)) \
    goto end
#define DEFER_NAMED(record, function)                                            \
    struct go__defer record = {.run = (function), .callee = (void *)(function)}; \
    go__defer_push(&frame, &record)
#define DEFER_CAT2(a, b) a##b
#define DEFER_CAT(a, b) DEFER_CAT2(a, b)
#define DEFER(function) DEFER_NAMED(DEFER_CAT(record_, __COUNTER__), function)
#define END(result)               \
    end:                          \
    if (frame.top)                \
        go__defer_return(&frame); \
    return result

static const struct go_type type_int = {"int", "int", sizeof(int), _Alignof(int), GO__INT, 0, NULL};

static inline _Noreturn void panic_int(int v) {
    go__panic(&type_int, &v);
}

// The value of a recovered int, 0 for none.
static inline int value_of(struct go_any e) {
    return e.type ? *(int *)go__any_as(e, &type_int) : 0;
}

// What happened, in order.
static char events[1024];

static inline void event(const char *name) {
    size_t n = strlen(events);
    snprintf(events + n, sizeof events - n, "%s%s", n ? " " : "", name);
}

static inline void event_int(const char *name, int v) {
    char text[64];
    snprintf(text, sizeof text, "%s%d", name, v);
    event(text);
}

static int failures;

#define EXPECT_EVENTS(expected)                                                              \
    do {                                                                                     \
        if (strcmp(events, expected)) {                                                      \
            printf("%s:%d: got  %s\n  expected %s\n", __func__, __LINE__, events, expected); \
            failures++;                                                                      \
        }                                                                                    \
        events[0] = 0;                                                                       \
    } while (0)
#define EXPECT(condition)                                          \
    do {                                                           \
        if (!(condition)) {                                        \
            printf("%s:%d: %s\n", __func__, __LINE__, #condition); \
            failures++;                                            \
        }                                                          \
    } while (0)

#endif
