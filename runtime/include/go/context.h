// go/context.h - contexts: when to give up, and values that travel with a request.
//
// A context says whether whoever works on its behalf should stop: because somebody cancelled it, or
// because its time is up. Contexts form a tree; one that finishes takes all that were derived from
// it along, at once. Errors are numbers of <errno.h>: 0 while it has not finished, then ECANCELED
// or ETIMEDOUT.
//
//     go_context *ctx = go_context_with_timeout(parent, 2 * GO_SECOND);
//     defer go_context_cancel(ctx);
//     select {
//     case v = <-results: return use(v);
//     case <-go_context_done(ctx): return go_context_err(ctx);
//     }
//
// Contexts live on the collected heap: there is nothing to free. But one that is not cancelled
// stays referred to by its parent, or by its timer, until that has finished; so cancel what you
// derive, when you are done, also after success. All functions may be called from any thread, and on
// one context from several at a time; none waits, but for the moment that a cancellation under way
// takes. A NULL context panics.
#ifndef GO_CONTEXT_H
#define GO_CONTEXT_H

#include <go/chan.h>
#include <go/time.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct go_context go_context;

// The root of all: never finishes, has no deadline and no values. todo is the same, for places where
// it is not clear yet which context belongs there.
GO__API go_context *go_context_background(void);
GO__API go_context *go_context_todo(void);

// ---- deriving -----------------------------------------------------------------------------------
// Each returns a new context that finishes no later than parent does; derived from a finished one, it
// is finished from the start, with the same error and cause. A NULL parent panics `cannot create
// context from nil parent`.

// Finishes when it is cancelled.
GO__API go_context *go_context_with_cancel(go_context *parent);
// Finishes by itself, with ETIMEDOUT, after d, or when go_now() has reached `when`; at once if that
// has passed. If the parent's deadline is earlier, that one holds. The _cause forms set the cause for
// this case (0: ETIMEDOUT).
GO__API go_context *go_context_with_timeout(go_context *parent, go_duration d);
GO__API go_context *go_context_with_deadline(go_context *parent, go_time when);
GO__API go_context *go_context_with_timeout_cause(go_context *parent, go_duration d, int cause);
GO__API go_context *go_context_with_deadline_cause(go_context *parent, go_time when, int cause);
// Has a value for this key. A key is an address and nothing else: that of a static variable of
// whoever owns the value, so that no two libraries have the same. A NULL key panics `nil key`. The
// value must not be changed afterwards without a lock, since many may read it.
GO__API go_context *go_context_with_value(go_context *parent, const void *key, void *value);
// Has parent's values, and never finishes: for work that goes on when the request is over.
GO__API go_context *go_context_without_cancel(go_context *parent);

// ---- finishing ----------------------------------------------------------------------------------

// Cancels: when it returns, this context and all derived from it have finished, with ECANCELED.
// Harmless on one that has finished already, whose error and cause stay. On one that cannot be
// cancelled by itself (background, with_value, without_cancel) it does nothing: the contexts above
// belong to others.
GO__API void go_context_cancel(go_context *ctx);
// The same, and says why: go_context_cause of all that this finishes is `error` (0: ECANCELED), any
// number of the caller's choice.
GO__API void go_context_cancel_cause(go_context *ctx, int error);

// ---- asking -------------------------------------------------------------------------------------

// A channel that is closed when the context finishes; nothing is ever sent on it. NULL, on which a
// receive waits for ever, if it never will.
GO__API GO_CHAN_RECV(go_unit) go_context_done(go_context *ctx);
// 0: not finished. Otherwise ECANCELED or ETIMEDOUT, for good, and the channel of go_context_done is
// closed.
GO__API int go_context_err(go_context *ctx);
// Why it has finished: what the first go_context_cancel_cause on it or above it said, else the same
// as go_context_err.
GO__API int go_context_cause(go_context *ctx);
// The value for this key that is nearest on the way to the root, also if that is NULL; NULL if there
// is none.
GO__API void *go_context_value(go_context *ctx, const void *key);
// False: it has no deadline. Otherwise when it will have finished at the latest, if `when` is not
// NULL.
GO__API bool go_context_deadline(go_context *ctx, go_time *when);
// How it was made, `context.Background.WithCancel`: a collected text, for messages.
GO__API const char *go_context_string(go_context *ctx);

// ---- being told ---------------------------------------------------------------------------------

// Calls fn(arg) in a goroutine of its own once ctx has finished; at once if it has. What comes
// before this call comes before fn. The handle is collected; it may be ignored.
typedef struct go_context_func go_context_func;
GO__API go_context_func *go_context_after_func(go_context *ctx, void (*fn)(void *), void *arg);
// Takes it back: true if fn will not be called because of that. False: it has been started (and may
// still run), or was stopped before.
GO__API bool go_context_func_stop(go_context_func *f);

#ifdef __cplusplus
}
#endif
#endif
