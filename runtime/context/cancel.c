// cancel.c - how contexts finish: the tree, and the way down.
//
// The contexts that can finish are nodes of a tree; a node has a list of its members, which are the
// nodes right below (whatever lies between, contexts with a value, is no node) and the functions to
// be called. Finishing goes down depth first, and takes each member out of its list as it comes to it.
// It holds the locks of the whole way from the one that is cancelled to where it stands. That way
// needs no memory, and no recursion: up is the member's parent.
//   1. Locks are taken from a parent to its member, and no other lock of a node is taken while one is
//      held but on that way: there are no cycles. Who leaves its parent by itself has released its
//      own lock before.
//   2. A node in a list has not finished, or is being finished by someone who will take it out. A
//      finished node has no members, once its lock is free.
//   3. So whoever wants to finish a node that somebody else is finishing waits for its lock, and
//      when he has it, all below have finished: cancelling is synchronous for everybody.
//   4. `error` is written before the channel is closed, so whoever is woken sees it; whoever sees it
//      first waits until the channel is closed before he tells. `cause` comes before `error`.
//   5. `done` changes once, from NULL: to a channel, by who asks, or to the closed one, by who
//      finishes. A channel that got there is closed by who finishes.
//   6. The timer of a node is pending only while it has not finished. It is started under the node's
//      lock, and what it does when it fires happens in a goroutine: firing holds the lock of a heap,
//      which comes after those of nodes.
//   7. A function is started by whoever turns `armed` to 0, and taken back in the same way.
// Those who are woken and started run after all locks are free.
// Rejected: one lock for a tree: the contexts of all connections of a server would share it.
// Rejected: recursion, as Go does it: a chain of 100,000 contexts would need more than our stacks have.
#include "context/context.h"

#include "base/abi.h"
#include "sched/sanitize.h"
#include <errno.h>

Channel gort_context_closed = {.lock = {.rank = RANK_CHANNEL}, .closed = true};

// ---- locks, and those who are to run ------------------------------------------------------------

static inline void node_lock(Node *n) { spin_lock(&n->member.context.lock, RANK_CONTEXT); }
static inline void node_unlock(Node *n) {
    gort_assert(!load_relaxed(&n->error) || !n->first); // invariant 2
    spin_unlock(&n->member.context.lock, RANK_CONTEXT);
}

typedef struct Runnable {
    Goroutine *woken, *born; // linked through Goroutine.next
} Runnable;

// No lock is held.
static void run_all(Runnable *r) {
    gort_ready_all(r->woken);
    while (r->born) {
        Goroutine *g = r->born;
        r->born = g->next;
        gort_sched_put(machine_current(), g);
    }
}

static void func_start(go_context_func *f, Runnable *r) {
    if (!exchange_acq_rel(&f->armed, 0)) return;
    sanitize_acquire(f); // pairs with gort_context_attach_func
    Goroutine *g = gort_goroutine_new(machine_current(), f->fn, f->arg, 0, (const void *)f->fn);
    sanitize_release(g);
    g->next = r->born;
    r->born = g;
}

// ---- the list of a node, under its lock ---------------------------------------------------------

static void member_link(Node *parent, Member *m) {
    gort_assert(m->context.parent->node == parent && !m->context.linked);
    if (parent->first) {
        go__gc_store(&m->next, parent->first);
        parent->first->previous = m;
    }
    go__gc_store(&parent->first, m);
    m->context.linked = true;
}

static void member_unlink(Node *parent, Member *m) {
    gort_assert(m->context.linked);
    Member *next = m->next;
    if (next) next->previous = m->previous;
    go__gc_store(m->previous ? &m->previous->next : &parent->first, next);
    if (next) go__gc_store(&m->next, NULL);
    m->previous = NULL;
    m->context.linked = false;
}

// By itself, holding no lock.
static void member_leave(Member *m) {
    Node *parent = m->context.parent->node;
    if (!parent) return;
    jitter();
    node_lock(parent);
    if (m->context.linked) member_unlink(parent, m);
    node_unlock(parent);
}

// ---- finishing ----------------------------------------------------------------------------------

static void timer_stop(Node *n) {
    if (n->member.context.kind == CONTEXT_DEADLINE) gort_timer_stop(&((DeadlineNode *)n)->timer);
}

// One node, locked or not yet known to others.
static void node_finish(Node *n, int32_t error, int32_t cause, Runnable *r) {
    gort_assert(error && cause && !n->error);
    n->cause = cause;
    sanitize_release(n);
    store_seq_cst(&n->error, error); // pairs with gort_context_channel and gort_context_error
    jitter();
    Channel *c = load_acquire(&n->done);
    if (!c && !cas_acq_rel(&n->done, NULL, &gort_context_closed)) c = load_acquire(&n->done);
    if (c) gort_channel_close(c, &r->woken);
    timer_stop(n);
}

// The root is locked, and has not finished; at the end it is still locked.
static void tree_finish(Node *root, int32_t error, int32_t cause, Runnable *r) {
    node_finish(root, error, cause, r);
    for (Node *n = root;;) {
        Member *m = n->first;
        if (m) {
            member_unlink(n, m);
            if (m->context.kind == CONTEXT_FUNC) {
                func_start((go_context_func *)m, r);
                continue;
            }
            Node *below = (Node *)m;
            node_lock(below);
            if (below->error) { // it has finished by itself, and is about to leave
                node_unlock(below);
                continue;
            }
            node_finish(below, error, cause, r);
            n = below;
        } else {
            if (n == root) return;
            Node *up = n->member.context.parent->node;
            node_unlock(n);
            n = up;
        }
    }
}

void gort_context_finish(Node *n, int32_t error, int32_t cause) {
    Runnable r = {NULL, NULL};
    machine_current(); // attaches a foreign thread
    preemption_point();
    node_lock(n);
    if (n->error) {
        node_unlock(n);
        return;
    }
    tree_finish(n, error, cause, &r);
    node_unlock(n);
    member_leave(&n->member);
    run_all(&r);
}

// ---- joining the tree ---------------------------------------------------------------------------

// True: it is a member now; false: the parent has finished.
static bool member_join(Node *parent, Member *m) {
    if (load_acquire(&parent->error)) return false;
    node_lock(parent);
    bool joins = !parent->error;
    if (joins) member_link(parent, m);
    node_unlock(parent);
    return joins;
}

void gort_context_attach(Node *n) {
    Node *parent = n->member.context.parent->node;
    if (!parent || member_join(parent, &n->member)) return;
    Runnable r = {NULL, NULL};
    sanitize_acquire(parent);
    node_finish(n, load_acquire(&parent->error), parent->cause, &r);
    gort_assert(!r.woken && !r.born);
}

void gort_context_attach_func(go_context_func *f) {
    Node *parent = f->member.context.parent->node;
    f->armed = 1;
    sanitize_release(f);
    if (!parent || member_join(parent, &f->member)) return;
    Runnable r = {NULL, NULL};
    func_start(f, &r);
    run_all(&r);
}

bool go_context_func_stop(go_context_func *f) {
    if (!exchange_acq_rel(&f->armed, 0)) return false; // pairs with func_start
    member_leave(&f->member);
    return true;
}

// ---- deadlines ----------------------------------------------------------------------------------

static void expired(void *arg) {
    DeadlineNode *d = arg;
    gort_context_finish(&d->node, ETIMEDOUT, d->cause);
}

// In the lock of a heap. The node is referred to by the heap until then, by the goroutine from then.
static void timer_fire(Timer *t, int64_t due_ns) {
    (void)due_ns;
    DeadlineNode *d = (DeadlineNode *)((char *)t - offsetof(DeadlineNode, timer));
    Machine *m = machine_current();
    Goroutine *g = gort_goroutine_new(m, expired, d, 0, (const void *)expired);
    sanitize_release(g);
    gort_sched_put(m, g);
}

void gort_context_start_timer(DeadlineNode *d) {
    int64_t when_ns = d->node.deadline_ns;
    d->timer.fire = timer_fire;
    machine_current();
    node_lock(&d->node);
    bool starts = !d->node.error;
    if (starts) {
        gort_timer_lock(&d->timer);
        gort_timer_start_locked(&d->timer, when_ns, 0);
        gort_timer_unlock(&d->timer);
    }
    node_unlock(&d->node);
    if (starts) gort_timer_announce(&d->timer, when_ns);
}

// ---- asking -------------------------------------------------------------------------------------

Channel *gort_context_channel(Node *n) {
    Channel *c = load_acquire(&n->done); // pairs with node_finish, and the one below
    if (!c) {
        Channel *fresh = gort_channel_new(0, 0, NULL, NULL);
        jitter();
        go__gc_atomic_begin(&n->done, fresh);
        c = cas_acq_rel(&n->done, NULL, fresh) ? fresh : load_acquire(&n->done);
        go__gc_atomic_end();
    }
    if (c == &gort_context_closed) sanitize_acquire(n);
    return c;
}

int32_t gort_context_error(Node *n) {
    int32_t error = load_acquire(&n->error);
    if (likely(!error)) return 0;
    sanitize_acquire(n);
    Channel *c = gort_context_channel(n);
    if (!load_acquire(&c->closed)) gort_channel_receive(c, NULL, true); // invariant 4
    return error;
}
