// escape.c - decides which variables live in memory from go__new, and why.
//
// A variable stays on the stack if nothing can reach it after its braces have ended. The rule is flow-insensitive: facts_flow.c
// tells where each address and each held value is kept, and the decision is the least fixpoint of
//   1. what a go block shares, and what it holds, is kept for ever;
//   2. an address kept behind a pointer, in a global, in a result, or in a variable that itself leaks or can be written through a
//      pointer, escapes;
//   3. an address kept in a variable that lives longer than the addressed one escapes;
//   4. a variable leaks what it holds if that flows to such a place.
//   5. a variable that clang did not see a mention of (what gcc alone accepts) leaks what it holds.
// A deferred block runs while its function's outermost variables are alive, so these may stay; inner ones may not.

#include "gocc.h"
#include "translate.h"

#include <string.h>

static bool kept_forever(const Var *to) {
    return !to || to->leaks || to->addressed || to->captured_go;
}

// Does `to` live on after the braces of `from` have ended?
static bool outlives(const Var *to, const Var *from) {
    if (to->kind == VAR_RESULT)
        return to->function == from->function;
    if (to->function != from->function)
        return to->reaches_result && !from->top_scope;
    return to->outer < from->scope.start || to->reaches_result;
}

static bool set(bool *flag, bool value) {
    bool changed = value && !*flag;
    *flag |= value;
    return changed;
}

static bool solve_address(Flow *f) {
    bool changed = set(&f->from->addressed, true);
    if (f->from->escapes || !(kept_forever(f->to) || outlives(f->to, f->from)))
        return changed;
    f->from->escapes = true;
    f->from->reason = f->why;
    return true;
}

static bool solve_value(Flow *f) {
    bool changed = set(&f->from->leaks, kept_forever(f->to));
    if (!f->to)
        return changed;
    if (f->to->kind == VAR_RESULT)
        return set(&f->from->reaches_result, f->to->function == f->from->function) || changed;
    if (f->to->function == f->from->function && f->to->outer < f->from->outer) {
        f->from->outer = f->to->outer;
        changed = true;
    }
    return set(&f->from->reaches_result,
               f->to->reaches_result && f->to->function == f->from->function) ||
           changed;
}

// ---- mentions that clang did not see -----------------------------------------------------------
static void distrust_name(Facts *f, size_t first, const Function *function, Span name) {
    const char *text = f->tree->source->text;
    size_t n = name.end - name.start;
    for (size_t i = first; i < f->n_vars && f->vars[i]->function == function; i++) {
        Var *v = f->vars[i];
        if (v->at != name.start && strlen(v->name) == n && !memcmp(v->name, text + name.start, n))
            v->addressed = v->leaks = true;
    }
}

// The variables of a function stand together, functions and variables in the order of the text.
static void distrust_unseen(Facts *f) {
    const Tokens *t = &f->tree->tokens;
    size_t first = 0;
    for (size_t i = 0; i < f->n_functions; i++) {
        const Function *function = f->functions[i];
        while (first < f->n_vars && f->vars[first]->function != function)
            first++;
        if (first == f->n_vars)
            return;
        for (size_t k = tree_token_at(f->tree, function->body.start);
             k < t->n && t->v[k].span.start < function->body.end; k++) {
            size_t at = t->v[k].span.start;
            if (t->v[k].kind == TK_WORD && !(f->claimed[at / 8] & (1 << at % 8)))
                distrust_name(f, first, function, t->v[k].span);
        }
    }
}

static void solve(Facts *f) {
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < f->n_flows; i++)
            changed |= f->flows[i].address ? solve_address(&f->flows[i]) : solve_value(&f->flows[i]);
    }
}

static bool is_jumped(const Facts *f, const Var *v) {
    for (size_t i = 0; i < f->n_gotos; i++) {
        const Goto *g = &f->gotos[i];
        bool into = g->label > v->at && g->label < v->scope.end;
        if (into && (g->at < v->at || g->at >= v->scope.end))
            return true;
    }
    return false;
}

static void decide(Facts *f, Var *v) {
    if (v->captured_go)
        v->reason = "shared with a go block";
    else if (v->captured_defer && (!v->top_scope || v->type.is_vla))
        v->reason = "shared with a deferred block";
    else if (!v->escapes)
        return;
    v->heap = true;
    v->jumped = v->kind == VAR_LOCAL && is_jumped(f, v);
    v->per_iteration = v->in_for_header && (v->captured_go || v->captured_defer || v->is_range);
}

static void dump(const Facts *f) {
    for (size_t i = 0; i < f->n_vars; i++) {
        const Var *v = f->vars[i];
        Place p = source_place(f->tree->source, v->at);
        if (p.system)
            continue;
        printf("%s:%u:%u: %s%s%s%s%s\n", p.file, p.line, p.column, v->heap ? "moved to heap: " : "",
               v->name, v->heap ? " (" : " does not escape", v->heap ? v->reason : "",
               v->per_iteration ? ", fresh in each iteration)" : v->heap ? ")"
                                                                         : "");
    }
}

void escape_decide(Facts *f) {
    for (size_t i = 0; i < f->n_vars; i++) {
        f->vars[i]->outer = f->vars[i]->scope.start;
        f->vars[i]->leaks |= f->vars[i]->captured_go;
    }
    distrust_unseen(f);
    solve(f);
    for (size_t i = 0; i < f->n_vars; i++)
        decide(f, f->vars[i]);
    if (dump_wanted("escape"))
        dump(f);
}
