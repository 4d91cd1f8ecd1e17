// flags.c - reads GODEBUG (`name=value,name=value`) and numbers from the environment.
#include "base/flags.h"

#include "base/print.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

Flags gort_flags = {.forcegcperiod = 120000, // two minutes, as in Go
                    .minute = 60000};

void gort_flags_report(const char *name, const char *value, const char *meaning) {
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

typedef struct Entry {
    const char *name;
    int64_t *value;
    bool *given; // or NULL
} Entry;

static const Entry entries[] = {
    {"seed", &gort_flags.seed, &gort_flags.has_seed},
    {"verify", &gort_flags.verify, NULL},
    {"gctrace", &gort_flags.gctrace, NULL},
    {"gcstress", &gort_flags.gcstress, NULL},
    {"clobberfree", &gort_flags.clobberfree, NULL},
    {"checkmark", &gort_flags.checkmark, NULL},
    {"cgocheck", &gort_flags.cgocheck, NULL},
    {"preemptstress", &gort_flags.preemptstress, NULL},
#ifdef GORT_DEV
    {"minute", &gort_flags.minute, NULL},
    {"migratestress", &gort_flags.migratestress, NULL},
#endif
    {"schedtrace", &gort_flags.schedtrace, NULL},
    {"scheddetail", &gort_flags.scheddetail, NULL},
    {"gcfault", &gort_flags.gcfault, NULL},
    {"forcegcperiod", &gort_flags.forcegcperiod, NULL},
};

static void read_entry(const char *entry, const char *end) {
    const char *equals = memchr(entry, '=', (size_t)(end - entry));
    size_t n = equals ? (size_t)(equals - entry) : 0;
    for (size_t i = 0; equals && i < sizeof entries / sizeof *entries; i++) {
        int64_t value;
        if (strlen(entries[i].name) != n || memcmp(entries[i].name, entry, n)) continue;
        if (!parse_number(equals + 1, end, &value)) {
            gort_flags_report("GODEBUG", entry, "expected a whole number");
            return;
        }
        *entries[i].value = value;
        if (entries[i].given) *entries[i].given = true;
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
        gort_flags_report(name, text, "expected a whole number");
        return otherwise;
    }
    if (value < low || value > high) {
        gort_flags_report(name, text, "out of range");
        return otherwise;
    }
    return value;
}
