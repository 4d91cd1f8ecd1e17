// go/runtime.h - goroutines for plain C, and what a program may ask of the scheduler and the
// collector.
//
// In a .gc file goroutines are started with the word `go`. The functions here serve plain C and
// C++, and both for the rest. All may be called from any thread, also one that the program made
// itself.
#ifndef GO_RUNTIME_H
#define GO_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GO__API
#define GO__API __attribute__((visibility("default")))
#endif

// Starts a goroutine that calls fn(arg). What arg points to is the caller's business. It ends when
// fn returns; the process ends when main does, whatever else runs. A null fn is a fatal error.
GO__API void go_spawn(void (*fn)(void *), void *arg);
// Lets other goroutines run; returns when it is this one's turn again.
GO__API void go_yield(void);
// Ends the current goroutine after running its deferred calls; does not return. In main: the others
// go on, and when all of them are done or asleep, the process ends with a fatal error. On a thread
// that the program made itself: ends that thread.
#ifdef __cplusplus
[[noreturn]]
#else
_Noreturn
#endif
GO__API void go_exit(void);
// From now on the calling goroutine runs on the thread that it runs on now, and nothing else does,
// until it has called go_unlock_thread as often: for libraries that tie what they do to a thread.
// While it waits the thread waits, and another one runs the rest. It may end locked. On a thread that
// the program made itself both do nothing: it is always locked.
GO__API void go_lock_thread(void);
GO__API void go_unlock_thread(void);
// Sets how many goroutines may run at the same time, if n >= 1; returns what it was before. At
// first it is the number of cores, or the environment variable GOMAXPROCS. A change takes effect as
// running goroutines come to their next scheduling point.
GO__API int go_maxprocs(int n);
// Sets how many threads the runtime may have, those that wait in calls of C included; returns what it was before: 10,000 at
// first. A program that needs more ends with a fatal error, at once if it has more: it has lost control of its goroutines. n < 1: only asks.
GO__API int go_set_max_threads(int n);
// Cores that the process may use; goroutines that exist (at least 1 while main runs).
GO__API int go_num_cpu(void);
GO__API int go_num_goroutine(void);
// Writes the traceback of the calling goroutine, and with `all` those of the others, as Go prints
// them, to buf: at most n bytes, without a NUL at the end. Returns how many.
GO__API int go_stack(char *buf, size_t n, bool all);

// ---- the collector -----------------------------------------------------------------------------
// What `new`, `make`, moved variables and the like allocate lives as long as something refers to
// it: a word on a goroutine's stack or in its registers, in a global or thread-local variable, in a
// registered root, or in another living object, that holds an address inside the object or one past
// its end. Objects do not move. None of the functions here may be called from a signal handler.

// Collects all garbage: one full cycle, begun after the call, and its sweep. Returns when that is
// done; the goroutine may be parked meanwhile, the others run on. Works with GOGC=off, too.
GO__API void go_gc(void);
// Collects, then gives as much free memory back to the operating system as can be. Blocks as go_gc
// does. Otherwise this happens in the background, bit by bit.
GO__API void go_free_os_memory(void);
// Sets how much the heap may grow over what was alive after the last collection (plus stacks and
// globals) before the next begins, in percent; returns what was set before. At first it is 100, or
// the environment variable GOGC. Negative: no collection but those of go_gc and of the memory limit
// (GOGC=off). Takes effect at once: a collection that is now due begins. Does not wait for it.
GO__API int go_set_gc_percent(int percent);
// Sets the soft limit, in bytes, of all memory that the runtime holds (go_memstats.sys less
// heap_released); returns what was set before. Negative: only returns it. At first it is INT64_MAX
// (none), or the environment variable GOMEMLIMIT. Near the limit collections come earlier than
// GOGC says, but take at most about half of the processor time: the limit may then be exceeded.
// Memory of malloc does not count.
GO__API int64_t go_set_memory_limit(int64_t bytes);

// The numbers of the heap, as Go's runtime.MemStats. Sizes in bytes; an object counts with the
// size of its class, not the size asked for, and as allocated until it is swept.
struct go_memstats {
    uint64_t alloc;         // = heap_alloc
    uint64_t total_alloc;   // ever allocated; never falls
    uint64_t sys;           // address space in use by the runtime: the sum of all ..._sys
    uint64_t mallocs;       // objects ever allocated; tiny ones that share a block count each
    uint64_t frees;         // objects ever freed
    uint64_t heap_alloc;    // allocated objects: reachable ones, and garbage that is not yet swept
    uint64_t heap_sys;      // obtained for the heap = heap_idle + heap_inuse
    uint64_t heap_idle;     // in spans without an object, those given back included
    uint64_t heap_inuse;    // in spans with at least one object
    uint64_t heap_released; // of heap_idle: given back to the operating system
    uint64_t heap_objects;  // = mallocs - frees
    uint64_t stack_inuse;   // goroutine stacks in use
    uint64_t stack_sys;     // stack_inuse, and stacks kept for reuse; not the threads' own
    uint64_t mspan_inuse, mspan_sys;   // descriptors of spans
    uint64_t mcache_inuse, mcache_sys; // caches of processors
    uint64_t gc_sys;                   // the collector's own
    uint64_t other_sys;                // everything else
    uint64_t next_gc;                  // the heap_alloc at which the current or next cycle should end
    uint64_t last_gc;                  // when the last cycle ended: nanoseconds since 1970; 0: never
    uint64_t pause_total_ns;           // how long goroutines were stopped, all cycles together
    uint64_t pause_ns[256];            // the last 256 cycles; the last at [(num_gc + 255) % 256]
    uint64_t pause_end[256];           // when each of these ended: nanoseconds since 1970
    uint32_t num_gc;                   // completed cycles
    uint32_t num_forced_gc;            // of these: asked for by go_gc
    double gc_cpu_fraction;            // of the processor time since the start; 0 to 1
    bool enable_gc;                    // always true, as in Go
};
// Fills *out, the caller's, with numbers that belong to one moment. May stop all goroutines for
// some microseconds; does not wait for a collection.
GO__API void go_read_memstats(struct go_memstats *out);

// Calls fn(arg) once after the object that contains the address `object` has become unreachable, in
// a goroutine of the runtime: it may block, but a long job belongs in a goroutine of its own, since
// other cleanups wait behind it. An object may have several; their order is open. None is run when
// the process ends. `arg` is kept alive until fn was called or the cleanup was stopped; the object
// must not be reachable from it, for then it never becomes unreachable. Panics if object is NULL,
// equals arg, or fn is NULL. For an address that is not in the collected heap (a global, memory of
// malloc) fn is never called.
//
// A handle is a number: it keeps nothing alive, and may be copied and dropped.
typedef struct go_cleanup {
    uint64_t id;
} go_cleanup;
GO__API go_cleanup go_add_cleanup(void *object, void (*fn)(void *), void *arg);
// Cancels it: fn will not be called if it has not been queued to be called. To stop it after that,
// once more, or a zero handle, does nothing.
GO__API void go_cleanup_stop(go_cleanup c);
// The object that contains this address is alive up to this call, whatever the compiler makes of
// the variables before it. Does nothing else; `defer go_keep_alive(p);` holds to the end.
GO__API void go_keep_alive(const void *object);

// From now on the `bytes` bytes at start, memory of malloc or mmap that may hold pointers to
// collected objects at multiples of 8, are scanned, conservatively, and keep these alive. The
// memory stays the caller's: it must be readable until it is removed, and stores to it from .gc
// text are seen at once; from plain C, store only what is also referred to from elsewhere until
// the store is done. The same start twice is replaced. Not needed for global and thread-local
// variables.
GO__API void go_gc_add_roots(const void *start, size_t bytes);
// Ends that; `start` as it was added; otherwise nothing happens. When it returns the collector does
// not read there any more, and the memory may be freed: it may wait for the end of a scan.
GO__API void go_gc_remove_roots(const void *start);

#ifdef __cplusplus
}
#endif
#endif
