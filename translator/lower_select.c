// lower_select.c - select as a switch that is entered twice.
//
// First pass (gocc_i == -2): control runs through the heads of the cases in source order, jumping over targets and bodies, and fills the
// array of cases; then go__select chooses. Second pass: the switch goes to the chosen case, whose target is
// assigned from the slot that the runtime filled, and its body runs. Text stays in place; `break` leaves the switch, `continue` and `return`
// mean what surrounds it. For `case v = <-ch: body`:
//
//     goto gocc_h7; case 0: { v = *(T *)gocc_v7; goto gocc_b7; gocc_h7: gocc_s5[0].chan = (void *)(ch);
//     gocc_s5[0].value = gocc_v7; goto gocc_n7; gocc_b7: ; body; } break; gocc_n7: ;

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

typedef struct Select {
    Lower *l;
    Node *node;
    int id;
    int n_channels;
    bool has_default;
} Select;

static const char *slot_of(Lower *l, Node *c) {
    return F("*(%s *)gocc_v%d", lower_elem(l, c->operand), c->id);
}

static Var *declared_in(Lower *l, Span target) {
    return lower_var_at(l, marker_copy_name(l->tree, target).start);
}

static const char *tail_of(Lower *l, Node *c, Span target) {
    Var *v = c->declares ? declared_in(l, target) : NULL;
    return v ? lower_heap_tail(l, v) : "";
}

static void send_case(Select *s, Node *c, int index) {
    Lower *l = s->l;
    lower_between(l, c, c->keyword, c->operand.start, F("{ __auto_type gocc_c%d = (", c->id));
    lower_between(l, c, c->operand.end, c->value.start,
                  F("); __typeof__(((void)0, *(**gocc_c%d)(gocc_t))) gocc_x%d = (", c->id, c->id));
    lower_between(l, c, c->value.end, c->colon + 1,
                  F("); __builtin_memcpy(gocc_v%d, &gocc_x%d, sizeof(gocc_x%d)); "
                    "gocc_s%d[%d].chan = (void *)gocc_c%d; gocc_s%d[%d].value = gocc_v%d; "
                    "gocc_s%d[%d].send = 1; } goto gocc_n%d; case %d: {",
                    c->id, c->id, c->id, s->id, index, c->id, s->id, index, c->id, s->id, index,
                    c->id, index));
}

static void plain_receive_case(Select *s, Node *c, int index) {
    Lower *l = s->l;
    lower_between(l, c, c->keyword, c->operand.start,
                  F("gocc_s%d[%d].chan = (void *)(", s->id, index));
    lower_between(l, c, c->operand.end, c->colon + 1,
                  F("); gocc_s%d[%d].value = (void *)0; gocc_s%d[%d].send = 0; goto gocc_n%d; "
                    "case %d: {",
                    s->id, index, s->id, index, c->id, index));
}

static void bool_target(Lower *l, Node *c) {
    const char *text = l->tree->source->text + c->target2.start;
    if (c->declares && !strncmp(text, "bool", 4) && strchr(" \n\t", text[4]))
        edit_replace(l->edits, c->target2.start, c->target2.start + 4, c->depth, "_Bool");
}

// Of two targets the first; NULL if nobody needs to be told.
static const Store *told_target(Lower *l, Node *c) {
    const Store *s = &lower_facts(l, c)->target;
    return s->type.known && (!s->root || s->root->heap) ? s : NULL;
}

static void target_case(Select *s, Node *c, int index) {
    Lower *l = s->l;
    const char *head = F("; goto gocc_b%d; gocc_h%d: gocc_s%d[%d].chan = (void *)(", c->id, c->id,
                         s->id, index);
    // The parts around the target of an assignment that a collector must be told of.
    const Store *told = c->declares ? NULL : c->target2.end ? told_target(l, c)
                                                            : lower_store_at(l, c->target);
    int k = told ? ++l->n_barriers : 0;
    const char *open = told ? lower_store_open(l, k, told) : "", *middle = told ? lower_store_middle(l, k, told) : "";
    const char *close = told ? lower_store_close(l, k, told) : "";
    lower_between(l, c, c->keyword, c->target.start, F("goto gocc_h%d; case %d: { %s", c->id, index, open));
    if (c->target2.end) {
        bool_target(l, c);
        lower_between(l, c, c->target.end, c->target2.start,
                      F("%s = %s%s%s; ", middle, slot_of(l, c), close, tail_of(l, c, c->target)));
        lower_between(l, c, c->target2.end, c->operand.start,
                      F(" = gocc_s%d[%d].ok%s%s", s->id, index, tail_of(l, c, c->target2), head));
    } else {
        lower_between(l, c, c->target.end, c->operand.start,
                      F("%s = %s%s%s%s", middle, slot_of(l, c), close, tail_of(l, c, c->target), head));
    }
    lower_between(l, c, c->operand.end, c->colon + 1,
                  F("); gocc_s%d[%d].value = gocc_v%d; gocc_s%d[%d].send = 0; goto gocc_n%d; "
                    "gocc_b%d: ;",
                    s->id, index, c->id, s->id, index, c->id, c->id));
}

static void one_case(Select *s, Node *c, int index) {
    if (c->comm == COMM_DEFAULT)
        lower_between(s->l, c, c->keyword, c->colon + 1, F("goto gocc_n%d; case -1: {", c->id));
    else if (c->comm == COMM_SEND)
        send_case(s, c, index);
    else if (c->target.end)
        target_case(s, c, index);
    else
        plain_receive_case(s, c, index);
    edit_close(s->l->edits, c->body.end, c->depth, F("; } break; gocc_n%d: ; ", c->id));
}

static void append_slots(Select *s, Buffer *out) {
    for (Node *c = s->node->first; c; c = c->next) {
        const TypeInfo *elem = c->kind == N_CASE ? lower_facts(s->l, c)->operand.elem : NULL;
        if (!elem || (c->comm == COMM_RECV && !c->target.end))
            continue;
        buffer_printf(out, "__attribute__((aligned(%lld), may_alias)) char gocc_v%d[%lld]; ",
                      elem->align > 1 ? elem->align : 1, c->id, elem->size > 0 ? elem->size : 1);
    }
}

void lower_select(Lower *l, Node *n) {
    Select s = {.l = l, .node = n, .id = n->id};
    Buffer head = {0};
    for (Node *c = n->first; c; c = c->next)
        if (c->kind == N_CASE) {
            bool is_default = c->comm == COMM_DEFAULT;
            s.has_default |= is_default;
            one_case(&s, c, is_default ? -1 : s.n_channels);
            s.n_channels += !is_default;
        }
    buffer_puts(&head, "{ ");
    if (s.n_channels)
        buffer_printf(&head, "struct go__case gocc_s%d[%d]; ", n->id, s.n_channels);
    append_slots(&s, &head);
    buffer_printf(&head, "int gocc_i%d = -2; gocc_a%d: switch (gocc_i%d) ", n->id, n->id, n->id);
    edit_replace(l->edits, n->keyword, n->body.start, n->depth, head.data);
    edit_open(l->edits, n->body.start + 1, n->depth, " default: __builtin_unreachable(); case -2: ;");
    edit_open(l->edits, n->body.end - 1, n->depth + 1,
              F("gocc_i%d = go__select(%s, %d, %d); goto gocc_a%d; ", n->id,
                s.n_channels ? F("gocc_s%d", n->id) : "(void *)0", s.n_channels, !s.has_default,
                n->id));
    edit_close(l->edits, n->body.end, n->depth, " }");
}
