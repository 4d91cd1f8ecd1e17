// facts_flow_convert.c - draws the graph of a function: conversions, and integers that are too little to be an address.
//
// A pointer and an integer of 8 bytes carry the same. Addresses are given up to the heap where a conversion makes them smaller or
// floating numbers, and so is what a pointer points to where the new type would read it as numbers. (Rules 2 and 3 of facts_flow.c.)
// `(T *)((char *)p - offset)`, container_of, is seen as a whole: nothing is read through the `char *`. A `void *` remembers what it
// pointed to (Location.pointee): whether what it comes to point to hides that is asked when the graph is solved.

#include "facts_flow.h"

// An address without so many low bits still tells where it points, and so is needed by who wants to make it again.
enum { LOW_BITS = 24 };

static bool is_array(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    return k == CXType_ConstantArray || k == CXType_VariableArray || k == CXType_IncompleteArray;
}

// ---- small numbers -------------------------------------------------------------------------------
bool flow_is_narrow(CXCursor c) {
    for (;;) {
        CXType type = CL->getCursorType(c);
        if (flow_is_number(type) && !flow_is_integer(type))
            return true;
        enum CXCursorKind k = CL->getCursorKind(c);
        CXCursor child = k == CXCursor_ParenExpr || k == CXCursor_UnexposedExpr ? flow_operand(c) : CL->getNullCursor();
        if (CL->Cursor_isNull(child))
            return false;
        c = child;
    }
}

// `(uintptr_t)p`, not what a variable holds, which may be the rest of one whose low bits are elsewhere.
static bool is_whole_address(CXCursor c) {
    CXCursor inner = flow_strip(c);
    return flow_is_integer(CL->getCursorType(c)) && flow_is_pointer(CL->getCursorType(inner));
}

static int bits_of(long long n) {
    int bits = 0;
    for (unsigned long long rest = (unsigned long long)n; rest; rest >>= 1)
        bits++;
    return bits;
}

// `address & n`, `address % n`, `(address >> m) & n`, with small constants.
bool flow_is_low_bits(CXCursor c) {
    enum CXBinaryOperatorKind op = CL->getCursorBinaryOperatorKind(c);
    Cursors children = flow_children(c);
    long long n, shift = 0;
    if ((op != CXBinaryOperator_And && op != CXBinaryOperator_Rem) || children.n < 2 ||
        !flow_constant(children.v[children.n - 1], &n) || n < 0)
        return false;
    CXCursor address = children.v[0];
    while (CL->getCursorKind(address) == CXCursor_ParenExpr || CL->getCursorKind(address) == CXCursor_UnexposedExpr)
        address = flow_operand(address);
    if (CL->getCursorKind(address) == CXCursor_BinaryOperator &&
        CL->getCursorBinaryOperatorKind(address) == CXBinaryOperator_Shr) {
        Cursors parts = flow_children(address);
        if (parts.n < 2 || !flow_constant(parts.v[parts.n - 1], &shift) || shift < 0)
            return false;
        address = parts.v[0];
    }
    return shift + bits_of(n) <= LOW_BITS && is_whole_address(address);
}

// ---- numbers that become pointers ----------------------------------------------------------------
// `to`: of no kind if the address was moved, so that any pointer may lie where `to` has a number.
static bool parts_hide(Draw *d, CXCursor c, CXType to);

// `address | 1`, `address & ~7`: an address without a tag, or with one, is where it was.
static bool is_tagging(CXCursor c) {
    enum CXBinaryOperatorKind op = CL->getCursorBinaryOperatorKind(c);
    Cursors children = flow_children(c);
    long long n;
    if ((op != CXBinaryOperator_And && op != CXBinaryOperator_Or) || children.n < 2 || !flow_constant(children.v[children.n - 1], &n))
        return false;
    return op == CXBinaryOperator_And ? ~n >= 0 && ~n < 16 : n >= 0 && n < 16;
}

// May the number be the address of pointers that `to` would read as numbers?
static bool number_hides(Draw *d, CXCursor c, CXType to) {
    static const CXType anything;
    CXType type = CL->getCursorType(c);
    if (flow_is_pointer(type) || is_array(type))
        return to.kind != CXType_Invalid ? flow_hides(flow_pointee_type(type), to)
                                         : !facts_view(flow_pointee_type(type)) || flow_holds(flow_pointee_type(type));
    long long value;
    if ((flow_is_number(type) && !flow_is_integer(type)) || flow_constant(c, &value))
        return false;
    switch (CL->getCursorKind(c)) {
    case CXCursor_MemberRefExpr:
    case CXCursor_ArraySubscriptExpr: return false;
    case CXCursor_UnexposedExpr:
        if (flow_children(c).n != 1)
            break;
        return parts_hide(d, c, to);
    case CXCursor_UnaryOperator: return parts_hide(d, c, (CXType){0});
    case CXCursor_BinaryOperator: return is_tagging(c) ? parts_hide(d, c, to) : parts_hide(d, c, (CXType){0});
    case CXCursor_ParenExpr:
    case CXCursor_CStyleCastExpr:
    case CXCursor_ConditionalOperator: return parts_hide(d, c, to);
    default: break;
    }
    return to.kind == CXType_Invalid || flow_hides(anything, to);
}

static bool parts_hide(Draw *d, CXCursor c, CXType to) {
    Cursors children = flow_children(c);
    bool hides = false;
    for (size_t i = 0; i < children.n && !hides; i++)
        hides = flow_is_expression(children.v[i]) && number_hides(d, children.v[i], to);
    return hides;
}

// ---- from a part to its whole --------------------------------------------------------------------
static bool is_bytes(CXType type) {
    return flow_is_pointer(type) && (flow_pointee_type(type).kind == CXType_Void || CL->Type_getSizeOf(flow_pointee_type(type)) == 1);
}

// What is left of `c` without casts to bytes, and of bytes plus or minus constants, which are added up in *at.
static CXCursor without_steps(CXCursor c, long long *at, bool *bytes) {
    for (;;) {
        enum CXCursorKind kind = CL->getCursorKind(c);
        CXCursor next = CL->getNullCursor();
        if (kind == CXCursor_ParenExpr || kind == CXCursor_CStyleCastExpr || kind == CXCursor_UnexposedExpr) {
            next = flow_operand(c);
        } else if (kind == CXCursor_BinaryOperator && is_bytes(CL->getCursorType(c))) {
            enum CXBinaryOperatorKind op = CL->getCursorBinaryOperatorKind(c);
            Cursors children = flow_children(c);
            long long step;
            if ((op == CXBinaryOperator_Add || op == CXBinaryOperator_Sub) && children.n >= 2 &&
                flow_constant(children.v[children.n - 1], &step)) {
                next = children.v[0];
                *at += op == CXBinaryOperator_Sub ? -step : step;
            }
        }
        if (CL->Cursor_isNull(next) || !flow_is_pointer(CL->getCursorType(next)))
            return c;
        *bytes |= is_bytes(CL->getCursorType(c));
        c = next;
    }
}

// Is it container_of? Then *part is the pointer to the part.
static bool is_container(CXCursor operand, CXType to, CXCursor *part) {
    long long at = 0;
    bool bytes = false;
    *part = without_steps(operand, &at, &bytes);
    CXType type = CL->getCursorType(*part);
    return bytes && !is_bytes(type) && flow_is_pointer(type) && flow_contains(flow_pointee_type(to), flow_pointee_type(type), -at);
}

// ---- conversions -----------------------------------------------------------------------------------
static bool is_void(CXType type) {
    return type.kind != CXType_Invalid && CL->getCanonicalType(type).kind == CXType_Void;
}

// To a number that is no integer of 8 bytes.
static void to_small(Draw *d, CXCursor c, CXCursor operand, Hole k) {
    CXType from = CL->getCursorType(operand);
    if (CL->getCanonicalType(CL->getCursorType(c)).kind == CXType_Bool)
        flow_discard(d, operand);
    else if (k.to && (flow_is_pointer(from) || flow_is_integer(from)))
        flow_expression(d, operand, flow_hole(d, d->graph->heap, c, "a piece of an address"));
    else
        flow_expression(d, operand, k);
}

static void to_pointer(Draw *d, CXCursor c, CXCursor operand, Hole k) {
    CXType from = CL->getCursorType(operand), pointee = flow_pointee_type(CL->getCursorType(c));
    CXCursor part;
    if (is_container(operand, CL->getCursorType(c), &part)) {
        flow_expression(d, part, k);
        return;
    }
    CXType old = flow_pointee_type(from);
    bool number = !flow_is_pointer(from), was_void = !number && is_void(old), forgets = !number && is_void(pointee) && facts_view(old);
    bool hides = number ? number_hides(d, operand, pointee) : flow_hides(old, pointee);
    bool remade = number || (was_void && !is_void(pointee));
    if (!hides && !forgets && !remade) {
        flow_expression(d, operand, k);
        return;
    }
    Location *before = flow_temporary(d), *pointer = flow_temporary(d);
    pointer->remade = remade;
    pointer->pointee = forgets ? facts_view(old) : NULL;
    flow_expression(d, operand, flow_hole(d, before, c, "a cast"));
    flow_location(flow_hole(d, pointer, c, "a cast"), before);
    flow_location(k, pointer);
    if (hides && was_void)
        flow_view(d, before, pointee, c);
    else if (hides)
        graph_edge(d->graph->heap, before, 1, flow_at(d, c), "a cast that reads pointers as numbers");
}

void flow_view(Draw *d, Location *pointer, CXType type, CXCursor at) {
    Location *view = graph_location(d->function, LOC_VIEW, d->scope);
    view->pointee = facts_view(type);
    graph_edge(view, pointer, 0, flow_at(d, at), "a cast");
}

void flow_conversion(Draw *d, CXCursor c, CXCursor operand, Hole k) {
    CXType from = CL->getCursorType(operand), to = CL->getCursorType(c);
    if (is_array(from) && flow_is_pointer(to))
        flow_expression(d, operand, flow_address(d, k));
    else if (flow_is_number(to) && !flow_is_integer(to))
        to_small(d, c, operand, k);
    else if (k.to && flow_is_pointer(to) && (flow_is_pointer(from) || flow_is_number(from)))
        to_pointer(d, c, operand, k);
    else
        flow_expression(d, operand, k);
}
