// dump_facts.c - `-d facts`: what clang told of each construct, one line each, by line and column of the .gc file.

#include "gocc.h"
#include "translate.h"

static const char *kind_name(const Node *n) {
    static const char *const names[] = {
        [N_UNIT] = "unit",
        [N_CHAN] = "chan",
        [N_RECV] = "receive",
        [N_SEND] = "send",
        [N_RECV2] = "receive2",
        [N_GO] = "go",
        [N_DEFER] = "defer",
        [N_SELECT] = "select",
        [N_CASE] = "case",
        [N_RANGE] = "range",
        [N_CALL] = "call",
        [N_WORD] = "word",
        [N_ERROR] = "error",
    };
    return names[n->kind];
}

static void dump_type(const char *label, const TypeInfo *t) {
    if (!t->known)
        return;
    printf(" %s='%s'", label, t->spelling);
    if (t->is_channel)
        printf(" elem='%s' size=%lld", t->elem->spelling, t->elem->size);
}

static void dump_vars(const char *label, Var *const *vars, int n) {
    for (int i = 0; i < n; i++)
        printf("%s%s", i ? "," : label, vars[i]->name);
}

static void dump_flags(const Node *n, const NodeFacts *f) {
    static const struct {
        size_t offset;
        const char *name;
    } flags[] = {
        {offsetof(NodeFacts, in_loop), "in-loop"},
        {offsetof(NodeFacts, calls_function), "calls-function"},
        {offsetof(NodeFacts, calls_builtin), "calls-word"},
        {offsetof(NodeFacts, has_defer), "defers"},
        {offsetof(NodeFacts, has_recover), "recovers"},
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        if (*(const bool *)((const char *)f + flags[i].offset))
            printf(" %s", flags[i].name);
    if (n->is_comparison)
        printf(" plain-c");
    if (f->constant)
        printf(" constant=%lld", f->constant_value);
    if (f->number)
        printf(" func%d", f->number);
}

void dump_facts(const Facts *f) {
    for (int i = 1; i <= f->tree->n_nodes; i++) {
        const Node *n = f->tree->by_id[i];
        const NodeFacts *facts = &f->nodes[i];
        Place p = source_place(f->tree->source, n->span.start);
        printf("%s:%u:%u: %s", p.file, p.line, p.column, kind_name(n));
        if (facts->function)
            printf(" in %s", facts->function->name);
        dump_type("operand", &facts->operand);
        dump_type("size-type", &facts->value);
        dump_flags(n, facts);
        dump_vars(" shares=", facts->captures, facts->n_captures);
        dump_vars(" copies=", facts->copies, facts->n_copies);
        printf("\n");
    }
}
