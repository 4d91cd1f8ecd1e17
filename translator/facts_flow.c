// facts_flow.c - draws the graph of a function: where the value of each expression goes.
//
// An expression is walked with a hole: the location that its value flows to, and the dereferences on the way. `*e` deepens the hole, `&e`
// lifts it; a member of a structure is the structure, an element is its array, and an array becomes its address where C says
// so. What has no address to carry (a type smaller than a pointer) is walked with no hole at all, for what it does on the side.
//
// Types are trusted in that, and C has two ways around types. A pointer cast to a type that holds no address (`char *`) may read the bytes of
// one: so what such a cast points to flows to the heap. A union's member of eight bytes or more may be the bytes of another: likewise.
// Integers of eight bytes carry addresses as pointers do.

#include "facts_flow.h"

#include <string.h>

// ---- cursors -----------------------------------------------------------------------------------
static enum CXChildVisitResult collect(CXCursor c, CXCursor parent, CXClientData data) {
    Cursors *out = data;
    (void)parent;
    *ARENA_PUSH(out->v, out->n, out->cap) = c;
    return CXChildVisit_Continue;
}

Cursors flow_children(CXCursor c) {
    Cursors out = {0};
    CL->visitChildren(c, collect, &out);
    return out;
}

bool flow_is_expression(CXCursor c) {
    enum CXCursorKind k = CL->getCursorKind(c);
    return k >= CXCursor_FirstExpr && k <= CXCursor_LastExpr;
}

size_t flow_at(Draw *d, CXCursor c) {
    return facts_at(d->v, CL->getRangeStart(CL->getCursorExtent(c)), NULL);
}

const char *flow_text(Draw *d, CXCursor c) {
    return d->v->tree->source->text + flow_at(d, c);
}

// The last child that is an expression: of a cast, what is cast.
static CXCursor operand_of(CXCursor c) {
    Cursors children = flow_children(c);
    for (size_t i = children.n; i-- > 0;)
        if (flow_is_expression(children.v[i]))
            return children.v[i];
    return CL->getNullCursor();
}

CXCursor flow_strip(CXCursor c) {
    for (;;) {
        enum CXCursorKind k = CL->getCursorKind(c);
        if (k != CXCursor_ParenExpr && k != CXCursor_UnexposedExpr && k != CXCursor_CStyleCastExpr)
            return c;
        CXCursor child = operand_of(c);
        if (CL->Cursor_isNull(child))
            return c;
        c = child;
    }
}

// ---- types -------------------------------------------------------------------------------------
bool flow_is_pointer(CXType type) {
    return CL->getCanonicalType(type).kind == CXType_Pointer;
}

static bool is_array(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    return k == CXType_ConstantArray || k == CXType_VariableArray || k == CXType_IncompleteArray;
}

static bool is_function(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    return k == CXType_FunctionProto || k == CXType_FunctionNoProto;
}

// May an address hide in a value of this type?
bool flow_may_hold(CXType type) {
    CXType t = CL->getCanonicalType(type);
    while (is_array(t))
        t = CL->getCanonicalType(CL->getArrayElementType(t));
    switch (t.kind) {
    case CXType_Void:
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
    case CXType_Float128:
    case CXType_Float16:
    case CXType_Complex:
    case CXType_FunctionProto:
    case CXType_FunctionNoProto: return false;
    default: break;
    }
    long long size = CL->Type_getSizeOf(t);
    return size < 0 || size >= 8;
}

// ---- holes -------------------------------------------------------------------------------------
static const Hole nowhere = {0};

void flow_discard(Draw *d, CXCursor c) {
    flow_expression(d, c, nowhere);
}

Location *flow_temporary(Draw *d) {
    return graph_location(d->function, LOC_TEMP, d->scope);
}

void flow_location(Hole k, Location *from) {
    graph_edge(k.to, from, k.derefs, k.at, k.why);
}

Hole flow_hole(Draw *d, Location *to, CXCursor at, const char *why) {
    return (Hole){to, 0, flow_at(d, at), why};
}

Hole flow_deref(Hole k) {
    k.derefs++;
    return k;
}

Hole flow_object(Draw *d, Hole k) {
    if (!k.to || k.derefs >= 0)
        return k;
    Location *object = flow_temporary(d);
    flow_location(k, object);
    return (Hole){object, 0, k.at, k.why};
}

Hole flow_address(Draw *d, Hole k) {
    k = flow_object(d, k);
    k.derefs--;
    return k;
}

// ---- conversions -------------------------------------------------------------------------------
// Is an integer certainly made from addresses of what holds none?
static bool is_plain_address(CXCursor c) {
    CXType type = CL->getCanonicalType(CL->getCursorType(c));
    if (type.kind == CXType_Pointer) {
        CXType pointee = CL->getCanonicalType(CL->getPointeeType(type));
        return pointee.kind != CXType_Void && !flow_may_hold(pointee);
    }
    Cursors children = flow_children(c);
    bool plain = !flow_may_hold(type) || CL->getCursorKind(c) == CXCursor_IntegerLiteral ||
                 (children.n > 0 && CL->getCursorKind(c) != CXCursor_CallExpr);
    for (size_t i = 0; i < children.n && plain && flow_may_hold(type); i++)
        plain = !flow_is_expression(children.v[i]) || is_plain_address(children.v[i]);
    return plain;
}

// A pointer to what may hold addresses becomes one to what holds none.
static bool hides_addresses(CXCursor operand, CXType from, CXType to) {
    if (!flow_is_pointer(to) || !flow_may_hold(from))
        return false;
    CXType pointee = CL->getCanonicalType(CL->getPointeeType(CL->getCanonicalType(to)));
    if (pointee.kind == CXType_Void || is_function(pointee) || flow_may_hold(pointee))
        return false;
    if (!flow_is_pointer(from))
        return !is_plain_address(operand);
    CXType old = CL->getCanonicalType(CL->getPointeeType(CL->getCanonicalType(from)));
    return old.kind == CXType_Void || (!is_function(old) && flow_may_hold(old));
}

static void conversion(Draw *d, CXCursor c, CXCursor operand, Hole k) {
    CXType from = CL->getCursorType(operand), to = CL->getCursorType(c);
    if (is_array(from) && flow_is_pointer(to)) {
        flow_expression(d, operand, flow_address(d, k));
        return;
    }
    if (!k.to || !hides_addresses(operand, from, to)) {
        flow_expression(d, operand, k);
        return;
    }
    Location *pointer = flow_temporary(d);
    flow_expression(d, operand, flow_hole(d, pointer, c, "a cast"));
    flow_location(k, pointer);
    graph_edge(d->graph->heap, pointer, 1, flow_at(d, c), "a cast to a type without pointers");
}

// Everything that is an expression below c, each once: `a ?: b` shows a three times.
static void all_children(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    size_t last = NO_OFFSET;
    for (size_t i = 0; i < children.n; i++) {
        if (!flow_is_expression(children.v[i]))
            continue;
        size_t at = flow_at(d, children.v[i]);
        if (at != last)
            flow_expression(d, children.v[i], k);
        last = at;
    }
}

static void unexposed(Draw *d, CXCursor c, Hole k) {
    CXType type = CL->getCursorType(c);
    if (flow_builtin(d, c, k))
        return;
    Cursors children = flow_children(c);
    size_t n = 0;
    for (size_t i = 0; i < children.n; i++)
        n += flow_is_expression(children.v[i]);
    if (type.kind == CXType_Dependent || type.kind == CXType_Invalid)
        all_children(d, c, flow_hole(d, d->graph->heap, c, "an expression that clang cannot read"));
    else if (n == 1 && type.kind != CXType_Void)
        conversion(d, c, operand_of(c), k);
    else
        all_children(d, c, k);                         // `.member = value`, `a ?: b`, builtins
}

// ---- mentions ----------------------------------------------------------------------------------
static void mention(Draw *d, CXCursor c, Hole k) {
    CXCursor declaration = CL->getCursorReferenced(c);
    enum CXCursorKind kind = CL->getCursorKind(declaration);
    if (kind != CXCursor_VarDecl && kind != CXCursor_ParmDecl)
        return;
    if (flow_marker_mention(d, declaration, k))
        return;
    Var *var = facts_var(d->v, declaration);
    if (var && var->function == d->function) {
        bool known = var->location != NULL;
        var->addressed |= k.to && k.derefs < 0;
        var->any_target |= k.derefs < 0;
        flow_location(k, graph_variable(var, d->frame));
        var->location->escapes |= !known;              // its declaration was not seen
    }
}

// ---- operators ---------------------------------------------------------------------------------
static void unary(Draw *d, CXCursor c, Hole k) {
    CXCursor operand = facts_first_child(c);
    switch (CL->getCursorUnaryOperatorKind(c)) {
    case CXUnaryOperator_AddrOf:
        if (is_function(CL->getCursorType(operand)))
            flow_discard(d, operand);
        else
            flow_expression(d, operand, flow_address(d, k));
        break;
    case CXUnaryOperator_Deref: flow_expression(d, operand, flow_deref(k)); break;
    case CXUnaryOperator_LNot: flow_discard(d, operand); break;
    default: flow_expression(d, operand, k); break;
    }
}

static void binary(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    if (children.n < 2)
        return;
    CXCursor left = children.v[0], right = children.v[children.n - 1];
    enum CXBinaryOperatorKind op = CL->getCursorBinaryOperatorKind(c);
    bool test = (op >= CXBinaryOperator_LT && op <= CXBinaryOperator_NE) ||
                op == CXBinaryOperator_LAnd || op == CXBinaryOperator_LOr;
    bool distance = op == CXBinaryOperator_Sub && flow_is_pointer(CL->getCursorType(left)) &&
                    flow_is_pointer(CL->getCursorType(right));
    if (op == CXBinaryOperator_Assign) {
        flow_assign(d, c, k);
        return;
    }
    Hole value = flow_object(d, k);
    flow_expression(d, left, test || distance || op == CXBinaryOperator_Comma ? nowhere : value);
    flow_expression(d, right, test || distance ? nowhere : value);
}

static void compound_assignment(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    if (children.n < 2)
        return;
    Location *value = flow_temporary(d);
    flow_expression(d, children.v[0], k);
    flow_expression(d, children.v[children.n - 1], flow_hole(d, value, c, "an assignment"));
    flow_location(flow_hole(d, flow_root(d, children.v[0]), c, "an assignment"), value);
    flow_location(flow_object(d, k), value);
}

static void subscript(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    bool pointer = false;
    for (size_t i = 0; i < children.n; i++)
        pointer |= flow_is_pointer(CL->getCursorType(children.v[i]));
    for (size_t i = 0; i < children.n; i++)
        flow_expression(d, children.v[i], pointer ? flow_deref(k) : k);
}

// ---- members -----------------------------------------------------------------------------------
static bool is_union(CXType type) {
    CXType t = CL->getCanonicalType(type);
    if (t.kind == CXType_Pointer)
        t = CL->getPointeeType(t);
    return CL->getCursorKind(CL->getTypeDeclaration(CL->getCanonicalType(t))) == CXCursor_UnionDecl;
}

static void member(Draw *d, CXCursor c, Hole k) {
    CXCursor base = facts_first_child(c);
    if (CL->Cursor_isNull(base) || !flow_is_expression(base))
        return;
    bool pointer = flow_is_pointer(CL->getCursorType(base));
    CXType type = CL->getCursorType(c);
    bool bytes = !flow_may_hold(type) && CL->Type_getSizeOf(CL->getCanonicalType(type)) >= 8;
    if (bytes && is_union(CL->getCursorType(base))) {
        Hole heap = flow_hole(d, d->graph->heap, c, "a member of a union");
        flow_expression(d, base, pointer ? flow_deref(heap) : heap);
    }
    flow_expression(d, base, pointer ? flow_deref(k) : k);
}

// A compound literal is an object; its initialiser flows into it.
static void literal(Draw *d, CXCursor c, Hole k) {
    Var *var = facts_var(d->v, c);
    Location *object = var && var->function == d->function ? graph_variable(var, d->scope) : flow_temporary(d);
    if (var && k.to && k.derefs < 0)
        var->addressed = true;
    flow_location(k, object);
    all_children(d, c, flow_hole(d, object, c, "an initialiser"));
}

// ---- expressions -------------------------------------------------------------------------------
static void conditional(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    for (size_t i = 0; i < children.n; i++)
        flow_expression(d, children.v[i], i == 0 && children.n > 2 ? nowhere : k);
}

// Its value outlives its braces even where it is only looked at: `*({ int x = 1; &x; })`.
static void statement_expression(Draw *d, CXCursor c, Hole k) {
    CXCursor body = facts_first_child(c);
    if (!flow_may_hold(CL->getCursorType(c))) {
        flow_compound(d, body, nowhere);
        return;
    }
    Location *value = flow_temporary(d);
    flow_compound(d, body, flow_hole(d, value, c, "the value of a statement expression"));
    flow_location(flow_object(d, k), value);
}

static void others(Draw *d, CXCursor c, enum CXCursorKind kind, Hole k) {
    switch (kind) {
    case CXCursor_InitListExpr:
    case CXCursor_GenericSelectionExpr: all_children(d, c, k); break;
    case CXCursor_StmtExpr: statement_expression(d, c, k); break;
    case CXCursor_AddrLabelExpr: d->graph->jumps_anywhere = true; break;
    case CXCursor_UnaryExpr:                           // sizeof and the like
    case CXCursor_IntegerLiteral:
    case CXCursor_FloatingLiteral:
    case CXCursor_ImaginaryLiteral:
    case CXCursor_StringLiteral:
    case CXCursor_CharacterLiteral: break;
    default: all_children(d, c, flow_hole(d, d->graph->heap, c, "an expression")); break;
    }
}

void flow_expression(Draw *d, CXCursor c, Hole k) {
    enum CXCursorKind kind = CL->getCursorKind(c);
    if (k.to && k.derefs >= 0 && kind != CXCursor_InitListExpr) {
        CXType type = CL->getCursorType(c);
        if (type.kind != CXType_Void && type.kind != CXType_Invalid && !flow_may_hold(type))
            k = nowhere;
    }
    switch (kind) {
    case CXCursor_ParenExpr: flow_expression(d, facts_first_child(c), k); break;
    case CXCursor_DeclRefExpr: mention(d, c, k); break;
    case CXCursor_UnaryOperator: unary(d, c, k); break;
    case CXCursor_BinaryOperator: binary(d, c, k); break;
    case CXCursor_CompoundAssignOperator: compound_assignment(d, c, k); break;
    case CXCursor_ConditionalOperator: conditional(d, c, k); break;
    case CXCursor_MemberRefExpr: member(d, c, k); break;
    case CXCursor_ArraySubscriptExpr: subscript(d, c, k); break;
    case CXCursor_CStyleCastExpr: conversion(d, c, operand_of(c), k); break;
    case CXCursor_UnexposedExpr: unexposed(d, c, k); break;
    case CXCursor_CallExpr: flow_call(d, c, k, NULL); break;
    case CXCursor_CompoundLiteralExpr: literal(d, c, k); break;
    default: others(d, c, kind, k); break;
    }
}
