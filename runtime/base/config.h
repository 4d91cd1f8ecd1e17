// config.h - every limit of the runtime, with its reason.
//
// A build with -DGORT_SMALL shrinks them, so that the rare paths (a full queue, an empty free list)
// become the common ones and their bugs get a chance.
#ifndef GORT_BASE_CONFIG_H
#define GORT_BASE_CONFIG_H

#ifdef GORT_SMALL
#define GORT_RUNQ_SIZE 4u // spills to the global queue all the time
#define GORT_GOROUTINE_CACHE 2u // free goroutines kept by a processor
#define GORT_STACK_CACHE 2u // free stacks kept by a processor
#define GORT_STACKS_PER_CHUNK 4u
#define GORT_FAIR_TICKS 7u
#define GORT_ID_BATCH 2u
#define GORT_GREY_CHUNK 6u
#define GORT_TIMERS_FEW 4u
#define GORT_TIMERS_EARLY 3u
#define GORT_TIMERS_EMPTIES 2u
#else
#define GORT_RUNQ_SIZE 256u // power of two; half of it moves at a time
#define GORT_GOROUTINE_CACHE 128u
#define GORT_STACK_CACHE 128u
#define GORT_STACKS_PER_CHUNK 64u // 16 MiB of address space per mmap
#define GORT_FAIR_TICKS 61u // prime, so that it does not fall in step with a program's own rhythm
#define GORT_ID_BATCH 16u // goroutine ids taken from the shared counter at a time
#define GORT_GREY_CHUNK 254u // grey objects that change hands at a time: 2 KiB
#define GORT_TIMERS_FEW 64u // a heap of no more lies in the nearest cache: timers are moved at once
#define GORT_TIMERS_EARLY 32u // moved together; as many cache misses are under way at most
#define GORT_TIMERS_EMPTIES 64u // stopped in a row, and then started
#endif

#define GORT_MAX_PROCS 1024 // processors; as many as Go accepts in practice on a machine
#define GORT_MAX_THREADS 10000 // that run goroutines; as many as Go allows
#define GORT_ENV_INLINE \
    64u // bytes of a `go` environment that need no allocation: a call with seven words
#define GORT_GOROUTINES_PER_SLAB 64u

#define GORT_STACK_BYTES \
    (256u << 10) // address space per goroutine; memory is used page by page as it is touched
#define GORT_GUARD_BYTES \
    (16u << 10) // four pages: a frame larger than one page must not step over the guard
#define GORT_SCHEDULER_STACK_BYTES \
    (256u << 10) // for the scheduler of a machine; sanitizers and pthread want some room

#define GORT_NETPOLL_EVENTS 128 // taken from the kernel at a time: 1.5 KiB of stack
#define GORT_IO_CALLS 8 // so many reads and writes in a row that did not wait, then others have a turn
#define GORT_IO_LONG 4096 // a read of so many bytes is of a stream rather than of a message
#define GORT_NETPOLL_DUE_NS \
    1000000 // a machine that never runs dry asks for descriptors' events so often all the same

#define GORT_STEAL_ROUNDS \
    4 // as often does a spinning machine look at all others; the last round takes `next`, too
#define GORT_STEAL_NAP_US 3 // a goroutine just readied is left to its processor for about this long

#endif
