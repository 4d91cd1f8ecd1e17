// foreign.c - threads that the runtime did not make.
//
// A pthread of the program may use channels, sleep, and start goroutines. At its first call it is
// attached: it gets a machine that never holds a processor and never sits in a list of idle ones,
// and a goroutine that is bound to it. What it makes runnable goes to the global queue. When it
// parks, the thread itself sleeps on the machine's note, and `ready` wakes the note. A pthread
// key's destructor detaches it when the thread ends.
#define _GNU_SOURCE
#include "sched/sched.h"

#include "base/upcalls.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_key_t key;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void detach(void *arg) {
    Machine *m = arg;
    Goroutine *g = m->current;
    gort_suspend_delist(m);
    if (gort_upcalls.thread_ended) gort_upcalls.thread_ended();
    store_relaxed(&g->status, G_DEAD);
    g->home = NULL;
    g->stack = (Stack){NULL, NULL};
    add_relaxed(&gort_sched.foreign_ended, 1);
    gort_goroutine_recycle(NULL, g);
    gort_tls_machine = NULL;
    free(m);
    // Perhaps it was the last one who could have gone on.
    if (add_seq_cst(&gort_sched.foreign_count, (uint32_t)-1) == 0) gort_machine_poke();
}

static void key_make(void) { gort_check(pthread_key_create(&key, detach) == 0); }

static Goroutine *foreign_goroutine(Machine *m) {
    Goroutine *g = gort_goroutine_allocate(NULL);
    void *low, *high;
    gort_os_thread_stack(&low, &high);
    g->stack = (Stack){low, high};
    g->id = gort_goroutine_next_id(NULL);
    g->parent_id = 0;
    g->go_pc = NULL;
    g->fn = NULL;
    g->exiting = false;
    g->frames = NULL;
    g->panics = NULL;
    g->recover_token = NULL;
    g->home = m;
    g->sp = GORT_ON_CPU;
    g->env = NULL;
    g->env_bytes = 0; // it may have been another goroutine's
    g->env_heap = false;
    g->scan = 0;
    sanitize_thread(g);
    store_relaxed(&g->status, G_RUNNING);
    add_relaxed(&gort_sched.foreign_born, 1);
    return g;
}

// The slow half of machine_current: whoever calls the runtime first on its thread comes here.
__attribute__((noinline, cold)) Machine *gort_attach(void) {
    int saved_errno = errno;
    gort_start();
    // It was the initial thread, adopted by the start.
    if (gort_tls_machine) return gort_tls_machine;
    add_seq_cst(&gort_sched.foreign_count, 1);
    Machine *m = gort_machine_new();
    m->foreign = true;
    m->current = foreign_goroutine(m);
    pthread_once(&key_once, key_make);
    pthread_setspecific(key, m);
    gort_machine_enter_thread(m);
    gort_suspend_enlist(m);
    errno = saved_errno;
    return m;
}

_Noreturn void gort_foreign_exit(Machine *m) {
    (void)m;
    pthread_exit(NULL);
}
