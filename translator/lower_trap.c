// lower_trap.c - tests of divisors and pointers, where facts_trap.c says that a fault alone would come at the wrong time.

#include "gocc.h"
#include "translate.h"

// Wider expressions lie around narrower ones that start or end with them.
static int depth_of(Span s) {
    return 2000000 - (int)(s.end - s.start);
}

static bool has_construct(Lower *l, Span s) {
    for (int i = 1; i <= l->tree->n_nodes; i++) {
        const Node *n = l->tree->by_id[i];
        if (n->span.start >= s.start && n->span.start < s.end && n->kind != N_WORD)
            return true;
    }
    return false;
}

// A compound literal ends with the braces that the test would put around it, and what it yields is looked at behind them.
typedef struct Literals {
    size_t *at;
    size_t n, cap;
} Literals;

static Literals find_literals(const Lower *l) {
    Literals found = {0};
    for (size_t i = 0; i < l->facts->n_vars; i++)
        if (l->facts->vars[i]->kind == VAR_LITERAL)
            *ARENA_PUSH(found.at, found.n, found.cap) = l->facts->vars[i]->init.start;
    return found;
}

static bool has_literal(const Literals *literals, Span s) {
    for (size_t i = 0; i < literals->n; i++)
        if (literals->at[i] >= s.start && literals->at[i] < s.end)
            return true;
    return false;
}

static bool matters(Lower *l, const Trap *t) {
    if (t->kind == TRAP_DIVISION || t->function->assigns_globals)
        return true;
    for (const Node *b = t->block; b; b = tree_block_at(l->tree, b->keyword))
        if (l->facts->nodes[b->id].has_defer)
            return true;
    return t->function->has_defer;
}

void lower_traps(Lower *l) {
    Literals literals = find_literals(l);
    for (size_t i = 0; i < l->facts->n_traps; i++) {
        const Trap *t = &l->facts->traps[i];
        if (!matters(l, t) || has_construct(l, t->span) ||
            (t->kind == TRAP_NIL && has_literal(&literals, t->span)))
            continue;
        bool division = t->kind == TRAP_DIVISION;
        edit_open(l->edits, t->span.start, depth_of(t->span),
                  division ? "(__extension__ ({ __auto_type gocc_z = +("
                           : "(__extension__ ({ __auto_type gocc_z = (");
        edit_close(l->edits, t->span.end, depth_of(t->span),
                   division ? "); if (__builtin_expect(gocc_z == 0, 0)) go__panic_divide(); gocc_z; }))"
                            : "); if (__builtin_expect(!gocc_z, 0)) { __asm__ volatile (\"\" ::: \"memory\"); "
                              "(void)*(const volatile char *)gocc_z; __builtin_trap(); } gocc_z; }))");
    }
}
