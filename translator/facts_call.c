// facts_call.c - draws the graph of a function: calls, and what is no call to clang but acts like one.
//
// Each argument that may hold an address becomes a location. A call of a function of this unit is written down with its arguments, and
// resolved when the callee's summary is known (escape_graph.c); one of another unit, likewise, if that is known (escape_summary.c). A function of a system header keeps nothing, except as escape_calls.c
// says; where that says nothing, its pointer result may be any of its arguments, and so may what it stores through a pointer to a
// pointer; an integer result any of its integers. A function that it is given to call (qsort's) may get each of its arguments. Any
// other function keeps what it gets, unless its parameter is marked noescape: then it keeps at most what that points to. Calls
// through pointers keep everything.

#define _GNU_SOURCE // strchrnul
#include "facts_flow.h"

#include <stdlib.h>
#include <string.h>

typedef struct Arguments {
    CXCursor *c;
    Location **v;                  // NULL: holds no address
    int n;
} Arguments;

typedef struct Ordered {
    size_t at;
    CXCursor c;
} Ordered;

bool flow_is_marker_call(CXCursor c, const char *name) {
    while (CL->getCursorKind(c) == CXCursor_UnexposedExpr || CL->getCursorKind(c) == CXCursor_ParenExpr)
        c = facts_first_child(c);
    return CL->getCursorKind(c) == CXCursor_CallExpr && !strcmp(facts_string(CL->getCursorSpelling(c)), name);
}

// ---- arguments ---------------------------------------------------------------------------------
static Location *argument(Draw *d, CXCursor c, Scope *record) {
    CXType type = CL->getCursorType(c);
    if (type.kind != CXType_Invalid && !flow_carries(type)) {
        flow_expression(d, c, flow_hole(d, d->graph->heap, c, "an argument"));
        return NULL;
    }
    Location *l = record ? graph_location(d->function, LOC_RECORD, record) : flow_temporary(d);
    flow_expression(d, c, flow_hole(d, l, c, "an argument"));
    return l;
}

static Arguments arguments(Draw *d, CXCursor call, Scope *record) {
    Arguments a = {.n = CL->Cursor_getNumArguments(call)};
    if (a.n < 0)
        a.n = 0;
    a.c = arena_alloc((size_t)(a.n + 1) * sizeof *a.c);
    a.v = arena_alloc((size_t)(a.n + 1) * sizeof *a.v);
    for (int i = 0; i < a.n; i++) {
        a.c[i] = CL->Cursor_getArgument(call, (unsigned)i);
        a.v[i] = argument(d, a.c[i], record);
    }
    return a;
}

static void keep(Draw *d, const Arguments *a, int from, int derefs, size_t at, const char *why) {
    for (int i = from; i < a->n; i++)
        graph_edge(d->graph->heap, a->v[i], derefs, at, why);
}

void flow_keep_arguments(Draw *d, CXCursor call, const char *why) {
    Cursors children = flow_children(call);
    if (children.n)
        flow_discard(d, children.v[0]);
    Arguments a = arguments(d, call, NULL);
    keep(d, &a, 0, 0, flow_at(d, call), why);
}

const char *facts_linked_type(CXCursor function) {
    CXType type = CL->getCanonicalType(CL->getCursorType(function));
    const char *name = facts_string(CL->getCursorSpelling(function));
    if (CL->getCursorLinkage(function) != CXLinkage_External || type.kind != CXType_FunctionProto ||
        strcmp(facts_string(CL->Cursor_getMangling(function)), name))
        return NULL;
    return facts_string(CL->getTypeSpelling(type));
}

// ---- functions that may be of this unit --------------------------------------------------------
// Which function a name means is known at the end of the unit.
static CallFlow *named(Draw *d, const char *name, const Arguments *a, Hole k, size_t at) {
    FlowGraph *g = d->graph;
    CallFlow *c = ARENA_PUSH(g->calls, g->n_calls, g->cap_calls);
    *c = (CallFlow){.name = name, .args = a->v, .n_args = a->n, .to = k.to, .derefs = k.derefs, .at = at};
    return c;
}

static bool is_null(CXCursor c) {
    return CL->getCursorKind(flow_strip(c)) == CXCursor_IntegerLiteral;
}

// A function that a function of the library is given: it may be called with each of the arguments.
static void callback(Draw *d, const Arguments *a, int which, size_t at) {
    CXCursor c = flow_strip(a->c[which]);
    CXCursor target = CL->getCursorKind(c) == CXCursor_DeclRefExpr ? CL->getCursorReferenced(c) : CL->getNullCursor();
    bool known = !CL->Cursor_isNull(target) && CL->getCursorKind(target) == CXCursor_FunctionDecl;
    if (is_null(a->c[which]) || (known && CL->Location_isInSystemHeader(CL->getCursorLocation(target))))
        return;
    Location *any = flow_temporary(d);
    for (int i = 0; i < a->n; i++)
        if (i != which)
            graph_edge(any, a->v[i], 0, at, "an argument of a function that is passed");
    int n = known ? CL->Cursor_getNumArguments(target) : 0;
    if (!known || n <= 0) {
        graph_edge(d->graph->heap, any, 0, at, "an argument of a function that is passed");
        return;
    }
    Arguments passed = {.n = n, .v = arena_alloc((size_t)n * sizeof *passed.v)};
    for (int i = 0; i < n; i++) {
        passed.v[i] = any;
        CXType parameter = CL->getCursorType(CL->Cursor_getArgument(target, (unsigned)i));
        if (flow_is_pointer(parameter) && flow_hides((CXType){0}, flow_pointee_type(parameter)))
            flow_view(d, any, flow_pointee_type(parameter), a->c[which]);
    }
    named(d, facts_string(CL->getCursorSpelling(target)), &passed, (Hole){0}, at)->type = facts_linked_type(target);
}

static bool is_function_pointer(CXType type) {
    CXType t = CL->getCanonicalType(type);
    if (t.kind != CXType_Pointer)
        return false;
    enum CXTypeKind k = CL->getCanonicalType(CL->getPointeeType(t)).kind;
    return k == CXType_FunctionProto || k == CXType_FunctionNoProto;
}

static void callbacks(Draw *d, const Arguments *a, size_t at) {
    for (int i = 0; i < a->n; i++)
        if (is_function_pointer(CL->getCursorType(a->c[i])))
            callback(d, a, i, at);
}

// ---- functions of the library ------------------------------------------------------------------
// A number in memory is no address (facts_flow.c).
static void store(Draw *d, const Arguments *a, int to, int from, size_t at) {
    if (to >= a->n || from >= a->n || !a->v[from])
        return;
    bool number = flow_is_number(CL->getCursorType(a->c[from]));
    graph_edge(number ? d->graph->heap : flow_pointee(d, a->c[to]), a->v[from], 0, at, "a store of a function of the library");
}

// What an address that is copied from or to points into.
typedef struct Copied {
    CXType type;
    CXCursor member;               // that the address is of, where more than it may be meant: then `type` is what it is a member of
} Copied;

// bytes: how many of them are copied; -1: who knows.
static Copied copied(CXCursor address, long long bytes) {
    CXCursor c = flow_strip(address);
    Copied out = {flow_pointee_type(CL->getCursorType(c)), CL->getNullCursor()};
    if (CL->getCursorKind(c) == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf)
        c = flow_strip(facts_first_child(c));
    for (;; c = flow_strip(facts_first_child(c))) {
        enum CXCursorKind kind = CL->getCursorKind(c);
        long long size = CL->Type_getSizeOf(CL->getCanonicalType(CL->getCursorType(c)));
        if (kind == CXCursor_MemberRefExpr && (bytes < 0 || bytes > size)) {
            CXType base = CL->getCursorType(facts_first_child(c));
            out.type = flow_is_pointer(base) ? flow_pointee_type(base) : base;
            out.member = CL->getCursorReferenced(c);
        }
        if ((kind != CXCursor_MemberRefExpr && kind != CXCursor_ArraySubscriptExpr) ||
            flow_is_pointer(CL->getCursorType(flow_strip(facts_first_child(c)))))
            return out;
    }
}

// Numbers are no addresses; addresses that are to be numbers are lost sight of.
static void copy(Draw *d, const Arguments *a, int to, int from, size_t at) {
    long long bytes;
    if (to >= a->n || from >= a->n)
        return;
    if (a->n != 3 || !flow_constant(a->c[2], &bytes))
        bytes = -1;
    Copied x = copied(a->c[from], bytes), y = copied(a->c[to], bytes);
    if (x.type.kind != CXType_Invalid && CL->getCanonicalType(x.type).kind != CXType_Void && !flow_holds(x.type))
        return;
    if (flow_hides(x.type, y.type) || !CL->equalCursors(x.member, y.member))
        graph_edge(d->graph->heap, a->v[from], 1, at, "a copy that may make numbers of pointers");
    else
        graph_edge(flow_pointee(d, flow_strip(a->c[to])), a->v[from], 1, at, "a store of a function of the library");
}

// One word of escape_calls.c.
static void effect(Draw *d, CXCursor call, const char *word, const Arguments *a, Hole k) {
    int i = word[1] - '0';
    size_t at = flow_at(d, call);
    if (i >= a->n || (word[0] == 'R' && flow_is_number(CL->getCursorType(call))))
        return;
    switch (word[0]) {
    case 'r': graph_edge(k.to, a->v[i], k.derefs, at, "the result of a call"); break;
    case 'R': graph_edge(k.to, a->v[i], k.derefs + 1, at, "the result of a call"); break;
    case 'k':
    case 'K':
        if (word[2] == '+')
            keep(d, a, i, word[0] == 'K', at, "a function that keeps it");
        else
            graph_edge(d->graph->heap, a->v[i], word[0] == 'K', at, "a function that keeps it");
        break;
    case 's': store(d, a, i, word[2] - '0', at); break;
    case 'c': copy(d, a, i, word[2] - '0', at); break;
    default: break;
    }
}

static void apply(Draw *d, CXCursor call, const char *effects, const Arguments *a, Hole k) {
    for (const char *p = effects; *p; p += strspn(p, " ")) {
        const char *end = strchrnul(p, ' ');
        effect(d, call, arena_strndup(p, (size_t)(end - p)), a, k);
        p = end;
    }
}

static bool is_out(CXType parameter) {
    CXType p = CL->getCanonicalType(parameter);
    if (p.kind != CXType_Pointer)
        return false;
    CXType pointee = CL->getPointeeType(p);
    return CL->getCanonicalType(pointee).kind == CXType_Pointer && !CL->isConstQualifiedType(CL->getCanonicalType(pointee));
}

static void unknown_effects(Draw *d, CXType type, const Arguments *a, Hole k, CXType result, size_t at) {
    CXType t = CL->getCanonicalType(type);
    int n = CL->getNumArgTypes(t);
    bool numbers = !flow_carries(result) && CL->Type_getSizeOf(CL->getCanonicalType(result)) >= ADDRESS_BYTES;
    for (int i = 0; i < a->n; i++) {
        bool out = i < n && is_out(CL->getArgType(t, (unsigned)i));
        for (int from = 0; out && from < a->n; from++)
            store(d, a, i, from, at);
        bool integer = flow_is_integer(CL->getCursorType(a->c[i]));
        if (numbers && integer)                        // lldiv, a vector
            graph_edge(d->graph->heap, a->v[i], 0, at, "a number made of it");
        else if (flow_holds(result) || (integer && flow_is_integer(result)))
            graph_edge(k.to, a->v[i], k.derefs, at, "the result of a call");
    }
}

// The plain name of `__builtin___memcpy_chk` and the like.
static const char *plain_name(const char *name) {
    static const char *const heads[] = {"__builtin___", "__builtin_", "__"};
    size_t n = strlen(name);
    if (n > 6 && !strncmp(name, "__", 2) && !strcmp(name + n - 4, "_chk"))
        for (size_t i = 0; i < sizeof heads / sizeof *heads; i++)
            if (!strncmp(name, heads[i], strlen(heads[i])))
                return arena_strndup(name + strlen(heads[i]), n - strlen(heads[i]) - 4);
    return !strncmp(name, "__builtin_", 10) ? name + 10 : name;
}

static void library_call(Draw *d, CXCursor call, CXCursor callee, const char *name, const Arguments *a, Hole k) {
    size_t at = flow_at(d, call);
    const char *effects = escape_call_effects(plain_name(name));
    static const char *const twice[] = {"setjmp", "_setjmp", "__sigsetjmp", "sigsetjmp", "getcontext", "vfork"};
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++)
        d->graph->jumps_anywhere |= !strcmp(plain_name(name), twice[i]);
    callbacks(d, a, at);
    if (!effects) {
        unknown_effects(d, CL->getCursorType(callee), a, k, CL->getCursorType(call), at);
        return;
    }
    apply(d, call, effects, a, k);
}

// ---- parameters that are marked ------------------------------------------------------------------
bool facts_is_noescape(Visit *v, CXCursor parameter) {
    Draw d = {.v = v};
    Cursors children = flow_children(parameter);
    for (size_t i = 0; i < children.n; i++) {
        const char *text = flow_text(&d, children.v[i]);
        if (CL->getCursorKind(children.v[i]) == CXCursor_UnexposedAttr &&
            (!strncmp(text, "noescape", 8) || !strncmp(text, "__noescape__", 12)))
            return true;
    }
    return false;
}

// A cleanup function gets the address of its variable.
void flow_cleanup(Draw *d, CXCursor variable, Location *l) {
    Cursors children = flow_children(variable);
    for (size_t i = 0; i < children.n; i++) {
        const char *text = flow_text(d, children.v[i]);
        size_t head = !strncmp(text, "cleanup", 7) ? 7 : !strncmp(text, "__cleanup__", 11) ? 11
                                                                                           : 0;
        if (CL->getCursorKind(children.v[i]) != CXCursor_UnexposedAttr || !head)
            continue;
        text += head + strspn(text + head, " \t\n(");
        size_t n = strcspn(text, " \t\n)");
        Arguments a = {.n = 1, .v = arena_alloc(sizeof *a.v)};
        a.v[0] = flow_temporary(d);
        l->var->addressed = l->var->has_cleanup = true;
        graph_edge(a.v[0], l, -1, flow_at(d, children.v[i]), "a cleanup function");
        named(d, arena_strndup(text, n), &a, (Hole){0}, flow_at(d, children.v[i]))->keeps_nothing = true;
    }
}

// ---- calls -------------------------------------------------------------------------------------
// gocc_any_pointer and the like. What they yield is on the heap, but for `gocc_result()`.
static bool marker_call(Draw *d, const char *name, Hole k) {
    if (strncmp(name, "gocc_", 5))
        return false;
    if (!strcmp(name, "gocc_result"))
        flow_location(flow_address(d, k), d->graph->result);
    return true;
}

// `*(**c)(gocc_t)`: a value out of a channel.
static bool is_receive(CXCursor call) {
    if (CL->Cursor_getNumArguments(call) != 1)
        return false;
    CXCursor argument = flow_strip(CL->Cursor_getArgument(call, 0));
    return CL->getCursorKind(argument) == CXCursor_DeclRefExpr &&
           !strcmp(facts_string(CL->getCursorSpelling(argument)), "gocc_t");
}

static bool is_library(CXCursor callee, const char *name) {
    return !strncmp(name, "__builtin_", 10) || !strncmp(name, "__sync_", 7) || !strcmp(name, "go_panicf") ||
           !strcmp(name, "go_any_string") ||
           (CL->Location_isInSystemHeader(CL->getCursorLocation(callee)) && strncmp(name, "go_", 3));
}

// So that a report of paths names the call, and then where its result goes.
static Hole result_hole(Draw *d, Hole k, size_t at) {
    if (d->v->facts->report < 2 || !k.to)
        return k;
    Location *result = flow_temporary(d);
    flow_location(k, result);
    return (Hole){.to = result, .at = at, .why = "the result of a call"};
}

static void function_call(Draw *d, CXCursor call, CXCursor callee, Hole k, Scope *record) {
    const char *name = facts_string(CL->getCursorSpelling(callee));
    if (marker_call(d, name, k))
        return;
    Arguments a = arguments(d, call, record);
    size_t at = flow_at(d, call);
    k = result_hole(d, flow_object(d, k), at);
    if (!strcmp(name, "__builtin_va_start") && a.n)
        graph_edge(flow_pointee(d, a.c[0]), d->graph->rest, 0, at, "the arguments of a variadic function");
    else if (is_library(callee, name))
        library_call(d, call, callee, name, &a, k);
    if (CL->getCanonicalType(CL->getCursorType(callee)).kind == CXType_FunctionNoProto)
        keep(d, &a, 0, 1, at, "an argument of a function without a prototype");
    // A unit may define a function of the library's itself.
    CallFlow *c = named(d, name, &a, k, at);
    c->keeps_nothing = is_library(callee, name);
    c->type = c->keeps_nothing ? NULL : facts_linked_type(callee);
}

// Do two types of functions, or of pointers to them, say the same of the arguments?
static bool same_function(CXType a, CXType b) {
    CXType x = CL->getCanonicalType(a), y = CL->getCanonicalType(b);
    if (x.kind == CXType_Pointer)
        x = CL->getCanonicalType(CL->getPointeeType(x));
    if (y.kind == CXType_Pointer)
        y = CL->getCanonicalType(CL->getPointeeType(y));
    return x.kind == CXType_FunctionProto && x.data[0] == y.data[0];
}

// The local variable that a call goes through, as `f(x)` or `(*f)(x)`; NULL: something else.
static Var *called_variable(Draw *d, CXCursor callee) {
    CXCursor c = flow_strip(callee);
    while (CL->getCursorKind(c) == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_Deref)
        c = flow_strip(facts_first_child(c));
    if (CL->getCursorKind(c) != CXCursor_DeclRefExpr)
        return NULL;
    Var *var = facts_var(d->v, CL->getCursorReferenced(c));
    bool converted = !same_function(CL->getCursorType(callee), CL->getCursorType(c));
    return var && var->function == d->function && var->kind == VAR_LOCAL && !converted ? var : NULL;
}

static void pointer_call(Draw *d, CXCursor call, Hole k, Scope *record) {
    CXCursor callee = facts_first_child(call);
    size_t at = flow_at(d, call);
    d->graph->calls_pointers = true;
    if (!CL->Cursor_isNull(callee))
        flow_discard(d, callee);
    Arguments a = arguments(d, call, record);
    Var *var = CL->Cursor_isNull(callee) ? NULL : called_variable(d, callee);
    if (var)
        named(d, NULL, &a, flow_object(d, k), at)->through = var;
    else
        keep(d, &a, 0, 0, at, "a call through a pointer");
}

void flow_call(Draw *d, CXCursor call, Hole k, Scope *record) {
    CXCursor callee = CL->getCursorReferenced(call);
    if (is_receive(call))
        flow_discard(d, facts_first_child(call));
    else if (!CL->Cursor_isNull(callee) && CL->getCursorKind(callee) == CXCursor_FunctionDecl)
        function_call(d, call, callee, k, record);
    else
        pointer_call(d, call, k, record);
}

// What a variable of a function's type may hold: names of functions, or anything.
void flow_targets(Draw *d, Location *to, CXCursor value) {
    Var *var = to->kind == LOC_VAR ? to->var : NULL;
    CXCursor c = flow_strip(value);
    if (!var || !is_function_pointer(CL->getCursorType(value)))
        return;
    if (CL->getCursorKind(c) == CXCursor_UnaryOperator && CL->getCursorUnaryOperatorKind(c) == CXUnaryOperator_AddrOf)
        c = flow_strip(facts_first_child(c));
    CXCursor target = CL->getCursorKind(c) == CXCursor_DeclRefExpr ? CL->getCursorReferenced(c) : CL->getNullCursor();
    if (CL->getCursorKind(c) == CXCursor_ConditionalOperator) {
        Cursors children = flow_children(c);
        for (size_t i = 1; i < children.n; i++)
            flow_targets(d, to, children.v[i]);
    } else if (!CL->Cursor_isNull(target) && CL->getCursorKind(target) == CXCursor_FunctionDecl &&
               same_function(CL->getCursorType(value), CL->getCursorType(target))) {
        *ARENA_PUSH(var->targets, var->n_targets, var->cap_targets) = facts_string(CL->getCursorSpelling(target));
    } else {
        var->any_target = true;
    }
}

// ---- builtins that are no calls ------------------------------------------------------------------
static int by_offset(const void *a, const void *b) {
    const Ordered *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

// The arguments in the order of the text, which clang's own is not.
static Arguments ordered_arguments(Draw *d, CXCursor c) {
    Cursors children = flow_children(c);
    Ordered *v = arena_alloc((children.n + 1) * sizeof *v);
    size_t n = 0, start = flow_at(d, c);
    for (size_t i = 0; i < children.n; i++)
        if (flow_is_expression(children.v[i]) && flow_at(d, children.v[i]) > start)
            v[n++] = (Ordered){flow_at(d, children.v[i]), children.v[i]};
    qsort(v, n, sizeof *v, by_offset);
    Arguments a = {.c = arena_alloc((n + 1) * sizeof *a.c), .v = arena_alloc((n + 1) * sizeof *a.v)};
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && v[i].at == v[i - 1].at)
            continue;
        a.c[a.n] = v[i].c;
        a.v[a.n] = argument(d, v[i].c, NULL);
        a.n++;
    }
    return a;
}

// What the forms of __atomic_* do, as in escape_calls.c. The others, `fetch_add` and so on, are stores that yield a value.
static const char *atomic_effects(const char *name, size_t n) {
    static const struct {
        const char *name, *effects;
    } forms[] = {
        {"load_n", "R0"},
        {"load", "c10"},
        {"store_n", "s01"},
        {"store", "c01"},
        {"exchange_n", "s01 R0"},
        {"exchange", "c01 c20"},
        {"compare_exchange_n", "s02 c10"},
        {"compare_exchange", "c02 c10"},
        {"test_and_set", ""},
        {"clear", ""},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (strlen(forms[i].name) == n && !strncmp(forms[i].name, name, n))
            return forms[i].effects;
    return "s01 R0 r1";
}

// An argument that was a pointer to pointers may come out as one to numbers.
static bool variable_argument(Draw *d, CXCursor c, Hole k) {
    Cursors children = flow_children(c);
    CXType result = CL->getCursorType(c);
    if (flow_is_pointer(result) && flow_hides((CXType){0}, flow_pointee_type(result))) {
        Location *pointer = flow_temporary(d);
        flow_location(k, pointer);
        graph_edge(d->graph->heap, pointer, 1, flow_at(d, c), "an argument that is read as a pointer to numbers");
        k = flow_hole(d, pointer, c, "an argument");
    } else if (CL->getCanonicalType(result).kind == CXType_Record && !flow_carries(result)) {
        k = flow_hole(d, d->graph->heap, c, "an argument that is read as numbers");
    }
    for (size_t i = 0; i < children.n; i++) {
        if (!flow_is_expression(children.v[i]))
            continue;
        CXType type = CL->getCanonicalType(CL->getCursorType(children.v[i]));
        bool pointer = type.kind == CXType_Pointer || type.kind == CXType_ConstantArray;
        flow_expression(d, children.v[i], pointer ? flow_deref(k) : k);
    }
    return true;
}

bool flow_builtin(Draw *d, CXCursor c, Hole k) {
    const char *text = flow_text(d, c);
    CXCursor last = flow_operand(c);
    if (!CL->Cursor_isNull(last) && flow_at(d, last) == flow_at(d, c))
        return false;                                  // a conversion of it
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz_");
    if (text[n + strspn(text + n, " \t\n")] != '(')
        return false;
    if (n == strlen("__builtin_va_arg") && !strncmp(text, "__builtin_va_arg", n))
        return variable_argument(d, c, flow_object(d, k));
    if (n < 9 || strncmp(text, "__atomic_", 9))
        return false;
    Arguments a = ordered_arguments(d, c);
    apply(d, c, atomic_effects(text + 9, n - 9), &a, flow_object(d, k));
    return true;
}
