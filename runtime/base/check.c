// check.c - the end of a process that has broken one of its own invariants.
#include "base/check.h"

#include "base/print.h"
#include <stdlib.h>

void gort_throw(const char *text, const char *file, int line) {
    Print p;
    print_start(&p);
    print_text(&p, "fatal error: runtime: check failed: ");
    print_text(&p, text);
    print_text(&p, " at ");
    print_text(&p, file);
    print_text(&p, ":");
    print_int(&p, line);
    print_text(&p, "\n");
    print_finish(&p);
    abort();
}
