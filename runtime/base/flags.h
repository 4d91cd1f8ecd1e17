// flags.h - what the environment says: GODEBUG and whole numbers such as GOMAXPROCS.
#ifndef GORT_BASE_FLAGS_H
#define GORT_BASE_FLAGS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Flags {
    // GODEBUG=seed=N: one processor, all random choices and the schedule follow from N.
    bool has_seed;
    int64_t seed;
    int64_t verify; // not 0: the verify_* functions run at their places
    // The collector: a line for each collection; a collection at every n-th allocation; freed
    // memory is filled with 0xdeadbeef; marking is checked; misplaced pointers are looked for.
    int64_t gctrace, gcstress, clobberfree, checkmark, cgocheck;
    // Faults of the collector, to see that checkmark finds them: 1: grey objects get lost; 2: stores
    // are not reported.
    int64_t gcfault;
    int64_t forcegcperiod; // ms without a collection after which one is made
    // Goroutines are preempted at random instants, whether somebody waits or not.
    int64_t preemptstress;
    // With GORT_DEV: so many milliseconds of waiting are a minute in crash reports.
    int64_t minute;
    // With GORT_DEV: no goroutine goes on on the thread where it was last.
    int64_t migratestress;
    // Every so many milliseconds a line about the scheduler, or many lines.
    int64_t schedtrace, scheddetail;
} Flags;

extern Flags gort_flags;

// Reads GODEBUG once; called by the start of the runtime before anything else. An entry that it
// does not know belongs to another part (or another version) and is left alone, as Go does; a known
// one that cannot be read is reported.
void gort_flags_read(void);
// The environment variable `name` as a whole number in [low, high]; `otherwise` if it is unset,
// empty, or, with a report on stderr, not such a number.
int64_t gort_flags_number(const char *name, int64_t low, int64_t high, int64_t otherwise);
// Says that a setting cannot be read: `gocc: NAME=VALUE: MEANING; the default holds`.
void gort_flags_report(const char *name, const char *value, const char *meaning);

#endif
