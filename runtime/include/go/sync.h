// go/sync.h - mutexes, wait groups, pools, semaphores and the like, for goroutines and threads alike.
//
// All objects are ready to use when they are zero, but for a go_cond and a go_semaphore, and must not be copied after
// their first use. Whoever has to wait lets other goroutines use the thread; all functions may be
// called from any thread, also one that the program made itself, but not from a signal handler.
// What is done before an unlock, a done, a put ... is seen by whoever gets the lock, returns from
// the wait, or gets the item, as in Go's memory model. Goroutines that wait here for each other
// are found by the deadlock detector. Misuse ends in the panics and fatal errors of Go's sync
// package, with its texts; its documentation describes the algorithms, too.
//
// A go_cond, go_pool or go_sync_map refers to collected objects: it must be a variable (local,
// global, static) or part of a collected object, or, in memory of malloc, be registered with
// go_gc_add_roots.
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

// The function keeps no pointer to the argument: gocc leaves the variable on the stack.
#ifdef __GOCC__
#define GO__NOESCAPE __attribute__((noescape))
#else
#define GO__NOESCAPE
#endif

// The thread sanitizer is told of each operation by the function behind it.
#if defined(__SANITIZE_THREAD__) && !defined(GO__SYNC_CALLS)
#define GO__SYNC_CALLS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GO__SYNC_CALLS 1
#endif
#endif

// ---- mutex --------------------------------------------------------------------------------------

// A lock for one at a time. It does not belong to the goroutine that locked it: another one may
// unlock it. Locking it twice without an unlock waits for ever.
//
// Waiters queue in the order in which they came. Normally an unlock wakes the first of them, which
// then competes with those who are running and just ask for the lock; when one has waited for more
// than 1 ms, the mutex is handed from waiter to waiter, until the queue is empty or the next one has
// waited for less. An unlock touches the mutex no more once another can have locked it: who
// holds the lock last may free the memory.
typedef struct go_mutex {
    unsigned state, unused;
    unsigned long waiters;
} go_mutex;

GO__API void go_mutex_lock_slow(go_mutex *m GO__NOESCAPE); // what the following do, as functions
GO__API void go_mutex_unlock_slow(go_mutex *m GO__NOESCAPE);
// Locks it if it is free, and returns true; never waits.
GO__API bool go_mutex_trylock(go_mutex *m GO__NOESCAPE);

// Locks; waits until it is free.
static __inline__ void go_mutex_lock(go_mutex *m GO__NOESCAPE) {
#ifndef GO__SYNC_CALLS
    unsigned go_free = 0;
    if (__builtin_expect(__atomic_compare_exchange_n(&m->state, &go_free, 1u, 0, __ATOMIC_ACQUIRE,
                                                     __ATOMIC_RELAXED),
                         1))
        return;
#endif
    go_mutex_lock_slow(m);
}
// Unlocks; never waits. Of a mutex that is not locked: a fatal error, `sync: unlock of unlocked
// mutex`.
static __inline__ void go_mutex_unlock(go_mutex *m GO__NOESCAPE) {
#ifndef GO__SYNC_CALLS
    unsigned go_locked = 1;
    if (__builtin_expect(__atomic_compare_exchange_n(&m->state, &go_locked, 0u, 0, __ATOMIC_RELEASE,
                                                     __ATOMIC_RELAXED),
                         1))
        return;
#endif
    go_mutex_unlock_slow(m);
}

// ---- rwmutex ------------------------------------------------------------------------------------

// A lock for any number of readers, or one writer. A writer that waits holds back new readers, so
// it gets its turn; hence a reader must not lock it for reading once more: it may wait for a writer
// that waits for it. When the writer is done, those readers go first that came meanwhile.
typedef struct go_rwmutex {
    go_mutex writers; // who writes, or is the next to
    int readers, departing;
    unsigned long writer_gate, reader_gate;
} go_rwmutex;

GO__API void go_rwmutex_rlock_slow(go_rwmutex *m GO__NOESCAPE, bool counted);
GO__API void go_rwmutex_runlock_slow(go_rwmutex *m GO__NOESCAPE, int left);

// Locks for writing; waits until nobody reads or writes.
GO__API void go_rwmutex_lock(go_rwmutex *m GO__NOESCAPE);
// Never waits. `fatal error: sync: Unlock of unlocked RWMutex` if nobody has locked it for writing.
GO__API void go_rwmutex_unlock(go_rwmutex *m GO__NOESCAPE);
// Locks for reading; waits while somebody writes, or waits to write.
static __inline__ void go_rwmutex_rlock(go_rwmutex *m GO__NOESCAPE) {
#ifndef GO__SYNC_CALLS
    if (__builtin_expect(__atomic_add_fetch(&m->readers, 1, __ATOMIC_ACQUIRE) >= 0, 1)) return;
    go_rwmutex_rlock_slow(m, 1);
#else
    go_rwmutex_rlock_slow(m, 0);
#endif
}
// Never waits. `fatal error: sync: RUnlock of unlocked RWMutex` if nobody reads.
static __inline__ void go_rwmutex_runlock(go_rwmutex *m GO__NOESCAPE) {
#ifndef GO__SYNC_CALLS
    int go_left = __atomic_sub_fetch(&m->readers, 1, __ATOMIC_RELEASE);
    if (__builtin_expect(go_left >= 0, 1)) return;
    go_rwmutex_runlock_slow(m, go_left);
#else
    go_rwmutex_runlock_slow(m, 0);
#endif
}
// Lock it if that can be done without waiting; true if so.
GO__API bool go_rwmutex_trylock(go_rwmutex *m GO__NOESCAPE);
GO__API bool go_rwmutex_tryrlock(go_rwmutex *m GO__NOESCAPE);

// ---- waitgroup ----------------------------------------------------------------------------------

// Counts jobs that are to be waited for. Add before starting the job, and before the wait. Once all
// waits have returned it can be used anew.
typedef struct go_waitgroup {
    uint64_t state;
    unsigned long gate;
} go_waitgroup;

// Adds n, which may be negative, to the count; when it becomes 0 all waits return. Panics `sync:
// negative WaitGroup counter` if it falls below, and, where it can be told, `sync: WaitGroup misuse:
// Add called concurrently with Wait`.
GO__API void go_waitgroup_add(go_waitgroup *wg GO__NOESCAPE, int n);
// Adds -1.
GO__API void go_waitgroup_done(go_waitgroup *wg GO__NOESCAPE);
// Waits until the count is 0. Panics `sync: WaitGroup is reused before previous Wait has returned`.
GO__API void go_waitgroup_wait(go_waitgroup *wg GO__NOESCAPE);
// Calls fn(arg) in a goroutine, and counts it until it has returned, or ended by go_exit. If it
// panics the process ends: nobody's wait returns before.
GO__API void go_waitgroup_go(go_waitgroup *wg, void (*fn)(void *), void *arg);

// ---- once ---------------------------------------------------------------------------------------

// Does something once.
typedef struct go_once {
    unsigned done, unused;
    go_mutex mutex;
} go_once;

GO__API void go_once_do_slow(go_once *once GO__NOESCAPE, void (*fn)(void));
// Calls fn if this is the first call for `once`. Every call returns only when fn has returned; one
// from within fn waits for ever. If fn panics, or calls go_exit, it counts as done.
static __inline__ void go_once_do(go_once *once GO__NOESCAPE, void (*fn)(void)) {
#ifndef GO__SYNC_CALLS
    if (__builtin_expect(__atomic_load_n(&once->done, __ATOMIC_ACQUIRE) != 0, 1)) return;
#endif
    go_once_do_slow(once, fn);
}

// ---- cond ---------------------------------------------------------------------------------------

// A place to wait for a change of what a mutex guards. Panics `sync.Cond is copied` if it was.
typedef struct go_cond {
    go_mutex *mutex;
    unsigned long waiters, self;
} go_cond;

// To be called before the first use; the mutex must live as long as the condition.
GO__API void go_cond_init(go_cond *c, go_mutex *mutex);
// Unlocks the mutex, which the caller holds, waits for a signal, and locks it again. What was waited
// for may be over by then: call it in a loop that asks for it.
GO__API void go_cond_wait(go_cond *c GO__NOESCAPE);
// Wakes the goroutine that has waited longest, or all; nobody if nobody waits. The caller may hold
// the mutex, and need not. Never waits.
GO__API void go_cond_signal(go_cond *c GO__NOESCAPE);
GO__API void go_cond_broadcast(go_cond *c GO__NOESCAPE);

// ---- pool ---------------------------------------------------------------------------------------

// Collected objects that are kept to be used again. A get takes any of them, mostly the one that was
// put last on the same processor. An item that is not used is dropped in the second collection
// after it was put: a pool is no place to keep something. With -fsanitize=thread some items are
// dropped by chance.
typedef struct go_pool {
    void *(*new_item)(void); // makes an item when there is none; may be NULL
    void *state;
} go_pool;

// An item, which is the caller's then; from new_item if there is none, else NULL.
GO__API void *go_pool_get(go_pool *p GO__NOESCAPE);
// Gives an item to the pool; the caller does not touch it any more. NULL is ignored. What is not
// of the collected heap (memory of malloc) is lost when it is dropped.
GO__API void go_pool_put(go_pool *p GO__NOESCAPE, void *item);

// ---- sync_map -----------------------------------------------------------------------------------

// A map from addresses to pointers, for many goroutines at a time. Keys are compared as pointers,
// and may be NULL, or numbers; keys and values are kept alive while they are in. Each operation
// is one step to all others; loads take no lock and wait for nobody. Where a function gives a
// value back through `value`, `previous` or `actual`, that is NULL if there was none, and the
// argument may be NULL.
typedef struct go_sync_map {
    void *root;
} go_sync_map;

// True if the key is in.
GO__API bool go_sync_map_load(const go_sync_map *m GO__NOESCAPE, const void *key GO__NOESCAPE,
                              void **value GO__NOESCAPE);
GO__API void go_sync_map_store(go_sync_map *m GO__NOESCAPE, const void *key, void *value);
// True: the key is in, *actual is its value. False: now it is, with the given value.
GO__API bool go_sync_map_load_or_store(go_sync_map *m GO__NOESCAPE, const void *key, void *value,
                                       void **actual GO__NOESCAPE);
// Deletes it; true if the key was in.
GO__API bool go_sync_map_load_and_delete(go_sync_map *m GO__NOESCAPE, const void *key GO__NOESCAPE,
                                         void **value GO__NOESCAPE);
GO__API void go_sync_map_delete(go_sync_map *m GO__NOESCAPE, const void *key GO__NOESCAPE);
// Stores; true if the key was in.
GO__API bool go_sync_map_swap(go_sync_map *m GO__NOESCAPE, const void *key, void *value,
                              void **previous GO__NOESCAPE);
// If the key is in, with this old value: stores, or deletes it; true if so.
GO__API bool go_sync_map_compare_and_swap(go_sync_map *m GO__NOESCAPE, const void *key GO__NOESCAPE,
                                          void *old GO__NOESCAPE, void *value);
GO__API bool go_sync_map_compare_and_delete(go_sync_map *m GO__NOESCAPE,
                                            const void *key GO__NOESCAPE, void *old GO__NOESCAPE);
// Calls fn for each key, at most once, until it returns false. What is stored or deleted meanwhile,
// by fn, too, may be seen or not.
GO__API void go_sync_map_range(const go_sync_map *m GO__NOESCAPE,
                               bool (*fn)(const void *key, void *value, void *arg), void *arg);
// Deletes all.
GO__API void go_sync_map_clear(go_sync_map *m GO__NOESCAPE);

// ---- semaphore ----------------------------------------------------------------------------------

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
