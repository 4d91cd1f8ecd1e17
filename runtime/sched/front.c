// front.c - what is behind a function that stands in front of libc's.
#define _GNU_SOURCE
#include "sched/front.h"

#include "base/print.h"
#include "base/upcalls.h"
#include <dlfcn.h>

#pragma weak dlsym // not in static programs

void *gort_libc_next(const char *name) { return dlsym ? dlsym(RTLD_NEXT, name) : NULL; }

void *gort_libc_next_or_fatal(const char *name) {
    void *found = gort_libc_next(name);
    if (likely(found != NULL)) return found;
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "runtime: the C library has no function ");
    gort_print_text(&p, name);
    gort_print_text(&p, "\n");
    gort_print_finish(&p);
    gort_upcalls.fatal("a function of the C library is missing");
}
