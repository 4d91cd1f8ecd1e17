// thread.c - threads that the program makes itself. Generated code calls this in place of pthread_create
// (translator/facts_store.c), with the prototype of that one; nobody else refers to it, so a program without threads of its
// own does not link it.
#include <pthread.h>

#pragma GCC visibility push(default)
int go__pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                       void *argument);
#pragma GCC visibility pop

int go__pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                       void *argument) {
    return pthread_create(thread, attributes, start, argument);
}
