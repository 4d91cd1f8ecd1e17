// gc_stress.h - what the collector's stress programs share, for .gc files: stress.h, what the collector's tests share, and workers.
#ifndef GC_STRESS_H
#define GC_STRESS_H

#include "../../gc/Inputs/gc.h"
#define STRESS_SMALLER(n) gc_scaled(n)
#include "stress.h"

// Runs fn(0) to fn(n - 1) as goroutines, and waits for them.
static inline void stress_workers(int n, void (*fn)(int)) {
    chan(go_unit) done = make(chan(go_unit));
    for (int i = 0; i < n; i++) {
        go (int i = i) {
            fn(i);
            done <- (go_unit){};
        }
    }
    for (int i = 0; i < n; i++) <-done;
}

#endif
