// escape_graph.c - the graph of locations of one or more functions, and its solution.
//
// The algorithm is that of Go's cmd/compile/internal/escape. Each location in turn is the root of a walk against the edges, which
// finds the least number of dereferences with which every other location flows to the root. Negative: the other's address does. Then
//   1. if the root outlives the other, the other escapes;
//   2. if the other is a parameter and the root is the heap or the result, the parameter leaks with that number of dereferences.
// Along `root = &l; l = x` the address of l flows to the root, but not that of x, hence the count is never carried on below 0. What
// escapes outlives everything from then on, so it is walked again as a root. The number of escapes grows only, so this ends.
//
// The heap of a function is one location of it; that it stands for memory with a longer life than any scope is all that is known of it.
// A view asks what a `void *` pointed to where its type was forgotten. Walks from views find all such places, each way by itself; what a way
// finds that was not forgotten there (an integer, an address out of variable arguments) is given up, and so is a type that the view would
// hide. A parameter passes the question on to the callers of the unit; to others its content leaks.
//
// Functions that call each other are solved together, an argument being an edge to the parameter; the others by the callee's summary,
// which may come from another unit (escape_summary.c).

#include "escape.h"

// ---- making it ---------------------------------------------------------------------------------
Location escape_nowhere = {.kind = LOC_TEMP};

Location *graph_location(Function *f, LocationKind kind, Scope *scope) {
    Location *l = arena_alloc(sizeof *l);
    *l = (Location){.kind = kind, .function = f, .scope = scope, .to_heap = LEAKS_NOT, .to_result = LEAKS_NOT, .to_heap_seen = LEAKS_NOT};
    l->escapes = kind == LOC_HEAP;
    FlowGraph *g = f->graph;
    *ARENA_PUSH(g->locations, g->n_locations, g->cap_locations) = l;
    return l;
}

Location *graph_variable(Var *v, Scope *scope) {
    if (v->location)
        return v->location;
    v->location = graph_location(v->function, LOC_VAR, scope);
    v->location->var = v;
    return v->location;
}

void graph_edge(Location *to, Location *from, int derefs, size_t at, const char *why) {
    if (!to || to == &escape_nowhere || !from || (to == from && derefs >= 0))
        return;
    *ARENA_PUSH(to->edges, to->n_edges, to->cap_edges) = (Edge){from, derefs, at, why};
}

// ---- who outlives whom -------------------------------------------------------------------------
static bool encloses(const Scope *outer, const Scope *inner) {
    while (inner && inner != outer)
        inner = inner->parent;
    return inner != NULL;
}

// Does `to` still exist when `from` is gone, or, for an allocation, when it is made again?
static bool outlives(const Location *to, const Location *from) {
    if (to->escapes)
        return true;
    if (to->function != from->function)
        return false;                                  // it flows on to its caller by a result, which is asked then
    if (to->kind == LOC_RESULT)
        return true;
    if (from->in_goto_loop && to->kind != LOC_TEMP)
        return true;
    return to->scope != from->scope && encloses(to->scope, from->scope);
}

static bool is_parameter(const Location *l) {
    return l->kind == LOC_REST || (l->kind == LOC_VAR && l->var->kind == VAR_PARAMETER);
}

// ---- one walk ----------------------------------------------------------------------------------
typedef struct Walk {
    const Facts *facts;
    Location **queue;              // roots to come
    size_t n_queue, cap_queue;
    Location **todo;               // of the walk
    size_t n_todo, cap_todo;
    unsigned number;
    Location *root;
} Walk;

static void enqueue(Walk *w, Location *l) {
    if (l->queued)
        return;
    l->queued = true;
    *ARENA_PUSH(w->queue, w->n_queue, w->cap_queue) = l;
}

static void escape(Walk *w, Location *l) {
    if (l->escapes)
        return;
    l->escapes = true;
    l->reason = l->last->why;
    l->leak_at = l->last->at;
    if (w->facts->report > 1)
        l->heap_path = escape_path(w->facts, l);
    enqueue(w, l);
}

static bool lower_leak(int *leak, int derefs) {
    if (*leak != LEAKS_NOT && *leak <= derefs)
        return false;
    *leak = derefs;
    return true;
}

static void leak(Walk *w, const Location *root, Location *l, int derefs) {
    bool result = !root->escapes && root->kind == LOC_RESULT && root->function == l->function;
    if (!result && !root->escapes)
        return;
    if (!lower_leak(result ? &l->to_result : &l->to_heap, derefs))
        return;
    l->leak_at = l->edge ? l->last->at : l->leak_at;
    if (w->facts->report > 1)
        *(result ? &l->result_path : &l->heap_path) = escape_path(w->facts, l);
}

static void follow(Walk *w, Location *l, int derefs) {
    for (size_t i = 0; i < l->n_edges; i++) {
        const Edge *e = &l->edges[i];
        Location *from = e->from;
        int d = derefs + e->derefs;
        if (from->walk == w->number && from->derefs <= d)
            continue;
        from->walk = w->number;
        from->derefs = d;
        if (from != w->root) {                         // whose own address may flow to it
            from->next = l;
            from->edge = e;
            from->last = l == w->root ? e : l->last;
        }
        *ARENA_PUSH(w->todo, w->n_todo, w->cap_todo) = from;
    }
}

static void walk_from(Walk *w, Location *root) {
    w->number++;
    w->root = root;
    root->walk = w->number;
    root->derefs = 0;
    root->next = NULL;
    root->edge = NULL;
    *ARENA_PUSH(w->todo, w->n_todo, w->cap_todo) = root;
    while (w->n_todo > 0) {
        Location *l = w->todo[--w->n_todo];
        int derefs = l->derefs < 0 ? 0 : l->derefs;
        if (l->derefs < 0 && l != root && outlives(root, l))
            escape(w, l);
        if (is_parameter(l) && (l != root || l->escapes))
            leak(w, root, l, derefs);
        if (l == root || !l->escapes)                  // what flows into one that escapes is its own walk's affair
            follow(w, l, derefs);
    }
}

static void walk_all(Walk *w) {
    while (w->n_queue > 0) {
        Location *root = w->queue[--w->n_queue];
        root->queued = false;
        walk_from(w, root);
    }
}

// ---- views ---------------------------------------------------------------------------------------
typedef struct Step {
    Location *at;
    int derefs;                    // with which what it yields flows to the view
} Step;

enum { DEREFS_MAX = 6 };

static void give_up(Walk *w, Location *l, int derefs) {
    Location *heap = l->function->graph->heap;
    graph_edge(heap, l, derefs, l->pointee && l->n_edges ? l->edges[0].at : 0, "what void * points to is read as numbers");
    enqueue(w, heap);
}

static int least(int a, int b) {
    return a == LEAKS_NOT || (b != LEAKS_NOT && b < a) ? b : a;
}

static void view_parameter(Location *p, const Location *view, int derefs) {
    for (size_t i = 0; i < p->n_views && derefs == 0; i++)
        if (p->views[i] == view->pointee)
            return;
    if (derefs == 0 && p->kind != LOC_REST)
        *ARENA_PUSH(p->views, p->n_views, p->cap_views) = view->pointee;
    else
        p->to_heap_seen = least(p->to_heap_seen, derefs + 1);
}

// Is this where a way to the view ends? What it may see as numbers is given up.
static bool view_ends(Walk *w, const Location *view, Step s) {
    if (s.at->escapes)
        return true;                                   // and all that it holds
    if (s.derefs == 0 && s.at->kind == LOC_TEMP && s.at->pointee) {
        if (facts_view_hides(s.at->pointee, view->pointee))
            give_up(w, s.at, 1);
        return true;
    }
    if (s.derefs == 0 && s.at->remade) {
        give_up(w, s.at, 1);
        return true;
    }
    if (s.derefs < 0 || s.derefs > DEREFS_MAX) {
        give_up(w, s.at, 0);
        return true;
    }
    if (is_parameter(s.at))
        view_parameter(s.at, view, s.derefs);
    return false;
}

// All ways to the view, each with its number of derefs: the least one does not stand for the others here.
static void walk_view(Walk *w, Location *view, Step **todo, size_t *cap) {
    size_t n = 0;
    w->number++;
    *ARENA_PUSH(*todo, n, *cap) = (Step){view, 0};
    while (n > 0) {
        Step s = (*todo)[--n];
        if (s.at->seen_walk != w->number)
            s.at->seen = 0;
        s.at->seen_walk = w->number;
        if (s.at->seen & 1u << (s.derefs + 1))
            continue;
        s.at->seen |= 1u << (s.derefs + 1);
        if (s.at != view && view_ends(w, view, s))
            continue;
        for (size_t i = 0; i < s.at->n_edges; i++) {
            const Edge *e = &s.at->edges[i];
            int derefs = s.derefs + e->derefs;
            *ARENA_PUSH(*todo, n, *cap) = (Step){e->from, derefs > DEREFS_MAX ? DEREFS_MAX + 1 : derefs};
        }
    }
}

// ---- a group of functions ----------------------------------------------------------------------
static Location *parameter_at(const Function *callee, int i) {
    const FlowGraph *g = callee->graph;
    return i < callee->n_params ? g->params[i] : g->rest;
}

static const char *keeps(const CallFlow *c) {
    const char *origin = c->callee->origin;
    return origin ? arena_format("an argument of a call that keeps it, says %s", origin) : "an argument of a call that keeps it";
}

// A call of a function whose summary is known.
static void apply(const CallFlow *c, Function *caller) {
    for (int i = 0; i < c->n_args; i++) {
        const Location *p = parameter_at(c->callee, i);
        if (!c->args[i])
            continue;
        if (!p) {
            graph_edge(caller->graph->heap, c->args[i], 0, c->at, "an argument without a parameter");
            continue;
        }
        if (p->to_heap_seen != LEAKS_NOT)
            graph_edge(caller->graph->heap, c->args[i], p->to_heap_seen, c->at, keeps(c));
        for (size_t k = 0; k < p->n_views; k++) {
            Location *view = graph_location(caller, LOC_VIEW, caller->graph->heap->scope);
            view->pointee = p->views[k];
            graph_edge(view, c->args[i], 0, c->at, "an argument");
        }
        if (p->to_result != LEAKS_NOT && c->to)
            graph_edge(c->to, c->args[i], p->to_result + c->derefs, c->at, "the result of a call");
    }
}

// A call inside of the group: arguments flow to the parameters themselves.
static void join(const CallFlow *c, Function *caller) {
    for (int i = 0; i < c->n_args; i++) {
        Location *p = parameter_at(c->callee, i);
        if (c->args[i])
            graph_edge(p ? p : caller->graph->heap, c->args[i], 0, c->at, "an argument");
    }
    if (c->to)
        graph_edge(c->to, c->callee->graph->result, c->derefs, c->at, "the result of a call");
}

static void connect(Function *caller) {
    FlowGraph *g = caller->graph;
    for (size_t i = 0; i < g->n_calls; i++) {
        const CallFlow *c = &g->calls[i];
        if (c->callee && c->callee->graph->solved)
            apply(c, caller);
        else if (c->callee)
            join(c, caller);
    }
}

static void summarise(Location *l) {
    if (!l)
        return;
    if (l->escapes)
        l->to_heap = 0;                                // it lives on the heap, and what it holds with it
    l->to_heap_seen = least(l->to_heap_seen, l->to_heap);
    if (l->to_heap_seen != LEAKS_NOT && l->to_result >= l->to_heap_seen)
        l->to_result = LEAKS_NOT;
    l->to_heap = least(l->to_heap_seen, l->n_views ? 1 : LEAKS_NOT);
}

void graph_solve(Facts *f, Function **group, size_t n) {
    static unsigned number;
    Walk w = {.facts = f, .number = number};
    for (size_t i = 0; i < n; i++)
        connect(group[i]);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < group[i]->graph->n_locations; k++)
            if (group[i]->graph->locations[k]->kind != LOC_VIEW)
                enqueue(&w, group[i]->graph->locations[k]);
    walk_all(&w);
    Step *todo = NULL;
    size_t cap = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < group[i]->graph->n_locations; k++)
            if (group[i]->graph->locations[k]->kind == LOC_VIEW)
                walk_view(&w, group[i]->graph->locations[k], &todo, &cap);
    walk_all(&w);
    number = w.number;
    for (size_t i = 0; i < n; i++) {
        FlowGraph *g = group[i]->graph;
        for (int k = 0; k < group[i]->n_params; k++)
            summarise(g->params[k]);
        summarise(g->rest);
        g->solved = true;
    }
}
