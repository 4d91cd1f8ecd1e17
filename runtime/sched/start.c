// start.c - how the runtime begins, and what belongs to the program as a whole.
//
// If the runtime lies in the main executable, a constructor adopts the process's initial thread: it
// becomes machine 0, what runs on it becomes goroutine 1, on the process's own stack, and the
// scheduler of that machine gets a stack of its own. It is an early constructor (priority 101), so
// those of the program run as goroutine 1 already. If the runtime came with a shared library, there
// is no goroutine 1: the library may be loaded on any thread, and the process does not end with it;
// every thread of the program is foreign then. Nothing is started before it is needed: no second
// thread until there is work for one.
#define _GNU_SOURCE
#include "sched/sched.h"

#include "base/abi.h"
#include "base/flags.h"
#include "base/upcalls.h"
#include "mem/alloc.h"
#include "sched/sanitize.h"
#include "sched/suspend.h"
#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

Sched gort_sched;
char go__needs_runtime;
// Says of this module that its copy of the runtime is started: others look (text.c).
uint32_t gort_started __attribute__((visibility("hidden"))); // (a)
__asm__(".pushsection .note.gocc, \"a\", %note\n.balign 4\n.long 5, 4, 3\n.asciz \"gocc\"\n.balign 4\n"
        ".long gort_started - .\n.popsection\n");

static pthread_once_t once = PTHREAD_ONCE_INIT;
static Machine machine_zero;

// What is known of the process's own stack without asking: it grows down from here to its limit.
static Stack main_stack(void) {
    Stack s = {NULL, NULL};
#ifdef GORT_ASAN
    gort_os_thread_stack((void **)&s.low, (void **)&s.high);
#else
    extern void *__libc_stack_end;
    struct rlimit limit;
    s.high = (char *)(((uintptr_t)__libc_stack_end + 4095) & ~(uintptr_t)4095);
    size_t bytes = 8u << 20;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        bytes = limit.rlim_cur;
    s.low = s.high - bytes;
#endif
    return s;
}

static void adopt_goroutine(Machine *m) {
    Goroutine *g = gort_goroutine_allocate(NULL);
    g->id = gort_goroutine_next_id(NULL);
    g->is_main = true;
    g->stack = main_stack();
    sanitize_thread(g);
    g->sp = GORT_ON_CPU;
    store_relaxed(&g->status, G_RUNNING);
    add_relaxed(&gort_sched.foreign_born, 1);
    m->current = g;
}

// The current thread becomes machine 0, holding processor 0.
static void adopt_initial_thread(void) {
    Machine *m = &machine_zero;
    m->initial = true;
    store_relaxed(&m->scheduler.status, G_RUNNING);
    adopt_goroutine(m);
    gort_sched.has_main = true;
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    m->id = gort_sched.machine_count++;
    store_release(&gort_sched.machines, m);
    gort_machine_acquire(m, gort_processor_get_idle());
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_goroutine_bind_stack(m, &m->scheduler);
    gort_machine_enter_thread(m);
}

// The child of a fork has one thread, and none of what the others held. It may exec or _exit; the first
// thing that would need another goroutine ends it.
static void forked(void) {
    Machine *m = arch_machine();
    gort_sched.forked = true;
    gort_suspend_forked(m);
    gort_sched.watched = 0; // a birth comes to gort_sysmon_start
    if (m && m->p) store_relaxed(&m->p->attention, true); // a schedule comes to attend
}

void gort_forked_check(void) {
    if (unlikely(gort_sched.forked))
        gort_upcalls.fatal("the child of a fork cannot run goroutines: it may only exec or _exit");
}

// Each copy would have goroutines, a heap and a collector of its own, which know nothing of the other's.
static void start_only_one(void) {
    if (gort_text_other_runtime())
        gort_upcalls.fatal("this process has two copies of gocc's runtime: link the program with its .gc libraries, link it with "
                           "-rdynamic if it is .gc itself, or load the first library with RTLD_GLOBAL");
    store_seq_cst(&gort_started, 1);
}

static void start(void) {
    start_only_one();
    pthread_atfork(NULL, NULL, forked);
    gort_flags_read();
    gort_sched.next_id = 1;
    gort_sched.start_ns = os_now();
    int procs = (int)gort_flags_number("GOMAXPROCS", 1, INT32_MAX, gort_os_cpu_count());
    gort_world_set_procs(gort_flags.has_seed ? 1 : procs);
    if (gort_os_in_executable((const void *)start) && gort_os_is_initial_thread())
        adopt_initial_thread();
    gort_text_find();
    store_release(&gort_sched.started, true);
    if (gort_flags.schedtrace > 0) {
        gort_schedtrace();
        gort_sysmon_start();
    }
}

void gort_start(void) {
    int saved = errno;
    pthread_once(&once, start);
    errno = saved;
}

__attribute__((constructor(101))) static void start_early(void) {
    if (gort_os_in_executable((const void *)start)) gort_start();
}

// ---- errno and memory of the current goroutine --------------------------------------------------

// Not inlined, and not const: after a goroutine has moved to another thread the answer is another.
__attribute__((noinline)) int *go__errno(void) {
    Machine *m = arch_machine();
    __asm__ volatile("");
    return m ? m->errno_address : &errno;
}

// An allocation is one step to the collector. What it wants of the thread for that comes after, when
// the object is known to this stack.
void *gort_new(size_t size, size_t align, const struct go__layout *layout) {
    Machine *m = machine_current();
    HeapCache *cache = m->p ? &m->p->heap : NULL;
    suspend_hold(m);
    void *object = heap_allocate(cache, size, align, layout);
    bool attention = unlikely(cache ? cache->attention : load_relaxed(&gort_heap_attention));
    suspend_allow(m);
    if (unlikely(attention)) gort_upcalls.allocated(m);
    return object;
}

static __attribute__((noinline)) void *suspended_with(Machine *m, void *object) {
    gort_suspend_answer(m);
    return object; // it is in this frame while others look
}

// As long as the processor's cache has a slot nothing is due, and no frame is needed. nosuspend is
// written, and not counted, since counting is a chain of loads and stores from one allocation to
// the next, longer than all the rest.
void *go__new(unsigned long size, unsigned long align, const struct go__layout *layout) {
    Machine *m = arch_machine();
    Processor *p = m ? m->p : NULL;
    if (unlikely(!p || m->nosuspend)) return gort_new(size, align, layout);
    store_relaxed(&m->nosuspend, 1);
    compiler_barrier();
    void *object = heap_allocate_fast(&p->heap, size, align, layout);
    compiler_barrier();
    store_relaxed(&m->nosuspend, 0);
    compiler_barrier(); // as in suspend_allow
    if (unlikely(!object)) return gort_new(size, align, layout);
    if (unlikely(load_relaxed(&m->asked) != ASK_NOTHING)) return suspended_with(m, object);
    return object;
}

// The new object may be black: what goes into it is greyed.
void *go__new_copy(const void *from, unsigned long size, unsigned long align,
                   const struct go__layout *layout) {
    void *object = gort_new(size, align, layout);
    if (unlikely(layout && go__gc_marking)) {
        go__gc_copy(object, from, size);
        return object;
    }
    return __builtin_memcpy(object, from, size);
}

// ---- names --------------------------------------------------------------------------------------

const char *gort_wait_reason_name(WaitReason reason) {
    static const char *const names[WAIT_COUNT] = {
        [WAIT_NONE] = "",
        [WAIT_CHAN_RECEIVE] = "chan receive",
        [WAIT_CHAN_SEND] = "chan send",
        [WAIT_CHAN_RECEIVE_NIL] = "chan receive (nil chan)",
        [WAIT_CHAN_SEND_NIL] = "chan send (nil chan)",
        [WAIT_SELECT] = "select",
        [WAIT_SELECT_NO_CASES] = "select (no cases)",
        [WAIT_SLEEP] = "sleep",
        [WAIT_IO] = "IO wait",
        [WAIT_COLLECTION] = "wait for GC cycle",
        [WAIT_MUTEX] = "sync.Mutex.Lock",
        [WAIT_RWMUTEX_RLOCK] = "sync.RWMutex.RLock",
        [WAIT_RWMUTEX_LOCK] = "sync.RWMutex.Lock",
        [WAIT_WAITGROUP] = "sync.WaitGroup.Wait",
        [WAIT_COND] = "sync.Cond.Wait",
        [WAIT_SEMAPHORE] = "semacquire",
    };
    return reason < WAIT_COUNT ? names[reason] : "";
}
