// context.c - <go/context.h>: deriving contexts, and asking them.
//
// Everything that a question needs lies one step away: a context knows its node (the nearest context
// that can finish: done, err and cause are the node's) and its values (a list that leaves out what
// has none). These never change, so they are read without a lock. What does change is the node's
// business: cancel.c.
//   1. node == NULL: it never finishes. A node's own `node` is itself.
//   2. Where pointers lie in each kind is told to the collector exactly, so that no time or error keeps
//      an object by looking like its address. `previous` is left out: whatever it refers to is in the
//      same list, which the common parent keeps.
//   3. Stores into contexts that others may know are told to the collector (go__gc_store); a new one
//      is filled by go__gc_store, too, for a collection may have begun since it was allocated.
#include "context/context.h"

#include "base/abi.h"
#include <errno.h>
#include <go/panic.h>

// ---- layouts ------------------------------------------------------------------------------------

#define WORD(type, field) (1ul << offsetof(type, field) / 8)
#define CONTEXT_WORDS \
    (WORD(go_context, parent) | WORD(go_context, node) | WORD(go_context, values))
#define MEMBER_WORDS (CONTEXT_WORDS | WORD(Member, next))
#define NODE_WORDS (MEMBER_WORDS | WORD(Node, first) | WORD(Node, done))

static const struct go__layout layout_plain = {sizeof(go_context) / 8, {CONTEXT_WORDS}};
static const struct go__layout layout_value = {
    sizeof(ValueContext) / 8,
    {CONTEXT_WORDS | WORD(ValueContext, key) | WORD(ValueContext, value)}};
static const struct go__layout layout_node = {sizeof(Node) / 8, {NODE_WORDS}};
static const struct go__layout layout_deadline = {sizeof(DeadlineNode) / 8, {NODE_WORDS}};
static const struct go__layout layout_func = {sizeof(go_context_func) / 8,
                                              {MEMBER_WORDS | WORD(go_context_func, arg)}};

// ---- deriving -----------------------------------------------------------------------------------

static go_context background = {.kind = CONTEXT_BACKGROUND}, todo = {.kind = CONTEXT_TODO};

go_context *go_context_background(void) { return &background; }
go_context *go_context_todo(void) { return &todo; }

static go_context *checked_parent(go_context *parent) {
    static const char *const text = "cannot create context from nil parent";
    if (unlikely(!parent)) go__panic(&go_type_const_string, &text);
    return parent;
}

// A new context; finishes with its parent, and has its values.
static void *derive(go_context *parent, ContextKind kind, size_t bytes,
                    const struct go__layout *layout) {
    go_context *c = gort_new(bytes, 8, layout);
    c->kind = (uint8_t)kind;
    go__gc_store(&c->parent, parent);
    if (parent->node) go__gc_store(&c->node, parent->node);
    if (parent->values) go__gc_store(&c->values, parent->values);
    return c;
}

static Node *derive_node(go_context *parent, ContextKind kind, size_t bytes,
                         const struct go__layout *layout) {
    Node *n = derive(parent, kind, bytes, layout);
    n->deadline_ns = parent->node ? parent->node->deadline_ns : INT64_MAX;
    go__gc_store(&n->member.context.node, n);
    return n;
}

go_context *go_context_with_cancel(go_context *parent) {
    Node *n = derive_node(checked_parent(parent), CONTEXT_CANCEL, sizeof *n, &layout_node);
    gort_context_attach(n);
    return &n->member.context;
}

static go_context *with_deadline(go_context *parent, go_time when, bool passed, int cause) {
    checked_parent(parent);
    if (parent->node && parent->node->deadline_ns <= when) return go_context_with_cancel(parent);
    DeadlineNode *d = (DeadlineNode *)derive_node(parent, CONTEXT_DEADLINE, sizeof *d,
                                                  &layout_deadline);
    d->node.deadline_ns = when;
    d->cause = cause ? cause : ETIMEDOUT;
    gort_context_attach(&d->node);
    if (passed)
        gort_context_finish(&d->node, ETIMEDOUT, d->cause);
    else
        gort_context_start_timer(d);
    return &d->node.member.context;
}

go_context *go_context_with_deadline_cause(go_context *parent, go_time when, int cause) {
    return with_deadline(parent, when, when <= os_now(), cause);
}

go_context *go_context_with_deadline(go_context *parent, go_time when) {
    return go_context_with_deadline_cause(parent, when, 0);
}

go_context *go_context_with_timeout_cause(go_context *parent, go_duration d, int cause) {
    int64_t when;
    if (__builtin_add_overflow(os_now(), d, &when)) when = d > 0 ? INT64_MAX - 1 : 0;
    return with_deadline(parent, when, d <= 0, cause);
}

go_context *go_context_with_timeout(go_context *parent, go_duration d) {
    return go_context_with_timeout_cause(parent, d, 0);
}

go_context *go_context_with_value(go_context *parent, const void *key, void *value) {
    static const char *const text = "nil key";
    checked_parent(parent);
    if (unlikely(!key)) go__panic(&go_type_const_string, &text);
    ValueContext *v = derive(parent, CONTEXT_VALUE, sizeof *v, &layout_value);
    go__gc_store(&v->key, key);
    go__gc_store(&v->value, value);
    // Its `values` is itself; the next ones are its parent's.
    go__gc_store(&v->context.values, v);
    return &v->context;
}

go_context *go_context_without_cancel(go_context *parent) {
    go_context *c = derive(checked_parent(parent), CONTEXT_DETACHED, sizeof *c, &layout_plain);
    go__gc_store(&c->node, NULL);
    return c;
}

go_context_func *go_context_after_func(go_context *ctx, void (*fn)(void *), void *arg) {
    go_context_func *f = derive(ctx, CONTEXT_FUNC, sizeof *f, &layout_func);
    f->fn = fn;
    go__gc_store(&f->arg, arg);
    gort_context_attach_func(f);
    return f;
}

// ---- asking -------------------------------------------------------------------------------------

GO_CHAN_RECV(go_unit)
go_context_done(go_context *ctx) {
    Node *n = ctx->node;
    return n ? (GO_CHAN_RECV(go_unit))gort_context_channel(n) : NULL;
}

int go_context_err(go_context *ctx) {
    Node *n = ctx->node;
    return likely(!n || !load_acquire(&n->error)) ? 0 : gort_context_error(n); // as there
}

int go_context_cause(go_context *ctx) { return go_context_err(ctx) ? ctx->node->cause : 0; }

void *go_context_value(go_context *ctx, const void *key) {
    for (const ValueContext *v = ctx->values; v; v = v->context.parent->values)
        if (v->key == key) return v->value;
    return NULL;
}

bool go_context_deadline(go_context *ctx, go_time *when) {
    const Node *n = ctx->node;
    if (!n || n->deadline_ns == INT64_MAX) return false;
    if (when) *when = n->deadline_ns;
    return true;
}

// ---- finishing ----------------------------------------------------------------------------------

void go_context_cancel(go_context *ctx) { go_context_cancel_cause(ctx, ECANCELED); }

void go_context_cancel_cause(go_context *ctx, int error) {
    if (ctx->kind != CONTEXT_CANCEL && ctx->kind != CONTEXT_DEADLINE) return;
    gort_context_finish((Node *)ctx, ECANCELED, error ? error : ECANCELED);
}
