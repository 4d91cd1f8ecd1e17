// lower_words.c - the function-like words: make, new, len, cap, close, panic, recover, any_is, any_as; and `any`, `_Result`.

#include "gocc.h"
#include "translate.h"

#define F arena_format

// `word(` ... `)` becomes open ... close around the first argument; what stands behind that argument is replaced.
static void wrap(Lower *l, Node *n, const char *open, const char *close) {
    lower_between(l, n, n->keyword, n->args[0].start, open);
    lower_between(l, n, n->args[0].end, n->rparen + 1, close);
}

static void lower_make(Lower *l, Node *n) {
    const char *type = edits_render(l->edits, n->args[0]);
    const char *size = F("sizeof(*(**(__typeof__(%s))0)(gocc_t))", type);
    const char *layout = lower_layout(l, lower_facts(l, n)->operand.elem);
    lower_between(l, n, n->keyword, n->args[0].start, "((__typeof__(");
    if (n->n_args == 1) {
        lower_between(l, n, n->args[0].end, n->rparen + 1, F("))go__chan_make(%s, 0, %s))", size, layout));
        return;
    }
    lower_between(l, n, n->args[0].end, n->args[1].start, F("))go__chan_make(%s, (", size));
    lower_between(l, n, n->args[1].end, n->rparen + 1, F("), %s))", layout));
}

static void lower_new_object(Lower *l, Node *n) {
    const char *type = edits_render(l->edits, n->args[0]);
    if (lower_facts(l, n)->on_stack) {
        wrap(l, n, "((__typeof__(", lower_slot(n, type));
        return;
    }
    wrap(l, n, "((__typeof__(", F(") *)%s)", lower_new(l, &lower_facts(l, n)->operand, type)));
}

static void lower_panic(Lower *l, Node *n) {
    const TypeInfo *t = &lower_facts(l, n)->operand;
    wrap(l, n, F("(__extension__ ({ __auto_type gocc_v%d = ((void)0, (", n->id),
         t->is_any ? F(")); go__repanic(gocc_v%d); }))", n->id)
                   : F(")); go__panic(%s, &gocc_v%d); }))", lower_type(l, t), n->id));
}

static void lower_any_test(Lower *l, Node *n) {
    const char *type = lower_type(l, &lower_facts(l, n)->operand);
    if (n->word == W_ANY_IS)
        wrap(l, n, "go__any_is((", F("), %s)", type));
    else
        wrap(l, n, F("(*(__typeof__(%s) *)go__any_as((", edits_render(l->edits, n->args[1])),
             F("), %s))", type));
}

void lower_call(Lower *l, Node *n) {
    switch (n->word) {
    case W_MAKE: lower_make(l, n); break;
    case W_NEW: lower_new_object(l, n); break;
    case W_LEN: wrap(l, n, "go__chan_len((void *)(", "))"); break;
    case W_CAP: wrap(l, n, "go__chan_cap((void *)(", "))"); break;
    case W_CLOSE: wrap(l, n, "go__chan_close((void *)(", "))"); break;
    case W_PANIC: lower_panic(l, n); break;
    case W_PANICF: edit_replace(l->edits, n->keyword, n->keyword + 6, n->depth, "go_panicf"); break;
    case W_ANY_STRING:
        edit_replace(l->edits, n->keyword, n->keyword + 10, n->depth, "go_any_string");
        break;
    case W_RECOVER:
        edit_replace(l->edits, n->keyword, n->rparen + 1, n->depth, "go__recover(gocc_recover)");
        break;
    case W_ANY_IS:
    case W_ANY_AS: lower_any_test(l, n); break;
    default: break;
    }
}

void lower_word(Lower *l, Node *n) {
    const char *text = n->word == W_ANY      ? "struct go_any"
                       : n->word == W_RESULT ? "(*gocc_at__Result)"
                                             : "go__errno";
    edit_replace(l->edits, n->span.start, n->span.end, n->depth, text);
}
