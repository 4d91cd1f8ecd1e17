// measure.h - what the benchmarks of the collector share: a clock, sizes, and lines `METRIC VALUE` on stdout. measure.go is
// its equal in Go. BENCH_DIVIDE=N makes all sizes N times smaller: a smoke test, whose numbers mean nothing.
#ifndef MEASURE_H
#define MEASURE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
static inline long scaled(long n) {
    const char *s = getenv("BENCH_DIVIDE");
    long divide = s ? atol(s) : 1;
    return divide > 1 ? n / divide + 1 : n;
}
static inline void measured(const char *metric, double value) { printf("%s %.4f\n", metric, value); }
// Must be the same in both languages, or they did not do the same work.
static inline void checked(unsigned long value) { printf("check %lu\n", value); }

// Peak of resident memory, KiB.
static inline void measure_peak(void) {
    char line[256];
    FILE *f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM:", 6)) measured("peak", (double)atol(line + 6));
    if (f) fclose(f);
}
static inline uint64_t chance(uint64_t *state) { return *state = *state * 6364136223846793005u + 1442695040888963407u; }
#endif
