// flags.c - reads GODEBUG (`name=value,name=value`) and numbers from the environment.
#include "base/flags.h"

#include "base/print.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

Flags gort_flags;

static void report(const char *name, const char *value, const char *meaning) {
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "gocc: ");
    gort_print_text(&p, name);
    gort_print_text(&p, "=");
    gort_print_text(&p, value);
    gort_print_text(&p, ": ");
    gort_print_text(&p, meaning);
    gort_print_text(&p, "; the default holds\n");
    gort_print_finish(&p);
}

// Digits of [text, end) with an optional minus; false if that is not all, or more than an int64_t
// holds.
static bool parse_number(const char *text, const char *end, int64_t *out) {
    bool negative = text < end && *text == '-';
    uint64_t value = 0;
    text += negative;
    if (text == end) return false;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9' || value > (INT64_MAX - 9) / 10) return false;
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = negative ? -(int64_t)value : (int64_t)value;
    return true;
}

// Those that are on or off.
static const struct {
    const char *name;
    bool *flag;
} switches[] = {
    {"verify", &gort_flags.verify},
    {"gcstress", &gort_flags.gcstress},
    {"clobberfree", &gort_flags.clobberfree},
    {"checkmark", &gort_flags.checkmark},
    {"gctrace", &gort_flags.gctrace},
    {"cgocheck", &gort_flags.cgocheck},
};

static bool *switch_named(const char *name, size_t n) {
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++)
        if (strlen(switches[i].name) == n && !memcmp(name, switches[i].name, n))
            return switches[i].flag;
    return NULL;
}

static void read_entry(const char *entry, const char *end) {
    const char *equals = memchr(entry, '=', (size_t)(end - entry));
    if (!equals) return;
    size_t n = (size_t)(equals - entry);
    bool is_seed = n == 4 && !memcmp(entry, "seed", n);
    bool *flag = switch_named(entry, n);
    int64_t value;
    if (!is_seed && !flag) return;
    if (!parse_number(equals + 1, end, &value)) {
        report("GODEBUG", entry, "expected a whole number");
        return;
    }
    if (is_seed) {
        gort_flags.has_seed = true;
        gort_flags.seed = (uint64_t)value;
    } else {
        *flag = value != 0;
    }
}

void gort_flags_read(void) {
    const char *entry = getenv("GODEBUG");
    while (entry && *entry) {
        const char *end = strchr(entry, ',');
        read_entry(entry, end ? end : entry + strlen(entry));
        entry = end ? end + 1 : NULL;
    }
}

int64_t gort_flags_number(const char *name, int64_t low, int64_t high, int64_t otherwise) {
    const char *text = getenv(name);
    int64_t value;
    if (!text || !*text) return otherwise;
    if (!parse_number(text, text + strlen(text), &value)) {
        report(name, text, "expected a whole number");
        return otherwise;
    }
    if (value < low || value > high) {
        report(name, text, "out of range");
        return otherwise;
    }
    return value;
}
