// public.c - <go/runtime.h>, as far as it is the collector's.
//
// There is no collector yet: nothing is ever freed, and the statistics are all zero. What can be
// set is remembered, so that programs see their own settings.
#include <go/runtime.h>

#include <string.h>

static int percent = 100;
static int64_t limit = INT64_MAX;

void go_gc(void) {}
void go_free_os_memory(void) {}

int go_set_gc_percent(int value) { return __atomic_exchange_n(&percent, value, __ATOMIC_RELAXED); }

int64_t go_set_memory_limit(int64_t bytes) {
    if (bytes < 0) return __atomic_load_n(&limit, __ATOMIC_RELAXED);
    return __atomic_exchange_n(&limit, bytes, __ATOMIC_RELAXED);
}

void go_read_memstats(struct go_memstats *out) { memset(out, 0, sizeof *out); }

go_cleanup go_add_cleanup(void *object, void (*fn)(void *), void *arg) {
    (void)object, (void)fn, (void)arg;
    return (go_cleanup){0};
}
void go_cleanup_stop(go_cleanup c) { (void)c; }
void go_keep_alive(const void *object) { (void)object; }

void go_gc_add_roots(const void *start, size_t bytes) { (void)start, (void)bytes; }
void go_gc_remove_roots(const void *start) { (void)start; }
