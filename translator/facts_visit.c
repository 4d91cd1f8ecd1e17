// facts_visit.c - the walk over clang's tree of marker C.
//
// One pass, depth first, with the path from the root kept as a stack of frames (libclang knows no parents). Variables of functions,
// their mentions, returns, jumps and the marks of constructs are written down in source offsets. A position counts only if it is `exact`:
// in words of the user; what the marker inserted is recognised by its names, which begin with `gocc_`.

#include "facts.h"

#include <stdlib.h>
#include <string.h>

// ---- positions ---------------------------------------------------------------------------------
unsigned facts_marker_offset(CXSourceLocation where) {
    unsigned offset = 0;
    CL->getFileLocation(where, NULL, NULL, NULL, &offset);
    return offset;
}

size_t facts_at(Visit *v, CXSourceLocation where, bool *exact) {
    size_t marker = facts_marker_offset(where);
    size_t at = edits_to_source(v->marker, marker);
    if (exact)
        *exact = edits_from_source(v->marker, at) == marker;
    return at;
}

Span facts_extent(Visit *v, CXCursor c) {
    CXSourceRange range = CL->getCursorExtent(c);
    return (Span){facts_at(v, CL->getRangeStart(range), NULL),
                  facts_at(v, CL->getRangeEnd(range), NULL)};
}

static enum CXChildVisitResult take_first(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    *(CXCursor *)data = c;
    return CXChildVisit_Break;
}

CXCursor facts_first_child(CXCursor c) {
    CXCursor child = CL->getNullCursor();
    CL->visitChildren(c, take_first, &child);
    return child;
}

// ---- variables and functions, found again by the marker offset of their declaration -----------------
static size_t slot(const Visit *v, unsigned key) {
    return (key * 2654435761u) & (v->map_size - 1);
}

static void remember_var(Visit *v, Var *var) {
    size_t i = slot(v, var->marker_at);
    while (v->var_by_marker[i])
        i = (i + 1) & (v->map_size - 1);
    v->var_by_marker[i] = var;
}

Var *facts_var(Visit *v, CXCursor declaration) {
    unsigned key = facts_marker_offset(CL->getCursorLocation(declaration));
    for (size_t i = slot(v, key); v->var_by_marker[i]; i = (i + 1) & (v->map_size - 1))
        if (v->var_by_marker[i]->marker_at == key)
            return v->var_by_marker[i];
    return NULL;
}

Function *facts_function(Visit *v, CXCursor declaration) {
    const char *name = facts_string(CL->getCursorSpelling(declaration));
    for (size_t i = v->facts->n_functions; i-- > 0;)
        if (!strcmp(v->facts->functions[i]->name, name))
            return v->facts->functions[i];
    return NULL;
}

static void grow_map(Visit *v) {
    if (v->map_size > 4 * v->facts->n_vars + 64)
        return;
    v->map_size = v->map_size ? v->map_size * 4 : 1024;
    v->var_by_marker = arena_alloc(v->map_size * sizeof *v->var_by_marker);
    for (size_t i = 0; i < v->facts->n_vars; i++)
        remember_var(v, v->facts->vars[i]);
}

static Var *new_var(Visit *v, CXCursor c, VarKind kind) {
    Var *var = arena_alloc(sizeof *var);
    var->name = facts_string(CL->getCursorSpelling(c));
    var->kind = kind;
    var->function = v->function;
    var->at = facts_at(v, CL->getCursorLocation(c), NULL);
    var->block = tree_block_at(v->tree, var->at);
    var->marker_at = facts_marker_offset(CL->getCursorLocation(c));
    var->type = facts_type(CL->getCursorType(c));
    var->scope = v->function->body;
    if (kind == VAR_PARAMETER && var->type.is_array) { // adjusted to a pointer
        static uint64_t pointer_mask[] = {1};
        static const Layout pointer = {.words = 1, .mask = pointer_mask};
        var->type.is_array = var->type.is_vla = var->type.open_end = false;
        var->type.layout = &pointer;
    }
    grow_map(v);
    *ARENA_PUSH(v->facts->vars, v->facts->n_vars, v->facts->cap_vars) = var;
    remember_var(v, var);
    return var;
}

// ---- the path ----------------------------------------------------------------------------------
bool facts_is_loop(enum CXCursorKind k) {
    return k == CXCursor_ForStmt || k == CXCursor_WhileStmt || k == CXCursor_DoStmt;
}

// The innermost enclosing statement that `accept`s, or NULL.
static Frame *enclosing(Visit *v, bool (*accept)(enum CXCursorKind)) {
    for (size_t i = v->n_frames - 1; i-- > 0;)
        if (accept(v->frames[i].kind))
            return &v->frames[i];
    return NULL;
}

static bool is_switch(enum CXCursorKind k) {
    return k == CXCursor_SwitchStmt;
}

static bool is_breakable(enum CXCursorKind k) {
    return facts_is_loop(k) || is_switch(k);
}

// ---- functions ---------------------------------------------------------------------------------
// Inside the body `__typeof__(f(a, b))` names the result even if its type has no name. It needs every parameter named and
// the function's own name not hidden by one of them.
static const char *result_type(Function *f, CXType result) {
    Buffer text = {0};
    buffer_printf(&text, "__typeof__(%s(", f->name);
    for (int i = 0; i < f->n_params; i++) {
        const char *name = f->params[i] ? f->params[i]->name : "";
        if (!*name || !strcmp(name, f->name))
            return facts_string(CL->getTypeSpelling(CL->getCanonicalType(result)));
        buffer_printf(&text, "%s%s", i ? ", " : "", name);
    }
    buffer_puts(&text, "))");
    return text.data;
}

static enum CXChildVisitResult find_body(CXCursor c, CXCursor parent, CXClientData data) {
    (void)parent;
    if (CL->getCursorKind(c) == CXCursor_CompoundStmt)
        *(CXCursor *)data = c;
    return CXChildVisit_Continue;
}

static void start_function(Visit *v, CXCursor c) {
    CXCursor body = CL->getNullCursor();
    CL->visitChildren(c, find_body, &body);
    if (CL->Cursor_isNull(body))
        return;
    Function *f = arena_alloc(sizeof *f);
    f->name = facts_string(CL->getCursorSpelling(c));
    f->body = facts_extent(v, body);
    CXType result = CL->getResultType(CL->getCursorType(c));
    f->result = facts_type(result);
    bool replaceable = v->facts->options->interposable && CL->getCursorVisibility(c) == CXVisibility_Default;
    f->linked_type = replaceable || CL->Cursor_isFunctionInlined(c) ? NULL : facts_linked_type(c);
    f->is_static = CL->getCursorLinkage(c) == CXLinkage_Internal;
    f->n_params = CL->Cursor_getNumArguments(c);
    if (f->n_params < 0)
        f->n_params = 0;
    f->params = arena_alloc((size_t)(f->n_params + 1) * sizeof *f->params);
    v->function = f;
    v->function_cursor = c;
    v->function_label = NO_OFFSET;
    for (int i = 0; i < f->n_params; i++) {
        f->params[i] = new_var(v, CL->Cursor_getArgument(c, (unsigned)i), VAR_PARAMETER);
        f->params[i]->top_scope = true;
        f->params[i]->block = NULL;
    }
    f->result_type = result_type(f, result);
    Var *returned = arena_alloc(sizeof *returned);
    *returned = (Var){.name = "_Result", .kind = VAR_RESULT, .function = f, .at = f->body.start, .scope = f->body, .type = f->result, .top_scope = true};
    f->result_var = returned;
    *ARENA_PUSH(v->facts->functions, v->facts->n_functions, v->facts->cap_functions) = f;
}

// ---- variables the marker made: they carry the types of constructs --------------------------------
static void evaluate(CXCursor c, NodeFacts *n) {
    CXEvalResult result = CL->Cursor_Evaluate(c);
    if (!result)
        return;
    if (CL->EvalResult_getKind(result) == CXEval_Int) {
        n->constant = true;
        n->constant_value = CL->EvalResult_getAsLongLong(result);
    }
    CL->EvalResult_dispose(result);
}

static void marker_variable(Visit *v, CXCursor c, const char *name) {
    char letter = name[5];
    int id = atoi(name + 6);
    if (id < 1 || id > v->tree->n_nodes)
        return;
    NodeFacts *n = &v->facts->nodes[id];
    CXType type = CL->getCursorType(c);
    if (letter == 'c' || (letter == 'v' && v->tree->by_id[id]->kind == N_CALL)) {
        n->operand = facts_type(type);
        n->operand_seen = true;
    } else if (letter == 'T') {
        n->operand = facts_type(CL->getPointeeType(type));
        n->operand_seen = true;
    } else if (letter == 'p') {
        facts_store_target(v, CL->Cursor_getVarDeclInitializer(c), &n->target);
    } else if (letter == 'n') {
        n->value = facts_type(type);
        n->value_seen = true;
        evaluate(c, n);
    }
}

// ---- variables of the user ---------------------------------------------------------------------
static bool is_copy(Visit *v, Var *var) {
    const char *text = v->tree->source->text + var->at;
    size_t n = strlen(var->name);
    return edits_from_source(v->marker, var->at) != var->marker_at || strncmp(text, var->name, n);
}

static void claim_at(Visit *v, size_t at) {
    if (at < v->tree->source->length)
        v->facts->claimed[at / 8] |= (unsigned char)(1 << at % 8);
}

static void settle_copy(Visit *v, Var *var) {
    Node *block = tree_block_at(v->tree, var->at);
    if (!block)
        return;
    var->kind = VAR_COPY;
    var->block = block;
    var->scope = block->body;
    var->top_scope = true;
    NodeFacts *n = &v->facts->nodes[block->id];
    if (!n->copies)
        n->copies = arena_alloc((size_t)(block->n_args + 1) * sizeof *n->copies);
    n->copies[n->n_copies++] = var;
    var->at = marker_copy_name(v->tree, block->args[n->n_copies - 1]).start;
    claim_at(v, var->at);
}

static bool is_select(Visit *v, size_t at) {
    Node *n = tree_node_at(v->tree, at);
    return n->kind == N_SELECT && n->keyword == at;
}

static void settle_scope(Visit *v, Var *var) {
    for (size_t i = v->n_frames - 1; i-- > 0;) {
        Frame *f = &v->frames[i];
        if (f->kind == CXCursor_ForStmt && i == v->n_frames - 3) {
            var->in_for_header = true;
            var->for_keyword = f->start;
        }
        if (f->kind != CXCursor_CompoundStmt && !var->in_for_header)
            continue;
        var->scope = facts_extent(v, f->cursor);
        Span body = var->block ? var->block->body : v->function->body;
        var->top_scope = !var->in_for_header && var->scope.start == body.start;
        return;
    }
}

static void local_variable(Visit *v, CXCursor c) {
    Var *var = new_var(v, c, VAR_LOCAL);
    if (is_copy(v, var)) {
        settle_copy(v, var);
        return;
    }
    settle_scope(v, var);
    Node *n = tree_node_at(v->tree, var->at);
    var->is_range = n->kind == N_RANGE && var->at < n->colon && var->at > n->lparen;
    CXCursor init = CL->Cursor_getVarDeclInitializer(c);
    if (!CL->Cursor_isNull(init))
        var->init = facts_extent(v, init);
    if (var->type.is_vla)
        v->function->has_vla = true;
}

// A compound literal is a variable of the innermost statement that is a block to C, without a name.
static void compound_literal(Visit *v, CXCursor c) {
    Span extent = facts_extent(v, c);
    if (!v->function || extent.start >= extent.end)
        return;
    Var *var = new_var(v, c, VAR_LITERAL);
    var->name = "(T){...}";
    var->init = extent;
    for (size_t i = v->n_frames - 1; i-- > 0;) {
        enum CXCursorKind k = v->frames[i].kind;
        if (k != CXCursor_CompoundStmt && k != CXCursor_IfStmt && !facts_is_loop(k) && !is_switch(k))
            continue;
        var->scope = facts_extent(v, v->frames[i].cursor);
        Span body = var->block ? var->block->body : v->function->body;
        var->top_scope = var->scope.start == body.start;
        break;
    }
}

static void variable(Visit *v, CXCursor c) {
    const char *name = facts_string(CL->getCursorSpelling(c));
    if (!strncmp(name, "gocc_", 5)) {
        marker_variable(v, c, name);
        return;
    }
    if (!v->function || CL->Cursor_hasVarDeclGlobalStorage(c) ||
        CL->Cursor_getStorageClass(c) == CX_SC_Extern)
        return;
    local_variable(v, c);
}

static void mention(Visit *v, CXCursor c) {
    CXCursor declaration = CL->getCursorReferenced(c);
    enum CXCursorKind kind = CL->getCursorKind(declaration);
    if (!v->function || (kind != CXCursor_VarDecl && kind != CXCursor_ParmDecl))
        return;
    Var *var = facts_var(v, declaration);
    if (!var)
        return;
    bool exact;
    size_t at = facts_at(v, CL->getCursorLocation(c), &exact);
    size_t n = strlen(var->name);
    if (!exact || at < v->function->body.start || strncmp(v->tree->source->text + at, var->name, n))
        return;
    *ARENA_PUSH(v->facts->refs, v->facts->n_refs, v->facts->cap_refs) =
        (Ref){{at, at + n}, var, tree_block_at(v->tree, at)};
    if (at >= var->init.start && at < var->init.end)
        var->self_reference = true;
}

// ---- returns and jumps -------------------------------------------------------------------------
static void add_return(Visit *v, CXCursor c) {
    Return r = {.span = facts_extent(v, c), .function = v->function};
    r.block = tree_block_at(v->tree, r.span.start);
    CXCursor value = facts_first_child(c);
    if (!CL->Cursor_isNull(value))
        r.value = facts_extent(v, value);
    *ARENA_PUSH(v->facts->returns, v->facts->n_returns, v->facts->cap_returns) = r;
}

static void add_jump(Visit *v, size_t at, const char *what, size_t target) {
    Jump j = {at, what, tree_block_at(v->tree, at),
              target == NO_OFFSET ? NULL : tree_block_at(v->tree, target)};
    if (j.from != j.to)
        *ARENA_PUSH(v->facts->jumps, v->facts->n_jumps, v->facts->cap_jumps) = j;
}

static void add_goto(Visit *v, size_t at, size_t label) {
    *ARENA_PUSH(v->facts->gotos, v->facts->n_gotos, v->facts->cap_gotos) = (Goto){at, label};
}

static void jump(Visit *v, CXCursor c, const char *what, bool (*target)(enum CXCursorKind)) {
    bool exact;
    size_t at = facts_at(v, CL->getCursorLocation(c), &exact);
    Frame *f = enclosing(v, target);
    if (exact)
        add_jump(v, at, what, f ? f->start : NO_OFFSET);
    if (exact && f && target == is_switch && !is_select(v, f->start))
        add_goto(v, f->start, at);
}

static void goto_label(Visit *v, CXCursor c) {
    CXCursor label = CL->getCursorReferenced(c);
    if (CL->Cursor_isNull(label))
        return;
    size_t at = facts_at(v, CL->getCursorLocation(c), NULL);
    size_t to = facts_at(v, CL->getCursorLocation(label), NULL);
    bool computed = v->n_frames > 1 && v->frames[v->n_frames - 2].kind == CXCursor_AddrLabelExpr;
    add_goto(v, computed ? v->function->body.start : at, to);
    add_jump(v, at, "goto", to);
}

// ---- parameters marked noescape ------------------------------------------------------------------
static void marked_parameters(Visit *v, CXCursor function) {
    Facts *f = v->facts;
    for (int i = 0; f->mentions_noescape && i < CL->Cursor_getNumArguments(function); i++)
        if (facts_is_noescape(v, CL->Cursor_getArgument(function, (unsigned)i)))
            *ARENA_PUSH(f->noescapes, f->n_noescapes, f->cap_noescapes) =
                (Noescape){facts_string(CL->getCursorSpelling(function)), i};
}

// Of a system header only our own promise something; inline ones, too, whose bodies nobody looks into.
static void library_function(Visit *v, CXCursor function) {
    if (v->facts->mentions_noescape && !strncmp(facts_string(CL->getCursorSpelling(function)), "go_", 3))
        marked_parameters(v, function);
}

// ---- the walk ----------------------------------------------------------------------------------
static void claim(Visit *v, CXCursor c) {
    bool exact;
    size_t at = facts_at(v, CL->getCursorLocation(c), &exact);
    if (exact)
        claim_at(v, at);
}

static void look(Visit *v, CXCursor c, enum CXCursorKind kind) {
    switch (kind) {
    case CXCursor_VarDecl:
        facts_declared_channel(v, c);
        variable(v, c);
        break;
    case CXCursor_ParmDecl:
    case CXCursor_FieldDecl: facts_declared_channel(v, c); break;
    case CXCursor_FunctionDecl:
        facts_declared_channel(v, c);
        marked_parameters(v, c);
        break;
    case CXCursor_DeclRefExpr:
        mention(v, c);
        facts_store_name(v, c);
        break;
    case CXCursor_UnexposedExpr: facts_atomic(v, c); break;
    case CXCursor_CompoundLiteralExpr: compound_literal(v, c); break;
    case CXCursor_CallExpr:
        facts_call(v, c);
        facts_store_call(v, c);
        facts_atomic(v, c);
        break;
    case CXCursor_ReturnStmt: add_return(v, c); break;
    case CXCursor_BreakStmt: jump(v, c, "break", is_breakable); break;
    case CXCursor_ContinueStmt: jump(v, c, "continue", facts_is_loop); break;
    case CXCursor_CaseStmt: jump(v, c, "case", is_switch); break;
    case CXCursor_DefaultStmt: jump(v, c, "default", is_switch); break;
    case CXCursor_LabelRef: goto_label(v, c); break;
    case CXCursor_LabelStmt:
        if (v->function_label == NO_OFFSET)
            v->function_label = facts_at(v, CL->getCursorLocation(c), NULL);
        break;
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
        facts_operator(v, c, kind);
        facts_division(v, c);
        if (CL->getCursorBinaryOperatorKind(c) >= CXBinaryOperator_Assign)
            facts_assignment(v, facts_first_child(c));
        if (CL->getCursorBinaryOperatorKind(c) == CXBinaryOperator_Assign)
            facts_store(v, c);
        break;
    case CXCursor_UnaryOperator:
        facts_operator(v, c, kind);
        facts_access(v, c, kind);
        if (CL->getCursorUnaryOperatorKind(c) <= CXUnaryOperator_PreDec)
            facts_assignment(v, facts_first_child(c));
        break;
    case CXCursor_MemberRefExpr: facts_access(v, c, kind); break;
    case CXCursor_ArraySubscriptExpr:
        facts_access(v, c, kind);
        facts_operator(v, c, kind);
        break;
    default: break;
    }
}

static enum CXChildVisitResult step(CXCursor c, CXCursor parent, CXClientData data) {
    Visit *v = data;
    enum CXCursorKind kind = CL->getCursorKind(c);
    bool top = v->n_frames == 0;
    (void)parent;
    if (top && CL->Location_isInSystemHeader(CL->getCursorLocation(c))) {
        if (kind == CXCursor_FunctionDecl)
            library_function(v, c);
        return CXChildVisit_Continue;
    }
    size_t start = facts_at(v, CL->getRangeStart(CL->getCursorExtent(c)), NULL);
    *ARENA_PUSH(v->frames, v->n_frames, v->cap_frames) = (Frame){c, kind, start};
    bool defines = kind == CXCursor_FunctionDecl && top;
    if (defines)
        start_function(v, c);
    claim(v, c);
    look(v, c, kind);
    if (!top || kind != CXCursor_VarDecl)              // a global's initialiser may be a table of millions
        CL->visitChildren(c, step, v);
    if (defines && v->function)
        facts_flow(v, c);
    if (defines)
        v->function = NULL;
    v->n_frames--;
    return CXChildVisit_Continue;
}

void facts_visit(Visit *v, CXCursor root) {
    grow_map(v);
    CL->visitChildren(root, step, v);
}
