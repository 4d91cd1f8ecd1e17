// traceback.c - goroutines and their frames, as Go prints them.
//
//     goroutine 7 [chan receive, 3 minutes]:
//     worker(...)
//             /src/pool.gc:21 +0x4c
//     created by main in goroutine 1
//             /src/pool.gc:40 +0x91
//
// A stack is walked with libgcc's unwinder (its tables are in every object), first into an array:
// walking is safe on any stack, printing takes more room. What the runtime itself does is left out
// unless GOTRACEBACK=system, except where a panic called deferred functions, which would otherwise
// seem to be called from nowhere. Of more than 100 frames the innermost and the outermost 50 are
// shown.
#include "panic/traceback.h"
#include "base/flags.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unwind.h>

#include "arch/arch.h"
#include "os/os.h"
#include "panic/panic.h"
#include "panic/symbol.h"

enum { SHOWN_MAX = 100,
       SHOWN_AT_EACH_END = SHOWN_MAX / 2 };

// Runtime frames among them are not shown, so more are kept at each end than are shown.
enum { KEPT_AT_EACH_END = 2 * SHOWN_MAX };

typedef struct Frame {
    uintptr_t pc;
    bool is_trap;   // pc is the instruction itself, not the one after a call
} Frame;

typedef struct Walk {
    uintptr_t sp;         // of the last frame: the next one is further up,
    uintptr_t other_sp;   // unless it is this, where another stack is entered
    Frame first[KEPT_AT_EACH_END],
        last[KEPT_AT_EACH_END];   // last: a ring; frame i at [i % KEPT_AT_EACH_END]
    size_t n;
} Walk;

// ---- GOTRACEBACK --------------------------------------------------------------------------------

TracebackLevel gort_traceback_level(void) {
    const char *text = getenv("GOTRACEBACK");
    if (!text || !*text || !strcmp(text, "single"))
        return (TracebackLevel){1, false, false};
    if (!strcmp(text, "none") || !strcmp(text, "0"))
        return (TracebackLevel){0, false, false};
    if (!strcmp(text, "system"))
        return (TracebackLevel){2, true, false};
    if (!strcmp(text, "crash"))
        return (TracebackLevel){2, true, true};
    int level = atoi(text);
    return (TracebackLevel){level > 1 ? level : 1, true,
                            false}; // "all", a number, or anything else
}

// ---- walking ------------------------------------------------------------------------------------

static _Unwind_Reason_Code walk_step(struct _Unwind_Context *context, void *p) {
    Walk *w = p;
    int is_trap = 0;
    uintptr_t pc = _Unwind_GetIPInfo(context, &is_trap);
    uintptr_t sp = _Unwind_GetCFA(context);
    if (!pc || (sp < w->sp && sp != w->other_sp))
        return _URC_END_OF_STACK;
    w->sp = sp;
    Frame f = {pc, is_trap};
    if (w->n < KEPT_AT_EACH_END)
        w->first[w->n] = f;
    w->last[w->n % KEPT_AT_EACH_END] = f;
    w->n++;
    return _URC_NO_REASON;
}

static void walk_unguarded(void *w) {
    _Unwind_Backtrace(walk_step, w);
}

// A stack may be damaged (that may be why the process crashes), or in use, if the world does not
// stand still. Then the walk ends where it faults.
typedef struct Guard {
    void *landing[5];
    sigset_t mask;
} Guard;
static __thread Guard *volatile guard __attribute__((tls_model("initial-exec")));

void gort_traceback_faulted(void) {
    Guard *g = guard;
    if (g)
        __builtin_longjmp(g->landing, 1);
}

static __attribute__((noinline)) void walk(void *w) {
    Guard g;
    sigprocmask(SIG_SETMASK, NULL, &g.mask);
    if (__builtin_setjmp(g.landing)) {
        sigprocmask(SIG_SETMASK, &guard->mask, NULL);
    } else {
        guard = &g;
        walk_unguarded(w);
    }
    guard = NULL;
}

// ---- which frames are shown ---------------------------------------------------------------------

static bool has_prefix(const char *s, const char *prefix) {
    return !strncmp(s, prefix, strlen(prefix));
}

static const char *last_part(const char *function) {
    const char *dot = strrchr(function, '.');
    return dot ? dot + 1 : function;
}

// The one runtime function that stands for "here a panic ran deferred calls".
static bool is_panic(const Symbol *s) {
    return !strcmp(s->function, "gort_panic_value");
}

static bool is_hidden_name(const char *f) {
    static const char *const names[] = {"go_vpanicf", "go_stack", "_start", "start_thread",
                                        "clone3"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(f, names[i]))
            return true;
    return has_prefix(f, "go__") || has_prefix(f, "gort_") || has_prefix(f, "go_panic") ||
           has_prefix(f, "__libc_start_") || has_prefix(f, "__clone") ||
           has_prefix(last_part(f), "gocc_");
}

// is_first: no frame has been shown yet.
static bool is_shown(const Symbol *s, bool is_first, int level) {
    if (level >= 2)
        return true;
    if (is_panic(s))
        return !is_first;
    if (is_hidden_name(s->function))
        return false;
    return !s->is_runtime || has_prefix(s->function, "go_");
}

// ---- printing frames ----------------------------------------------------------------------------

static void print_place(Out *o, const Symbol *s, uintptr_t pc) {
    gort_out_text(o, "\t");
    gort_out_text(o, *s->file ? s->file : "?");
    if (s->line) {
        gort_out_text(o, ":");
        gort_out_uint(o, s->line);
    }
    if (!s->is_inlined && s->entry && pc > s->entry) {
        gort_out_text(o, " +");
        gort_out_hex(o, pc - s->entry);
    }
}

typedef struct Printer {
    Out *o;
    int level;
    size_t shown, limit; // frames printed; no more than limit
    size_t skip; // frames to pass over before printing
    bool reached_main; // what called main is of no interest
} Printer;

static void print_symbol(Printer *p, const Symbol *s, uintptr_t pc) {
    if (p->reached_main || p->shown == p->limit || !is_shown(s, p->shown == 0, p->level))
        return;
    p->reached_main = !strcmp(s->function, "main") && p->level < 2;
    p->shown++;
    if (p->skip >= p->shown)
        return;
    gort_out_text(p->o, is_panic(s) && p->level < 2 ? "panic" : *s->function ? s->function
                                                                             : "?");
    gort_out_text(p->o, "(...)\n");
    print_place(p->o, s, pc);
    if (!s->is_inlined && p->level >= 2) {
        gort_out_text(p->o, " pc=");
        gort_out_hex(p->o, pc);
    }
    gort_out_text(p->o, "\n");
}

static void print_frame(Printer *p, const Frame *f) {
    Symbol symbols[SYMBOLS_MAX];
    int n = gort_symbols_at(f->is_trap ? f->pc : f->pc - 1, symbols);
    if (!*symbols[0].function && strstr(symbols[0].file, "/libc.so.") && p->level < 2)
        return; // a static function of a stripped libc: mostly what starts threads and main
    for (int i = 0; i < n; i++)
        print_symbol(p, &symbols[i], f->pc);
}

static size_t count_shown(const Frame *ring, size_t from, size_t to, Out *scratch, int level) {
    Printer counter = {.o = scratch, .level = level, .limit = SIZE_MAX, .skip = SIZE_MAX};
    for (size_t i = from; i < to; i++)
        print_frame(&counter, &ring[i % KEPT_AT_EACH_END]);
    return counter.shown;
}

static void print_walk(Out *o, const Walk *w, int level) {
    bool all_kept = w->n <= KEPT_AT_EACH_END;
    size_t last = all_kept ? 0 : w->n - KEPT_AT_EACH_END;
    const Frame *ring = all_kept ? w->first : w->last;
    size_t total = count_shown(ring, last, w->n, o, level);
    Printer head = {.o = o, .level = level};
    head.limit = all_kept && total <= SHOWN_MAX ? SHOWN_MAX : SHOWN_AT_EACH_END;
    for (size_t i = 0; i < w->n && i < KEPT_AT_EACH_END; i++)
        print_frame(&head, &w->first[i]);
    if (head.limit == SHOWN_MAX)
        return;
    Printer tail = {.o = o, .level = level, .limit = SIZE_MAX, .skip = total - SHOWN_AT_EACH_END};
    gort_out_text(o, "...");
    gort_out_uint(o, all_kept ? total - SHOWN_MAX : w->n - SHOWN_MAX);
    gort_out_text(o, " frames elided...\n");
    for (size_t i = last; i < w->n; i++)
        print_frame(&tail, &ring[i % KEPT_AT_EACH_END]);
}

// ---- goroutines ---------------------------------------------------------------------------------

static const char *state_name(const Goroutine *g) {
    switch (load_relaxed(&g->status)) {
    case G_RUNNABLE: return "runnable";
    case G_RUNNING: return "running";
    case G_WAITING: return gort_wait_reason_name(load_relaxed(&g->wait_reason));
    default: return "idle";
    }
}

static void print_header(Out *o, Goroutine *g) {
    gort_out_text(o, "goroutine ");
    gort_out_uint(o, g->id);
    gort_out_text(o, " [");
    gort_out_text(o, state_name(g));
    int64_t since = load_relaxed(&g->status) == G_WAITING ? load_relaxed(&g->wait_since_ns) : 0;
    int64_t minutes = since ? (os_now() - since) / (gort_flags.minute * 1000000) : 0;
    if (minutes >= 1) {
        gort_out_text(o, ", ");
        gort_out_uint(o, minutes);
        gort_out_text(o, " minutes");
    }
    if (g->thread_locks || (g->home && g->home->foreign))
        gort_out_text(o, ", locked to thread");
    gort_out_text(o, "]:\n");
}

static void print_creator(Out *o, const Goroutine *g) {
    if (!g->go_pc)
        return;
    Symbol symbols[SYMBOLS_MAX];
    uintptr_t pc = (uintptr_t)g->go_pc;
    int n = gort_symbols_at(pc - 1, symbols), i = 0;
    while (i < n - 1 && !is_shown(&symbols[i], true, 1))
        i++;
    gort_out_text(o, "created by ");
    gort_out_text(o, *symbols[i].function ? symbols[i].function : "?");
    if (g->parent_id) {
        gort_out_text(o, " in goroutine ");
        gort_out_uint(o, g->parent_id);
    }
    gort_out_text(o, "\n");
    print_place(o, &symbols[i], pc);
    gort_out_text(o, "\n");
}

void gort_traceback_current(Out *o, Goroutine *g, const Registers *at, int level) {
    Walk w = {.n = 0, .other_sp = at ? at->sp : 0};
    if (at)
        gort_unwind_from_trap(at, walk, &w);
    else
        walk(&w);
    print_header(o, g);
    print_walk(o, &w, level);
    print_creator(o, g);
}

static Registers parked_registers(const Goroutine *g) {
    const struct ArchFrame *f = g->sp;
#if defined(__x86_64__)
    return (Registers){.pc = f->pc,
                       .sp = (uintptr_t)(f + 1),
                       .rbx = f->rbx,
                       .rbp = f->rbp,
                       .r12 = f->r12,
                       .r13 = f->r13,
                       .r14 = f->r14,
                       .r15 = f->r15};
#else
    Registers r = {.pc = f->pc, .sp = (uintptr_t)(f + 1)};
    memcpy(&r.x[19], &f->x19, 12 * sizeof r.x[0]); // up to x30, in its order
    return r;
#endif
}

void gort_traceback_parked(Out *o, Goroutine *g, int level) {
    print_header(o, g);
    uint8_t status = load_acquire(&g->status);
    if (status == G_RUNNING || load_relaxed(&g->sp) == GORT_ON_CPU) {
        gort_out_text(o, "\tgoroutine running on other thread; stack unavailable\n");
    } else if (g->sp) {
        Registers at = parked_registers(g);
        Walk w = {.n = 0, .other_sp = at.sp};
        gort_unwind_from_call(&at, walk, &w);
        print_walk(o, &w, level);
    }
    print_creator(o, g);
}

// ---- all of them, by number ---------------------------------------------------------------------

// Goroutines are found in no order of use, and there may be a million: the next lot is picked in
// one pass over all.
enum { LOT_SIZE = 512 };

typedef struct Lot {
    uint64_t above; // numbers up to here have been printed
    size_t n;
    Goroutine *v[LOT_SIZE]; // ascending
    Goroutine *except;
} Lot;

static bool lot_add(Goroutine *g, void *p) {
    Lot *lot = p;
    uint8_t status = load_acquire(&g->status);
    if (g == lot->except || status == G_DEAD || status == G_IDLE || g->id <= lot->above)
        return true;
    size_t at = lot->n;
    while (at > 0 && lot->v[at - 1]->id > g->id)
        at--;
    if (at == LOT_SIZE)
        return true;
    if (lot->n == LOT_SIZE)
        lot->n--;
    memmove(&lot->v[at + 1], &lot->v[at], (lot->n - at) * sizeof *lot->v);
    lot->v[at] = g;
    lot->n++;
    return true;
}

void gort_traceback_others(Out *o, Goroutine *except, int level) {
    Lot lot = {.except = except};
    do {
        lot.n = 0;
        gort_goroutine_each(lot_add, &lot);
        for (size_t i = 0; i < lot.n; i++) {
            gort_out_text(o, "\n");
            gort_traceback_parked(o, lot.v[i], level);
            lot.above = lot.v[i]->id;
        }
    } while (lot.n == LOT_SIZE);
}
