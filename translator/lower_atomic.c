// lower_atomic.c - atomic operations on pointers.
//
// `__atomic_compare_exchange_n(p, e, v, weak, order, order)` becomes
//
//     (__extension__ ({ __auto_type gocc_w1 = (p); __auto_type gocc_e1 = (e);
//         __typeof__(((void)0, *gocc_w1)) gocc_x1; gocc_x1 = (v); go__gc_atomic_begin(gocc_w1, gocc_x1);
//         __auto_type gocc_r1 = __atomic_compare_exchange_n(gocc_w1, gocc_e1, gocc_x1, weak, order, order);
//         go__gc_atomic_end(); gocc_r1; }))
//
// The collector is told before the operation, since afterwards the old value may be nowhere any more; and until the end it does not stop this
// thread, so that it cannot begin to mark in between. Hence all that the program computes is computed before the beginning. Where the value is passed by
// its address, gocc_x1 is that address. An operation that fails to store has told too much, which does no harm.

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

static bool is_kept(const Atomic *a) {
    return a->form->returns && a->used;
}

// Before the value: what it is stored in, the argument that comes before it (a place, or for __sync_* a value) likewise.
static void open_value(Lower *l, const Atomic *a, int k, const Span *args, int depth) {
    const AtomicForm *form = a->form;
    const char *type = F("__typeof__(((void)0, *gocc_w%d)) ", k);
    bool by_value = !strncmp(form->name, "__sync", 6);
    if (form->value == 2)
        edit_replace(l->edits, args[0].end, args[1].start, depth,
                     F("); %sgocc_e%d = (", by_value ? type : "__auto_type ", k));
    edit_replace(l->edits, args[form->value - 1].end, args[form->value].start, depth,
                 F("); %s%sgocc_x%d; gocc_x%d = %s(", type, form->by_address ? "*" : "", k, k,
                   form->by_address ? "(void *)" : ""));
}

// After it, or after the object if nothing but zero is stored: up to the arguments that stay where they are.
static const char *call(Lower *l, const Atomic *a, int k, const char **ends) {
    const AtomicForm *form = a->form;
    const char *from = form->by_address ? F("gocc_x%d", k) : F("&gocc_x%d", k);
    const char *begin = F("go__gc_atomic_begin((void *)(unsigned long)gocc_w%d, (void *)0)", k);
    *ends = " go__gc_atomic_end();";
    if (form->value > 0)
        begin = lower_atomic_begin(l, k, &a->type, from, ends);
    return F("); %s; %s%s(gocc_w%d%s%s", begin, is_kept(a) ? F("__auto_type gocc_r%d = ", k) : "", form->name, k,
             form->value == 2 ? F(", gocc_e%d", k) : "", form->value > 0 ? F(", gocc_x%d", k) : "");
}

static void lower_one(Lower *l, const Atomic *a) {
    const Tree *t = l->tree;
    int last = a->form->value > 0 ? a->form->value : 0;
    size_t open = tree_token_at(t, a->name.start) + 1;
    if (open >= t->tokens.n || first_char(t, open) != '(' || t->tokens.v[open].match <= (int)open)
        return;
    Span args[3];
    for (int i = 0; i <= last; i++) {
        args[i] = argument(t, open, i);
        if (!args[i].end)
            return;
    }
    size_t end = t->tokens.v[t->tokens.v[open].match].span.end;
    int k = ++l->n_barriers, depth = lower_depth(l, (Span){a->name.start, end});
    const char *ends;
    edit_replace(l->edits, a->name.start, args[0].start, depth, F("(__extension__ ({ __auto_type gocc_w%d = (", k));
    if (last)
        open_value(l, a, k, args, depth);
    edit_close_at(l->edits, args[last].end, depth, a->rank + 1, call(l, a, k, &ends));
    edit_close_at(l->edits, end, depth, a->rank, F(";%s%s }))", ends, is_kept(a) ? F(" gocc_r%d;", k) : ""));
}

void lower_atomics(Lower *l) {
    for (size_t i = 0; i < l->facts->n_atomics; i++) {
        const Atomic *a = &l->facts->atomics[i];
        if (!a->root || a->root->heap)
            lower_one(l, a);
    }
}
