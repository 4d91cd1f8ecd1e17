// suspend.c - asking threads for an answer, wherever they are, and stopping all of them.
//
// The collector needs every thread to have seen a flag, to show its stack, or to stand still.
// Threads run any code, also C that never calls the runtime, so they are asked by a signal, and
// answer in its handler, which runs on the alternate stack; the interrupted registers are in its
// context.
//   1. Machine.asked says what is asked. Whoever changes it back, by CAS, answers: the thread in
//      its handler, the thread when it holds off suspension no more, or the asker on behalf of one
//      that is asleep. Each question is answered once.
//   2. A thread inside suspend_hold does not answer in the handler. It looks at `asked` after it
//      has lowered nosuspend: either the signal came before, and it sees the question, or it comes
//      after, and the handler answers.
//   3. A thread says that it is asleep (`asleep`) before it reads `asked`, and when it wakes it
//      lowers `asleep` before it reads `asked` and world_stopped; the asker writes those two before
//      it reads `asleep`. So one of them sees the other: a sleeper that wakes meanwhile waits for
//      the answer given on its behalf, and does not run in a stopped world.
//   4. A thread between a barrier's check and its store is moved back before the check
//      (arch/window.c): what an answer promises holds for every store after it.
//   5. The list of foreign machines does not change while somebody asks (world_lock); a thread that
//      waits for that lock answers all the same, in the handler. Of the others those are asked that
//      existed when the question was put: a later one starts as if it woke from a sleep.
// A program that blocks all signals does not block this one (blocking.c). Should a thread not answer
// all the same, it does when it next calls the runtime, and until then the collector waits. A stop
// does not wait long: it gives up, so that the others go on.
#define _GNU_SOURCE
#include "sched/suspend.h"

#include "base/upcalls.h"
#include "os/signal.h"
#include "sched/sanitize.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { AGAIN_NS = 5000000, // a signal may come at a bad moment: it is sent again after so long
       SPIN_NS = 100000, // see spin_while
       YIELDS = 2 };

// So that their functions stand in front of libc's.
extern const char gort_io_is_linked, gort_io_stream_is_linked, gort_io_socket_is_linked,
    gort_io_birth_is_linked, gort_io_close_is_linked, gort_io_poll_is_linked,
    gort_io_sleep_is_linked;
__attribute__((used)) static const char *const interposing[] = {
    &gort_io_is_linked, &gort_io_stream_is_linked, &gort_io_socket_is_linked,
    &gort_io_birth_is_linked, &gort_io_close_is_linked, &gort_io_poll_is_linked,
    &gort_io_sleep_is_linked};
#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
extern const char gort_blocking_is_linked, gort_calls_are_linked, gort_locks_are_linked;
extern const char gort_handlers_are_linked;
#ifdef __GLIBC__
extern const char gort_stdio_is_linked;
#endif
__attribute__((used)) static const char *const blocking[] = {
    &gort_blocking_is_linked,
    &gort_calls_are_linked,
    &gort_locks_are_linked,
    &gort_handlers_are_linked,
#ifdef __GLIBC__
    &gort_stdio_is_linked,
#endif
};
#endif

static Lock world_lock; // invariant 5; held while the world is stopped
static Machine *foreign_machines; // under world_lock
static Machine *own_machines; // those that are asked; only the asker
static uint32_t world_stopped; // (a) threads that answered ASK_STOP wait until it is 0
static uint32_t unanswered; // (a)
static Note asker; // woken by the last answer

// ---- answering ----------------------------------------------------------------------------------

// True: it was the last answer.
static bool answered(void) {
    bool last = add_seq_cst(&unanswered, (uint32_t)-1) == 0;
    if (last) gort_note_wake(&asker);
    return last;
}

// A stop is over in less time than it takes to fall asleep and to be woken: on a virtual machine a
// core without a thread goes back to the host, and may be away for milliseconds. So whoever waits in a
// stop keeps its core awake for a while. It yields first, to those who have not answered yet; not for long, or other
// programs would have their slices meanwhile.
static void spin_while(const uint32_t *word) {
#ifdef GORT_TSAN
    return; // it would see the clock write to a stack that the next goroutine uses
#endif
    int64_t until_ns = os_now() + SPIN_NS;
    for (unsigned i = 0; load_seq_cst(word) && os_now() < until_ns; i++)
        if (i < YIELDS)
            gort_os_thread_yield();
        else if (load_relaxed(&gort_sched.processor_count) == 1)
            break; // there may be one core for all
        else
            cpu_relax();
}

// last: the asker has just been woken, and may want this core.
static void stay_stopped(bool last) {
    if (!last) spin_while(&world_stopped);
    while (load_seq_cst(&world_stopped)) gort_gate_wait(&world_stopped, 1);
}

// The thread itself. `ask` has been taken out of m->asked.
static void answer(Machine *m, Ask ask, Standing *at) {
    gort_upcalls.answer(m, ask == ASK_SCAN, at);
    if (ask == ASK_STOP) m->stopped_at = at;
    bool last = answered();
    if (ask == ASK_STOP) stay_stopped(last);
    m->stopped_at = NULL;
}

// Takes the question, if there still is one: invariant 1.
static Ask question_take(Machine *m, Ask instead) {
    Ask ask = load_seq_cst(&m->asked);
    if (ask == ASK_NOTHING || ask == ASK_OTHERS_ANSWER) return ASK_NOTHING;
    return cas_seq_cst(&m->asked, ask, instead) ? ask : ASK_NOTHING;
}

// The callee-saved registers go to this frame, the others are in those of the callers.
__attribute__((noinline)) void gort_suspend_answer(Machine *m) {
    if (m->nosuspend) return;
    int saved = errno;
    __builtin_unwind_init();
    Standing at = {.sp = arch_stack_pointer(), .fake_stack = sanitize_fake_stack()};
    Ask ask = question_take(m, ASK_NOTHING);
    if (ask != ASK_NOTHING) answer(m, ask, &at);
    errno = saved;
}

// ---- the handler --------------------------------------------------------------------------------

#if defined(__x86_64__)
// The kernel saves vector registers behind the 512 bytes that every processor has, if it says so.
static size_t vector_bytes(const void *saved) {
    enum { LEGACY = 512,
           SAYS_AT = 464,
           MAGIC = 0x46505853,
           MOST = 16 << 10 };
    const uint32_t *says = (const uint32_t *)((const char *)saved + SAYS_AT);
    return says[0] == MAGIC && says[1] > LEGACY && says[1] <= MOST ? says[1] : LEGACY;
}
#endif

static Standing standing_of(ucontext_t *c) {
    Standing at = {.fake_stack = sanitize_fake_stack()};
#if defined(__x86_64__)
    enum { RED_ZONE = 128 };
    at.vectors = c->uc_mcontext.fpregs;
    if (at.vectors) at.vectors_end = (const char *)at.vectors + vector_bytes(at.vectors);
    at.sp = (uintptr_t)c->uc_mcontext.gregs[REG_RSP] - RED_ZONE;
    at.registers = c->uc_mcontext.gregs;
    at.registers_end = c->uc_mcontext.gregs + NGREG;
    c->uc_mcontext.gregs[REG_RIP] =
        (greg_t)gort_window_start((uintptr_t)c->uc_mcontext.gregs[REG_RIP], gort_os_is_mapped);
#else
    at.sp = c->uc_mcontext.sp;
    at.registers = c->uc_mcontext.regs;
    at.registers_end = c->uc_mcontext.regs + 31;
    at.vectors = c->uc_mcontext.__reserved; // fpsimd_context comes first
    at.vectors_end = c->uc_mcontext.__reserved + 528;
#endif
    return at;
}

// A signal of sysmon's: one of those that it counted.
static bool preempt_signal_take(Machine *m) {
    uint32_t due = load_relaxed(&m->preempt_signals);
    while (due && !cas_seq_cst(&m->preempt_signals, due, due - 1)) due = load_relaxed(&m->preempt_signals);
    return due > 0;
}

// Signals that the program has sent to threads, and that no handler has seen yet: the kernel makes one of two that wait for the
// same thread, so what comes may be both ours and the program's.
static uint32_t programs; // (a)

void gort_suspend_signal_sent(void) { add_seq_cst(&programs, 1); }

static bool program_signal_take(void) {
    uint32_t due = load_relaxed(&programs);
    while (due && !cas_seq_cst(&programs, due, due - 1)) due = load_relaxed(&programs);
    return due > 0;
}

static void handle(int number, siginfo_t *info, void *context) {
    int saved = errno;
    Machine *m = arch_machine();
    if (m && info->si_code == SI_TKILL) m->questions++;
    bool ours = m && info->si_code == SI_TKILL && preempt_signal_take(m);
    bool is_asked = m && load_seq_cst(&m->asked) != ASK_NOTHING;
    if (is_asked && m->nosuspend == 0) {
        Standing at = standing_of(context);
        Ask ask = question_take(m, ASK_NOTHING);
        if (ask != ASK_NOTHING) answer(m, ask, &at);
    }
    if (ours && m->p && load_relaxed(&m->p->preempt)) gort_preempt_try(m, context);
    bool of_program = info->si_code == SI_TKILL && program_signal_take();
    if ((of_program || (!ours && !is_asked)) && gort_signal_was_handled(number))
        gort_signal_forward(number, info, context);
    errno = saved;
}

static pthread_once_t listening = PTHREAD_ONCE_INIT;

static void listen(void) { gort_signal_install_raw(GORT_SUSPEND_SIGNAL, handle); }

void gort_suspend_listen(void) {
    pthread_once(&listening, listen);
}

// ---- sleepers -----------------------------------------------------------------------------------

void gort_suspend_nap_begin(Machine *m) { store_seq_cst(&m->asleep, true); }

void gort_suspend_nap_end(Machine *m) {
    store_seq_cst(&m->asleep, false);
    while (load_seq_cst(&m->asked) == ASK_OTHERS_ANSWER) cpu_relax();
    if (load_seq_cst(&m->asked) != ASK_NOTHING) gort_suspend_answer(m);
    stay_stopped(false);
}

// True: it was asleep, and has been answered for.
static bool answer_for(Machine *m) {
    if (!load_seq_cst(&m->asleep)) return false;
    Ask ask = question_take(m, ASK_OTHERS_ANSWER);
    if (ask == ASK_NOTHING) return true;
    if (!load_seq_cst(&m->asleep)) { // it is awake: let it answer
        store_seq_cst(&m->asked, ask);
        return false;
    }
    gort_upcalls.answer(m, ask == ASK_SCAN, m->standing);
    store_seq_cst(&m->asked, ASK_NOTHING);
    answered();
    return true;
}

// ---- asking -------------------------------------------------------------------------------------

static void each_machine(void (*fn)(Machine *m, Ask ask), Ask ask) {
    for (Machine *m = own_machines; m; m = m->next_all) fn(m, ask);
    for (Machine *m = foreign_machines; m; m = m->next_all) fn(m, ask);
}

static void count(Machine *m, Ask ask) {
    (void)m, (void)ask;
    unanswered++;
}

static void put(Machine *m, Ask ask) { store_seq_cst(&m->asked, ask); }

static void send(Machine *m, Ask ask) {
    (void)ask;
    Ask now = load_seq_cst(&m->asked);
    if (now == ASK_NOTHING || now == ASK_OTHERS_ANSWER || answer_for(m)) return;
    if (m->thread_id) gort_signal_send(m->thread_id, GORT_SUSPEND_SIGNAL);
}

// Under world_lock. False: not all have answered by the deadline.
static bool ask(Ask what, int64_t deadline_ns) {
    gort_suspend_listen();
    own_machines = load_acquire(&gort_sched.machines);
    unanswered = 1; // for ourselves: none is the last one before all are asked
    each_machine(count, what);
    each_machine(put, what);
    each_machine(send, what);
    answered();
    if (what == ASK_STOP) spin_while(&unanswered);
    for (;;) {
        int64_t again = os_now() + AGAIN_NS;
        if (gort_note_sleep_until(&asker, again < deadline_ns ? again : deadline_ns)) return true;
        if (os_now() >= deadline_ns) return false;
        gort_signal_keep(GORT_SUSPEND_SIGNAL, handle);
        each_machine(send, what);
    }
}

void gort_ask_all(Ask what) {
    gort_lock_acquire(&world_lock, RANK_WORLD);
    ask(what, INT64_MAX);
    gort_lock_release(&world_lock, RANK_WORLD);
}

static void take_back(Machine *m, Ask ask) {
    (void)ask;
    if (question_take(m, ASK_NOTHING) != ASK_NOTHING) answered();
}

bool gort_world_stop(int64_t patience_ns) {
    gort_lock_acquire(&world_lock, RANK_WORLD);
    store_seq_cst(&world_stopped, 1);
    if (ask(ASK_STOP, os_now() + patience_ns)) return true;
    store_seq_cst(&world_stopped, 0);
    each_machine(take_back, ASK_STOP);
    gort_gate_open(&world_stopped);
    gort_note_sleep(&asker); // whoever had taken the question answers it still
    gort_lock_release(&world_lock, RANK_WORLD);
    return false;
}

int64_t gort_world_resume(void) {
    store_seq_cst(&world_stopped, 0);
    int64_t now = os_now(); // whom we wake may well have our core first
    gort_gate_open(&world_stopped);
    gort_lock_release(&world_lock, RANK_WORLD);
    return now;
}

void gort_suspend_each(void (*fn)(Machine *m, void *arg), void *arg) {
    for (Machine *m = own_machines; m; m = m->next_all) fn(m, arg);
    for (Machine *m = foreign_machines; m; m = m->next_all) fn(m, arg);
}

// ---- the list of foreign machines ---------------------------------------------------------------

void gort_suspend_enlist(Machine *m) {
    gort_lock_acquire(&world_lock, RANK_WORLD);
    m->next_all = foreign_machines;
    foreign_machines = m;
    gort_lock_release(&world_lock, RANK_WORLD);
}

void gort_suspend_delist(Machine *m) {
    gort_lock_acquire(&world_lock, RANK_WORLD);
    Machine **link = &foreign_machines;
    while (*link != m) link = &(*link)->next_all;
    *link = m->next_all;
    gort_upcalls.answer(m, false, NULL); // what its grey buffer holds must not be lost
    gort_lock_release(&world_lock, RANK_WORLD);
}

void gort_suspend_forget(Machine *m, void (*unlink)(Machine *m)) {
    gort_lock_acquire(&world_lock, RANK_WORLD);
    gort_upcalls.answer(m, false, NULL);
    gort_lock_acquire(&gort_sched.lock, RANK_SCHED);
    unlink(m);
    gort_lock_release(&gort_sched.lock, RANK_SCHED);
    gort_lock_release(&world_lock, RANK_WORLD);
}

void gort_suspend_forked(Machine *m) {
    store_relaxed(&world_stopped, 0);
    if (m) store_relaxed(&m->asked, ASK_NOTHING);
}
