// sanitize.c - fibers for the thread sanitizer.
//
// To the sanitizer whoever creates a fiber comes before all that the fiber does. A goroutine gets
// its fiber at its first run, when some other goroutine that happens to be on this thread switches
// to it: that one must not come before it. So all fibers are created by one that does nothing else
// and was itself created before everything: what comes before a goroutine is only its `go`
// statement.
#ifdef GORT_TSAN
#include "sched/sanitize.h"

static void *root;               // under root_lock
static SpinLock root_lock;

void sanitize_bind(Goroutine *g) {
    spin_lock(&root_lock, RANK_ALLOCATE);
    void *here = __tsan_get_current_fiber();
    if (!root) root = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(root, __tsan_switch_to_fiber_no_sync);
    g->fiber = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(here, __tsan_switch_to_fiber_no_sync);
    spin_unlock(&root_lock, RANK_ALLOCATE);
}

void sanitize_unbind(Goroutine *g) {
    __tsan_destroy_fiber(g->fiber);
    g->fiber = NULL;
}
#else
typedef int sanitize_c_is_not_empty;
#endif
