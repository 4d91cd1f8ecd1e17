// go/sync.h - weighted semaphores, and groups of goroutines that fail together.
//
// All functions may be called from any thread, also one that the program made itself, but not from a
// signal handler; whoever has to wait lets other goroutines use the thread.
#ifndef GO_SYNC_H
#define GO_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GO__API
#define GO__API __attribute__((visibility("default")))
#endif

// ---- semaphore ----------------------------------------------------------------------------------

// The function keeps no pointer to the argument: gocc leaves the variable on the stack.
#ifndef GO__NOESCAPE
#ifdef __GOCC__
#define GO__NOESCAPE __attribute__((noescape))
#else
#define GO__NOESCAPE
#endif
#endif

typedef struct go_context go_context; // <go/context.h>

// So much of something, of which several may hold a part each: golang.org/x/sync/semaphore. Who waits
// is served in the order of coming, so one who wants much is not passed by others who want little.
// Must not be copied, nor its memory be given away while somebody waits.
typedef struct go_semaphore {
    int64_t size, held; // of which `held` is taken
    unsigned lock, unused;
    void *first, *last; // those who wait
} go_semaphore;

// Sets how much there is, and that all of it is free; before the first use.
GO__API void go_semaphore_init(go_semaphore *s GO__NOESCAPE, int64_t size);
// Takes n; waits until so much is free and those who came before have theirs. Gives up when ctx has
// finished: then it returns go_context_err(ctx), and has taken nothing; also if ctx had finished
// before, or n is more than there is at all. 0: taken. A NULL ctx never gives up.
GO__API int go_semaphore_acquire(go_semaphore *s GO__NOESCAPE, go_context *ctx, int64_t n);
// Takes n if that can be done at once, and nobody waits; true if so.
GO__API bool go_semaphore_try_acquire(go_semaphore *s GO__NOESCAPE, int64_t n);
// Gives n back; from any goroutine. Never waits. Panics `semaphore: released more than held`.
GO__API void go_semaphore_release(go_semaphore *s GO__NOESCAPE, int64_t n);

// ---- group --------------------------------------------------------------------------------------

// Goroutines that work on parts of one task: golang.org/x/sync/errgroup. The first that returns
// an error, any int but 0, decides the result, and cancels the context of the others, who are expected
// to look at it. A zeroed group is ready to use, and has no context.
//
//     go_group g;
//     go_context *ctx = go_group_init(&g, parent);
//     for (int i = 0; i < n; i++) go_group_go(&g, fetch, &parts[i]);   // they look at ctx
//     int error = go_group_wait(&g);
//
// A group refers to its context, which is collected: it must be a variable, or part of a collected
// object, or, in memory of malloc, be registered with go_gc_add_roots. It must not be copied, nor
// given away before the wait has returned.
typedef struct go_group {
    go_context *context; // of its functions, or NULL
    void *lock[2];
    void *starting, *waiting; // those who wait to start another function, or for the end
    int64_t active, limit;    // functions that run; how many may, plus one: 0 is no limit
    int error, unused;        // the first one; 0: none yet
} go_group;

// Makes it a group of functions that work for a new context, derived from ctx, which it returns. That
// is cancelled by the first error, which is its cause, and at last by go_group_wait. With a NULL ctx
// there is none, and NULL is returned.
GO__API go_context *go_group_init(go_group *g, go_context *ctx);
// Calls fn(arg) in a goroutine; waits first while as many run as the limit allows. If fn panics the
// process ends, as with any goroutine, and nobody's wait returns before; one that calls go_exit has
// no error. A null fn is a fatal error.
GO__API void go_group_go(go_group *g, int (*fn)(void *), void *arg);
// The same if the limit allows it at once; false: not started.
GO__API bool go_group_try_go(go_group *g, int (*fn)(void *), void *arg);
// At most n functions at one time; with 0 none can be started any more, negative: no limit. While
// some run it panics `errgroup: modify limit while N goroutines in the group are still active`.
GO__API void go_group_set_limit(go_group *g GO__NOESCAPE, int n);
// Waits until all functions have returned, cancels the context, and returns the first error, or 0.
GO__API int go_group_wait(go_group *g GO__NOESCAPE);

#ifdef __cplusplus
}
#endif
#endif
