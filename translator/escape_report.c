// escape_report.c - gocc -fescape-report: the decisions on stderr, in Go's words, at the user's line and column.
//
// One line for each decision, by place, each once. A variable is worth a line if there was something to decide: its address is
// asked for, a block shares it, or it is a parameter that can hold an address. Level 2 adds the flows that led to what is kept, from
// the thing itself to where it is kept: `to = &from (why) at file:line:column`; and names the files that functions of other units are
// known from.

#include "diag.h"
#include "escape.h"

#include <stdlib.h>
#include <string.h>

typedef struct Line {
    size_t at;
    const char *text, *path;
} Line;

typedef struct Report {
    const Facts *facts;
    Line *v;
    size_t n, cap;
} Report;

static void add(Report *r, size_t at, const char *text, const char *path) {
    if (!source_place(r->facts->tree->source, at).system)
        *ARENA_PUSH(r->v, r->n, r->cap) = (Line){at, text, path};
}

static const char *place(const Facts *f, size_t at) {
    UserPlace p = diag_locate(f->tree->source, at);
    return arena_format("%s:%u:%u", p.file, p.line, p.column);
}

// ---- paths -------------------------------------------------------------------------------------
static const char *location_name(const Facts *f, const Location *l) {
    switch (l->kind) {
    case LOC_HEAP: return "{heap}";
    case LOC_VAR: return l->var->name;
    case LOC_RESULT: return "{result}";
    case LOC_REST: return "{variable arguments}";
    case LOC_NEW:
    case LOC_MAKE: return tree_excerpt(f->tree, l->node->span);
    case LOC_RECORD: return "{deferred call}";
    case LOC_VIEW:
    case LOC_TEMP: return "{value}";
    }
    return "";
}

static const char *stars(int derefs) {
    static const char many[] = "********";
    return derefs < 0 ? "&" : many + sizeof many - 1 - (derefs > 8 ? 8 : derefs);
}

// The way may lead through a cycle (an address flows back to where it was taken): it ends when a location comes again.
const char *escape_path(const Facts *f, const Location *l) {
    enum { STEPS_MAX = 64 };
    const Location *seen[STEPS_MAX];
    Buffer out = {0};
    buffer_puts(&out, "");
    for (size_t n = 0; l->next && n < STEPS_MAX; l = l->next) {
        for (size_t i = 0; i < n; i++)
            if (seen[i] == l)
                return out.data;
        seen[n++] = l;
        buffer_printf(&out, "    flow: %s = %s%s (%s) at %s\n", location_name(f, l->next),
                      stars(l->edge->derefs), location_name(f, l), l->edge->why, place(f, l->edge->at));
    }
    return out.data;
}

// ---- decisions ---------------------------------------------------------------------------------
static bool holds_address(const TypeInfo *t) {
    return t->is_pointer || t->kind == 8 || t->kind == 9;  // struct, union
}

static void parameter(Report *r, const Var *v) {
    const Location *l = v->location;
    const char *p = v->name;
    bool asked = v->addressed || v->captured_defer;
    if (!*p || !holds_address(&v->type)) {
        if (*p && asked)
            add(r, v->at, arena_format("%s does not escape", p), NULL);
        return;
    }
    if (l->to_heap != LEAKS_NOT)
        add(r, v->at, arena_format("leaking param%s: %s", l->to_heap > 0 ? " content" : "", p), l->heap_path);
    if (l->to_result != LEAKS_NOT)
        add(r, v->at, arena_format("leaking param: %s to result level=%d", p, l->to_result), l->result_path);
    if (l->to_heap == LEAKS_NOT && l->to_result == LEAKS_NOT)
        add(r, v->at, arena_format("%s does not escape", p), NULL);
}

static const char *shared_path(const Var *v) {
    return v->captured_go || v->captured_defer ? arena_format("    %s\n", v->reason) : v->location->heap_path;
}

static void variable(Report *r, const Var *v) {
    if (v->kind == VAR_RESULT || !v->location)
        return;
    if (v->kind == VAR_LITERAL) {
        if (v->addressed || v->heap)
            add(r, v->at, arena_format("&(%s){...} %s", v->type.spelling, v->heap ? "escapes to heap" : "does not escape"),
                v->location->heap_path);
    } else if (v->heap) {
        add(r, v->at, arena_format("moved to heap: %s", v->name), shared_path(v));
    } else if (v->kind == VAR_PARAMETER) {
        parameter(r, v);
    } else if (v->addressed || v->captured_defer) {
        add(r, v->at, arena_format("%s does not escape", v->name), NULL);
    }
}

static void construct(Report *r, const Node *n) {
    const NodeFacts *f = &r->facts->nodes[n->id];
    const Tree *t = r->facts->tree;
    if (f->location && n->kind == N_CALL && (n->word == W_NEW || n->word == W_MAKE)) {
        bool escapes = f->location->escapes;
        add(r, n->keyword, arena_format("%s %s", tree_excerpt(t, n->span), escapes ? "escapes to heap" : "does not escape"),
            f->location->heap_path);
    } else if ((n->kind == N_GO || n->kind == N_DEFER) && n->is_block) {
        bool escapes = n->kind == N_GO || f->in_loop;
        add(r, n->keyword, arena_format("func literal %s", escapes ? "escapes to heap" : "does not escape"), NULL);
    } else if (n->kind == N_CALL && n->word == W_PANIC && n->n_args == 1 && !f->operand.is_any) {
        add(r, n->args[0].start, arena_format("%s escapes to heap", tree_excerpt(t, n->args[0])), NULL);
    }
}

static void calls(Report *r, const Function *f) {
    for (size_t i = 0; f->graph && i < f->graph->n_calls; i++) {
        const CallFlow *c = &f->graph->calls[i];
        if (c->callee && c->callee->origin)
            add(r, c->at, arena_format("what %s does with its arguments is known from %s", c->name, c->callee->origin), NULL);
    }
}

// ---- printing ----------------------------------------------------------------------------------
static int by_place(const void *a, const void *b) {
    const Line *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return strcmp(x->text, y->text);
}

void escape_report(Facts *f, int level) {
    Report r = {.facts = f};
    for (size_t i = 0; i < f->n_vars; i++)
        variable(&r, f->vars[i]);
    for (int i = 1; i <= f->tree->n_nodes; i++)
        construct(&r, f->tree->by_id[i]);
    for (size_t i = 0; level > 1 && i < f->n_functions; i++)
        calls(&r, f->functions[i]);
    if (r.n)
        qsort(r.v, r.n, sizeof *r.v, by_place);
    for (size_t i = 0; i < r.n; i++) {
        const Line *l = &r.v[i];
        if (i > 0 && !by_place(l, l - 1))
            continue;
        fprintf(stderr, "%s: %s\n%s", place(f, l->at), l->text, level > 1 && l->path ? l->path : "");
    }
}
