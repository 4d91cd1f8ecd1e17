// limiter.c - no more than half of the processors' time for collecting.
//
// When what is alive comes close to the memory limit collections follow one another, and those who
// allocate do little but help: the program would crawl rather than use more memory, which nobody
// wants of a soft limit. So a bucket, as in Go's runtime (mgclimit.go), is filled by the time spent
// on collecting, and emptied by the time that was left for the program. While it is full nobody
// needs to help or to wait, collections are as far apart as they are long, and free pages are not
// given back for the limit's sake. Its size lets a program through that comes close to its limit for
// a moment. Without a limit it is not asked.
//
// All is processor time as the kernel counts it: what others take on a busy machine is nobody's, nor
// is the time of those who wait.
#include "gc/gc.h"

#include <pthread.h>
#include <time.h>

#ifdef GORT_SMALL
enum { CAPACITY_NS = 5000000 };
#else
enum { CAPACITY_NS = 1000000000 }; // for each processor
#endif
enum { EVERY_NS = 2000000 };

static Lock limiter_lock; // guards what follows; held with suspension held off
static int64_t bucket_ns, all_ns, collector_ns; // the last two: as of updated_ns
static int64_t updated_ns; // also read as a hint
static clockid_t collector_clock; // (c)
static uint64_t helped_ns; // (a) by those who allocate, since updated_ns
static bool limiting; // (a)

int64_t gort_clock_ns(clockid_t clock) {
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

bool gort_limiter_limits(void) { return load_relaxed(&limiting); }

void gort_limiter_helped(int64_t ns) { add_relaxed(&helped_ns, (uint64_t)ns); }

void gort_limiter_start(void) {
    gort_check(pthread_getcpuclockid(pthread_self(), &collector_clock) == 0);
    gort_limiter_update();
    bucket_ns = 0;
}

void gort_limiter_update(void) {
    gort_lock_acquire(&limiter_lock, RANK_ROOTS);
    int64_t all = gort_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t collector = gort_clock_ns(collector_clock);
    int64_t helped = (int64_t)exchange_acq_rel(&helped_ns, 0);
    int64_t spent = collector - collector_ns + helped;
    int64_t left = all - all_ns - spent;
    int64_t most = CAPACITY_NS * (int64_t)load_relaxed(&gort_sched.processor_count);
    all_ns = all;
    collector_ns = collector;
    bucket_ns += spent - (left > 0 ? left : 0);
    bucket_ns = bucket_ns < 0 ? 0 : bucket_ns > most ? most
                                                     : bucket_ns;
    store_relaxed(&limiting, bucket_ns == most);
    store_relaxed(&updated_ns, os_now());
    gort_lock_release(&limiter_lock, RANK_ROOTS);
}

void gort_limiter_look(Machine *m) {
    if (os_now() - load_relaxed(&updated_ns) < EVERY_NS) return;
    suspend_hold(m);
    gort_limiter_update();
    suspend_allow(m);
}
