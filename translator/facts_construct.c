// facts_construct.c - what the walk learns of constructs, and of operators that channels do not have.
//
// The marks that the marker left (gocc_mark) tell where a defer stands; the calls that go and defer detach, and POSIX's close, are
// recognised by their place.

#include "facts.h"

#include <stdlib.h>
#include <string.h>

// ---- constructs --------------------------------------------------------------------------------
static bool runs_in_loop(Visit *v, Node *n) {
    Node *block = tree_block_at(v->tree, n->keyword);
    size_t border = block ? block->body.start : v->function->body.start;
    for (size_t i = v->n_frames; i-- > 0;)
        if (facts_is_loop(v->frames[i].kind) && v->frames[i].start > border)
            return true;
    return v->function_label != NO_OFFSET;
}

static void mark(Visit *v, CXCursor c) {
    unsigned at = facts_marker_offset(CL->getCursorLocation(c));
    const char *digits = strpbrk(v->text + at, "0123456789");
    int id = digits ? atoi(digits) : 0;
    if (id < 1 || id > v->tree->n_nodes || !v->function)
        return;
    Node *n = v->tree->by_id[id];
    v->facts->nodes[id].in_loop = runs_in_loop(v, n);
}

static bool null_argument(CXCursor argument, CXType parameter) {
    if (CL->getCanonicalType(parameter).kind != CXType_Pointer)
        return false;
    CXCursor inner = argument;
    while (CL->getCursorKind(inner) == CXCursor_UnexposedExpr ||
           CL->getCursorKind(inner) == CXCursor_ParenExpr) {
        CXCursor child = facts_first_child(inner);
        if (CL->Cursor_isNull(child))
            break;
        inner = child;
    }
    return facts_type(CL->getCursorType(inner)).is_integer;
}

// An upper bound of what the arguments of a call need in a record, each aligned to 16 bytes.
static long long args_bytes(CXCursor c) {
    long long bytes = 0;
    for (int i = 0; i < CL->Cursor_getNumArguments(c); i++) {
        TypeInfo t = facts_type(CL->getCursorType(CL->Cursor_getArgument(c, (unsigned)i)));
        bytes += t.size > 0 ? (t.size + 31) & ~15LL : 32;
    }
    return bytes;
}

static void construct_call(Visit *v, CXCursor c, Node *n) {
    NodeFacts *facts = &v->facts->nodes[n->id];
    facts->call_seen = true;
    CXCursor callee = CL->getCursorReferenced(c);
    facts->calls_function = false;
    if (!CL->Cursor_isNull(callee) && CL->getCursorKind(callee) == CXCursor_FunctionDecl) {
        const char *name = facts_string(CL->getCursorSpelling(callee));
        size_t length = n->callee.end - n->callee.start;
        facts->calls_function =
            strlen(name) == length && !memcmp(v->tree->source->text + n->callee.start, name, length);
    }
    CXType type = CL->getCursorType(facts_first_child(c));
    CXType canonical = CL->getCanonicalType(type);
    if (canonical.kind == CXType_Pointer)
        canonical = CL->getPointeeType(canonical);
    int parameters = CL->getNumArgTypes(canonical);
    facts->null_args = arena_alloc((size_t)n->n_args + 1);
    facts->args_bytes = args_bytes(c);
    for (int i = 0; i < n->n_args && i < parameters; i++)
        facts->null_args[i] = null_argument(CL->Cursor_getArgument(c, (unsigned)i),
                                            CL->getArgType(canonical, (unsigned)i));
}

static void posix_close(Visit *v, CXCursor c, Node *n) {
    NodeFacts *facts = &v->facts->nodes[n->id];
    CXCursor argument = CL->Cursor_getArgument(c, 0);
    while (!CL->Cursor_isNull(argument) &&
           CL->getCursorKind(argument) == CXCursor_UnexposedExpr) {
        facts->operand = facts_type(CL->getCursorType(argument));
        if (facts->operand.is_channel)
            break;
        argument = facts_first_child(argument);
    }
    if (!CL->Cursor_isNull(argument))
        facts->operand = facts_type(CL->getCursorType(argument));
    facts->operand_seen = true;
}

void facts_call(Visit *v, CXCursor c) {
    if (!strcmp(facts_string(CL->getCursorSpelling(c)), "gocc_mark")) {
        mark(v, c);
        return;
    }
    bool exact;
    size_t start = facts_at(v, CL->getRangeStart(CL->getCursorExtent(c)), &exact);
    Span span = facts_extent(v, c);
    if (!exact)
        return;
    for (Node *n = tree_node_at(v->tree, start); n; n = n->parent) {
        if ((n->kind == N_GO || n->kind == N_DEFER) && !n->is_block && n->callee.start == start &&
            span.end == n->rparen + 1)
            construct_call(v, c, n);
        if (n->kind == N_CALL && n->system_name && n->keyword == start)
            posix_close(v, c, n);
    }
}

// ---- operators that channels do not have ------------------------------------------------------------
static const char *binary_word(enum CXBinaryOperatorKind k) {
    switch (k) {
    case CXBinaryOperator_Add:
    case CXBinaryOperator_AddAssign: return "arithmetic on";
    case CXBinaryOperator_Sub:
    case CXBinaryOperator_SubAssign: return "arithmetic on";
    case CXBinaryOperator_LT:
    case CXBinaryOperator_GT:
    case CXBinaryOperator_LE:
    case CXBinaryOperator_GE: return "ordering of";
    default: return NULL;
    }
}

static const char *unary_word(enum CXUnaryOperatorKind k) {
    switch (k) {
    case CXUnaryOperator_Deref: return "dereference of";
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec: return "arithmetic on";
    default: return NULL;
    }
}

typedef struct ChannelChild {
    bool found;
    CXType type;
} ChannelChild;

static enum CXChildVisitResult find_channel(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    ChannelChild *out = data;
    CXType type = CL->getCursorType(c);
    if (!out->found && facts_type_is_channel(type))
        *out = (ChannelChild){true, type};
    return CXChildVisit_Continue;
}

static void misuse(Visit *v, CXCursor c, const char *what) {
    bool exact;
    size_t at = facts_at(v, CL->getRangeStart(CL->getCursorExtent(c)), &exact);
    ChannelChild child = {0};
    if (!what || !exact)
        return;
    CL->visitChildren(c, find_channel, &child);
    if (!child.found)
        return;
    TypeInfo *type = arena_alloc(sizeof *type);
    *type = facts_type(child.type);
    *ARENA_PUSH(v->facts->misuses, v->facts->n_misuses, v->facts->cap_misuses) =
        (Misuse){at, what, type};
}

// A declaration whose type carries a channel of something that cannot be sent.
void facts_declared_channel(Visit *v, CXCursor c) {
    CXType t = CL->getCanonicalType(CL->getCursorType(c));
    if (CL->getCursorKind(c) == CXCursor_FunctionDecl)
        t = CL->getCanonicalType(CL->getResultType(t));
    while (t.kind == CXType_ConstantArray || t.kind == CXType_IncompleteArray)
        t = CL->getCanonicalType(CL->getArrayElementType(t));
    if (!facts_type_is_channel(t))
        return;
    TypeInfo *type = arena_alloc(sizeof *type);
    *type = facts_type(t);
    if (!type->elem->is_array && !type->elem->is_function && !type->elem->is_void)
        return;
    Span extent = facts_extent(v, c);
    for (int i = 1; i <= v->tree->n_nodes; i++) {
        Node *n = v->tree->by_id[i];
        if (n->kind == N_CHAN && n->span.start >= extent.start && n->span.start < extent.end) {
            *ARENA_PUSH(v->facts->misuses, v->facts->n_misuses, v->facts->cap_misuses) =
                (Misuse){n->operand.start, NULL, type};
            return;
        }
    }
}

void facts_operator(Visit *v, CXCursor c, enum CXCursorKind kind) {
    if (kind == CXCursor_UnaryOperator)
        misuse(v, c, unary_word(CL->getCursorUnaryOperatorKind(c)));
    else if (kind != CXCursor_ArraySubscriptExpr)
        misuse(v, c, binary_word(CL->getCursorBinaryOperatorKind(c)));
    else if (facts_type_is_channel(CL->getCursorType(facts_first_child(c))))
        misuse(v, c, "subscript of");
}
