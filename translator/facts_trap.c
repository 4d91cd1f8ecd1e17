// facts_trap.c - where a program may trap: integer divisions, and accesses through pointers.
//
// A run-time panic must find memory as the program left it: what was assigned to captured variables and globals before the fault, and
// nothing after it. gcc does not model a trapping load or division (with -fnon-call-exceptions neither: it still moves and drops stores to
// escaped locals and globals around them), so where that matters final C tests the divisor or pointer itself, and the branch that
// panics is a call that gcc must respect. Every division by a variable is tested; pointers are in functions and blocks that
// defer, or that assign to globals. Elsewhere the hardware's fault becomes the panic.

#include "facts.h"

static void add(Visit *v, CXCursor operand, TrapKind kind) {
    CXSourceRange range = CL->getCursorExtent(operand);
    bool exact_start, exact_end;
    Span s = {facts_at(v, CL->getRangeStart(range), &exact_start),
              facts_at(v, CL->getRangeEnd(range), &exact_end)};
    if (!exact_start || s.start >= s.end || s.start < v->function->body.start)
        return;                                        // no statement can stand among the parameters
    Facts *f = v->facts;
    *ARENA_PUSH(f->traps, f->n_traps, f->cap_traps) =
        (Trap){s, kind, v->function, tree_block_at(v->tree, s.start)};
}

static enum CXChildVisitResult take_last(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    *(CXCursor *)data = c;
    return CXChildVisit_Continue;
}

static bool is_nonzero_constant(CXCursor c) {
    CXEvalResult result = CL->Cursor_Evaluate(c);
    bool nonzero = result && CL->EvalResult_getKind(result) == CXEval_Int &&
                   CL->EvalResult_getAsLongLong(result) != 0;
    if (result)
        CL->EvalResult_dispose(result);
    return nonzero;
}

void facts_division(Visit *v, CXCursor c) {
    enum CXBinaryOperatorKind k = CL->getCursorBinaryOperatorKind(c);
    if (!v->function || (k != CXBinaryOperator_Div && k != CXBinaryOperator_Rem &&
                         k != CXBinaryOperator_DivAssign && k != CXBinaryOperator_RemAssign))
        return;
    CXCursor divisor = CL->getNullCursor();
    CL->visitChildren(c, take_last, &divisor);
    if (facts_type(CL->getCursorType(divisor)).is_integer &&
        facts_type(CL->getCursorType(c)).is_integer && !is_nonzero_constant(divisor))
        add(v, divisor, TRAP_DIVISION);
}

// Is the place that the expression on top of the frames denotes read or written, rather than its address taken?
static bool is_accessed(Visit *v) {
    for (size_t i = v->n_frames - 1; i-- > 0;) {
        CXCursor parent = v->frames[i].cursor, child = v->frames[i + 1].cursor;
        switch (v->frames[i].kind) {
        case CXCursor_ParenExpr:
        case CXCursor_MemberRefExpr: continue;
        case CXCursor_UnaryOperator:
            return CL->getCursorUnaryOperatorKind(parent) != CXUnaryOperator_AddrOf;
        case CXCursor_UnaryExpr:
        case CXCursor_VarDecl:
        case CXCursor_TypedefDecl: return false;       // sizeof, typeof
        default: {
            enum CXTypeKind k = CL->getCanonicalType(CL->getCursorType(child)).kind;
            return k != CXType_ConstantArray && k != CXType_IncompleteArray &&
                   k != CXType_VariableArray && k != CXType_FunctionProto &&
                   k != CXType_FunctionNoProto;
        }
        }
    }
    return false;
}

static bool is_array_base(CXCursor base) {
    CXCursor inner = base;
    while (CL->getCursorKind(inner) == CXCursor_UnexposedExpr ||
           CL->getCursorKind(inner) == CXCursor_ParenExpr)
        inner = facts_first_child(inner);
    enum CXTypeKind k = CL->getCanonicalType(CL->getCursorType(inner)).kind;
    return k != CXType_Pointer || CL->getCursorKind(inner) == CXCursor_UnaryOperator;
}

static void pointer(Visit *v, CXCursor base) {
    if (CL->getCanonicalType(CL->getCursorType(base)).kind == CXType_Pointer &&
        !is_array_base(base) && is_accessed(v))
        add(v, base, TRAP_NIL);
}

void facts_access(Visit *v, CXCursor c, enum CXCursorKind kind) {
    if (!v->function)
        return;
    if (kind == CXCursor_UnaryOperator &&
        CL->getCursorUnaryOperatorKind(c) != CXUnaryOperator_Deref)
        return;
    CXCursor base = facts_first_child(c);
    if (!CL->Cursor_isNull(base))
        pointer(v, base);
}

void facts_assignment(Visit *v, CXCursor lhs) {
    for (; v->function && !CL->Cursor_isNull(lhs); lhs = facts_first_child(lhs)) {
        enum CXCursorKind k = CL->getCursorKind(lhs);
        if (k == CXCursor_DeclRefExpr) {
            CXCursor d = CL->getCursorReferenced(lhs);
            if (CL->getCursorKind(d) == CXCursor_VarDecl && CL->Cursor_hasVarDeclGlobalStorage(d))
                v->function->assigns_globals = true;
            return;
        }
        if (k != CXCursor_ParenExpr && k != CXCursor_MemberRefExpr &&
            k != CXCursor_ArraySubscriptExpr && k != CXCursor_UnexposedExpr)
            return;
    }
}
