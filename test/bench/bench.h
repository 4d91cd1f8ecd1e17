// bench.h - the clock and the one line of output of a benchmark: nanoseconds per operation. bench.go is its equal in Go.
#ifndef BENCH_H
#define BENCH_H
#include <stdio.h>
#include <time.h>

static inline double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline void report(double start, long operations)
{
    printf("%.2f\n", (seconds() - start) * 1e9 / (double)operations);
    fflush(stdout);
}
#endif
