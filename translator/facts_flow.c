// facts_flow.c - where the address of a variable goes, and where what it holds goes.
//
// For each mention of a variable the expressions around it are climbed until the value is used up or kept. Four states say what the
// expression at hand is: the variable's storage itself (PLACE), an address of it (ADDRESS), what it holds (VALUE), or the place that what it
// holds points to (BEHIND), which becomes a VALUE again when its address is taken: `&p->x`, `p->array`, `&p[1]`. What is read
// through a pointer is not followed: storing through a pointer already counted as kept where nobody follows. escape.c solves
// the graph that results.
//
// Functions of system headers keep no pointer (language.md, section 6), except those in a table; their pointer results may be
// their arguments, and so may what they store through a pointer to a pointer.

#include "facts.h"

#include <string.h>

typedef enum State { PLACE,
                     ADDRESS,
                     VALUE,
                     BEHIND,
                     DONE } State;

typedef struct Climb {
    Visit *v;
    Var *from;
    State state;
    size_t at;
} Climb;

// Kept in `to`, and also the value of the expression at hand.
static void copy(Climb *c, Var *to, const char *why) {
    if (c->state == ADDRESS || c->state == VALUE) {
        Facts *f = c->v->facts;
        *ARENA_PUSH(f->flows, f->n_flows, f->cap_flows) =
            (Flow){c->from, c->state == ADDRESS, to, c->at, why};
    }
}

static void keep(Climb *c, Var *to, const char *why) {
    copy(c, to, why);
    c->state = DONE;
}

// ---- where an assignment stores ----------------------------------------------------------------
// The variable that `lhs` is part of; NULL if it lies behind a pointer.
static Var *root(Visit *v, CXCursor lhs) {
    for (;;) {
        CXCursor child = facts_first_child(lhs);
        switch (CL->getCursorKind(lhs)) {
        case CXCursor_DeclRefExpr: return facts_var(v, CL->getCursorReferenced(lhs));
        case CXCursor_ParenExpr: break;
        case CXCursor_MemberRefExpr:
            if (CL->getCanonicalType(CL->getCursorType(child)).kind == CXType_Pointer)
                return NULL;
            break;
        case CXCursor_ArraySubscriptExpr:
            if (CL->getCursorKind(child) != CXCursor_UnexposedExpr)
                return NULL;
            child = facts_first_child(child);
            if (CL->getCanonicalType(CL->getCursorType(child)).kind != CXType_ConstantArray &&
                CL->getCanonicalType(CL->getCursorType(child)).kind != CXType_VariableArray)
                return NULL;
            break;
        default: return NULL;
        }
        if (CL->Cursor_isNull(child))
            return NULL;
        lhs = child;
    }
}

static bool is_first_child(Frame *parent, Frame *child) {
    return CL->equalCursors(facts_first_child(parent->cursor), child->cursor);
}

static bool is_pointer_type(CXType t) {
    return CL->getCanonicalType(t).kind == CXType_Pointer;
}

// May an address hide in a value of this type?
static bool may_hold_address(CXType type) {
    CXType t = CL->getCanonicalType(type);
    if (t.kind == CXType_Pointer || t.kind == CXType_Record || t.kind == CXType_ConstantArray ||
        t.kind == CXType_VariableArray || t.kind == CXType_Atomic)
        return true;
    TypeInfo info = facts_type(t);
    return info.is_integer && info.size >= 8;
}

// ---- calls -------------------------------------------------------------------------------------
static bool keeps_arguments(const char *name) {
    static const char *const names[] = {
        "setvbuf",
        "setbuf",
        "setbuffer",
        "setlinebuf",
        "putenv",
        "pthread_create",
        "signal",
        "sigaction",
        "sigaltstack",
        "qsort_r",
        "atexit",
        "on_exit",
        "pthread_setspecific",
        "pthread_key_create",
        "pthread_cleanup_push",
        "makecontext",
        "getcontext",
        "swapcontext",
        "fopencookie",
        "open_memstream",
        "fmemopen",
        "timer_create",
        "aio_read",
        "aio_write",
        "lio_listio",
        "tsearch",
        "hsearch",
        "insque",
        "epoll_ctl",
        "pthread_mutex_init",
        "va_start",
        "initstate",
        "setstate",
        "mq_notify",
        "getline",
        "getdelim",
        "error_print_progname",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strcmp(names[i], name))
            return true;
    return !strncmp(name, "go_", 3);
}

static bool stores_through(CXType function) {
    CXType t = CL->getCanonicalType(function);
    int n = CL->getNumArgTypes(t);
    for (int i = 0; i < n; i++) {
        CXType p = CL->getCanonicalType(CL->getArgType(t, (unsigned)i));
        if (p.kind == CXType_Pointer &&
            CL->getCanonicalType(CL->getPointeeType(p)).kind == CXType_Pointer &&
            !CL->isConstQualifiedType(CL->getPointeeType(p)))
            return true;
    }
    return false;
}

static bool is_runtime_word(const char *name) {
    return !strncmp(name, "gocc_", 5) || !strcmp(name, "go_panicf") || !strcmp(name, "go_any_string");
}

static int argument_index(CXCursor call, CXCursor argument) {
    for (int i = 0; i < CL->Cursor_getNumArguments(call); i++)
        if (CL->equalCursors(CL->Cursor_getArgument(call, (unsigned)i), argument))
            return i;
    return -1;
}

static bool is_construct_call(Climb *c, Frame *call) {
    for (Node *n = tree_node_at(c->v->tree, call->start); n; n = n->parent)
        if ((n->kind == N_GO || n->kind == N_DEFER) && !n->is_block &&
            n->callee.start == call->start)
            return true;
    return false;
}

static void system_call(Climb *c, Frame *call, CXCursor callee, const char *name) {
    if (keeps_arguments(name) || stores_through(CL->getCursorType(callee))) {
        keep(c, NULL, "a function that keeps it");
        return;
    }
    if (c->state == ADDRESS) {
        State state = c->state;
        // The callee may read and write the variable: what it holds may move on.
        c->from->addressed = true;
        c->state = state;
    }
    if (!is_pointer_type(CL->getCursorType(call->cursor)))
        c->state = DONE;
}

static void argument(Climb *c, Frame *call, Frame *child) {
    CXCursor callee = CL->getCursorReferenced(call->cursor);
    int index = argument_index(call->cursor, child->cursor);
    if (index < 0) {
        c->state = DONE;                               // it is what is called
        return;
    }
    if (is_construct_call(c, call)) {
        keep(c, NULL, "an argument of a go or defer statement");
        return;
    }
    if (CL->Cursor_isNull(callee) || CL->getCursorKind(callee) != CXCursor_FunctionDecl) {
        keep(c, NULL, "a call through a pointer");
        return;
    }
    const char *name = facts_string(CL->getCursorSpelling(callee));
    Function *own = facts_function(c->v, callee);
    if (own && index < own->n_params)
        keep(c, own->params[index], "an argument");
    else if (is_runtime_word(name) || !strncmp(name, "__builtin_", 10) ||
             CL->Location_isInSystemHeader(CL->getCursorLocation(callee)))
        system_call(c, call, callee, name);
    else
        keep(c, NULL, "an argument of a function that is not seen");
}

// ---- one step up -------------------------------------------------------------------------------
// `++p` and the like: what they yield is what p holds.
static State stepped(Climb *c, Frame *parent) {
    return c->state == PLACE && may_hold_address(CL->getCursorType(parent->cursor)) ? VALUE : DONE;
}

static void unary(Climb *c, Frame *parent) {
    enum CXUnaryOperatorKind k = CL->getCursorUnaryOperatorKind(parent->cursor);
    if (k == CXUnaryOperator_AddrOf)
        c->state = c->state == PLACE ? ADDRESS : VALUE;
    else if (k == CXUnaryOperator_Deref)
        c->state = c->state == ADDRESS ? PLACE : BEHIND;
    else if (k <= CXUnaryOperator_PreDec)
        c->state = stepped(c, parent);
    else if (k == CXUnaryOperator_LNot)
        c->state = DONE;
}

static void binary(Climb *c, Frame *parent, Frame *child) {
    enum CXBinaryOperatorKind k = CL->getCursorBinaryOperatorKind(parent->cursor);
    bool left = is_first_child(parent, child);
    if (k == CXBinaryOperator_Assign) {
        if (left)
            c->state = DONE;                           // the right side is climbed on
        else
            copy(c, root(c->v, facts_first_child(parent->cursor)), "an assignment");
    } else if (k == CXBinaryOperator_Comma) {
        if (left)
            c->state = DONE;
    } else if (k >= CXBinaryOperator_LT && k <= CXBinaryOperator_NE) {
        c->state = DONE;
    } else if (k == CXBinaryOperator_LAnd || k == CXBinaryOperator_LOr) {
        c->state = DONE;
    } else if (!may_hold_address(CL->getCursorType(parent->cursor))) {
        c->state = DONE;
    }
}

static void converted(Climb *c, Frame *parent, Frame *child) {
    CXType from = CL->getCanonicalType(CL->getCursorType(child->cursor));
    CXType to = CL->getCursorType(parent->cursor);
    bool array = from.kind == CXType_ConstantArray || from.kind == CXType_VariableArray ||
                 from.kind == CXType_IncompleteArray;
    if (c->state == PLACE)
        c->state = array && is_pointer_type(to) ? ADDRESS : array ? PLACE
                                                                  : VALUE;
    else if (c->state == BEHIND && !array)
        c->state = DONE;                               // read
    else if (c->state == BEHIND && is_pointer_type(to))
        c->state = VALUE;
    if (c->state == VALUE && !may_hold_address(to))
        c->state = DONE;
    if (c->state == ADDRESS && !may_hold_address(to))
        c->state = DONE;
}

// gcc's __atomic_* are no calls to clang, and nothing that it knows at all where the object is an _Atomic one. Returns the
// length of the builtin's name, 0 if the expression at hand is something else.
static size_t atomic_builtin_name(Climb *c, Frame *parent) {
    const char *text = c->v->tree->source->text + parent->start;
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    bool call = text[n + strspn(text + n, " \t\n")] == '(';
    return call && !strncmp(text, "__atomic_", 9) ? n : 0;
}

// The object that they work on is only read and written, and so are the places that the forms without `_n` name; the values
// go where nobody follows.
static void atomic_builtin(Climb *c, Frame *parent, Frame *child, size_t name) {
    static const char *const by_address[] = {"__atomic_load", "__atomic_store", "__atomic_exchange",
                                             "__atomic_compare_exchange"};
    const char *text = c->v->tree->source->text + parent->start;
    bool used = is_first_child(parent, child);
    for (size_t i = 0; i < sizeof by_address / sizeof *by_address; i++)
        used = used || (strlen(by_address[i]) == name && !strncmp(text, by_address[i], name));
    if (!used) {
        keep(c, NULL, "an atomic store");
        return;
    }
    c->from->addressed |= c->state == ADDRESS;
    c->state = DONE;
}

static void unexposed(Climb *c, Frame *parent, Frame *child) {
    size_t atomic = atomic_builtin_name(c, parent);
    CXType type = CL->getCursorType(parent->cursor);
    if (atomic)
        atomic_builtin(c, parent, child, atomic);
    else if (type.kind == CXType_Dependent || type.kind == CXType_Invalid)
        keep(c, NULL, "an expression");                // clang could not read it
    else if (type.kind != CXType_Void)                 // void: `.member = value` in an initialiser
        converted(c, parent, child);
}

static void initialises(Climb *c, Frame *parent) {
    const char *name = facts_string(CL->getCursorSpelling(parent->cursor));
    if (c->state == PLACE || c->state == BEHIND) {
        c->state = DONE;
    } else if (strncmp(name, "gocc_", 5)) {
        bool global = CL->Cursor_hasVarDeclGlobalStorage(parent->cursor);
        keep(c, global ? NULL : facts_var(c->v, parent->cursor), "an initialiser");
    } else if (name[5] == 'v' || name[5] == 'k' || name[5] == 'a') {
        keep(c, NULL, name[5] == 'k' ? "a copy for a block" : "a value sent or raised");
    } else {
        c->state = DONE;
    }
}

static void climb_one(Climb *c, Frame *parent, Frame *child) {
    switch (parent->kind) {
    case CXCursor_ParenExpr:
    case CXCursor_GenericSelectionExpr: break;
    case CXCursor_MemberRefExpr:
        if (c->state == ADDRESS)
            c->state = PLACE;
        else if (c->state == VALUE && is_pointer_type(CL->getCursorType(child->cursor)))
            c->state = BEHIND;
        break;
    case CXCursor_ArraySubscriptExpr:
        c->state = !is_pointer_type(CL->getCursorType(child->cursor)) ? DONE
                   : c->state == ADDRESS                              ? PLACE
                                                                      : BEHIND;
        break;
    case CXCursor_UnexposedExpr: unexposed(c, parent, child); break;
    case CXCursor_CStyleCastExpr: converted(c, parent, child); break;
    case CXCursor_UnaryOperator: unary(c, parent); break;
    case CXCursor_BinaryOperator: binary(c, parent, child); break;
    case CXCursor_CompoundAssignOperator:
        if (is_first_child(parent, child))
            c->state = stepped(c, parent);
        else
            copy(c, root(c->v, facts_first_child(parent->cursor)), "an assignment");
        break;
    case CXCursor_ConditionalOperator:
        if (is_first_child(parent, child))
            c->state = DONE;
        break;
    case CXCursor_CallExpr: argument(c, parent, child); break;
    case CXCursor_VarDecl: initialises(c, parent); break;
    case CXCursor_ReturnStmt: keep(c, c->v->function->result_var, "a result"); break;
    case CXCursor_UnaryExpr: c->state = DONE; break;   // sizeof and the like
    case CXCursor_StmtExpr: break;
    case CXCursor_CompoundStmt: {
        size_t above = (size_t)(parent - c->v->frames);
        if (above == 0 || c->v->frames[above - 1].kind != CXCursor_StmtExpr)
            c->state = DONE;
        break;
    }
    case CXCursor_IfStmt:
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt:
    case CXCursor_ForStmt:
    case CXCursor_SwitchStmt:
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
    case CXCursor_LabelStmt:
    case CXCursor_DeclStmt: c->state = DONE; break;
    case CXCursor_InitListExpr: break;
    case CXCursor_CompoundLiteralExpr:
        keep(c, facts_var(c->v, parent->cursor), "a compound literal");
        break;
    default: keep(c, NULL, "an expression"); break;
    }
}

static void climb(Climb *c) {
    Visit *v = c->v;
    for (size_t i = v->n_frames - 1; i-- > 0 && c->state != DONE;)
        climb_one(c, &v->frames[i], &v->frames[i + 1]);
}

void facts_flow(Visit *v, Var *from) {
    Climb c = {v, from, PLACE, v->frames[v->n_frames - 1].start};
    climb(&c);
}

void facts_flow_result(Visit *v, Function *callee) {
    if (!may_hold_address(CL->getCursorType(v->frames[v->n_frames - 1].cursor)))
        return;
    Climb c = {v, callee->result_var, VALUE, v->frames[v->n_frames - 1].start};
    climb(&c);
}
