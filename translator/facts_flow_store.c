// facts_flow_store.c - draws the graph of a function: what is assigned to, statements and scopes, and the marks of constructs.
//
// A store into a variable, or into a member or element of one, is a flow to the variable. A store through a pointer flows to the heap: where
// it points is not followed. Scopes are braces; each part of a loop that is run again has one of its own, marked as a loop. A go or defer
// block is a frame of its own inside of the scopes around it.

#define _GNU_SOURCE // memmem
#include "facts_flow.h"

#include <stdlib.h>
#include <string.h>

// ---- what an assignment stores to ---------------------------------------------------------------
static bool is_array(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    return k == CXType_ConstantArray || k == CXType_VariableArray;
}

// `gocc_result()` yields the address of the value that the function is about to return.
static Location *special_pointee(Draw *d, CXCursor c) {
    if (flow_is_marker_call(c, "gocc_result"))
        return d->graph->result;
    return d->graph->heap;
}

Location *flow_pointee(Draw *d, CXCursor pointer) {
    CXCursor c = pointer;
    for (;;) {
        enum CXCursorKind kind = CL->getCursorKind(c);
        CXType type = CL->getCursorType(c);
        if (is_array(type))
            return flow_root(d, c);
        Cursors children = flow_children(c);
        if (kind == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf)
            return flow_root(d, children.v[0]);
        bool sum = kind == CXCursor_BinaryOperator && flow_is_pointer(type) &&
                   (CL->getCursorBinaryOperatorKind(c) == CXBinaryOperator_Add ||
                    CL->getCursorBinaryOperatorKind(c) == CXBinaryOperator_Sub);
        bool same = kind == CXCursor_ParenExpr || kind == CXCursor_CStyleCastExpr ||
                    (kind == CXCursor_UnexposedExpr && type.kind != CXType_Dependent);
        if (!sum && !same)
            return special_pointee(d, c);
        size_t n = 0;
        CXCursor next = CL->getNullCursor();
        for (size_t i = 0; i < children.n; i++) {
            CXType t = CL->getCursorType(children.v[i]);
            if (!flow_is_expression(children.v[i]) || (sum && !flow_is_pointer(t)))
                continue;
            next = children.v[i];
            n++;
        }
        if (n != 1 || (!flow_is_pointer(CL->getCursorType(next)) && !is_array(CL->getCursorType(next))) ||
            flow_hides(flow_pointee_type(type), flow_pointee_type(CL->getCursorType(next))))
            return d->graph->heap;                     // there it would be read as a number
        c = next;
    }
}

static Location *variable_root(Draw *d, CXCursor c) {
    CXCursor declaration = CL->getCursorReferenced(c);
    enum CXCursorKind kind = CL->getCursorKind(declaration);
    Var *var = kind == CXCursor_VarDecl || kind == CXCursor_ParmDecl ? facts_var(d->v, declaration) : NULL;
    if (!var || var->function != d->function || !var->location)
        return d->graph->heap;
    return var->location;
}

Location *flow_root(Draw *d, CXCursor lhs) {
    for (;;) {
        CXCursor child = facts_first_child(lhs);
        switch (CL->getCursorKind(lhs)) {
        case CXCursor_DeclRefExpr: return variable_root(d, lhs);
        case CXCursor_ParenExpr: break;
        case CXCursor_MemberRefExpr:
            if (CL->Cursor_isNull(child) || !flow_is_expression(child))
                return d->graph->heap;
            if (flow_is_pointer(CL->getCursorType(child)))
                return flow_pointee(d, child);
            break;
        case CXCursor_ArraySubscriptExpr:
            return flow_is_pointer(CL->getCursorType(child)) ? flow_pointee(d, child) : d->graph->heap;
        case CXCursor_UnaryOperator:
            if (CL->getCursorUnaryOperatorKind(lhs) == CXUnaryOperator_Deref)
                return flow_pointee(d, child);
            return d->graph->heap;
        case CXCursor_CompoundLiteralExpr: {
            Var *var = facts_var(d->v, lhs);
            return var && var->location ? var->location : d->graph->heap;
        }
        default: return d->graph->heap;
        }
        if (CL->Cursor_isNull(child))
            return d->graph->heap;
        lhs = child;
    }
}

// ---- assignments -------------------------------------------------------------------------------
// The variable x of `x->member` and `x.member`, members of members included; NULL: something else.
static Var *member_of(Draw *d, CXCursor c) {
    bool member = false;
    for (;;) {
        c = flow_strip(c);
        if (CL->getCursorKind(c) == CXCursor_DeclRefExpr) {
            CXCursor declaration = CL->getCursorReferenced(c);
            return member && CL->getCursorKind(declaration) != CXCursor_FunctionDecl ? facts_var(d->v, declaration) : NULL;
        }
        if (CL->getCursorKind(c) != CXCursor_MemberRefExpr || member)
            return NULL;
        member = true;
        c = facts_first_child(c);
    }
}

// `s->p = s->q;`, `s->p = s->q + n;`, `s->p = &s->q[n];`: the object that s points to holds it already.
static bool assigns_itself(Draw *d, CXCursor lhs, CXCursor rhs) {
    Var *var = member_of(d, lhs);
    if (!var || !flow_is_pointer(CL->getCursorType(lhs)) || is_array(CL->getCursorType(flow_strip(rhs))))
        return false;
    CXCursor c = flow_strip(rhs);
    enum CXCursorKind kind = CL->getCursorKind(c);
    if (kind == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf) {
        c = flow_strip(facts_first_child(c));
        if (CL->getCursorKind(c) != CXCursor_ArraySubscriptExpr)
            return false;
        c = flow_strip(facts_first_child(c));
    } else if (kind == CXCursor_BinaryOperator && flow_is_pointer(CL->getCursorType(c))) {
        c = flow_strip(facts_first_child(c));
    }
    return !is_array(CL->getCursorType(c)) && flow_is_pointer(CL->getCursorType(c)) && member_of(d, c) == var;
}

Hole flow_store(Draw *d, CXCursor lhs, CXCursor assignment) {
    CXCursor c = lhs;
    while (CL->getCursorKind(c) == CXCursor_ParenExpr)
        c = facts_first_child(c);
    if (flow_is_number(CL->getCursorType(lhs)) && CL->getCursorKind(c) != CXCursor_DeclRefExpr)
        return flow_hole(d, d->graph->heap, assignment, "a number in memory");
    return flow_hole(d, flow_root(d, lhs), assignment, "an assignment");
}

void flow_assign(Draw *d, CXCursor assignment, Hole k) {
    Cursors children = flow_children(assignment);
    CXCursor lhs = children.v[0], rhs = children.v[children.n - 1];
    flow_discard(d, lhs);
    if (assigns_itself(d, lhs, rhs)) {
        flow_expression(d, rhs, k.to ? k : flow_hole(d, &escape_nowhere, assignment, "an assignment"));
        return;
    }
    Hole store = flow_store(d, lhs, assignment);
    flow_targets(d, store.to, rhs);
    if (!k.to) {
        flow_expression(d, rhs, store);
        return;
    }
    Location *value = flow_temporary(d);
    flow_expression(d, rhs, flow_hole(d, value, assignment, "an assignment"));
    flow_location(store, value);
    flow_location(flow_object(d, k), value);
}

// ---- the marks of constructs ---------------------------------------------------------------------
static NodeFacts *marked(Draw *d, const char *name, Node **node) {
    int id = atoi(name + 6);
    if (id < 1 || id > d->v->tree->n_nodes)
        return NULL;
    *node = d->v->tree->by_id[id];
    return &d->v->facts->nodes[id];
}

static Scope *iteration(Scope *s) {
    while (!s->is_loop)
        s = s->parent;
    return s;
}

// The location of new(T) or make(chan(T)).
static Location *allocation(Draw *d, NodeFacts *facts, Node *node) {
    if (!facts->location) {
        LocationKind kind = node->word == W_NEW ? LOC_NEW : LOC_MAKE;
        facts->location = graph_location(d->function, kind, iteration(d->scope));
        facts->location->node = node;
    }
    return facts->location;
}

// A variable that the marker made: its value is that of the construct.
bool flow_marker_mention(Draw *d, CXCursor declaration, Hole k) {
    const char *name = facts_string(CL->getCursorSpelling(declaration));
    Node *node;
    if (strncmp(name, "gocc_", 5))
        return false;
    NodeFacts *facts = name[5] ? marked(d, name, &node) : NULL;
    if (!facts || node->kind != N_CALL)
        return true;
    if (name[5] == 'T' && node->word == W_ANY_AS && facts->location)
        flow_location(k, facts->location);             // the place that the value's data points to
    else if ((name[5] == 'T' && node->word == W_NEW) || (name[5] == 'c' && node->word == W_MAKE))
        flow_location(flow_address(d, k), allocation(d, facts, node));
    return true;
}

static Hole copy_hole(Draw *d, CXCursor c, const char *name, NodeFacts *facts, Node *node) {
    const char *copied = strchr(name, '_') ? strchr(name + 5, '_') : NULL;
    if (node->kind != N_DEFER || !copied)
        return flow_hole(d, d->graph->heap, c, "a copy for a go block");
    for (int i = 0; i < facts->n_copies; i++)
        if (!strcmp(facts->copies[i]->name, copied + 1))
            return flow_hole(d, graph_variable(facts->copies[i], d->frame), c, "a copy for a deferred block");
    return flow_hole(d, d->graph->heap, c, "a copy for a deferred block");
}

static void marker_variable(Draw *d, CXCursor c, const char *name, CXCursor init) {
    Node *node;
    NodeFacts *facts = marked(d, name, &node);
    if (!facts || CL->Cursor_isNull(init))
        return;
    switch (name[5]) {
    case 'v':
        flow_expression(d, init, flow_hole(d, d->graph->heap, c, node->kind == N_CALL ? "a value that is raised" : "a value that is sent"));
        break;
    case 'a':
        facts->location = flow_temporary(d);
        flow_expression(d, init, flow_hole(d, facts->location, c, "an operand"));
        break;
    case 'k': flow_expression(d, init, copy_hole(d, c, name, facts, node)); break;
    default: flow_discard(d, init); break;
    }
}

// ---- declarations ------------------------------------------------------------------------------
static void declaration(Draw *d, CXCursor c) {
    const char *name = facts_string(CL->getCursorSpelling(c));
    CXCursor init = CL->Cursor_getVarDeclInitializer(c);
    if (!strncmp(name, "gocc_", 5)) {
        marker_variable(d, c, name, init);
        return;
    }
    Var *var = facts_var(d->v, c);
    Cursors children = flow_children(c);
    for (size_t i = 0; i < children.n; i++)            // the lengths of arrays
        if (flow_is_expression(children.v[i]) &&
            (CL->Cursor_isNull(init) || !CL->equalCursors(children.v[i], init)))
            flow_discard(d, children.v[i]);
    bool local = var && var->function == d->function;
    if (local) {
        graph_variable(var, d->scope);                 // a copy for a deferred block has its location already
        flow_cleanup(d, c, var->location);
    }
    if (!CL->Cursor_isNull(init) && local)
        flow_targets(d, var->location, init);
    if (!CL->Cursor_isNull(init))
        flow_expression(d, init, flow_hole(d, local ? var->location : d->graph->heap, init, "an initialiser"));
}

// ---- statements --------------------------------------------------------------------------------
static void statement(Draw *d, CXCursor c);

static Scope *enter(Draw *d, bool is_loop) {
    Scope *before = d->scope;
    d->scope = arena_alloc(sizeof *d->scope);
    *d->scope = (Scope){before, is_loop};
    return before;
}

static void block(Draw *d, CXCursor body) {
    Scope *before = enter(d, true), *frame = d->frame;
    d->frame = d->scope;
    Cursors children = flow_children(body);
    for (size_t i = 0; i < children.n; i++)
        statement(d, children.v[i]);
    d->frame = frame;
    d->scope = before;
}

// The node whose mark is tested or called here, or NULL.
static Node *mark_of(Draw *d, CXCursor c) {
    if (CL->getCursorKind(c) == CXCursor_UnaryOperator)
        c = facts_first_child(c);
    if (!flow_is_marker_call(c, "gocc_mark"))
        return NULL;
    const char *digits = d->v->text + facts_marker_offset(CL->getCursorLocation(c)) + strlen("gocc_mark(");
    int id = atoi(digits);
    return id >= 1 && id <= d->v->tree->n_nodes ? d->v->tree->by_id[id] : NULL;
}

static void detached(Draw *d, CXCursor c, const Node *node) {
    if (CL->getCursorKind(c) != CXCursor_CallExpr)
        statement(d, c);                               // a word of the language
    else if (node->kind == N_GO)
        flow_keep_arguments(d, c, "an argument of a go statement");
    else
        flow_call(d, c, (Hole){0}, d->frame);
}

static void value_or_statement(Draw *d, CXCursor c, bool last, Hole k) {
    while (last && k.to && (CL->getCursorKind(c) == CXCursor_LabelStmt || CL->getCursorKind(c) == CXCursor_UnexposedStmt)) {
        Cursors children = flow_children(c);
        if (!children.n)
            return;
        c = children.v[children.n - 1];
    }
    if (last && k.to && flow_is_expression(c))
        flow_expression(d, c, k);
    else
        statement(d, c);
}

void flow_compound(Draw *d, CXCursor c, Hole last) {
    Cursors children = flow_children(c);
    Scope *before = enter(d, false);
    Node *mark = children.n > 1 ? mark_of(d, children.v[0]) : NULL;
    for (size_t i = 0; i < children.n; i++) {
        if (mark && i == 1)
            detached(d, children.v[i], mark);
        else
            value_or_statement(d, children.v[i], i + 1 == children.n, last);
    }
    d->scope = before;
}

// Each part of a loop that runs again; what a for declares lives longer.
static void loop(Draw *d, CXCursor c) {
    Cursors children = flow_children(c);
    Scope *before = enter(d, false);
    for (size_t i = 0; i < children.n; i++) {
        if (i == 0 && CL->getCursorKind(children.v[i]) == CXCursor_DeclStmt) {
            statement(d, children.v[i]);
            continue;
        }
        Scope *header = enter(d, true);
        statement(d, children.v[i]);
        d->scope = header;
    }
    d->scope = before;
}

static enum CXChildVisitResult find_label(CXCursor c, CXCursor parent, CXClientData data) {
    enum CXCursorKind k = CL->getCursorKind(c);
    (void)parent;
    *(bool *)data |= k == CXCursor_LabelStmt || k == CXCursor_CaseStmt || k == CXCursor_DefaultStmt;
    return CXChildVisit_Recurse;
}

// Which part of `if (0) a; else b;` never runs: 1, 2, or 0 if both may.
static size_t dead_part(CXCursor c, const Cursors *children) {
    CXCursor condition = flow_strip(children->v[0]);
    if (CL->getCursorKind(c) != CXCursor_IfStmt || CL->getCursorKind(condition) != CXCursor_IntegerLiteral)
        return 0;
    long long value;
    if (!flow_constant(condition, &value))
        return 0;
    bool taken = value != 0;
    size_t dead = taken ? 2 : 1;
    bool label = false;
    if (dead < children->n)
        CL->visitChildren(children->v[dead], find_label, &label);
    return label ? 0 : dead;
}

static void branch(Draw *d, CXCursor c) {
    Cursors children = flow_children(c);
    Node *mark = children.n > 1 ? mark_of(d, children.v[0]) : NULL;
    if (mark) {
        block(d, children.v[children.n - 1]);
        return;
    }
    size_t dead = children.n ? dead_part(c, &children) : 0;
    for (size_t i = 0; i < children.n; i++) {
        if (dead && i == dead)
            continue;
        Scope *before = enter(d, false);
        statement(d, children.v[i]);
        d->scope = before;
    }
}

static void assembler(Draw *d, CXCursor c) {
    const char *text = flow_text(d, c);
    size_t n = strcspn(text, "(");
    d->graph->jumps_anywhere |= memmem(text, n, "goto", 4) != NULL;
    Cursors children = flow_children(c);
    for (size_t i = 0; i < children.n; i++)
        if (flow_is_expression(children.v[i]))
            flow_expression(d, children.v[i], flow_hole(d, d->graph->heap, c, "an operand of asm"));
}

static void returned(Draw *d, CXCursor c) {
    CXCursor value = facts_first_child(c);
    if (!CL->Cursor_isNull(value))
        flow_expression(d, value, flow_hole(d, d->graph->result, c, "a result"));
}

static void statement(Draw *d, CXCursor c) {
    enum CXCursorKind kind = CL->getCursorKind(c);
    if (flow_is_expression(c)) {
        flow_discard(d, c);
        return;
    }
    switch (kind) {
    case CXCursor_VarDecl: declaration(d, c); return;
    case CXCursor_CompoundStmt: flow_compound(d, c, (Hole){0}); return;
    case CXCursor_ForStmt:
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt: loop(d, c); return;
    case CXCursor_IfStmt:
    case CXCursor_SwitchStmt: branch(d, c); return;
    case CXCursor_ReturnStmt: returned(d, c); return;
    case CXCursor_GCCAsmStmt: assembler(d, c); return;
    case CXCursor_IndirectGotoStmt: d->graph->jumps_anywhere = true; break;
    case CXCursor_FunctionDecl:
    case CXCursor_StructDecl:
    case CXCursor_UnionDecl:
    case CXCursor_EnumDecl:
    case CXCursor_TypedefDecl: return;
    default: break;
    }
    Cursors children = flow_children(c);
    for (size_t i = 0; i < children.n; i++)
        statement(d, children.v[i]);
}

// ---- a function --------------------------------------------------------------------------------
// The last child of a function is its body.
void facts_flow(Visit *v, CXCursor function) {
    Function *f = v->function;
    FlowGraph *g = f->graph = arena_alloc(sizeof *f->graph);
    Scope *frame = arena_alloc(sizeof *frame);
    *frame = (Scope){NULL, true};
    Draw d = {.v = v, .function = f, .graph = g, .scope = frame, .frame = frame};
    g->heap = graph_location(f, LOC_HEAP, frame);
    g->result = graph_location(f, LOC_RESULT, frame);
    g->result->var = f->result_var;
    f->result_var->location = g->result;
    if (CL->isFunctionTypeVariadic(CL->getCanonicalType(CL->getCursorType(function))))
        g->rest = graph_location(f, LOC_REST, frame);
    g->params = arena_alloc((size_t)(f->n_params + 1) * sizeof *g->params);
    for (int i = 0; i < f->n_params; i++)
        g->params[i] = graph_variable(f->params[i], frame);
    Cursors children = flow_children(function);
    for (size_t i = 0; i < children.n; i++)
        if (CL->getCursorKind(children.v[i]) == CXCursor_CompoundStmt) {
            Cursors body = flow_children(children.v[i]);
            for (size_t k = 0; k < body.n; k++)
                statement(&d, body.v[k]);
        }
}
