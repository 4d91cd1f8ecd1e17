// thread.c - threads that the program makes itself.
//
// Generated code calls this in place of pthread_create (translator/facts_store.c). The new thread
// counts as one of the runtime's before its function runs: its stack and its thread-local
// variables keep objects alive, and its stores are reported. On the way there its argument is
// known only to memory of malloc, which is registered for that long. What the thread returns lies
// in libc's memory until it is joined, where the collector does not look.
//
// Nobody else refers to this file: a program without threads of its own does not link it.
#include <errno.h>
#include <go/runtime.h>
#include <pthread.h>
#include <stdlib.h>

#include "sched/sched.h"

#pragma GCC visibility push(default)
int go__pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                       void *argument);
#pragma GCC visibility pop

typedef struct Start {
    void *(*start)(void *);
    void *argument;
} Start;

static void *thread_main(void *p) {
    Start *record = p, start = *record;
    machine_current(); // attaches
    go_gc_remove_roots(&record->argument);
    free(record);
    return start.start(start.argument);
}

int go__pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                       void *argument) {
    Start *record = malloc(sizeof *record);
    if (!record) return EAGAIN;
    *record = (Start){start, argument};
    go_gc_add_roots(&record->argument, sizeof record->argument);
    int error = pthread_create(thread, attributes, thread_main, record);
    if (error) {
        go_gc_remove_roots(&record->argument);
        free(record);
    }
    return error;
}
