// call.c - calls that may block the thread, marked, so that others can have the processor.
//
// A goroutine that reads from a disk or waits for a mutex holds its thread, and would hold a
// processor. So the calls that may block are marked (blocking.c): Processor.caller is the machine as
// long as it is in one. If that takes long, and others have something to do, sysmon takes the
// processor away and gives it to another machine; the caller finds that out when it comes back, and
// waits for a processor. The mark costs a store on the way in and a compare-and-swap on the way out.
//   1. From begin to end the thread touches neither its processor nor anything that belongs to it.
//   2. Whoever changes Processor.caller from the machine to NULL, by CAS, has the processor. Nobody
//      else writes the machine's own address there, so what it finds in the end is its own mark.
//   3. To the collector the thread is asleep: others answer for it (suspend.c).
//   4. Marks do not nest: what a marked call calls back finds Machine.standing set, and adds none.
//   5. A call that a signal's handler makes is not marked: what it has interrupted may be the runtime at
//      work with this very processor. It is known by its stack, the alternate one (handlers.c).
//   6. Where .gc code has made the call itself, and no frames of C are below (callback.c), the goroutine waits in the global queue,
//      and its thread is free for others, which make such calls, too: few threads serve many goroutines. Others wait
//      where they are (home.c).
//   7. A signal handler may jump out of the call: longjmp ends it first (calls.c). An end that finds
//      another Machine.standing than its own has been forestalled, and does nothing.
#include "sched/sched.h"

#include "sched/sanitize.h"
#include "sched/suspend.h"

Machine *gort_call_begin(Standing *at) {
    Machine *m = arch_machine();
    if (!m || m->current == &m->scheduler || m->nosuspend || m->standing) return NULL;
    if (unlikely(!stands_on(m->current, at->sp))) return NULL; // invariant 5
    if (unlikely(load_relaxed(&gort_sched.frozen))) return NULL; // a crash report reads files
    at->fake_stack = sanitize_fake_stack();
    m->standing = at;
    gort_suspend_nap_begin(m);
    Processor *p = m->p;
    if (p) {
        p->calls++;
        gort_assert(load_relaxed(&p->caller) == NULL);
        store_release(&p->caller, m); // pairs with sysmon
    }
    return m;
}

// Invariant 6.
static bool may_move(Machine *m, const Standing *at) {
    if (!at->caller || gort_sched.forked || !gort_text_contains((uintptr_t)at->caller - 1)) return false;
    if (!stands_on(m->current, arch_stack_pointer())) return false; // a handler jumps out of the call (calls.c)
    return !gort_stays(m) && !gort_stands_on_c();
}

static __attribute__((noinline)) void call_late(Machine *m, const Standing *at) {
    m->p = NULL;
    if (gort_home_take_idle(m)) return;
    if (m->scheduler.sp && may_move(m, at)) // the scheduler has begun: that needs a processor
        gort_preempt_yield(m);
    else
        gort_home_return(m);
}

// A loop of such calls is seldom met by the signal that preempts (preempt.c) between two of them.
static __attribute__((noinline)) void call_preempted(Machine *m, const Standing *at) {
    if (gort_sched.forked) return; // nobody else is there
    if (may_move(m, at)) {
        gort_preempt_yield(m);
        return;
    }
    gort_pin(m); // who knows what stands below
    gort_home_yield(m);
    gort_unpin(m);
}

void gort_call_end(Machine *m, const Standing *at) {
    if (!m || m->standing != at) return;
    int saved_errno = *m->errno_address;
    Processor *p = m->p;
    bool late = p && !cas_seq_cst(&p->caller, m, NULL);
    gort_suspend_nap_end(m);
    m->standing = NULL;
    if (unlikely(late))
        call_late(m, at);
    else if (p && unlikely(load_relaxed(&p->preempt)))
        call_preempted(m, at);
    *arch_machine()->errno_address = saved_errno; // perhaps another thread's
}
