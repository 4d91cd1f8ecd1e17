// facts_atomic.c - atomic operations that store pointers.
//
// <stdatomic.h> comes out of the preprocessor as gcc's __atomic_* or clang's __c11_atomic_* builtins. They are no calls to clang, and where
// the object is an _Atomic one it does not understand gcc's at all; but it keeps their operands, and so the type of the object is known.
// Only operations that may put another object's address there matter: adding to a pointer, or setting a bit of it, does not.

#include "facts.h"

#include <string.h>

static const AtomicForm forms[] = {
    {"__atomic_store_n", 1, false, false},
    {"__atomic_store", 1, true, false},
    {"__atomic_exchange_n", 1, false, true},
    {"__atomic_exchange", 1, true, false},
    {"__atomic_compare_exchange_n", 2, false, true},
    {"__atomic_compare_exchange", 2, true, true},
    {"__c11_atomic_store", 1, false, false},
    {"__c11_atomic_init", 1, false, false},
    {"__c11_atomic_exchange", 1, false, true},
    {"__c11_atomic_compare_exchange_strong", 2, false, true},
    {"__c11_atomic_compare_exchange_weak", 2, false, true},
    {"__sync_bool_compare_and_swap", 2, false, true},
    {"__sync_val_compare_and_swap", 2, false, true},
    {"__sync_lock_test_and_set", 1, false, true},
    {"__sync_swap", 1, false, true},
    {"__sync_lock_release", -1, false, false},
};

static const AtomicForm *form_at(const char *text) {
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");
    if (strncmp(text, "__", 2) || (text[2] != 'a' && text[2] != 's' && text[2] != 'c'))
        return NULL;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strlen(forms[i].name) == n && !strncmp(forms[i].name, text, n))
            return &forms[i];
    return NULL;
}

// The first operand that is the address of an object.
static enum CXChildVisitResult take_object(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    CXType t = CL->getCanonicalType(CL->getCursorType(c));
    if (t.kind != CXType_Pointer)
        return CXChildVisit_Continue;
    enum CXTypeKind k = CL->getCanonicalType(CL->getPointeeType(t)).kind;
    if (k == CXType_FunctionProto || k == CXType_FunctionNoProto)
        return CXChildVisit_Continue;
    *(CXCursor *)data = c;
    return CXChildVisit_Break;
}

// The expression that an address comes from: through conversions, and the __auto_type variables of <stdatomic.h>.
static CXCursor origin(CXCursor object) {
    for (;;) {
        enum CXCursorKind k = CL->getCursorKind(object);
        CXCursor next = CL->getNullCursor();
        if (k == CXCursor_ParenExpr || k == CXCursor_UnexposedExpr)
            next = facts_first_child(object);
        else if (k == CXCursor_DeclRefExpr && CL->getCursorType(object).kind != CXType_Pointer)
            next = CL->Cursor_getVarDeclInitializer(CL->getCursorReferenced(object));
        if (CL->Cursor_isNull(next) || CL->getCanonicalType(CL->getCursorType(next)).kind != CXType_Pointer)
            return object;
        object = next;
    }
}

// How the object was declared tells more than the type that its address was converted to.
static CXType pointee_of(CXCursor address, bool *lost) {
    CXCursor object = origin(address);
    if (CL->getCursorKind(object) == CXCursor_UnaryOperator &&
        CL->getCursorUnaryOperatorKind(object) == CXUnaryOperator_AddrOf)
        return CL->getCursorType(facts_first_child(object));
    CXType t = CL->getCursorType(object);
    *lost = t.kind != CXType_Pointer;
    return CL->getPointeeType(t.kind == CXType_Pointer ? t : CL->getCanonicalType(t));
}

void facts_atomic(Visit *v, CXCursor c) {
    bool exact;
    size_t at = facts_at(v, CL->getRangeStart(CL->getCursorExtent(c)), &exact);
    const AtomicForm *form = v->function && exact ? form_at(v->tree->source->text + at) : NULL;
    Facts *f = v->facts;
    if (!form || (f->n_atomics && f->atomics[f->n_atomics - 1].name.start == at))
        return;
    CXCursor object = CL->getNullCursor();
    CL->visitChildren(c, take_object, &object);
    if (CL->Cursor_isNull(object))
        return;
    bool lost = false;
    CXType type = pointee_of(object, &lost);
    if (facts_layout(type, lost))
        *ARENA_PUSH(f->atomics, f->n_atomics, f->cap_atomics) =
            (Atomic){{at, at + strlen(form->name)}, form, facts_type(type), facts_address_root(v, object), facts_value_used(v), (int)v->n_frames};
}
