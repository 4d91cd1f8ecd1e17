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
// What is allocated while marking goes on is black, and counts as alive until the next marking ends:
// so the more of it there is, the further away is the next goal. A collection that begins before its
// time (go_gc, one after another) must not use up all the way to its goal for that, or the heap
// grows to a multiple of what is alive: it aims at a point as far ahead as the goal is from the
// earliest trigger.
//
// How much there is to mark is known when it has been marked: first as much is expected as the last
// time; when that is done, and marking goes on, all that may hold pointers (as in Go's revise).
//
// GOMEMLIMIT lowers the goal, so that all memory of the runtime together stays below the limit. A
// heap that is alive and larger than the limit cannot be helped: collections then follow one
// another, but do not take more than half of the time for long (limiter.c).
#include "gc/gc.h"

#include "base/flags.h"
#include <stdlib.h>
#include <string.h>

enum { LIMIT_ROOM = 1 << 20, // at least so much may be allocated between two collections
       LIMIT_ROOM_PERCENT = 3, // as in Go
       HEAP_MINIMUM = 4 << 20, // the goal at GOGC=100 of a heap that is next to empty
       EARLIEST_PERCENT = 70, // of the way from what is alive to the goal: the trigger
       LATEST_PERCENT = 95,
       ASSIST_MOST = 256 << 10, // bytes looked into at a time: some 100 us
       PATIENCE = 256 << 10 }; // so far over the goal nobody is held back

static int percent = 100; // (a) negative: off
static int64_t limit = INT64_MAX; // (a)
static uint64_t goal = HEAP_MINIMUM; // (a)
static uint64_t live_after; // bytes alive when the last marking ended
static uint64_t live_before; // gort_heap_live when the current one began
static uint64_t runway; // allocated during the last marking
static uint64_t aim = HEAP_MINIMUM; // (a) where the marking that is under way should end: at the goal, or earlier
static uint64_t scan_expected; // (a) bytes that the current marking will look into, most likely
static uint64_t scan_most; // (a) and at most
static uint64_t no_pointers; // bytes alive after the last marking that hold none
// At the end of the last marking, when the heap was at its largest: what spans held beyond
// allocated objects, and by how much the limit was exceeded.
static uint64_t slack, overshoot;
static Lock pacer_lock; // guards what is not atomic; held with suspension held off

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

// Without a memory limit collections are as far apart as GOGC makes them.
static bool is_limited(void) {
    return load_relaxed(&limit) != INT64_MAX && gort_limiter_limits();
}

static uint64_t less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

// What the runtime holds beside the heap's pages.
static uint64_t beside_heap(const HeapStats *h) {
    uint64_t inuse, sys;
    gort_stack_stats(&inuse, &sys);
    return sys + h->metadata_sys + gort_grey_mapped_bytes();
}

// What the runtime holds beside objects counts against the limit; what the last cycle went beyond
// it is saved in this one. A part is left for what is allocated until marking is over. (Idle pages
// count for nothing: they are given back when others are needed.)
static uint64_t goal_by_limit(int64_t bytes) {
    if (bytes == INT64_MAX) {
        gort_heap_limit(UINT64_MAX);
        return UINT64_MAX;
    }
    HeapStats h;
    gort_heap_stats(&h);
    uint64_t pages = less((uint64_t)bytes, beside_heap(&h));
    uint64_t objects = less(pages, slack + overshoot);
    uint64_t room = objects / 100 * LIMIT_ROOM_PERCENT;
    objects = less(objects, room > LIMIT_ROOM ? room : LIMIT_ROOM);
    gort_heap_limit(is_limited() ? UINT64_MAX : pages);
    return objects > live_after + LIMIT_ROOM ? objects : live_after + LIMIT_ROOM;
}

// Under pacer_lock.
static void goal_set(void) {
    uint64_t p = goal_by_percent(load_relaxed(&percent));
    uint64_t l = goal_by_limit(load_relaxed(&limit));
    store_relaxed(&goal, l < p ? l : p);
    store_relaxed(&aim, goal);
    uint64_t way = goal > live_after ? goal - live_after : 0;
    uint64_t ahead = runway + runway / 4;
    uint64_t earliest = live_after + way / 100 * EARLIEST_PERCENT;
    uint64_t latest = live_after + way / 100 * LATEST_PERCENT;
    uint64_t trigger = goal > ahead ? goal - ahead : 0;
    if (trigger < earliest) trigger = earliest;
    if (trigger > latest) trigger = latest;
    store_seq_cst(&gort_heap_trigger, goal == UINT64_MAX ? UINT64_MAX : trigger);
}

uint64_t gort_pacer_goal(void) {
    uint64_t g = load_relaxed(&goal);
    return g;
}

bool gort_pacer_is_due(void) {
    return load_relaxed(&gort_heap_live) >= load_relaxed(&gort_heap_trigger);
}

void gort_pacer_begin(void) {
    live_before = load_relaxed(&gort_heap_live);
    uint64_t most = less(live_before, no_pointers), last = load_relaxed(&gort_gc.last_scan_bytes);
    uint64_t to = load_relaxed(&goal), way = less(to, live_after);
    uint64_t early = add_capped(live_before, way / 100 * (100 - EARLIEST_PERCENT));
    store_relaxed(&scan_most, most);
    store_relaxed(&scan_expected, last == 0 || last > most ? most : last);
    store_relaxed(&aim, to == UINT64_MAX || to < early ? to : early);
}

// The caches are flushed, and nothing is swept yet.
static void excess_measure(void) {
    HeapStats h;
    gort_heap_stats(&h);
    slack = less(h.inuse, h.bytes);
    overshoot = less(h.inuse + beside_heap(&h), (uint64_t)load_relaxed(&limit));
}

// New objects are black: they count as marked.
void gort_pacer_finish(void) {
    uint64_t now = load_relaxed(&gort_heap_live);
    runway = now > live_before ? now - live_before : 0;
    uint64_t marked = load_relaxed(&gort_gc.marked_bytes);
    live_after = marked + runway;
    no_pointers = less(marked, load_relaxed(&gort_gc.scan_bytes));
    store_seq_cst(&gort_heap_live, live_after);
    store_relaxed(&gort_gc.last_scan_bytes, load_relaxed(&gort_gc.scan_bytes));
    gort_lock_acquire(&pacer_lock, RANK_ROOTS);
    excess_measure();
    goal_set();
    gort_lock_release(&pacer_lock, RANK_ROOTS);
}

enum { RELEASE_WINDOW_NS = 500000000 }; // many cycles of a small heap: faulting pages in is dear

// Keeps a tenth more than the goal; of the rest, what nobody needed for a while goes back to the
// system; and at once what the limit wants.
void gort_pacer_swept(void) {
    HeapStats h;
    gort_heap_stats(&h);
    uint64_t keep = load_relaxed(&goal);
    keep = keep > UINT64_MAX / 2 ? keep : keep + keep / 10;
    uint64_t held = h.sys - h.released, idle = gort_heap_idle(RELEASE_WINDOW_NS);
    uint64_t more = less(held, keep);
    if (more > idle) more = idle;
    uint64_t over = less(held + beside_heap(&h), (uint64_t)load_relaxed(&limit));
    if (more < over) more = over;
    if (more) gort_heap_release(more);
}

// ---- those who allocate -------------------------------------------------------------------------

// Marks about that many bytes; returns how many it were.
static uint64_t help(Machine *m, uint64_t bytes) {
    uint64_t done = 0;
    int64_t start = gort_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    suspend_hold(m);
    if (gort_heap_black) {
        done = gort_mark_some(&m->grey, bytes < ASSIST_MOST ? bytes : ASSIST_MOST);
        gort_grey_flush(&m->grey); // whatever is left: the collector may be out of work
        gort_mark_account(&m->grey);
    }
    suspend_allow(m);
    int64_t took = gort_clock_ns(CLOCK_THREAD_CPUTIME_ID) - start;
    add_relaxed(&gort_gc.assist_ns, (uint64_t)took);
    gort_limiter_helped(took);
    gort_limiter_look(m);
    return done;
}

// What an allocation of so many bytes owes to the current marking.
static uint64_t owed_for(uint64_t allocated) {
    uint64_t live = load_relaxed(&gort_heap_live), to = load_relaxed(&aim);
    uint64_t scanned = load_relaxed(&gort_gc.scan_bytes);
    uint64_t rest = less(load_relaxed(&scan_expected), scanned);
    if (rest == 0 || live > to) rest = less(load_relaxed(&scan_most), scanned);
    uint64_t room = to > live ? to - live : 1;
    return rest / room >= 64 ? ASSIST_MOST : allocated * rest / room;
}

static void assist(Machine *m, uint64_t allocated) {
    uint64_t owed = owed_for(allocated);
    if (owed != 0 && !is_limited()) help(m, owed);
}

// Marking does not keep up, although we help: whoever allocates waits, and helps meanwhile. (The
// collector needs nothing of this thread but answers, which it gets.)
static bool is_far_over(void) {
    uint64_t to = load_relaxed(&aim);
    bool under_way = load_relaxed(&gort_gc.wanted) != CAUSE_NONE || load_relaxed(&gort_gc.running);
    return under_way && to != UINT64_MAX && !is_limited() &&
           load_relaxed(&gort_heap_live) > to + to / 32 + PATIENCE;
}

// Not for ever: a thread that never answers must stop nobody. With a limit longer, since a busy
// machine may keep the collector from running for as long.
static void hold_back(Machine *m) {
    unsigned patience = load_relaxed(&limit) == INT64_MAX ? 500 : 1000;
    for (unsigned i = 0; i < patience && is_far_over(); i++)
        if (!help(m, ASSIST_MOST / 4)) gort_os_nap_us(i < 10 ? 10 : 100);
}

// A limit that cannot be kept must not stop the program: half of the time is its own.
static bool may_begin(void) {
    const CycleRecord *r = &gort_gc.record;
    return !is_limited() || os_now() - r->end > r->end - r->start;
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
    else if (gort_pacer_is_due() && may_begin() &&
             load_relaxed(&gort_gc.wanted) == CAUSE_NONE && !load_relaxed(&gort_gc.running))
        gort_gc_want(CAUSE_HEAP);
    if (unlikely(is_far_over())) hold_back(m);
}

// ---- settings -----------------------------------------------------------------------------------

static void settings_changed(void) {
    Machine *m = machine_current();
    suspend_hold(m);
    gort_lock_acquire(&pacer_lock, RANK_ROOTS);
    goal_set();
    gort_lock_release(&pacer_lock, RANK_ROOTS);
    suspend_allow(m);
    if (gort_pacer_is_due()) gort_gc_want(CAUSE_HEAP);
}

int gort_pacer_percent(int p, bool set) {
    if (!set) return load_relaxed(&percent);
    int before = exchange_seq_cst(&percent, p < 0 ? -1 : p);
    settings_changed();
    return before;
}

int64_t gort_pacer_limit(int64_t bytes, bool set) {
    if (!set) return load_relaxed(&limit);
    int64_t before = exchange_seq_cst(&limit, bytes);
    settings_changed();
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
