// lower_go.c - go statements; and what go and defer share: the function of a block or call, and its environment.
//
// A block becomes a function inside its function, so that types, static variables and constants of the surroundings stay visible. It reaches
// the variables it shares only through its argument, the environment: a struct of pointers (and of copies). So gcc needs
// no static chain. Still, at -O0 gcc makes a chain, and with it a trampoline on the stack, for every nested function whose address is
// taken; so the address is taken of its assembler name instead (`main.func1`), declared a second time as an ordinary
// function. (With -flto, where such references do not hold, the optimiser drops the chain.) For a compiler without nested functions (clang) the function is a block
// literal that captures nothing; its address travels in the environment and a helper calls it.

#include "gocc.h"
#include "translate.h"

#define F arena_format

static bool is_vla(const Var *v) {
    return v->type.is_vla;
}

// How the pointer to a shared variable is written where the block stands.
static const char *pointer_to(Lower *l, const Var *v, const Node *around) {
    if (v->kind == VAR_RESULT && !around)
        return "&gocc_f.result";
    if (v->jumped && v->block == around)
        return lower_heap_pointer(l, v);
    return v->heap || v->block != around ? F("gocc_at_%s", v->name) : F("&%s", v->name);
}

static const char *pointer_type(Lower *l, const Var *v, const Node *around) {
    return F("__typeof__(%s)", pointer_to(l, v, around));
}

static const char *copy_name(const Node *n, const Var *v) {
    return F("gocc_k%d_%s", n->id, v->name);
}

void lower_environment(Lower *l, Node *n, const char *header, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    buffer_printf(out, "struct gocc_e%d { %s", n->id, header);
    if (l->clang)
        buffer_puts(out, "void (^gocc_b)(void *); ");
    for (int i = 0; i < f->n_captures; i++) {
        const Var *v = f->captures[i];
        if (is_vla(v))
            buffer_printf(out, "void *gocc_at_%s; unsigned long gocc_len_%s; ", v->name, v->name);
        else
            buffer_printf(out, "%s gocc_at_%s; ", pointer_type(l, v, f->block), v->name);
    }
    for (int i = 0; i < f->n_copies; i++)
        buffer_printf(out, "__typeof__(%s) %s; ", copy_name(n, f->copies[i]), f->copies[i]->name);
    buffer_puts(out, "} __attribute__((may_alias)); ");
}

void lower_fill(Lower *l, Node *n, const char *target, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    if (l->clang)
        buffer_printf(out, "%sgocc_b = gocc_func%d; ", target, f->number);
    for (int i = 0; i < f->n_captures; i++) {
        const Var *v = f->captures[i];
        buffer_printf(out, "%sgocc_at_%s = %s%s; ", target, v->name, is_vla(v) ? "(void *)" : "",
                      pointer_to(l, v, f->block));
        if (is_vla(v))
            buffer_printf(out, "%sgocc_len_%s = sizeof(*gocc_at_%s) / sizeof((*gocc_at_%s)[0]); ", target,
                          v->name, v->name, v->name);
    }
    for (int i = 0; i < f->n_copies; i++) {
        const Var *v = f->copies[i];
        const char *from = copy_name(n, v);
        buffer_printf(out, "__builtin_memcpy((void *)&%s%s, &%s, sizeof(%s)); ", target, v->name, from,
                      from);
    }
}

// What stands at the start of the block's body: its variables, out of the environment.
void lower_block_head(Lower *l, const Node *n, Buffer *out) {
    NodeFacts *f = &l->facts->nodes[n->id];
    if (f->n_captures + f->n_copies == 0) {
        buffer_puts(out, " (void)gocc_p;");
        return;
    }
    buffer_printf(out, " struct gocc_e%d *gocc_e = gocc_p; (void)gocc_e;", n->id);
    for (int i = 0; i < f->n_captures; i++) {
        const char *v = f->captures[i]->name;
        if (is_vla(f->captures[i]))
            buffer_printf(out, " __typeof__((*gocc_at_%s)[0]) (*gocc_at_%s)[gocc_e->gocc_len_%s] = gocc_e->gocc_at_%s;",
                          v, v, v, v);
        else
            buffer_printf(out, " __typeof__(gocc_e->gocc_at_%s) gocc_at_%s = gocc_e->gocc_at_%s;", v, v, v);
    }
    for (int i = 0; i < f->n_copies; i++) {
        const Var *v = f->copies[i];
        if (v->type.is_array)
            buffer_printf(out, " __typeof__(gocc_e->%s) %s; __builtin_memcpy((void *)&%s, &gocc_e->%s, "
                               "sizeof(%s));",
                          v->name, v->name, v->name, v->name, v->name);
        else
            buffer_printf(out, " __typeof__(gocc_e->%s) %s = gocc_e->%s; (void)%s;", v->name, v->name,
                          v->name, v->name);
        buffer_puts(out, lower_heap_parameter(l, v));
    }
}

static const char *function_name(Lower *l, const Node *n) {
    return n->is_block ? F("gocc_func%d", l->facts->nodes[n->id].number) : F("gocc_thunk%d", n->id);
}

static const char *assembler_name(Lower *l, const Node *n) {
    NodeFacts *f = &l->facts->nodes[n->id];
    return n->is_block ? F("%s.func%d", f->function->name, f->number)
                       : F("%s.gocc_thunk%d", f->function->name, n->id);
}

static const char *assembler_label(Lower *l, const Node *n) {
    return l->lto ? "" : F(" __asm__(\"%s\")", assembler_name(l, n));
}

static const char *function_head(Lower *l, Node *n) {
    const char *name = function_name(l, n);
    if (l->clang)
        return F("void (^%s)(void *) = ^(void *gocc_p) ", name);
    if (l->lto)
        return F("__extension__ void %s(void *gocc_p) ", name);
    return F("__extension__ __attribute__((used)) void %s(void *gocc_p) ", name);
}

// What the runtime gets to call; `out` takes the declaration that it may need.
const char *lower_address(Lower *l, Node *n, Buffer *out) {
    if (l->clang)
        return n->kind == N_GO ? "gocc_run_go" : "gocc_run_defer";
    if (l->lto)
        return function_name(l, n);
    buffer_printf(out, "extern void gocc_r%d(void *) __asm__(\"%s\"); ", n->id, assembler_name(l, n));
    return F("gocc_r%d", n->id);
}

// Everything from the keyword to the body's brace. `use` hands the function to the runtime. It stands before the function, so that it has the
// line of the keyword; a block literal must come first, so there it stands behind.
void lower_block_open(Lower *l, Node *n, const char *header, const char *use) {
    NodeFacts *f = lower_facts(l, n);
    Buffer open = {0};
    lower_environment(l, n, header, &open);
    if (!l->clang)
        buffer_printf(&open, "__extension__ auto void %s(void *)%s; %s", function_name(l, n),
                      assembler_label(l, n), use);
    buffer_puts(&open, function_head(l, n));
    edit_close(l->edits, n->body.end, n->depth, l->clang ? F("; %s }", use) : " }");
    if (!f->n_copies) {
        lower_between(l, n, n->keyword, n->body.start, F("{ %s", open.data));
        return;
    }
    lower_between(l, n, n->keyword, n->args[0].start, "{ ");
    for (int i = 0; i < n->n_args; i++) {
        Span name = marker_copy_name(l->tree, n->args[i]);
        edit_replace(l->edits, name.start, name.end, n->depth,
                     F("gocc_k%d_%s", n->id, lower_text(l, name)));
        if (i + 1 < n->n_args)
            lower_between(l, n, n->args[i].end, n->args[i + 1].start, "; ");
    }
    lower_between(l, n, n->args[n->n_args - 1].end, n->body.start, F("; %s", open.data));
}

// ---- detached calls ----------------------------------------------------------------------------
static bool has_callee_value(const NodeFacts *f) {
    return !f->calls_function && !f->calls_builtin;
}

const char *lower_callee(Lower *l, Node *n) {
    NodeFacts *f = lower_facts(l, n);
    if (f->calls_builtin)
        return "(void *)0";
    return f->calls_function ? F("(void *)%s", lower_text(l, n->callee)) : "(void *)gocc_call";
}

// String literals and numbers need not travel: the thunk repeats them (and the compiler still sees a literal format).
static bool is_literal(Lower *l, Span s) {
    const Tokens *t = &l->tree->tokens;
    int strings = 0, numbers = 0, others = 0;
    for (size_t i = tree_token_at(l->tree, s.start); i < t->n && t->v[i].span.start < s.end; i++) {
        strings += t->v[i].kind == TK_STRING;
        numbers += t->v[i].kind == TK_NUMBER;
        others += t->v[i].kind != TK_STRING && t->v[i].kind != TK_NUMBER;
    }
    return !others && ((strings && !numbers) || (numbers == 1 && !strings));
}

// A detached word needs its arguments in variables; a call takes literals as they are.
static bool travels(Lower *l, Node *n, int arg) {
    return lower_facts(l, n)->calls_builtin || !is_literal(l, n->args[arg]);
}

static const char *builtin_call(Lower *l, Node *n) {
    const Node *word = n->first;
    const TypeInfo *t = &l->facts->nodes[word->id].operand;
    switch (word->word) {
    case W_CLOSE: return "go__chan_close((void *)gocc_e->gocc_a0)";
    case W_PANIC:
        return t->is_any ? "go__repanic(gocc_e->gocc_a0)"
                         : F("go__panic(%s, &gocc_e->gocc_a0)", lower_type(l, t));
    case W_RECOVER: return "go__recover(gocc_e->gocc_token)";
    default: return NULL;
    }
}

static const char *call_text(Lower *l, Node *n) {
    NodeFacts *f = lower_facts(l, n);
    const char *builtin = f->calls_builtin ? builtin_call(l, n) : NULL;
    if (builtin)
        return builtin;
    Buffer call = {0};
    buffer_puts(&call, f->calls_builtin    ? "go_panicf("
                       : f->calls_function ? F("%s(", edits_render(l->edits, n->callee))
                                           : "gocc_e->gocc_call(");
    for (int i = 0; i < n->n_args; i++)
        buffer_printf(&call, "%s%s", i ? ", " : "",
                      travels(l, n, i) ? F("gocc_e->gocc_a%d", i) : edits_render(l->edits, n->args[i]));
    buffer_puts(&call, ")");
    return call.data;
}

static void call_environment(Lower *l, Node *n, const char *header, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    buffer_printf(out, "struct gocc_e%d { %s", n->id, header);
    if (l->clang)
        buffer_puts(out, "void (^gocc_b)(void *); ");
    if (has_callee_value(f))
        buffer_puts(out, "__typeof__(gocc_call) gocc_call; ");
    if (f->calls_builtin && n->first->word == W_RECOVER)
        buffer_puts(out, "void *gocc_token; ");
    for (int i = 0; i < n->n_args; i++)
        if (travels(l, n, i))
            buffer_printf(out, "__typeof__(gocc_a%d) gocc_a%d; ", i, i);
    buffer_printf(out, "} __attribute__((may_alias)); %s%s{ struct gocc_e%d *gocc_e = gocc_p; (void)gocc_e; %s; }%s ",
                  l->clang ? "" : F("__extension__ auto void %s(void *)%s; ", function_name(l, n), assembler_label(l, n)),
                  function_head(l, n), n->id, call_text(l, n),
                  l->clang ? ";" : "");
}

// The arguments, evaluated now and left to right, into gocc_a0, gocc_a1, ...; then struct and function.
void lower_call_open(Lower *l, Node *n, const char *header, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    call_environment(l, n, header, out);
    if (has_callee_value(f)) {
        edit_replace(l->edits, n->keyword, n->callee.start, n->depth, "{ __auto_type gocc_call = (");
        lower_between(l, n, n->callee.end, n->n_args ? n->args[0].start : n->rparen, "); ");
    } else {
        edit_replace(l->edits, n->keyword, n->n_args ? n->args[0].start : n->rparen, n->depth, "{ ");
    }
    for (int i = 0; i < n->n_args; i++) {
        bool null = f->null_args && f->null_args[i];
        if (i + 1 < n->n_args)
            edit_replace(l->edits, n->args[i].end, n->args[i + 1].start, n->depth, "");
        if (!travels(l, n, i)) {
            edit_replace(l->edits, n->args[i].start, n->args[i].end, n->depth, "");
            continue;
        }
        edit_open(l->edits, n->args[i].start, n->depth,
                  F("__auto_type gocc_a%d = ((void)0, (%s", i, null ? "(void *)(" : ""));
        edit_close(l->edits, n->args[i].end, n->depth, null ? "))); " : ")); ");
    }
}

void lower_fill_call(Lower *l, Node *n, const char *target, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    if (l->clang)
        buffer_printf(out, "%sgocc_b = gocc_thunk%d; ", target, n->id);
    if (has_callee_value(f))
        buffer_printf(out, "%sgocc_call = gocc_call; ", target);
    if (f->calls_builtin && n->first->word == W_RECOVER)
        buffer_printf(out, "%sgocc_token = gocc_recover; ", target);
    for (int i = 0; i < n->n_args; i++)
        if (travels(l, n, i))
            buffer_printf(out, "%sgocc_a%d = gocc_a%d; ", target, i, i);
}

// ---- go ----------------------------------------------------------------------------------------
static bool is_empty(Lower *l, Node *n) {
    NodeFacts *f = lower_facts(l, n);
    if (n->is_block)
        return f->n_captures + f->n_copies == 0;
    for (int i = 0; i < n->n_args; i++)
        if (travels(l, n, i))
            return false;
    return !has_callee_value(f) && !f->calls_builtin;
}

static void start(Lower *l, Node *n, Buffer *out) {
    const char *function = lower_address(l, n, out);
    if (is_empty(l, n) && !l->clang) {
        buffer_printf(out, "go__go(%s, (void *)0, 0); ", function);
        return;
    }
    buffer_printf(out, "struct gocc_e%d gocc_v; ", n->id);
    if (n->is_block)
        lower_fill(l, n, "gocc_v.", out);
    else
        lower_fill_call(l, n, "gocc_v.", out);
    buffer_printf(out, "go__go(%s, &gocc_v, sizeof(gocc_v)); ", function);
}

void lower_go(Lower *l, Node *n) {
    Buffer use = {0};
    if (n->is_block) {
        start(l, n, &use);
        lower_block_open(l, n, "", use.data);
        return;
    }
    lower_call_open(l, n, "", &use);
    if (has_callee_value(lower_facts(l, n)))
        buffer_puts(&use, "if (!gocc_call) go__go_nil(); ");
    start(l, n, &use);
    buffer_puts(&use, "}");
    edit_replace(l->edits, n->rparen, n->span.end, n->depth, use.data);
}
