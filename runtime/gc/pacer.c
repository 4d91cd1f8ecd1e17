// pacer.c - when to collect, and who helps.
//
// GOGC says how much the heap may grow over what was alive after the last collection: with 100 to
// twice that. That is the goal, where the next collection should end. It must begin earlier, at the
// trigger, by as much as the program is likely to allocate meanwhile: as much as it did the last
// time, and a quarter more, but no earlier than at 70 % of the way, and no later than at 95 %. If
// that does not do, those who allocate help to mark, in proportion: when the heap has come to the
// goal, the rest of the marking should have been done. (The scheme, and the two percentages, are
// those of Go's runtime, mgcpacer.go; its controller is not.)
//
// GOMEMLIMIT lowers the goal, so that all memory of the runtime together stays below the limit. A
// heap that is alive and larger than the limit cannot be helped: collections then follow one
// another, but never take more than half of the time.
#include "gc/gc.h"

#include "base/flags.h"
#include <stdlib.h>
#include <string.h>

enum { LIMIT_ROOM = 1 << 20, // at least so much may be allocated between two collections
       HEAP_MINIMUM = 4 << 20, // the goal at GOGC=100 of a heap that is next to empty
       ASSIST_MOST = 256 << 10, // bytes looked into at a time: some 100 us
       PATIENCE = 1 << 20 }; // so far over the goal nobody is held back

static int percent = 100; // (a) negative: off
static int64_t limit = INT64_MAX; // (a)
static uint64_t goal = HEAP_MINIMUM; // (a)
static uint64_t live_after; // bytes alive when the last marking ended
static uint64_t live_before; // gort_heap_live when the current one began
static uint64_t runway; // allocated during the last marking
static uint64_t scan_expected; // bytes that the current marking will look into
static bool hopeless; // (a) what is alive does not fit below the limit

// ---- the goal and the trigger -------------------------------------------------------------------

static uint64_t add_capped(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t goal_by_percent(int p) {
    if (p < 0) return UINT64_MAX;
    uint64_t roots = gort_stacks_bytes() + gort_roots_bytes();
    uint64_t wanted = add_capped(live_after, (live_after + roots) / 100 * (unsigned)p);
    uint64_t least = (uint64_t)HEAP_MINIMUM / 100 * (unsigned)p;
    return wanted > least ? wanted : least;
}

// What the runtime holds beside living objects counts against the limit.
static uint64_t goal_by_limit(int64_t bytes) {
    if (bytes == INT64_MAX) return UINT64_MAX;
    uint64_t inuse, sys, mine;
    HeapStats h;
    gort_stack_stats(&inuse, &sys);
    gort_heap_stats(&h);
    mine = inuse + h.metadata_sys;
    uint64_t rest = (uint64_t)bytes > mine ? (uint64_t)bytes - mine : 0;
    rest -= rest / 16; // slots and pages that are free just now
    return rest > live_after + LIMIT_ROOM ? rest : live_after + LIMIT_ROOM;
}

static void goal_set(void) {
    uint64_t p = goal_by_percent(load_relaxed(&percent));
    uint64_t l = goal_by_limit(load_relaxed(&limit));
    store_relaxed(&hopeless, l < p && l == live_after + LIMIT_ROOM);
    store_relaxed(&goal, l < p ? l : p);
    uint64_t way = goal > live_after ? goal - live_after : 0;
    uint64_t ahead = runway + runway / 4;
    uint64_t earliest = live_after + way / 10 * 7, latest = live_after + way / 100 * 95;
    uint64_t trigger = goal > ahead ? goal - ahead : 0;
    if (trigger < earliest) trigger = earliest;
    if (trigger > latest) trigger = latest;
    store_seq_cst(&gort_heap_trigger, goal == UINT64_MAX ? UINT64_MAX : trigger);
}

uint64_t gort_pacer_goal(void) {
    uint64_t g = load_relaxed(&goal);
    return g;
}

void gort_pacer_begin(void) {
    live_before = load_relaxed(&gort_heap_live);
    scan_expected = load_relaxed(&gort_gc.last_scan_bytes);
    if (scan_expected == 0 || scan_expected > live_before) scan_expected = live_before;
}

// New objects are black: they count as marked.
void gort_pacer_finish(void) {
    uint64_t now = load_relaxed(&gort_heap_live);
    runway = now > live_before ? now - live_before : 0;
    live_after = load_relaxed(&gort_gc.marked_bytes) + runway;
    store_seq_cst(&gort_heap_live, live_after);
    store_relaxed(&gort_gc.last_scan_bytes, load_relaxed(&gort_gc.scan_bytes));
    goal_set();
}

enum { RELEASE_WINDOW_NS = 500000000 }; // many cycles of a small heap: faulting pages in is dear

// Keeps a tenth more than the goal; of the rest, what nobody needed for a while goes back to the
// system (with a memory limit: all of it).
void gort_pacer_swept(void) {
    HeapStats h;
    gort_heap_stats(&h);
    uint64_t keep = load_relaxed(&goal);
    keep = keep > UINT64_MAX / 2 ? keep : keep + keep / 10;
    uint64_t held = h.sys - h.released, idle = gort_heap_idle(RELEASE_WINDOW_NS);
    uint64_t more = held > keep ? held - keep : 0;
    if (more > idle && load_relaxed(&limit) == INT64_MAX) more = idle;
    if (more) gort_heap_release(more);
}

// ---- those who allocate -------------------------------------------------------------------------

static void assist(Machine *m, uint64_t allocated) {
    uint64_t live = load_relaxed(&gort_heap_live), to = load_relaxed(&goal);
    uint64_t scanned = load_relaxed(&gort_gc.scan_bytes);
    uint64_t rest = scan_expected > scanned ? scan_expected - scanned : 0;
    uint64_t room = to > live ? to - live : 1;
    uint64_t owed = rest / room >= 64 ? ASSIST_MOST : allocated * rest / room;
    if (owed == 0) return;
    int64_t start = os_now();
    suspend_hold(m);
    if (gort_heap_black) {
        gort_mark_some(&m->grey, owed < ASSIST_MOST ? owed : ASSIST_MOST);
        gort_mark_account(&m->grey);
    }
    suspend_allow(m);
    add_relaxed(&gort_gc.assist_ns, (uint64_t)(os_now() - start));
}

// Marking does not keep up, although we help: whoever allocates waits, and helps meanwhile. (The
// collector needs nothing of this thread but answers, which it gets.)
static bool is_far_over(void) {
    uint64_t to = load_relaxed(&goal);
    bool under_way = load_relaxed(&gort_gc.wanted) != CAUSE_NONE || load_relaxed(&gort_gc.running);
    return under_way && to != UINT64_MAX && load_relaxed(&gort_heap_live) > to + to / 16 + PATIENCE;
}

static void hold_back(Machine *m) {
    for (unsigned i = 0; is_far_over() && !load_relaxed(&hopeless); i++) {
        uint64_t done = 0;
        suspend_hold(m);
        if (gort_heap_black) done = gort_mark_some(&m->grey, ASSIST_MOST / 4);
        gort_mark_account(&m->grey);
        suspend_allow(m);
        if (!done) gort_os_nap_us(i < 10 ? 10 : 100);
    }
}

// A limit that cannot be kept must not stop the program: half of the time is its own.
static bool may_begin(void) {
    const CycleRecord *r = &gort_gc.record;
    return !load_relaxed(&hopeless) || os_now() - r->end > r->end - r->start;
}

static void stress(void) {
    static uint64_t count;
    if (add_relaxed(&count, 1) % (uint64_t)gort_flags.gcstress == 0) gort_gc_collect(false);
}

void gort_gc_allocated(Machine *m) {
    HeapCache *cache = m->p ? &m->p->heap : NULL;
    uint64_t allocated = cache ? cache->taken : GORT_PAGE_BYTES;
    if (cache) {
        cache->taken = 0;
        cache->attention = false;
    } else {
        store_relaxed(&gort_heap_attention, 0);
    }
    if (unlikely(gort_flags.gcstress > 0)) {
        stress();
        return;
    }
    if (load_relaxed(&gort_heap_black))
        assist(m, allocated);
    else if (load_relaxed(&gort_heap_live) >= load_relaxed(&gort_heap_trigger) && may_begin() &&
             load_relaxed(&gort_gc.wanted) == CAUSE_NONE && !load_relaxed(&gort_gc.running))
        gort_gc_want(CAUSE_HEAP);
    if (unlikely(is_far_over())) hold_back(m);
}

// ---- settings -----------------------------------------------------------------------------------

static void want_if_due(void) {
    if (load_relaxed(&gort_heap_live) >= load_relaxed(&gort_heap_trigger)) gort_gc_want(CAUSE_HEAP);
}

int gort_pacer_percent(int p, bool set) {
    if (!set) return load_relaxed(&percent);
    int before = exchange_seq_cst(&percent, p < 0 ? -1 : p);
    goal_set();
    want_if_due();
    return before;
}

int64_t gort_pacer_limit(int64_t bytes, bool set) {
    if (!set) return load_relaxed(&limit);
    int64_t before = exchange_seq_cst(&limit, bytes);
    goal_set();
    want_if_due();
    return before;
}

static void read_percent(void) {
    const char *text = getenv("GOGC");
    if (text && !strcmp(text, "off"))
        percent = -1;
    else
        percent = (int)gort_flags_number("GOGC", 0, INT32_MAX, 100);
}

// Bytes, with an optional B, KiB, MiB, GiB or TiB; -1: not that.
static int64_t parse_bytes(const char *text) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    char *end;
    if (*text < '0' || *text > '9') return -1;
    unsigned long long n = strtoull(text, &end, 10);
    if (!*end) return n <= INT64_MAX ? (int64_t)n : -1;
    for (int i = 0; i < 5; i++)
        if (!strcmp(end, units[i])) return n <= (uint64_t)INT64_MAX >> 10 * i ? (int64_t)(n << 10 * i) : -1;
    return -1;
}

static void read_limit(void) {
    const char *text = getenv("GOMEMLIMIT");
    if (!text || !*text || !strcmp(text, "off")) return;
    int64_t bytes = parse_bytes(text);
    if (bytes < 0)
        gort_flags_report("GOMEMLIMIT", text, "expected a number of bytes, as in 512MiB, or off");
    else
        limit = bytes;
}

__attribute__((constructor(102))) static void settings_read(void) {
    read_percent();
    read_limit();
    goal_set();
}
