// lower_atomic.c - atomic operations on pointers.
//
// `__atomic_store_n(p, v, order)` becomes
//
//     (__extension__ ({ __auto_type gocc_w1 = (p); __typeof__(((void)0, *gocc_w1)) gocc_x1;
//         __atomic_store_n(gocc_w1, (gocc_x1 = v, go__gc_atomic_begin(gocc_w1, gocc_x1), gocc_x1), order); go__gc_atomic_end(); }))
//
// The collector is told before the operation, since afterwards the old value may be nowhere any more; and until the end it does not stop this
// thread, so that it cannot begin to mark in between. Where the value is passed by its address, gocc_x1 is that address. An operation that
// fails to store (compare and exchange) has told too much, which does no harm.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

static char first_char(const Tree *t, size_t token) {
    return t->source->text[t->tokens.v[token].span.start];
}

// Argument `index` of the call whose parenthesis is token `open`; {0, 0} if there are not so many.
static Span argument(const Tree *t, size_t open, int index) {
    size_t close = (size_t)t->tokens.v[open].match, start = open + 1;
    for (size_t i = start; i <= close; i++) {
        if (i == close || first_char(t, i) == ',') {
            if (index-- == 0 && i > start)
                return (Span){t->tokens.v[start].span.start, t->tokens.v[i - 1].span.end};
            start = i + 1;
        } else if (t->tokens.v[i].match > (int)i) {
            i = (size_t)t->tokens.v[i].match;
        }
    }
    return (Span){0, 0};
}

static const char *value_open(const AtomicForm *form, int k) {
    return F("(gocc_x%d = %s(", k, form->by_address ? "(void *)" : "");
}

static const char *value_close(Lower *l, const Atomic *a, int k, const char **ends) {
    const char *from = a->form->by_address ? F("gocc_x%d", k) : F("&gocc_x%d", k);
    const char *begin = lower_atomic_begin(l, k, &a->type, from, ends);
    return F("), %s, gocc_x%d)", begin, k);
}

static bool is_kept(const Atomic *a) {
    return a->form->returns && a->used;
}

static const char *object_close(const Atomic *a, int k, const char *before) {
    const char *star = a->form->by_address ? "*" : "";
    const char *value =
        a->form->value < 0 ? "" : F("__typeof__(((void)0, *gocc_w%d)) %sgocc_x%d; ", k, star, k);
    return F("); %s%s%s%s(gocc_w%d", value, before, is_kept(a) ? F("__auto_type gocc_r%d = ", k) : "",
             a->form->name, k);
}

static void lower_one(Lower *l, const Atomic *a) {
    const Tree *t = l->tree;
    size_t open = tree_token_at(t, a->name.start) + 1;
    if (open >= t->tokens.n || first_char(t, open) != '(' || t->tokens.v[open].match <= (int)open)
        return;
    size_t end = t->tokens.v[t->tokens.v[open].match].span.end;
    Span object = argument(t, open, 0), value = {0, 0};
    if (a->form->value > 0)
        value = argument(t, open, a->form->value);
    if (!object.end || (a->form->value > 0 && !value.end))
        return;
    int k = ++l->n_barriers, depth = lower_depth(l, (Span){a->name.start, end});
    const char *ends = " go__gc_atomic_end();", *before = "";
    if (value.end) {
        edit_open_at(l->edits, value.start, depth, a->rank + 1, value_open(a->form, k));
        edit_close_at(l->edits, value.end, depth, a->rank + 1, value_close(l, a, k, &ends));
    } else {
        before = F("go__gc_atomic_begin((void *)(unsigned long)gocc_w%d, (void *)0); ", k);
    }
    edit_replace(l->edits, a->name.start, object.start, depth, F("(__extension__ ({ __auto_type gocc_w%d = (", k));
    edit_close_at(l->edits, object.end, depth, a->rank + 1, object_close(a, k, before));
    edit_close_at(l->edits, end, depth, a->rank, F(";%s%s }))", ends, is_kept(a) ? F(" gocc_r%d;", k) : ""));
}

void lower_atomics(Lower *l) {
    for (size_t i = 0; i < l->facts->n_atomics; i++) {
        const Atomic *a = &l->facts->atomics[i];
        if (!a->root || a->root->heap)
            lower_one(l, a);
    }
}
