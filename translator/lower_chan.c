// lower_chan.c - channel operations: send, receive in its forms, range.
//
// The operand is evaluated into gocc_c<id>, whose type gives the element type; the element travels through gocc_v<id>, so the runtime
// sees only addresses.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

static const char *elem_of(int id) {
    return F("__typeof__(((void)0, *(**gocc_c%d)(gocc_t)))", id);
}

// `<-ch;` drops the value: no expression is left for a compiler to call unused. (The last one of a statement expression is its
// value.)
static bool is_statement(Lower *l, const Node *n) {
    const Tree *t = l->tree;
    const char *text = t->source->text;
    size_t first = tree_token_at(t, n->span.start), after = tree_token_at(t, n->span.end);
    if (after + 2 < t->tokens.n && text[t->tokens.v[after + 1].span.start] == '}' &&
        text[t->tokens.v[after + 2].span.start] == ')')
        return false;
    return first > 0 && after < t->tokens.n && text[t->tokens.v[after].span.start] == ';' &&
           strchr(";{}", text[t->tokens.v[first - 1].span.start]);
}

void lower_receive(Lower *l, Node *n) {
    lower_between(l, n, n->span.start, n->operand.start,
                  F("(__extension__ ({ __auto_type gocc_c%d = (", n->id));
    edit_close(l->edits, n->operand.end, n->depth,
               F("); %s gocc_v%d; go__chan_recv((void *)gocc_c%d, &gocc_v%d); %s; }))",
                 elem_of(n->id), n->id, n->id, n->id,
                 is_statement(l, n) ? "(void)0" : F("gocc_v%d", n->id)));
}

void lower_send(Lower *l, Node *n) {
    edit_open(l->edits, n->operand.start, n->depth, F("{ __auto_type gocc_c%d = (", n->id));
    lower_between(l, n, n->operand.end, n->value.start,
                  F("); %s gocc_v%d = (", elem_of(n->id), n->id));
    lower_between(l, n, n->value.end, n->span.end,
                  F("); go__chan_send((void *)gocc_c%d, &gocc_v%d); }", n->id, n->id));
}

static const char *receive_into_v(int id) {
    return F("); %s gocc_v%d; _Bool gocc_k%d = go__chan_recv((void *)gocc_c%d, &gocc_v%d);",
             elem_of(id), id, id, id, id);
}

static void receive2_assigns(Lower *l, Node *n) {
    edit_open(l->edits, n->target.start, n->depth,
              F("(__extension__ ({ __auto_type gocc_p%d = &(", n->id));
    lower_between(l, n, n->target.end, n->target2.start,
                  F("); __auto_type gocc_q%d = &(", n->id));
    lower_between(l, n, n->target2.end, n->operand.start,
                  F("); __auto_type gocc_c%d = (", n->id));
    edit_close(l->edits, n->operand.end, n->depth,
               F("%s %s; *gocc_q%d = gocc_k%d; (void)0; }))", receive_into_v(n->id),
                 lower_store(l, &lower_facts(l, n)->target, F("*gocc_p%d", n->id), F("gocc_v%d", n->id)), n->id,
                 n->id));
}

// How the variable that `target` declares is mentioned by the code right after it.
static const char *declared(Lower *l, Span target, Var **var) {
    Span name = marker_copy_name(l->tree, target);
    *var = lower_var_at(l, name.start);
    return *var ? lower_name(l, *var, (*var)->block) : lower_text(l, name);
}

static void receive2_declares(Lower *l, Node *n) {
    Var *value, *ok;
    const char *name = declared(l, n->target, &value);
    declared(l, n->target2, &ok);
    marker_drop_const(l->edits, l->tree, n->target, n->depth);
    const char *home = value && value->heap
                           ? F(" = %s", lower_new(l, &value->type, name))
                           : "";
    lower_between(l, n, n->target.end, n->target2.start, F("%s; ", home));
    const char *text = l->tree->source->text + n->target2.start;
    if (!strncmp(text, "bool", 4) && strchr(" \n\t", text[4]))
        edit_replace(l->edits, n->target2.start, n->target2.start + 4, n->depth, "_Bool");
    lower_between(l, n, n->target2.end, n->operand.start,
                  F(" = (__extension__ ({ __auto_type gocc_c%d = (", n->id));
    edit_close(l->edits, n->operand.end, n->depth,
               F("%s %s; gocc_k%d; }))%s", receive_into_v(n->id),
                 lower_store_variable(l, value, name, F("gocc_v%d", n->id)), n->id,
                 ok ? lower_heap_tail(l, ok) : ""));
}

void lower_receive2(Lower *l, Node *n) {
    if (n->declares)
        receive2_declares(l, n);
    else
        receive2_assigns(l, n);
}

// Two loops in one: the outer one runs once and holds the channel, evaluated when the inner one asks first; the inner one is the
// user's, so that break and continue mean it.
void lower_range(Lower *l, Node *n) {
    Var *v;
    const char *name = declared(l, n->target, &v);
    marker_drop_const(l->edits, l->tree, n->target, n->depth);
    const char *home = v && v->heap ? F(" = %s", lower_new(l, &v->type, name)) : "";
    const char *fresh = v && v->per_iteration
                            ? F("gocc_at_%s = %s", v->name, lower_new(l, &v->type, F("*gocc_at_%s", v->name)))
                            : "";
    edit_open(l->edits, n->keyword, n->depth,
              F("for (void *gocc_r%d[3] = {0}; !gocc_r%d[1]; gocc_r%d[1] = gocc_r%d) ", n->id, n->id,
                n->id, n->id));
    lower_between(l, n, n->target.end, n->operand.start,
                  F("%s; (__extension__ ({ __typeof__(%s) gocc_c%d = gocc_r%d[0]; if (!gocc_r%d[2]) { "
                    "gocc_r%d[2] = gocc_r%d; gocc_r%d[0] = (void *)(gocc_c%d = (",
                    home, edits_render(l->edits, n->operand), n->id, n->id, n->id, n->id, n->id,
                    n->id, n->id));
    lower_between(l, n, n->operand.end, n->rparen,
                  F(")); } %s gocc_v%d; _Bool gocc_k%d = go__chan_recv((void *)gocc_c%d, &gocc_v%d); "
                    "if (gocc_k%d) %s; (void)%s; gocc_k%d; })); %s",
                    elem_of(n->id), n->id, n->id, n->id, n->id, n->id,
                    lower_store_variable(l, v, name, F("gocc_v%d", n->id)), name, n->id, fresh));
}
