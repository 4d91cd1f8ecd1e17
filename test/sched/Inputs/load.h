// Loads each library named on the command line, and calls what Inputs/gc_library.gc has.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static int twice(int v) { return 2 * v; }

static void *call_sum(void *sum) { return (void *)(long)((int (*)(int))sum)(50); }

static int load(int n, char **libraries, int flags) {
    for (int i = 1; i < n; i++) {
        void *h = dlopen(libraries[i], RTLD_NOW | flags), *result;
        if (!h) return puts(dlerror()), 1;
        int (*sum)(int) = (int (*)(int))dlsym(h, "lib_sum"), (*keep)(int) = (int (*)(int))dlsym(h, "lib_keep");
        int (*call)(int (*)(int), int) = (int (*)(int (*)(int), int))dlsym(h, "lib_call");
        pthread_t t;
        if (pthread_create(&t, NULL, call_sum, (void *)sum) || pthread_join(t, &result)) return 1;
        printf("%d %d %d %ld\n", sum(100), keep(1000), call(twice, 21), (long)result);
    }
    return 0;
}
