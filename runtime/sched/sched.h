// sched.h - goroutines (G), machines (M), processors (P), and the one scheduler they share.
//
// A goroutine is a stack and what belongs to it. A machine is a thread. A processor is the right to
// run goroutines: there are GOMAXPROCS of them, each with a queue of runnable goroutines and a heap
// of timers; a machine needs one to run goroutines, and gives it back to go idle. Fields say who
// may touch them: (g) the goroutine itself while it runs, or whoever owns it (took it out of a
// queue, or is its waker); (p) the machine that holds the processor; (m) the machine's own thread;
// (s) gort_sched.lock; (a) atomic; (c) constant after creation.
//
// The files, in reading order: goroutine.c (birth and death), runq.c (queues), park.c (falling
// asleep, waking, yielding), proc.c (finding work), machine.c (threads), home.c (goroutines that
// must stay on their thread), callback.c (because plain C has called them), call.c (calls that block), sysmon.c and preempt.c (what watches over
// them), timer.c, foreign.c (threads that are not ours), netpoll.c and polldesc.c (file descriptors),
// deadlock.c, world.c (GOMAXPROCS), start.c.
#ifndef GORT_SCHED_SCHED_H
#define GORT_SCHED_SCHED_H

#include "arch/arch.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/config.h"
#include "base/random.h"
#include "mem/grey.h"
#include "mem/heap.h"
#include "mem/stack.h"
#include "os/os.h"

typedef struct Goroutine Goroutine;
typedef struct Machine Machine;
typedef struct Processor Processor;
struct Timer;
struct Standing;

// ---- goroutine ----------------------------------------------------------------------------------

typedef enum GoroutineStatus {
    G_IDLE, // fresh memory, never used
    G_RUNNABLE, // in a run queue, or on its way into one or out of one
    G_RUNNING, // a machine executes it (a foreign thread's goroutine: it is not parked)
    G_WAITING, // parked; wait_reason says for what
    G_DEAD // ended; in a free list
} GoroutineStatus;

typedef enum WaitReason {
    WAIT_NONE,
    WAIT_CHAN_RECEIVE,
    WAIT_CHAN_SEND,
    WAIT_CHAN_RECEIVE_NIL,
    WAIT_CHAN_SEND_NIL,
    WAIT_SELECT,
    WAIT_SELECT_NO_CASES,
    WAIT_SLEEP,
    WAIT_IO,
    WAIT_COLLECTION,
    WAIT_MUTEX,
    WAIT_RWMUTEX_RLOCK,
    WAIT_RWMUTEX_LOCK,
    WAIT_WAITGROUP,
    WAIT_COND,
    WAIT_SEMAPHORE,
    WAIT_COUNT
} WaitReason;

struct Goroutine {
    // The switch.
    // (a) saved stack pointer (struct ArchFrame) while not running; NULL: has not run yet;
    // GORT_ON_CPU: a thread stands on its stack. Written by that thread.
    void *sp;
    Stack stack; // (g) its stack; low == NULL: none bound yet
    // (g) link in a run queue, a free list, or a list of those to be woken.
    Goroutine *next;
    // (a) GoroutineStatus; written by the owner, read by anyone for dumps.
    uint8_t status;
    uint8_t wait_reason; // (a) WaitReason; valid while G_WAITING
    bool is_main; // (c) id 1, on the process's own stack
    bool exiting; // (g) go_exit has begun; set and read by panic/, cleared at birth
    // (a) while parked in a select: 0, and 1 once some channel has won it.
    uint32_t select_done;
    // (g) the sudog through which it was woken; written by the waker before ready.
    void *waker;
    // What runs in it.
    void (*fn)(void *); // (g)
    // (g) fn's argument: env_inline, malloc'ed memory (env_heap), or somebody else's pointer.
    void *env;
    bool env_heap; // (g)
    uint32_t env_bytes; // (g) the size of a copy
    // (a) The collector: 2 * cycle once its stack was looked through in that cycle, odd while
    // somebody does (gc/stacks.c).
    uint32_t scan;
    // For people.
    uint64_t id; // (c) from birth to death; 1 is main
    uint64_t parent_id; // (c) who said `go`; 0: nobody
    const void *go_pc; // (c) return address of that `go` statement
    // (a) os_now() when it parked, as coarse as the processor's clock: up to a few dozen switches
    // too early.
    int64_t wait_since_ns;
    // For panic/: zero at birth, otherwise never touched here.
    struct go__frame *frames;
    struct Panic *panics;
    void *recover_token;
    // Staying (home.c): the only machine that it may go on on, and how many reasons there are; NULL
    // and 0: any. A thread that the runtime did not make is home to the goroutine that stands for it.
    Machine *home; // (g)
    uint32_t pins; // (g)
    uint32_t thread_locks; // (g) of these: calls of go_lock_thread
    // A call from plain C into .gc code that has not returned, with which `home` is set, too
    // (callback.c): where its return address lies, or NULL, and what that is; whether there may be others.
    const uintptr_t *called_slot; // (g)
    uintptr_t called_return; // (g)
    bool called_more; // (g)
#ifdef GORT_DEV
    Machine *ran_on; // (g) last, with GODEBUG=migratestress=1
#endif
    // Sanitizers (sanitize.h).
    void *fiber; // thread sanitizer: its fiber, while it has a stack
    void *fake_stack; // address sanitizer: what the switch away saved
    // A small environment's copy.
    char env_inline[GORT_ENV_INLINE] __attribute__((aligned(16)));
};

#define GORT_ON_CPU ((void *)1)

// Go's words for what a parked goroutine waits for; "" for WAIT_NONE.
const char *gort_wait_reason_name(WaitReason reason);

// ---- processor ----------------------------------------------------------------------------------

// What is locked while a goroutine parks, and released from the other side of the switch: see
// park.c. Several (a select's channels) are chained; `next` belongs to whoever holds the lock.
typedef struct ParkLock {
    SpinLock lock;
    uint32_t rank; // (c) LockRank
    struct ParkLock *next;
} ParkLock;

typedef struct RunQueue { // the holder puts and takes, thieves take: runq.c
    uint32_t head; // (a) next to take; moved by the holder and by thieves, by CAS
    uint32_t tail; // (a) next free slot; moved by the holder only
    Goroutine *next; // (a) runs before the queue: the goroutine that was readied last
    Goroutine *slots[GORT_RUNQ_SIZE]; // (a)
} RunQueue;

typedef struct TimerEntry {
    int64_t when_ns; // its timer's time, or earlier; or later: TimerHeap.early
    struct Timer *timer; // NULL: none any more
} TimerEntry;

typedef struct EarlyTimer {
    struct Timer *timer;
    uint32_t slot; // of its entry
} EarlyTimer;

typedef struct TimerHeap { // timer.c
    ParkLock lock; // guards what follows, and the timers that point here
    TimerEntry *v;
    void *memory; // malloc's, in which v lies
    uint32_t count, capacity;
    uint32_t empty; // entries whose timer is NULL
    uint32_t early_count, empties_known;
    int64_t early_ns; // INT64_MAX: early[] is empty
    // Its processor is not in use: timers started anew go to the first one's.
    bool retired;
    // (a) v[0]'s time or early_ns, INT64_MAX when empty; written under the lock, read by anyone.
    int64_t earliest_ns;
    EarlyTimer early[GORT_TIMERS_EARLY]; // to be moved up
    uint32_t empties[GORT_TIMERS_EMPTIES]; // where there are some: hints
} TimerHeap;

// Dead ones, for reuse.
typedef struct GoroutineCache {
    Goroutine *first;
    uint32_t count;
} GoroutineCache;

typedef enum ProcessorStatus {
    P_NONE, // id >= GOMAXPROCS: not in use
    P_IDLE, // in gort_sched.idle_processors
    P_RUNNING // held by a machine
} ProcessorStatus;

struct Processor {
    uint32_t id; // (c) index in gort_sched.processors
    uint32_t tick; // (p) counts schedules; thieves read it
    // (p) counts slices: a goroutine that was readied last goes on in the slice of who readied it, or
    // a pair in conversation would keep all others out. sysmon reads it.
    uint32_t slices;
    bool home_served; // (p) somebody from the homeward queue was the last one served: others first
    // (a) the next schedule goes through the machine's scheduler: retirement, a seed, the world
    // stops.
    bool attention;
    uint8_t status; // (s) ProcessorStatus
    bool preempt; // (a) the slice is over: others first, at the next schedule
    uint32_t calls; // (p) counts calls that may block; sysmon reads it
    uint32_t io_tick, io_calls; // (p) calls for descriptors since the tick of that number (io/wait.c)
    bool polls_vainly; // (p) events come one by one: the kernel had none when it was last asked
    // (a) the holder, while it is in a call that may block; whoever sets it to NULL has the
    // processor: the holder when it comes back, or sysmon (call.c).
    Machine *caller;
    uint64_t timer_cycles; // (p) arch_cycles() when it last looked whether a timer is due
    int64_t now_ns; // (p) coarse clock: os_now() some switches ago
    uint64_t clock_cycles; // (p) arch_cycles() at clock_ns, which is a little late: clock.c
    int64_t clock_ns;
    StackCache stacks; // (p)
    GoroutineCache goroutines; // (p)
    HeapCache heap; // (p)
    uint64_t id_next, id_end; // (p) goroutine ids taken in advance
    uint64_t spawned, ended; // (a) written by the holder: goroutines born here, and ended here
    Machine *machine; // (s) the holder
    Processor *next_idle; // (s)
    RunQueue runq __attribute__((aligned(64))); // thieves touch it: lines of their own
    TimerHeap timers __attribute__((aligned(64)));
} __attribute__((aligned(128)));

// ---- machine ------------------------------------------------------------------------------------

struct Machine {
    Goroutine *current; // (m) who runs: a goroutine, or &scheduler
    Processor *p; // (m) NULL: none held (going idle, or a foreign thread)
    int *errno_address; // (c) of this thread's errno
    ParkLock *after_locks; // (m) to release after the switch that is under way
    Goroutine *after_dead; // (m) ended: its stack is free after the switch
    Goroutine *after_yielded; // (m) goes into the run queue after the switch
    Goroutine *after_preempted; // (m) goes into the global queue after the switch
    // (m) looks for work at others' queues; counted in gort_sched.spinning.
    bool spinning;
    bool foreign; // (c) a thread that the runtime did not make
    bool initial; // (c) the process's first thread
    bool ending; // (m) the thread ends: its goroutine has ended, and had locked it
    bool waits_home; // (s) its goroutine is parked in place: counted in gort_sched.home_waiting
    uint32_t preempt_signals; // (a) sent to it, and not yet there
    // Suspension: see suspend.h.
    uint32_t nosuspend; // (m) above 0: not to be stopped just here
    uint32_t asked; // (a) Ask: what the collector wants to know of this thread
    bool asleep; // (a) in a sleep: others may answer
    struct Standing *stopped_at; // (m) while the world is stopped, and it is not asleep: where
    struct Standing *standing; // (m) asleep in a goroutine: where; NULL: on the scheduler's stack
    uint32_t questions; // (m) signals that came from the runtime itself
    GreyBuffer grey; // (m) what it has greyed and not given away
    uintptr_t thread_pointer; // (c) its thread control block
    Random random; // (m)
    Note note; // sleeps here
    Processor *next_p; // handed over by whoever wakes it; NULL again when taken
    Machine *next_idle; // (s)
    Machine *next_all; // (s) gort_sched.machines
    uint32_t id; // (c)
    int thread_id; // (c) the kernel's
    Goroutine scheduler; // (m) the scheduler's own stack and saved pointer (Go's g0)
};

// ---- the scheduler ------------------------------------------------------------------------------

typedef struct Sched {
    // Read by all at every wake-up, written seldom.
    uint32_t idle_count; // (a) processors in idle_processors; written under lock
    uint32_t spinning; // (a) machines with `spinning`
    uint32_t processor_count; // (a) GOMAXPROCS; written under lock
    bool started; // (a) start.c is through
    bool has_main; // (c) goroutine 1 exists: the runtime is the executable's
    bool forked; // this is the child of a fork
    bool frozen; // (a) the process is crashing: nobody schedules any more
    // (a) threads of the runtime that are no machines; and whether the collector is at work, and may yet make goroutines ready.
    uint32_t own_threads, collecting;
    // The global queue.
    Lock lock __attribute__((aligned(64)));
    Goroutine *queue_head, *queue_tail; // (s)
    uint32_t queue_count; // (s), read as a hint without
    // Idle ones.
    Processor *idle_processors; // (s)
    Machine *idle_machines; // (s)
    uint32_t idle_machine_count; // (s)
    Machine *machines; // (s) all but foreign ones
    uint32_t machine_count; // (s)
    uint32_t machine_limit; // (s) 0: GORT_MAX_THREADS
    uint32_t foreign_count; // (a) attached foreign threads
    // Goroutines that stay where they are: home.c.
    Goroutine *homeward_head, *homeward_tail; // (s) runnable, in want of a processor
    uint32_t homeward_count; // (s), read as a hint without
    uint32_t home_waiting; // (s) machines whose goroutine is parked in place
    // sysmon.c
    uint32_t watched; // (a) 1: its thread exists
    bool sysmon_asleep; // (s)
    Note sysmon_note;
    // The one idle machine that watches the clock, and the descriptors.
    Machine *sleeper; // (a) NULL: nobody
    int64_t sleeper_until_ns; // (a) when it will wake by itself
    // Goroutines.
    int64_t start_ns; // (c) os_now() when the runtime began
    uint64_t next_id; // (a) next unused goroutine id
    uint64_t foreign_born, foreign_ended; // (a) counted where no processor is held
    // (a) the first processors_made exist for good; published with release.
    Processor *processors[GORT_MAX_PROCS];
    uint32_t processors_made; // (a)
} Sched;

extern Sched gort_sched;

// ---- who am I -----------------------------------------------------------------------------------

extern __thread Machine *gort_tls_machine __attribute__((tls_model("initial-exec")));

// foreign.c: for a thread without a machine; starts the runtime if need be.
Machine *gort_attach(void);

// The current thread's machine; a thread that calls for the first time is attached. Stale after
// anything that can park.
static inline __attribute__((always_inline)) Machine *machine_current(void) {
    Machine *m = arch_machine();
    return likely(m != NULL) ? m : gort_attach();
}
// The current goroutine; never NULL. On a scheduler's stack: that machine's `scheduler`.
static inline __attribute__((always_inline)) Goroutine *gort_current(void) {
    return machine_current()->current;
}
// The same for signal handlers: NULL on a thread that was never attached.
static inline Goroutine *gort_current_or_null(void) {
    Machine *m = arch_machine();
    return m ? m->current : NULL;
}

// Is sp on g's own stack, and not on a signal handler's?
static inline bool stands_on(const Goroutine *g, uintptr_t sp) {
    return sp >= (uintptr_t)g->stack.low && sp < (uintptr_t)g->stack.high;
}

// In small builds: now and then a delay, at the places where an interleaving with other threads
// would be fatal if the protocol were wrong. Such windows are a few nanoseconds wide, and tests
// would never hit them.
static inline void jitter(void) {
#ifdef GORT_SMALL
    Machine *m = arch_machine();
    if (m && random_below(&m->random, 32) == 0)
        for (uint32_t n = random_below(&m->random, 500); n > 0; n--) cpu_relax();
#endif
}

// ---- goroutine.c --------------------------------------------------------------------------------

// A runnable goroutine that will call fn(env); not in any queue yet. With env_size > 0 it gets a
// copy of that many bytes, else env itself.
Goroutine *gort_goroutine_new(Machine *m, void (*fn)(void *), const void *env, size_t env_size,
                              const void *go_pc);
void gort_goroutine_bind_stack(Machine *m, Goroutine *g); // before its first run
// It is dead, and nobody stands on its stack.
void gort_goroutine_free(Machine *m, Goroutine *g);
void gort_goroutine_drop_env(Goroutine *g); // by itself, when its function is done
// Ends the current goroutine: the tail of go_exit.
_Noreturn void gort_goroutine_exit(void);
_Noreturn void gort_goroutine_main(void); // where gort_entry goes
// Zero but for id; from the cache, the shared list or a new slab.
Goroutine *gort_goroutine_allocate(GoroutineCache *cache);
void gort_goroutine_recycle(GoroutineCache *cache, Goroutine *g);
uint64_t gort_goroutine_next_id(Processor *p);
// Every goroutine structure that exists, dead ones too, until fn returns false. Reads without
// locks: for dumps and signal handlers.
void gort_goroutine_each(bool (*fn)(Goroutine *g, void *arg), void *arg);
int64_t gort_goroutine_count(void); // those alive

// ---- runq.c -------------------------------------------------------------------------------------

// Who runs next on p, its holder, has a slice of its own: see Processor.slices.
static inline void slice_start(Processor *p) { store_relaxed(&p->slices, p->slices + 1); }
// At the end; spills half to the global queue if full.
void gort_runq_put(Processor *p, Goroutine *g);
// Runs next; who was next goes to the end.
void gort_runq_put_next(Processor *p, Goroutine *g);
Goroutine *gort_runq_get(Processor *p); // holder only
Goroutine *gort_runq_get_fair(Processor *p); // the queue's oldest before `next`
Goroutine *gort_runq_steal(Processor *thief, Processor *victim, bool take_next);
bool gort_runq_is_empty(const Processor *p);
uint32_t gort_runq_length(const Processor *p);
// Everything to the global queue; under gort_sched.lock.
void gort_runq_drain(Processor *p);
void gort_globalq_put(Goroutine *g); // under gort_sched.lock
void gort_globalq_submit(Goroutine *g); // takes it, and sees to it that somebody looks
// Under gort_sched.lock; one to run, a fair share to p's queue.
Goroutine *gort_globalq_get(Processor *p, uint32_t max);
void gort_verify_runq(const Processor *p);
void gort_verify_globalq(void); // under gort_sched.lock

// ---- park.c -------------------------------------------------------------------------------------

// Puts the current goroutine to sleep until ready; the caller holds `locks` (chained), through
// which wakers find it, and they are released once it is really asleep. NULL: nobody will wake it.
void gort_park(ParkLock *locks, WaitReason reason);
// Makes a parked goroutine runnable. The caller is its only waker. It runs next on this processor.
void gort_ready(Goroutine *g);
void gort_ready_all(Goroutine *list); // linked through Goroutine.next
void gort_yield(void);
void gort_preempt_yield(Machine *m); // the same, behind all others; m may have no processor
// From the scheduler's stack to g, and back some time.
void gort_scheduler_switch(Machine *m, Goroutine *g);
// After each switch, on the stack that was switched to: what the one before could not do for
// itself.
void gort_switch_finish(Machine *m);

// ---- proc.c -------------------------------------------------------------------------------------

// On the scheduler's stack; returns only when the thread is to end.
void gort_scheduler_loop(Machine *m);
// There is new work: see to it that somebody looks.
void gort_sched_wake(void);
// A goroutine of the global queue, and up to max - 1 more into p's own; NULL: there is none. Any
// lock below sched.lock may be held.
Goroutine *gort_sched_take_global(Processor *p, uint32_t max);
void gort_sched_wake_slow(void);
bool gort_sched_work_exists(void); // in some queue; reads after a full barrier
// A runnable goroutine to where m's work goes.
void gort_sched_put(Machine *m, Goroutine *g);
// Of a timer that is now the earliest of its heap.
void gort_sched_timer_changed(int64_t when_ns);
void gort_sched_watch_anew(void); // netpoll has started

// ---- home.c -------------------------------------------------------------------------------------

// The current goroutine stays on this thread until as many unpins; nests. Not from a foreign thread.
void gort_pin(Machine *m);
void gort_unpin(Machine *m);
// The same for who has taken, and gives back, a lock of libc's that knows its owner by the thread. False: not a goroutine of
// ours on its own stack.
bool gort_stay(void);
bool gort_stay_no_more(void);
// The tail of gort_park for a goroutine that stays: see there.
void gort_home_park(Machine *m, ParkLock *locks);
void gort_home_ready(Goroutine *g); // the tail of gort_ready
void gort_home_yield(Machine *m); // lets others run; comes back on this thread
// The current goroutine runs, and its machine has no processor: takes an idle one, if there is one; waits for one here.
bool gort_home_take_idle(Machine *m);
void gort_home_return(Machine *m);
// Gives m's processor to a goroutine that stays elsewhere, if one is runnable, and idles until m has
// another one. False: there is none. m does not spin.
bool gort_home_serve(Machine *m);
// Is it the turn of those in the homeward queue, or of all others, on p? p's holder asks, while there are some.
bool gort_home_turn(const Processor *p);
// A timer is pending, or a goroutine waits for a descriptor: an idle machine must watch.
bool gort_something_pends(void);
// Nobody holds p any more: finds somebody for its work.
void gort_processor_handoff(Processor *p);

// ---- callback.c ---------------------------------------------------------------------------------

// Must the current goroutine stay on this thread, as far as can be told at once?
bool gort_stays(Machine *m);
// It has been woken where it stays, and holds no locks: does it stand on frames of C still?
void gort_called_check(Machine *m);
bool gort_stands_on_c(void); // frames of plain C are on this stack; slow

// ---- call.c -------------------------------------------------------------------------------------

// Brackets a call that may block the thread: see call.c. The first returns NULL, and the second does
// nothing with it, where there is nothing to mark.
Machine *gort_call_begin(struct Standing *at);
void gort_call_end(Machine *m, const struct Standing *at);

// ---- sysmon.c, schedtrace.c, preempt.c ----------------------------------------------------------

void gort_sysmon_start(void); // once; idempotent
void gort_schedtrace(void); // schedtrace.c: prints it
// Under gort_sched.lock: a processor is in use again.
static inline void sysmon_wake(void) {
    if (likely(!gort_sched.sysmon_asleep)) return;
    gort_sched.sysmon_asleep = false;
    gort_note_wake(&gort_sched.sysmon_note);
}
// From a signal handler, with what it interrupted (ucontext_t): the goroutine there goes on in
// gort_preempted, if it can.
void gort_preempt_try(Machine *m, void *context);
void gort_preempt_init(void); // once, before the first signal

// ---- text.c -------------------------------------------------------------------------------------

// Is pc an instruction of a .gc file; of one that may be preempted; of the runtime?
// Async-signal-safe.
bool gort_text_contains(uintptr_t pc);
bool gort_text_is_preemptible(uintptr_t pc);
bool gort_text_is_runtime(uintptr_t pc);
void gort_text_find(void); // reads what the modules of the process say of themselves, anew
bool gort_text_other_runtime(void); // another module's runtime is started
extern uint32_t gort_started; // start.c
// pc is none of these: of a module that was loaded since? True: ask again. Not async-signal-safe.
bool gort_text_learn(uintptr_t pc);

// ---- machine.c ----------------------------------------------------------------------------------

// Finds or makes a thread for p, which nobody holds.
void gort_machine_run(Processor *p, bool spinning);
// Sleeps until given a processor; under gort_sched.lock, which is released.
void gort_machine_stop(Machine *m);
// An idle machine is to check for a deadlock anew.
void gort_machine_poke(void);
void gort_machine_end(Machine *m); // the current thread's; frees it
int gort_machine_limit(int n); // how many there may be, n >= 1: from now on; returns the old number
void gort_machine_acquire(Machine *m, Processor *p);
void gort_machine_take_given(Machine *m); // next_p
Processor *gort_machine_release(Machine *m);
Machine *gort_machine_new(void);
void gort_machine_enter_thread(Machine *m); // makes m the current thread's machine
void gort_processor_put_idle(Processor *p); // under gort_sched.lock
Processor *gort_processor_get_idle(void); // under gort_sched.lock; NULL: none

// ---- deadlock.c, world.c, start.c ---------------------------------------------------------------

// Under gort_sched.lock, when a machine has become idle: fatal if nothing can ever happen again.
// True: it cannot be told yet, ask again in a while.
bool gort_deadlock_check(void);
int gort_world_set_procs(int n); // GOMAXPROCS; returns the old one
// Best effort: other machines stop at their next schedule.
void gort_world_freeze(void);
void gort_start(void); // once; idempotent
void gort_forked_check(void); // fatal in the child of a fork
// A zeroed object of the collected heap: go__new for the runtime itself. May block, for the
// collector.
void *gort_new(size_t size, size_t align, const struct go__layout *layout);

// ---- foreign.c ----------------------------------------------------------------------------------

// Go_exit on a thread that is not ours: ends the thread.
_Noreturn void gort_foreign_exit(Machine *m);

#endif
