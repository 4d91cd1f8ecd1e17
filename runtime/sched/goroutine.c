// goroutine.c - birth and death.
//
// Goroutine structures live in slabs that are never freed, so that a list of all of them can be
// walked without a lock, by a crash report too: a stale one is dead memory of the right type. A
// dead goroutine goes to a free list of the processor, and from there in halves to a shared one. A
// goroutine has no stack before its first run, and none after its end; what it needs until then,
// the copy of its environment, is in the structure (up to GORT_ENV_INLINE bytes) or in malloc'ed
// memory.
#include "sched/sched.h"

#include "base/abi.h"
#include "base/upcalls.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include <stdlib.h>
#include <string.h>

typedef struct Slab {
    struct Slab *next;                                    // (c)
    Goroutine goroutines[GORT_GOROUTINES_PER_SLAB];
} Slab;

static Slab *slabs;              // (a) grows at the front, published with release
static Goroutine *shared;        // dead ones, under goroutines_lock
static uint32_t shared_count;    // written under goroutines_lock, read as a hint
static Lock goroutines_lock;

// ---- free lists ---------------------------------------------------------------------------------

static void cache_push(GoroutineCache *cache, Goroutine *g) {
    g->next = cache->first;
    cache->first = g;
    cache->count++;
}

// Under goroutines_lock: all goroutines of a fresh slab to the shared list.
static void slab_add(void) {
    Slab *slab = gort_os_memory_map(sizeof *slab, 4096);
    if (!slab) gort_upcalls.fatal("runtime: out of memory");
    for (uint32_t i = 0; i < GORT_GOROUTINES_PER_SLAB; i++) {
        slab->goroutines[i].next = shared;
        shared = &slab->goroutines[i];
    }
    store_relaxed(&shared_count, shared_count + GORT_GOROUTINES_PER_SLAB);
    slab->next = slabs;
    store_release(&slabs, slab); // pairs with the load in gort_goroutine_each
}

static __attribute__((noinline)) Goroutine *allocate_slow(GoroutineCache *cache) {
    gort_lock_acquire(&goroutines_lock, RANK_ALLOCATE);
    if (!shared) slab_add();
    Goroutine *g = shared;
    uint32_t n = 1;
    shared = g->next;
    for (; cache && shared && n < GORT_GOROUTINE_CACHE / 2; n++) {
        Goroutine *more = shared;
        shared = more->next;
        cache_push(cache, more);
    }
    store_relaxed(&shared_count, shared_count - n);
    gort_lock_release(&goroutines_lock, RANK_ALLOCATE);
    return g;
}

Goroutine *gort_goroutine_allocate(GoroutineCache *cache) {
    Goroutine *g = cache ? cache->first : NULL;
    if (unlikely(!g)) return allocate_slow(cache);
    cache->first = g->next;
    cache->count--;
    return g;
}

static __attribute__((noinline)) void cache_spill(GoroutineCache *cache) {
    gort_lock_acquire(&goroutines_lock, RANK_ALLOCATE);
    for (uint32_t n = cache->count / 2 + 1; n > 0; n--) {
        Goroutine *g = cache->first;
        cache->first = g->next;
        cache->count--;
        g->next = shared;
        shared = g;
        store_relaxed(&shared_count, shared_count + 1);
    }
    gort_lock_release(&goroutines_lock, RANK_ALLOCATE);
}

void gort_goroutine_recycle(GoroutineCache *cache, Goroutine *g) {
    GoroutineCache none = {NULL, 0};
    bool shares = !cache;
    if (shares) cache = &none;
    cache_push(cache, g);
    if (shares || unlikely(cache->count > GORT_GOROUTINE_CACHE)) cache_spill(cache);
}

// ---- ids and counts -----------------------------------------------------------------------------

uint64_t gort_goroutine_next_id(Processor *p) {
    if (!p) return add_relaxed(&gort_sched.next_id, 1) - 1;
    if (unlikely(p->id_next == p->id_end)) {
        p->id_end = add_relaxed(&gort_sched.next_id, GORT_ID_BATCH);
        p->id_next = p->id_end - GORT_ID_BATCH;
    }
    return p->id_next++;
}

// Only the holder of a processor writes its counters, so a plain sum will do.
static void count_one(Processor *p, uint64_t *of_processor, uint64_t *of_others) {
    if (p)
        store_relaxed(of_processor, *of_processor + 1);
    else
        add_relaxed(of_others, 1);
}

int64_t gort_goroutine_count(void) {
    int64_t n =
        (int64_t)(load_relaxed(&gort_sched.foreign_born) - load_relaxed(&gort_sched.foreign_ended));
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++)
        n += (int64_t)(load_relaxed(&gort_sched.processors[i]->spawned) -
                       load_relaxed(&gort_sched.processors[i]->ended));
    return n;
}

void gort_goroutine_each(bool (*fn)(Goroutine *g, void *arg), void *arg) {
    for (Slab *s = load_acquire(&slabs); s; s = s->next)
        for (uint32_t i = 0; i < GORT_GOROUTINES_PER_SLAB; i++)
            if (!fn(&s->goroutines[i], arg)) return;
}

// ---- birth --------------------------------------------------------------------------------------

static __attribute__((noinline)) void env_allocate(Goroutine *g, size_t size) {
    g->env = aligned_alloc(16, (size + 15) & ~(size_t)15);
    if (!g->env) gort_upcalls.fatal("runtime: out of memory");
    g->env_heap = true;
}

// With size 0 `env` itself is what fn gets.
static inline void env_copy(Goroutine *g, const void *env, size_t size) {
    g->env_heap = false;
    g->env = size ? g->env_inline : (void *)env;
    g->env_bytes = (uint32_t)size;
    if (unlikely(size > GORT_ENV_INLINE)) env_allocate(g, size);
    sanitize_copy(g->env, env, size);
}

Goroutine *gort_goroutine_new(Machine *m, void (*fn)(void *), const void *env, size_t env_size,
                              const void *go_pc) {
    if (unlikely(!load_relaxed(&gort_sched.watched))) gort_sysmon_start();
    Processor *p = m->p;
    Goroutine *g = gort_goroutine_allocate(p ? &p->goroutines : NULL);
    gort_assert(load_relaxed(&g->status) == G_IDLE || load_relaxed(&g->status) == G_DEAD);
    g->sp = NULL;
    g->stack = (Stack){NULL, NULL};
    g->next = NULL;
    g->fn = fn;
    env_copy(g, env, env_size);
    g->id = gort_goroutine_next_id(p);
    g->parent_id = m->current->id;
    g->go_pc = go_pc;
    g->exiting = false;
    g->frames = NULL;
    g->panics = NULL;
    g->recover_token = NULL;
    gort_assert(!g->home && !g->pins && !g->thread_locks);
    store_relaxed(&g->wait_reason, WAIT_NONE);
    suspend_hold(m);
    store_relaxed(&g->scan, 0);
    if (unlikely(gort_heap_black)) gort_upcalls.born(m, g);
    store_release(&g->status, G_RUNNABLE); // pairs with the collector's look at all goroutines
    suspend_allow(m);
    count_one(p, p ? &p->spawned : NULL, &gort_sched.foreign_born);
    return g;
}

// `go` for generated code: see abi.h.
void go__go(void (*fn)(void *), const void *env, unsigned long size) {
    Machine *m = machine_current();
    if (unlikely(!fn)) go__go_nil();
    Goroutine *g = gort_goroutine_new(m, fn, env, size, __builtin_return_address(0));
    sanitize_release(g); // the `go` statement comes before the goroutine's start
    gort_sched_put(m, g);
}

// `go` for plain C: the argument itself is handed over, not a copy of what it points to.
__attribute__((visibility("default"))) void go_spawn(void (*fn)(void *), void *arg) {
    Machine *m = machine_current();
    if (unlikely(!fn)) go__go_nil();
    Goroutine *g = gort_goroutine_new(m, fn, arg, 0, __builtin_return_address(0));
    sanitize_release(g);
    gort_sched_put(m, g);
}

_Noreturn void go__go_nil(void) { gort_upcalls.fatal("go of nil func value"); }

void gort_goroutine_bind_stack(Machine *m, Goroutine *g) {
    if (!g->stack.low) g->stack = gort_stack_acquire(m->p ? &m->p->stacks : NULL, g);
    sanitize_bind(g);
    g->sp = arch_first_frame(g->stack.high);
}

void gort_goroutine_drop_env(Goroutine *g) {
    if (g->env_heap) free(g->env);
    g->env_heap = false;
}

// ---- death --------------------------------------------------------------------------------------

void gort_goroutine_free(Machine *m, Goroutine *g) {
    Processor *p = m->p;
    gort_assert(load_relaxed(&g->status) == G_DEAD);
    count_one(p, p ? &p->ended : NULL, &gort_sched.foreign_ended);
    if (g->is_main) return; // its stack is the process's; id 1 is not given again
    sanitize_unbind(g);
    gort_stack_release(p ? &p->stacks : NULL, g->stack);
    g->stack = (Stack){NULL, NULL};
    gort_goroutine_recycle(p ? &p->goroutines : NULL, g);
}
