// escape.c - decides what lives in memory from go__new: variables, compound literals, new(T); and why.
//
// facts_flow.c and its companions have drawn a graph for each function. Here the calls between the functions of the unit are resolved, the functions are solved
// from the callees up, those that call each other together (escape_graph.c), and the decisions are read off:
//   1. what a go block shares lives on the heap; so does what a deferred block shares, unless it is a variable of the function's outermost
//      braces (of the enclosing block's), which are alive when deferred calls run;
//   2. what the solution says escapes lives on the heap;
//   3. what is declared and larger than 128 KiB does, and what is allocated and larger than 64 KiB;
//   4. new(T) that does not escape gets room in the frame (lower_slot.c): one place for each new in the text. That a second evaluation does
//      not meet what the first one gave out is what the scopes of allocations are about: an iteration, not braces;
//   5. what a name holds that clang did not see a mention of (what gcc alone accepts) leaks.

#define _GNU_SOURCE // memmem
#include "escape.h"

#include <string.h>

#define DECLARED_MAX (128 * 1024LL)
#define IMPLICIT_MAX (64 * 1024LL)

// ---- calls by name -----------------------------------------------------------------------------
typedef struct Names {             // functions by name, open hashing
    Function **v;
    size_t size;
} Names;

static size_t hash(const char *s) {
    size_t h = 5381;
    while (*s)
        h = h * 33 ^ (unsigned char)*s++;
    return h;
}

static Names names_make(const Facts *f) {
    Names n = {.size = 64};
    while (n.size < 2 * f->n_functions)
        n.size *= 2;
    n.v = arena_alloc(n.size * sizeof *n.v);
    for (size_t i = 0; i < f->n_functions; i++) {
        size_t k = hash(f->functions[i]->name) & (n.size - 1);
        while (n.v[k])
            k = (k + 1) & (n.size - 1);
        n.v[k] = f->functions[i];
    }
    return n;
}

static Function *names_defined(const Names *n, const char *name) {
    for (size_t k = hash(name) & (n->size - 1); n->v[k]; k = (k + 1) & (n->size - 1))
        if (!strcmp(n->v[k]->name, name))
            return n->v[k];
    return NULL;
}

static Function *names_find(const Names *n, const char *name) {
    Function *f = names_defined(n, name);
    return f && f->graph && !f->graph->weak ? f : NULL;
}

static bool is_marked(const Facts *f, const char *function, int parameter) {
    for (size_t i = 0; i < f->n_noescapes; i++)
        if (f->noescapes[i].parameter == parameter && !strcmp(f->noescapes[i].function, function))
            return true;
    return false;
}

// The callee is not of this unit: it keeps its arguments, and what they point to.
static void call_unseen(const Facts *f, Function *caller, const CallFlow *c, const char *name) {
    for (int i = 0; i < c->n_args && !c->keeps_nothing; i++) {
        bool marked = name && is_marked(f, name, i);
        graph_edge(caller->graph->heap, c->args[i], marked, c->at,
                   marked ? "what it points to, an argument of a function that is not seen"
                   : name ? "an argument of a function that is not seen"
                          : "a call through a pointer");
    }
}

static void resolve_through(const Facts *f, const Names *names, Function *caller, CallFlow c) {
    FlowGraph *g = caller->graph;
    bool known = !c.through->any_target && c.through->n_targets > 0;
    for (size_t i = 0; known && i < c.through->n_targets; i++)
        known = names_find(names, c.through->targets[i]) != NULL;
    if (!known)
        call_unseen(f, caller, &c, NULL);
    for (size_t i = 0; known && i < c.through->n_targets; i++) {
        CallFlow *one = ARENA_PUSH(g->calls, g->n_calls, g->cap_calls);
        *one = c;
        one->callee = names_find(names, c.through->targets[i]);
    }
}

static void resolve_calls(Facts *f, const Names *names, Function *caller) {
    FlowGraph *g = caller->graph;
    for (size_t i = 0, n = g->n_calls; i < n; i++) {
        if (g->calls[i].through) {
            resolve_through(f, names, caller, g->calls[i]);
            continue;
        }
        g->calls[i].callee = names_find(names, g->calls[i].name);
        if (!g->calls[i].callee && !names_defined(names, g->calls[i].name))
            g->calls[i].callee = escape_stranger(f, &g->calls[i]);
        if (!g->calls[i].callee)
            call_unseen(f, caller, &g->calls[i], g->calls[i].name);
    }
}

// ---- from the callees up: Tarjan's search for groups of functions that call each other -----------------
typedef struct Search {
    Facts *facts;
    Function **stack;
    size_t n, cap;
    int index;
} Search;

static void visit(Search *s, Function *f) {
    FlowGraph *g = f->graph;
    g->index = g->low = ++s->index;
    size_t bottom = s->n;
    *ARENA_PUSH(s->stack, s->n, s->cap) = f;
    g->on_stack = true;
    for (size_t i = 0; i < g->n_calls; i++) {
        FlowGraph *to = g->calls[i].callee ? g->calls[i].callee->graph : NULL;
        if (!to)
            continue;
        if (!to->index)
            visit(s, g->calls[i].callee);
        if (to->on_stack && to->low < g->low)
            g->low = to->low;
    }
    if (g->low != g->index)
        return;
    graph_solve(s->facts, s->stack + bottom, s->n - bottom);
    for (size_t i = bottom; i < s->n; i++)
        s->stack[i]->graph->on_stack = false;
    s->n = bottom;
}

// ---- what is known before -------------------------------------------------------------------------
static void distrust_name(Facts *f, size_t first, const Function *function, Span name) {
    const char *text = f->tree->source->text;
    size_t n = name.end - name.start;
    for (size_t i = first; i < f->n_vars && f->vars[i]->function == function; i++) {
        Var *v = f->vars[i];
        if (v->at == name.start || !v->location || strlen(v->name) != n || memcmp(v->name, text + name.start, n))
            continue;
        graph_edge(function->graph->heap, v->location, 0, name.start, "a mention that clang cannot read");
        v->any_target = true;
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

// Functions that say with a builtin of gcc's that they pass on their arguments as a whole.
static void distrust_rest(Facts *f, Function *function) {
    static const char *const words[] = {"__builtin_va_arg_pack", "__builtin_apply", "__builtin_next_arg"};
    FlowGraph *g = function->graph;
    const char *text = f->tree->source->text + function->body.start;
    size_t n = function->body.end - function->body.start;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!memmem(text, n, words[i], strlen(words[i])))
            continue;
        graph_edge(g->heap, g->rest, 0, function->body.start, "passed on as a whole");
        for (int k = 0; k < function->n_params; k++)
            graph_edge(g->heap, g->params[k], 0, function->body.start, "passed on as a whole");
    }
}

static bool word_is(const Tree *t, size_t i, const char *word) {
    Span s = t->tokens.v[i].span;
    return t->tokens.v[i].kind == TK_WORD && s.end - s.start == strlen(word) &&
           !memcmp(t->source->text + s.start, word, s.end - s.start);
}

static void distrust_function(Facts *f, const Names *names, const char *name) {
    Function *w = names_find(names, name);
    if (w)
        w->graph->weak = true;
    *ARENA_PUSH(f->doubtful, f->n_doubtful, f->cap_doubtful) = name;
}

// `#pragma weak name`: directives are no tokens.
static void distrust_pragmas(Facts *f, const Names *names) {
    const char *text = f->tree->source->text, *end = text + f->tree->source->length;
    for (const char *p = text; (p = memmem(p, (size_t)(end - p), "#pragma", 7));) {
        p += 7;
        p += strspn(p, " \t");
        if (strncmp(p, "weak", 4))
            continue;
        p += 4;
        p += strspn(p, " \t");
        distrust_function(f, names, arena_strndup(p, strcspn(p, " \t=\r\n")));
    }
}

// Another definition may take the place of a weak function (of a gnu_inline one) when the program is linked. The word may stand at any of its declarations.
static void distrust_weak(Facts *f, const Names *names) {
    const Tree *t = f->tree;
    for (size_t i = 0; i < t->tokens.n; i++) {
        if (!word_is(t, i, "weak") && !word_is(t, i, "__weak__") && !word_is(t, i, "gnu_inline") &&
            !word_is(t, i, "__gnu_inline__"))
            continue;
        size_t from = i, to = i;
        const char *text = t->source->text;
        while (from > 0 && !strchr(";}", text[t->tokens.v[from - 1].span.start]))
            from--;
        while (to < t->tokens.n && !strchr(";{", text[t->tokens.v[to].span.start]))
            to++;
        for (; from < to; from++) {
            Span s = t->tokens.v[from].span;
            if (t->tokens.v[from].kind == TK_WORD)
                distrust_function(f, names, arena_strndup(text + s.start, s.end - s.start));
        }
    }
    distrust_pragmas(f, names);
}

static void share(Var *v) {
    bool deferred = v->captured_defer && (!v->top_scope || v->type.is_vla);
    v->reason = v->captured_go ? "shared with a go block" : deferred ? "shared with a deferred block"
                                                                     : NULL;
    if (v->location && v->reason && v->kind != VAR_RESULT)
        v->location->escapes = true;
}

// ---- size and loops ------------------------------------------------------------------------------
static bool is_too_large(const Var *v) {
    if (v->kind == VAR_LITERAL)
        return v->addressed && v->type.size > IMPLICIT_MAX;
    return v->kind == VAR_LOCAL && !v->type.is_vla && v->type.size > DECLARED_MAX;
}

static bool in_goto_loop(const Facts *f, const Location *l) {
    size_t at = l->node->keyword;
    for (size_t i = 0; i < f->n_gotos; i++) {
        const Goto *g = &f->gotos[i];
        if (g->label <= at && at < g->at && g->label >= l->function->body.start && g->at < l->function->body.end)
            return true;
    }
    return l->function->graph->jumps_anywhere;
}

static void prepare(Facts *f, Function *function) {
    FlowGraph *g = function->graph;
    for (size_t i = 0; i < g->n_locations; i++) {
        Location *l = g->locations[i];
        bool allocated = l->kind == LOC_NEW || l->kind == LOC_MAKE;
        if (allocated)
            l->in_goto_loop = in_goto_loop(f, l);
        const TypeInfo *t = allocated ? &f->nodes[l->node->id].operand : NULL;
        if ((l->kind == LOC_NEW && (t->size <= 0 || t->size > IMPLICIT_MAX)) ||
            (l->kind == LOC_VAR && is_too_large(l->var))) {
            l->escapes = true;
            l->reason = "too large for the stack";
        }
    }
}

static void solve(Facts *f) {
    Names names = names_make(f);
    distrust_weak(f, &names);
    for (size_t i = 0; i < f->n_functions; i++)
        if (f->functions[i]->graph) {
            prepare(f, f->functions[i]);
            distrust_rest(f, f->functions[i]);
        }
    for (size_t i = 0; i < f->n_vars; i++)
        share(f->vars[i]);
    distrust_unseen(f);
    for (size_t i = 0; i < f->n_functions; i++)
        if (f->functions[i]->graph)
            resolve_calls(f, &names, f->functions[i]);
    Search s = {.facts = f};
    for (size_t i = 0; i < f->n_functions; i++)
        if (f->functions[i]->graph && !f->functions[i]->graph->index)
            visit(&s, f->functions[i]);
}

// ---- decisions ---------------------------------------------------------------------------------
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
    bool escapes = !v->location || v->location->escapes;
    if (!v->reason && !(escapes && v->location))
        return;
    if (!v->reason)
        v->reason = v->location->reason ? v->location->reason : "moved to the heap";
    v->heap = true;
    v->jumped = v->kind == VAR_LOCAL && is_jumped(f, v);
    v->per_iteration = v->in_for_header && (v->captured_go || v->captured_defer || v->is_range);
}

static void decide_new(Facts *f, NodeFacts *n) {
    const Location *l = n->location;
    n->on_stack = l && l->kind == LOC_NEW && !l->escapes;
    (void)f;
}

// The value that a function is about to return lives in its frame, and cannot move.
static void check_result(const Facts *f, const Function *function) {
    const Location *l = function->graph->result;
    if (l->escapes)
        diag_at(f->tree->source, l->leak_at, DIAG_ERROR, "the address of '_Result' may outlive its function (%s)",
                l->reason ? l->reason : "it is shared");
}

static void check_marked(const Facts *f, const Noescape *n) {
    for (size_t i = 0; i < f->n_functions; i++) {
        const Function *function = f->functions[i];
        if (strcmp(function->name, n->function) || !function->graph || n->parameter >= function->n_params)
            continue;
        const Location *l = function->graph->params[n->parameter];
        bool heap = l->to_heap == 0, result = l->to_result == 0;
        if (!heap && !result)
            continue;
        diag_at(f->tree->source, l->var->at, DIAG_ERROR, "'%s' is marked noescape, but %s", l->var->name,
                heap ? "may be kept after the call" : "may be returned");
        if (l->leak_at)
            diag_at(f->tree->source, l->leak_at, DIAG_NOTE, heap ? "it is kept here" : "it is returned here");
    }
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

// ---- other units ---------------------------------------------------------------------------------
// For TranslateOptions.exchange. Solving changes the graph: only once in a process.
static Summary *solve_with(const Summaries *others, void *arg) {
    Facts *f = arg;
    if (!others) {
        Names names = names_make(f);
        distrust_weak(f, &names);
        return escape_own_summary(f, false);
    }
    f->others = *others;
    solve(f);
    return escape_own_summary(f, true);
}

void escape_summarise(Facts *f) {
    f->options->exchange(&f->others, solve_with, f);
}

static void tell(Facts *f) {
    bool dumped = dump_wanted("escape");
    if (!f->options->summarised && !dumped)
        return;
    Summary *own = escape_own_summary(f, true);
    if (f->options->summary_symbols)
        f->summary_symbols = escape_symbols(f, own);
    if (f->options->summarised)
        f->options->summarised(own, &f->others);
    if (dumped)
        escape_dump_summaries(f, own);
}

void escape_decide(Facts *f) {
    if (f->options->exchange)
        f->options->exchange(&f->others, solve_with, f);
    solve(f);
    for (size_t i = 0; i < f->n_vars; i++)
        decide(f, f->vars[i]);
    for (int i = 1; i <= f->tree->n_nodes; i++)
        decide_new(f, &f->nodes[i]);
    for (size_t i = 0; i < f->n_functions; i++)
        if (f->functions[i]->graph)
            check_result(f, f->functions[i]);
    for (size_t i = 0; i < f->n_noescapes; i++)
        check_marked(f, &f->noescapes[i]);
    if (f->report)
        escape_report(f, f->report);
    if (dump_wanted("escape"))
        dump(f);
    tell(f);
}
