// facts_flow.c - draws the graph of a function: where the value of each expression goes.
//
// An expression is walked with a hole: the location that its value flows to, and the dereferences on the way. `*e` deepens the hole, `&e`
// lifts it; a member of a structure is the structure, an element is its array, and an array becomes its address where C says
// so. What has no address to carry (a type smaller than a pointer) is walked with no hole at all, for what it does on the side.
//
// Integers. A value of 8 bytes or more may be an address, whatever C calls it. In an expression, in a variable, parameter or result of its
// own it is followed like a pointer. Nowhere else:
//   1. What is read from memory as a number (a member, an element, through a pointer) is no address.
//   2. Hence an address that is stored there as a number is given up: it flows to the heap. So is all that an integer variable holds whose
//      own address is taken, and an address that is made a smaller number, or a floating one, which may be a piece of it.
//   3. Hence, too, where memory that may hold pointers comes to be read as numbers (a cast, a union, memcpy: facts_hold.c), all that
//      it holds flows to the heap, there and then: nobody else, in this unit or another, needs to know.
//   4. A number that is only compared, tested, used as an index of less than 8 bytes, or that is a few low bits of an address, is none.
//   5. The difference of two pointers is none, C has it for pointers into one object; but that of a pointer and null is the pointer.
// "There" and "memory" are meant without regard to order, as everything in the graph is.

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

CXCursor flow_operand(CXCursor c) {
    Cursors children = flow_children(c);
    for (size_t i = children.n; i-- > 0;)
        if (flow_is_expression(children.v[i]))
            return children.v[i];
    return CL->getNullCursor();
}

bool flow_constant(CXCursor c, long long *value) {
    CXEvalResult result = CL->Cursor_isNull(c) ? NULL : CL->Cursor_Evaluate(c);
    if (!result)
        return false;
    bool known = CL->EvalResult_getKind(result) == CXEval_Int;
    *value = CL->EvalResult_getAsLongLong(result);
    CL->EvalResult_dispose(result);
    return known;
}

CXCursor flow_strip(CXCursor c) {
    for (;;) {
        enum CXCursorKind k = CL->getCursorKind(c);
        if (k != CXCursor_ParenExpr && k != CXCursor_UnexposedExpr && k != CXCursor_CStyleCastExpr)
            return c;
        CXCursor child = flow_operand(c);
        if (CL->Cursor_isNull(child))
            return c;
        c = child;
    }
}

// ---- types -------------------------------------------------------------------------------------
bool flow_is_pointer(CXType type) {
    return CL->getCanonicalType(type).kind == CXType_Pointer;
}

CXType flow_pointee_type(CXType type) {
    CXType t = CL->getCanonicalType(type);
    bool array = t.kind == CXType_ConstantArray || t.kind == CXType_VariableArray || t.kind == CXType_IncompleteArray;
    return t.kind == CXType_Pointer ? CL->getPointeeType(t) : array ? t
                                                                    : (CXType){0};
}

static bool is_function(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    return k == CXType_FunctionProto || k == CXType_FunctionNoProto;
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
    return (Hole){.to = to, .at = flow_at(d, at), .why = why};
}

Hole flow_deref(Hole k) {
    k.derefs++;
    k.place = false;
    return k;
}

Hole flow_look(Hole k) {
    if (k.to)
        k = (Hole){.to = &escape_nowhere, .at = k.at, .why = k.why};
    return k;
}

Hole flow_object(Draw *d, Hole k) {
    if (!k.to || k.derefs >= 0)
        return k;
    Location *object = flow_temporary(d);
    flow_location(k, object);
    return (Hole){.to = object, .at = k.at, .why = k.why};
}

Hole flow_address(Draw *d, Hole k) {
    k = flow_object(d, k);
    k.derefs--;
    k.place = true;
    return k;
}

// ---- what clang has no kind for ------------------------------------------------------------------
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
        flow_conversion(d, c, flow_operand(c), k);
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
        if (k.place && flow_is_integer(CL->getCursorType(declaration)))
            graph_edge(d->graph->heap, var->location, 0, flow_at(d, c), "an integer whose address is taken");
    }
}

// ---- operators ---------------------------------------------------------------------------------
static Hole stepped(Draw *d, CXCursor c, Hole k);

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
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec:
        flow_expression(d, operand, stepped(d, c, k.to ? k : flow_hole(d, &escape_nowhere, c, "an operator")));
        break;
    default: flow_expression(d, operand, k); break;
    }
}

// `index`: one of a pointer and an index, which is no address unless it has 8 bytes.
static void operand(Draw *d, CXCursor c, Hole k, bool index) {
    flow_expression(d, c, index && flow_is_narrow(c) ? nowhere : k);
}

// Arithmetic on `void *` counts bytes, so what it points to is seen as bytes.
static Hole stepped(Draw *d, CXCursor c, Hole k) {
    CXType type = CL->getCursorType(c);
    if (!k.to || !flow_is_pointer(type) || CL->getCanonicalType(flow_pointee_type(type)).kind != CXType_Void)
        return k;
    Location *pointer = flow_temporary(d);
    flow_location(k, pointer);
    graph_edge(d->graph->heap, pointer, 1, flow_at(d, c), "arithmetic on void *");
    return flow_hole(d, pointer, c, "arithmetic on void *");
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
                    flow_is_pointer(CL->getCursorType(right)) && CL->getCursorKind(flow_strip(right)) != CXCursor_IntegerLiteral;
    if (op == CXBinaryOperator_Assign) {
        flow_assign(d, c, k);
        return;
    }
    Hole value = test || distance || flow_is_low_bits(c) ? nowhere : stepped(d, c, flow_object(d, k));
    bool shift = op == CXBinaryOperator_Shl || op == CXBinaryOperator_Shr, pointer = flow_is_pointer(CL->getCursorType(c));
    operand(d, left, op == CXBinaryOperator_Comma ? nowhere : value, pointer);
    operand(d, right, shift ? nowhere : value, pointer);
}

// `number op= address` widens and narrows without saying so.
static void compound_assignment(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    if (children.n < 2)
        return;
    CXCursor left = children.v[0], right = children.v[children.n - 1];
    CXType type = CL->getCursorType(left);
    enum CXBinaryOperatorKind op = CL->getCursorBinaryOperatorKind(c);
    Location *value = flow_temporary(d);
    bool shift = op == CXBinaryOperator_ShlAssign || op == CXBinaryOperator_ShrAssign;
    Hole from = shift ? nowhere : flow_hole(d, flow_carries(type) ? value : d->graph->heap, c, "an assignment");
    flow_expression(d, left, stepped(d, c, k.to ? k : flow_hole(d, &escape_nowhere, c, "an assignment")));
    operand(d, right, from, flow_is_pointer(type));
    flow_location(flow_store(d, left, c), value);
    flow_location(flow_object(d, k), value);
}

static void subscript(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    bool pointer = false;
    for (size_t i = 0; i < children.n; i++)
        pointer |= flow_is_pointer(CL->getCursorType(children.v[i]));
    for (size_t i = 0; i < children.n; i++)
        operand(d, children.v[i], pointer ? flow_deref(k) : k, pointer);
}

// ---- members -----------------------------------------------------------------------------------
// May it be read as numbers what another member of a union wrote as pointers? Structures without a name may lie between.
static bool is_punned(CXCursor field) {
    CXCursor parent = CL->getCursorSemanticParent(field);
    CXType type = CL->getCursorType(field);
    for (;; parent = CL->getCursorSemanticParent(parent)) {
        enum CXCursorKind kind = CL->getCursorKind(parent);
        if (kind != CXCursor_UnionDecl && kind != CXCursor_StructDecl)
            return false;
        if (kind == CXCursor_UnionDecl && CL->Type_getSizeOf(CL->getCanonicalType(type)) >= ADDRESS_BYTES &&
            flow_hides(CL->getCursorType(parent), type))
            return true;
        if (!CL->Cursor_isAnonymous(parent))
            return false;
        type = CL->getCursorType(parent);
    }
}

static void member(Draw *d, CXCursor c, Hole k) {
    CXCursor base = facts_first_child(c);
    if (CL->Cursor_isNull(base) || !flow_is_expression(base))
        return;
    bool pointer = flow_is_pointer(CL->getCursorType(base));
    if ((k.to || k.place) && is_punned(CL->getCursorReferenced(c))) {
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
    CXType type = CL->getCursorType(c);
    if (!flow_carries(type)) {
        flow_compound(d, body, type.kind == CXType_Void ? nowhere : k);
        return;
    }
    Location *value = flow_temporary(d);
    flow_compound(d, body, flow_hole(d, value, c, "the value of a statement expression"));
    flow_location(flow_object(d, k), value);
}

static void others(Draw *d, CXCursor c, enum CXCursorKind kind, Hole k) {
    switch (kind) {
    case CXCursor_InitListExpr:
        k.element = true;
        all_children(d, c, k);
        break;
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

// Is it read from memory?
static bool is_load(CXCursor c, enum CXCursorKind kind) {
    if (kind == CXCursor_UnaryOperator)
        return CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_Deref &&
               !flow_is_marker_call(facts_first_child(c), "gocc_result");
    return kind == CXCursor_MemberRefExpr || kind == CXCursor_ArraySubscriptExpr;
}

// What can be said of the hole by the type of the expression alone.
static Hole typed_hole(Draw *d, CXCursor c, enum CXCursorKind kind, Hole k) {
    CXType type = CL->getCursorType(c);
    if (!k.to || k.place || type.kind == CXType_Void || type.kind == CXType_Invalid || kind == CXCursor_InitListExpr)
        return k;
    if (k.element && flow_is_number(type))
        k = flow_hole(d, d->graph->heap, c, "a number in memory");
    k.element = false;
    return flow_carries(type) && !(flow_is_integer(type) && is_load(c, kind)) ? k : flow_look(k);
}

void flow_expression(Draw *d, CXCursor c, Hole k) {
    enum CXCursorKind kind = CL->getCursorKind(c);
    k = typed_hole(d, c, kind, k);
    switch (kind) {
    case CXCursor_ParenExpr: flow_expression(d, facts_first_child(c), k); break;
    case CXCursor_DeclRefExpr: mention(d, c, k); break;
    case CXCursor_UnaryOperator: unary(d, c, k); break;
    case CXCursor_BinaryOperator: binary(d, c, k); break;
    case CXCursor_CompoundAssignOperator: compound_assignment(d, c, k); break;
    case CXCursor_ConditionalOperator: conditional(d, c, k); break;
    case CXCursor_MemberRefExpr: member(d, c, k); break;
    case CXCursor_ArraySubscriptExpr: subscript(d, c, k); break;
    case CXCursor_CStyleCastExpr: flow_conversion(d, c, flow_operand(c), k); break;
    case CXCursor_UnexposedExpr: unexposed(d, c, k); break;
    case CXCursor_CallExpr: flow_call(d, c, k, NULL); break;
    case CXCursor_CompoundLiteralExpr: literal(d, c, k); break;
    default: others(d, c, kind, k); break;
    }
}
