// facts_store.c - stores of pointers: what the collector must be told of, if the memory may be heap or global.
//
// Three kinds: assignments, calls of memcpy and its like, and atomic operations. A number that is assigned to a member of a union counts if
// another member is a pointer: that pointer is gone then. For each it is written down where it stands, what type it
// stores, and which variable's own memory it goes to, if that can be seen: whether that variable lives on the stack is decided later
// (escape.c), and lower_barrier.c leaves alone what does. Not looked at: `p++`, `p += n` (the same object), initialisers (of stack variables;
// others are filled by go__new_copy), what asm statements store, and lvalues whose type clang could not tell.

#include "facts.h"

#include <string.h>

// ---- whose memory --------------------------------------------------------------------------------
static enum CXChildVisitResult take_last(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    *(CXCursor *)data = c;
    return CXChildVisit_Continue;
}

static CXCursor last_child(CXCursor c) {
    CXCursor child = CL->getNullCursor();
    CL->visitChildren(c, take_last, &child);
    return child;
}

// The (first) operand; the type that a cast names comes before its.
static CXCursor child_of(CXCursor c) {
    return CL->getCursorKind(c) == CXCursor_CStyleCastExpr ? last_child(c) : facts_first_child(c);
}

static CXType type_of(CXCursor c) {
    return CL->getCanonicalType(CL->getCursorType(c));
}

static bool is_array(CXCursor c) {
    enum CXTypeKind k = type_of(c).kind;
    return k == CXType_ConstantArray || k == CXType_IncompleteArray || k == CXType_VariableArray;
}

static bool is_extension(CXCursor c) {
    return CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_Extension;
}

// The variable that an lvalue is part of; NULL if that is a global, or lies behind a pointer that may point anywhere.
static Var *place_root(Visit *v, CXCursor c) {
    CXCursor child = child_of(c);
    switch (CL->getCursorKind(c)) {
    case CXCursor_DeclRefExpr: return facts_var(v, CL->getCursorReferenced(c));
    case CXCursor_CompoundLiteralExpr: return facts_var(v, c);
    case CXCursor_ParenExpr:
    case CXCursor_UnexposedExpr: return CL->Cursor_isNull(child) ? NULL : place_root(v, child);
    case CXCursor_MemberRefExpr:
        if (CL->Cursor_isNull(child))
            return NULL;
        return type_of(child).kind == CXType_Pointer ? facts_address_root(v, child) : place_root(v, child);
    case CXCursor_ArraySubscriptExpr: return facts_address_root(v, child);
    case CXCursor_UnaryOperator:
        if (CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_Deref)
            return facts_address_root(v, child);
        return is_extension(c) ? place_root(v, child) : NULL;
    default: return NULL;
    }
}

// The same of what an address points into.
Var *facts_address_root(Visit *v, CXCursor c) {
    CXCursor child = child_of(c);
    if (is_array(c))
        return place_root(v, c);
    switch (CL->getCursorKind(c)) {
    case CXCursor_ParenExpr:
    case CXCursor_UnexposedExpr:
    case CXCursor_CStyleCastExpr: return CL->Cursor_isNull(child) ? NULL : facts_address_root(v, child);
    case CXCursor_UnaryOperator:
        if (CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf)
            return place_root(v, child);
        return is_extension(c) ? facts_address_root(v, child) : NULL;
    case CXCursor_BinaryOperator: {
        enum CXBinaryOperatorKind k = CL->getCursorBinaryOperatorKind(c);
        return k == CXBinaryOperator_Add || k == CXBinaryOperator_Sub ? facts_address_root(v, child) : NULL;
    }
    case CXCursor_CallExpr:                            // `_Result`: in the frame of the function that defers
        return !strcmp(facts_string(CL->getCursorSpelling(c)), "gocc_result") ? v->function->result_var : NULL;
    default: return NULL;
    }
}

// ---- assignments ---------------------------------------------------------------------------------
// May its address not be taken: a bit-field, a register variable of the whole program?
static bool has_no_address(CXCursor place) {
    while (CL->getCursorKind(place) == CXCursor_ParenExpr)
        place = child_of(place);
    CXCursor declaration = CL->getCursorReferenced(place);
    if (CL->getCursorKind(place) == CXCursor_MemberRefExpr)
        return CL->Cursor_isBitField(declaration);
    return CL->getCursorKind(place) == CXCursor_DeclRefExpr &&
           CL->Cursor_getStorageClass(declaration) == CX_SC_Register;
}

// A member that need not be aligned: to take its address is worth a warning.
static bool is_packed(CXCursor place) {
    for (; !CL->Cursor_isNull(place); place = child_of(place)) {
        enum CXCursorKind k = CL->getCursorKind(place);
        if (k == CXCursor_MemberRefExpr) {
            CXType record = type_of(child_of(place));
            if (record.kind == CXType_Pointer)
                record = CL->getPointeeType(record);
            if (CL->Type_getAlignOf(record) < 8)
                return true;
        } else if (k != CXCursor_ParenExpr && k != CXCursor_UnexposedExpr && k != CXCursor_ArraySubscriptExpr) {
            return false;
        }
    }
    return false;
}

// Is it part of a union that may hold pointers?
static bool is_in_union(CXCursor place) {
    for (; !CL->Cursor_isNull(place); place = child_of(place)) {
        enum CXCursorKind k = CL->getCursorKind(place);
        if (k == CXCursor_MemberRefExpr) {
            CXType record = type_of(child_of(place));
            bool arrow = record.kind == CXType_Pointer;
            if (arrow)
                record = CL->getCanonicalType(CL->getPointeeType(record));
            if (CL->getCursorKind(CL->getTypeDeclaration(record)) == CXCursor_UnionDecl &&
                facts_layout(record, false))
                return true;
            if (arrow)
                return false;
        } else if (k == CXCursor_ArraySubscriptExpr) {
            CXCursor base = child_of(place);
            if (CL->getCursorKind(base) != CXCursor_UnexposedExpr || !is_array(child_of(base)))
                return false;
        } else if (k != CXCursor_ParenExpr && k != CXCursor_UnexposedExpr) {
            return false;
        }
    }
    return false;
}

// A value that can be stored as a whole, other than an atomic one.
static bool is_plain_value(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    bool number = (k >= CXType_Bool && k <= CXType_LongDouble) || (k >= CXType_Float128 && k <= CXType_Ibm128);
    return (number || k == CXType_Enum || k == CXType_Record || k == CXType_Complex || k == CXType_Vector) &&
           !CL->isConstQualifiedType(type) && CL->Type_getSizeOf(type) > 0;
}

static bool holds_pointers(CXType type) {
    enum CXTypeKind k = CL->getCanonicalType(type).kind;
    bool value = k == CXType_Pointer || k == CXType_BlockPointer || k == CXType_NullPtr || k == CXType_Record ||
                 k == CXType_Atomic || k == CXType_Long || k == CXType_ULong;
    return value && !CL->isConstQualifiedType(type) && facts_layout(type, false);
}

// Sets what the store says of its target; false if nobody needs to be told.
static bool set_target(Visit *v, Store *s, CXCursor target) {
    CXType type = CL->getCursorType(target);
    s->overwrites = !holds_pointers(type);
    if (!v->function || (s->overwrites && !(is_plain_value(type) && is_in_union(target))) || has_no_address(target))
        return false;
    s->type = facts_type(type);
    s->root = place_root(v, target);
    s->packed = is_packed(target);
    s->rank = (int)v->n_frames;
    return true;
}

void facts_store_target(Visit *v, CXCursor address, Store *out) {
    while (CL->getCursorKind(address) == CXCursor_ParenExpr || CL->getCursorKind(address) == CXCursor_UnexposedExpr)
        address = child_of(address);
    Store s = {.used = false};
    if (CL->getCursorKind(address) == CXCursor_UnaryOperator && set_target(v, &s, child_of(address)))
        *out = s;
}

// The first character of the token before or after a span.
static char char_around(const Tree *t, Span s, int step) {
    size_t i = step < 0 ? tree_token_at(t, s.start) - 1 : tree_token_at(t, s.end);
    return i < t->tokens.n ? t->source->text[t->tokens.v[i].span.start] : 0;
}

// `({ ...; s; })`
static bool ends_statement_expression(const Tree *t, Span s) {
    const char *text = t->source->text;
    size_t i = tree_token_at(t, s.end);
    return i + 2 < t->tokens.n && text[t->tokens.v[i + 1].span.start] == '}' &&
           text[t->tokens.v[i + 2].span.start] == ')';
}

// Frame i is above an expression that spans s: is its value of use there?
static bool is_used_in(Visit *v, size_t i, Span s) {
    switch (v->frames[i].kind) {
    case CXCursor_CompoundStmt:
    case CXCursor_LabelStmt:
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt: return ends_statement_expression(v->tree, s);
    case CXCursor_ForStmt: return char_around(v->tree, s, -1) == ';' && char_around(v->tree, s, 1) == ';';
    case CXCursor_IfStmt:
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt: return char_around(v->tree, s, 1) == ')';
    case CXCursor_CStyleCastExpr: return type_of(v->frames[i].cursor).kind != CXType_Void;
    default: return true;
    }
}

// Is the expression on top of the frames, whose value is used, the condition of a statement?
static bool is_condition(Visit *v) {
    enum CXCursorKind above = v->frames[v->n_frames - 2].kind;
    return above == CXCursor_IfStmt || above == CXCursor_WhileStmt || above == CXCursor_DoStmt ||
           above == CXCursor_ForStmt;
}

// Is the value of the expression on top of the frames of use? A compiler would warn of a value that is not.
bool facts_value_used(Visit *v) {
    for (size_t i = v->n_frames - 1; i-- > 0;) {
        CXCursor parent = v->frames[i].cursor, child = v->frames[i + 1].cursor;
        bool comma = v->frames[i].kind == CXCursor_BinaryOperator &&
                     CL->getCursorBinaryOperatorKind(parent) == CXBinaryOperator_Comma;
        if (comma && CL->equalCursors(child_of(parent), child))
            return false;
        bool extension = v->frames[i].kind == CXCursor_UnaryOperator && is_extension(parent);
        if (v->frames[i].kind != CXCursor_ParenExpr && !comma && !extension)
            return is_used_in(v, i, facts_extent(v, child));
    }
    return true;
}

// `target = value` in the user's text, with nothing of ours between.
static bool is_written(Visit *v, const Store *s) {
    const Tree *t = v->tree;
    size_t i = tree_token_at(t, s->target.end);
    return s->target.start < s->target.end && s->target.end <= s->value.start && s->value.start < s->value.end &&
           s->target.start > v->function->body.start && s->value.end < v->function->body.end &&
           i + 1 < t->tokens.n && t->source->text[t->tokens.v[i].span.start] == '=' &&
           t->tokens.v[i].span.end - t->tokens.v[i].span.start == 1 && tree_token_at(t, s->value.start) == i + 1;
}

void facts_store(Visit *v, CXCursor c) {
    CXCursor target = child_of(c);
    Store s = {.target = facts_extent(v, target)};
    if (!set_target(v, &s, target))
        return;
    s.value = facts_extent(v, last_child(c));
    if (!is_written(v, &s))
        return;
    s.used = facts_value_used(v);
    s.condition = s.used && is_condition(v);
    Facts *f = v->facts;
    *ARENA_PUSH(f->stores, f->n_stores, f->cap_stores) = s;
}

// ---- memcpy and its like -------------------------------------------------------------------------
static const struct MemoryFunction {
    const char *name, *instead;
    int destination;
} memory_functions[] = {
    {"memcpy", "go__gc_memcpy", 0},
    {"memmove", "go__gc_memcpy", 0},
    {"mempcpy", "go__gc_mempcpy", 0},
    {"__mempcpy", "go__gc_mempcpy", 0},
    {"memset", "go__gc_memset", 0},
    {"bzero", "go__gc_bzero", 0},
    {"explicit_bzero", "go__gc_bzero", 0},
    {"bcopy", "go__gc_bcopy", 1},
    {"wmemcpy", "go__gc_wmemcpy", 0},
    {"wmemmove", "go__gc_wmemcpy", 0},
    {"qsort", "go__gc_qsort", 0},
    {"__memcpy_chk", "go__gc_memcpy_chk", 0},
    {"__memmove_chk", "go__gc_memcpy_chk", 0},
    {"__mempcpy_chk", "go__gc_mempcpy_chk", 0},
    {"__memset_chk", "go__gc_memset_chk", 0},
};

static const struct MemoryFunction *memory_function(const char *name) {
    if (!strncmp(name, "__builtin_", 10))
        name += 10;
    for (size_t i = 0; i < sizeof memory_functions / sizeof *memory_functions; i++)
        if (!strcmp(memory_functions[i].name, name))
            return &memory_functions[i];
    return NULL;
}

static bool points_at_pointers(CXType type) {
    CXType t = CL->getCanonicalType(type);
    if (t.kind != CXType_Pointer)
        return facts_layout(type, false);              // an array; or an integer: who knows
    CXType pointee = CL->getPointeeType(t);
    return CL->getCanonicalType(pointee).kind == CXType_Void || facts_layout(pointee, false);
}

// May the memory at this address hold pointers? What its expression was before any conversion tells: a `char *` has none, a `void *`
// may.
static bool may_hold_pointers(CXCursor c) {
    for (;; c = child_of(c)) {
        enum CXCursorKind k = CL->getCursorKind(c);
        bool through = k == CXCursor_ParenExpr || k == CXCursor_UnexposedExpr || k == CXCursor_CStyleCastExpr ||
                       k == CXCursor_BinaryOperator;
        if (k == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf)
            return facts_layout(CL->getCursorType(child_of(c)), false);
        bool narrows = k == CXCursor_CStyleCastExpr &&
                       CL->getCanonicalType(CL->getPointeeType(type_of(c))).kind != CXType_Void;
        if (narrows && points_at_pointers(CL->getCursorType(c)))
            return true;
        if (!through || CL->Cursor_isNull(child_of(c)))
            return points_at_pointers(CL->getCursorType(c)) || type_of(c).kind < CXType_Pointer;
    }
}

static void add_rename(Visit *v, CXCursor name, const char *instead, Var *root) {
    Facts *f = v->facts;
    while (CL->getCursorKind(name) != CXCursor_DeclRefExpr && !CL->Cursor_isNull(name))
        name = child_of(name);
    if (CL->Cursor_isNull(name))
        return;
    bool exact;
    size_t at = facts_at(v, CL->getCursorLocation(name), &exact);
    const char *spelling = facts_string(CL->getCursorSpelling(name));
    size_t n = strlen(spelling);
    if (exact && !strncmp(v->tree->source->text + at, spelling, n))
        *ARENA_PUSH(f->renames, f->n_renames, f->cap_renames) = (Rename){{at, at + n}, instead, root};
}

void facts_store_call(Visit *v, CXCursor c) {
    CXCursor callee = CL->getCursorReferenced(c);
    if (!v->function || CL->Cursor_isNull(callee) || CL->getCursorKind(callee) != CXCursor_FunctionDecl)
        return;
    const struct MemoryFunction *m = memory_function(facts_string(CL->getCursorSpelling(callee)));
    if (!m || facts_function(v, callee) || CL->Cursor_getNumArguments(c) <= m->destination)
        return;
    CXCursor destination = CL->Cursor_getArgument(c, (unsigned)m->destination);
    if (may_hold_pointers(destination))
        add_rename(v, child_of(c), m->instead, facts_address_root(v, destination));
}

// A thread that the program makes itself is known to the collector from its first instruction on.
void facts_store_name(Visit *v, CXCursor c) {
    CXCursor f = CL->getCursorReferenced(c);
    if (v->function && CL->getCursorKind(f) == CXCursor_FunctionDecl &&
        CL->Location_isInSystemHeader(CL->getCursorLocation(f)) &&
        !strcmp(facts_string(CL->getCursorSpelling(f)), "pthread_create"))
        add_rename(v, c, "(__extension__ ({ extern __typeof__(pthread_create) go__pthread_create; go__pthread_create; }))",
                   NULL);
}
