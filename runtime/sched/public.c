// public.c - <go/runtime.h>, as far as it is the scheduler's: thin names for what other files do.
#include "sched/sched.h"

#include <go/runtime.h>

void go_yield(void) { gort_yield(); }

int go_maxprocs(int n) {
    machine_current();
    return gort_world_set_procs(n);
}

int go_set_max_threads(int n) {
    machine_current();
    return gort_machine_limit(n);
}

int go_num_cpu(void) { return gort_os_cpu_count(); }

int go_num_goroutine(void) {
    machine_current();
    return (int)gort_goroutine_count();
}
