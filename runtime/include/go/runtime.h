// go/runtime.h - goroutines for plain C, and what a program may ask of the scheduler.
//
// In a .gc file goroutines are started with the word `go`. The functions here serve plain C and
// C++, and both for the rest. All may be called from any thread, also one that the program made
// itself.
#ifndef GO_RUNTIME_H
#define GO_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>

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
// Sets how many goroutines may run at the same time, if n >= 1; returns what it was before. At
// first it is the number of cores, or the environment variable GOMAXPROCS. A change takes effect as
// running goroutines come to their next scheduling point.
GO__API int go_maxprocs(int n);
// Cores that the process may use; goroutines that exist (at least 1 while main runs).
GO__API int go_num_cpu(void);
GO__API int go_num_goroutine(void);
// Writes the traceback of the calling goroutine, and with `all` those of the others, as Go prints
// them, to buf: at most n bytes, without a NUL at the end. Returns how many.
GO__API int go_stack(char *buf, size_t n, bool all);

#ifdef __cplusplus
}
#endif
#endif
