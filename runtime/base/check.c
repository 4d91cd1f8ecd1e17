// check.c - the end of a process that has broken one of its own invariants.
#include "base/check.h"

#include "base/print.h"
#include <stdlib.h>

void gort_throw(const char *text, const char *file, int line) {
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "fatal error: runtime: check failed: ");
    gort_print_text(&p, text);
    gort_print_text(&p, " at ");
    gort_print_text(&p, file);
    gort_print_text(&p, ":");
    gort_print_int(&p, line);
    gort_print_text(&p, "\n");
    gort_print_finish(&p);
    abort();
}
