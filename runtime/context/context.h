// context.h - contexts, as the files of this layer see them.
//
// Reading order: context.c (deriving and asking), cancel.c (finishing, and the tree), name.c,
// semaphore.c and group.c (<go/sync.h>, as far as it knows contexts).
#ifndef GORT_CONTEXT_CONTEXT_H
#define GORT_CONTEXT_CONTEXT_H

#pragma GCC visibility push(default)
#include <go/context.h>
#pragma GCC visibility pop

#include "chan/chan.h"
#include "sched/sched.h"
#include "sched/timer.h"

typedef struct Node Node;
typedef struct ValueContext ValueContext;

typedef enum ContextKind {
    CONTEXT_BACKGROUND,
    CONTEXT_TODO,
    CONTEXT_DETACHED, // go_context_without_cancel
    CONTEXT_VALUE, // a ValueContext
    CONTEXT_CANCEL, // a Node
    CONTEXT_DEADLINE, // a DeadlineNode
    CONTEXT_FUNC // a go_context_func: a member of a node, never a user's context
} ContextKind;

// What all have in common. It answers most questions without a walk: who can finish it, and where the
// values begin.
struct go_context {
    uint8_t kind; // (c) ContextKind
    bool linked; // Member: in the list of its parent's node; under that node's lock
    SpinLock lock; // Node: guards its list, its finishing, and the `linked` of its members
    go_context *parent; // (c) NULL: background, todo
    Node *node; // (c) the nearest that can finish, perhaps itself; NULL: never finishes
    ValueContext *values; // (c) the nearest with a value, perhaps itself
};

struct ValueContext {
    go_context context;
    const void *key;
    void *value;
};

// Something that the node of context.parent takes along when it finishes.
typedef struct Member Member;
struct Member {
    go_context context;
    Member *next, *previous; // under the lock of the parent's node
};

// A context that can finish.
struct Node {
    Member member;
    Member *first; // those to take along; under the lock
    Channel *done; // (a) made by the first who asks; &gort_context_closed: it finished before that
    int32_t error; // (a) 0: not finished; written once, under the lock
    int32_t cause; // valid once error is not 0
    int64_t deadline_ns; // (c) its own, or the nearest above; INT64_MAX: none
};

typedef struct DeadlineNode {
    Node node;
    Timer timer; // pending while the node has not finished
    int32_t cause; // (c) of running out of time
} DeadlineNode;

struct go_context_func {
    Member member;
    void (*fn)(void *); // (c)
    void *arg; // (c)
    uint32_t armed; // (a) 1, until it is started or stopped
};

extern Channel gort_context_closed; // closed from the beginning

// ---- cancel.c -----------------------------------------------------------------------------------

// The node, which nobody else knows yet, becomes a member of its parent, or finishes as that did.
void gort_context_attach(Node *n);
// The same for a function, which then is started at once.
void gort_context_attach_func(go_context_func *f);
// Starts the timer of a node that is attached, unless it has finished meanwhile.
void gort_context_start_timer(DeadlineNode *d);
// Finishes it, unless it has, and all below.
void gort_context_finish(Node *n, int32_t error, int32_t cause);
// Its channel; made if need be.
Channel *gort_context_channel(Node *n);
// 0, or its error once its channel is closed.
int32_t gort_context_error(Node *n);

#endif
