// clock.c - what time it is at most.
//
// A deadline is the time now and a duration, and to ask for the time is most of the work of setting a
// timer: the kernel's function waits until all instructions before it are done, and so long for the
// counter. Here a processor remembers a reading of both, the clock and the processor's counter of
// cycles, and adds what the counter says has passed since; for 50 us or so, then it reads both anew.
//   1. The result is never less than the clock: it is rounded up by more than the counter can be wrong in
//      that time (the kernel changes the speed of its clock by 500 ppm at most, and the counter's speed is
//      measured to 150 ppm), and by more than a reading of the counter may be early.
//   2. Only where the kernel's own clock is that counter, which then is steady, and the same on all cores.
//   3. Each new reading is compared with what would have been said. If they differ by more than they may
//      (the machine was moved to another, the counter has been set) the clock itself is asked from then on.
#include "sched/clock.h"

enum {
    WINDOW_CYCLES = 1 << 17, // a reading is used for so long
    GAP_CYCLES = 4000, // a reading of both that takes longer was interrupted: not used
    SLACK_NS = 60, // the counter may be read before what stands before it, and the clock after it
    MEASURED_NS = 10000000, // the counter's speed is measured for so long
    DIFFER_NS = 3000, // by as much may two readings be wrong
};

// 2^-32 ns per cycle; 0: not known.
static uint64_t rate; // (a)

enum { NOT_BEGUN,
       BUSY,
       BEGUN,
       KNOWN,
       NEVER };
static uint32_t state; // (a) of measuring it; who sets BUSY may write:
static uint64_t begun_cycles;
static int64_t begun_ns;

static bool enter(uint32_t from) { return load_acquire(&state) == from && cas_acquire(&state, from, BUSY); }

static void leave(uint32_t to) { store_release(&state, to); }

static void measure(uint64_t cycles, int64_t ns) {
    if (enter(NOT_BEGUN)) {
        begun_cycles = cycles;
        begun_ns = ns;
        leave(gort_os_cycles_are_the_clock() ? BEGUN : NEVER);
    } else if (load_acquire(&state) == BEGUN && ns - begun_ns >= MEASURED_NS && enter(BEGUN)) {
        uint64_t passed = cycles - begun_cycles;
        uint64_t r = (uint64_t)(((unsigned __int128)(ns - begun_ns) << 32) / (passed ? passed : 1));
        store_relaxed(&rate, r >> 34 ? 0 : r); // less than a cycle in 4 ns: no such counter
        leave(r >> 34 ? NEVER : KNOWN);
    }
}

static inline int64_t passed_ns(uint64_t cycles, uint64_t r) { return (int64_t)(cycles * r >> 32); }
static inline int64_t error_ns(uint64_t cycles) { return (int64_t)(cycles >> 10); }

// Invariant 3, for readings less than a few seconds apart.
static void compare(const Processor *p, uint64_t cycles, int64_t ns) {
    uint64_t r = load_relaxed(&rate), since = cycles - p->clock_cycles;
    if (!r || since >> 30) return;
    int64_t wrong = p->clock_ns + passed_ns(since, r) - ns, most = error_ns(since) + DIFFER_NS;
    if (wrong <= most && wrong >= -most) return;
    store_relaxed(&rate, 0);
    leave(NEVER);
}

static __attribute__((noinline)) int64_t read_both(Processor *p) {
    uint64_t cycles = arch_cycles();
    int64_t ns = os_now();
    if (load_relaxed(&state) == NEVER || arch_cycles() - cycles > GAP_CYCLES) return ns;
    compare(p, cycles, ns);
    p->clock_cycles = cycles;
    p->clock_ns = ns + SLACK_NS;
    measure(cycles, ns);
    return ns;
}

int64_t gort_clock_deadline(void) {
    Machine *m = arch_machine();
    Processor *p = m ? m->p : NULL;
    if (!p) return os_now();
    uint64_t r = load_relaxed(&rate), since = arch_cycles() - p->clock_cycles;
    if (unlikely(since >= WINDOW_CYCLES || !r)) return read_both(p);
    return p->clock_ns + passed_ns(since, r) + error_ns(since);
}
