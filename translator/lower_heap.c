// lower_heap.c - variables that live in memory from go__new: their declarations and their mentions.
//
// `int x = 5;` becomes `int x = 5, (*gocc_x) = go__new_copy(&x, ...);`, a further declarator of the same declaration: the
// declarator is written once more with the name replaced by `(*gocc_x)`, so no type needs to be spelled. Without an initialiser the name
// itself is replaced. If a goto or switch may jump over the declaration, the address is kept in a variable at the head of the function
// (gocc_h<offset>) that every mention looks at, and that the first one sets. Every mention of x becomes (*gocc_x). A variable mentioned in its own initialiser gets its memory first.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format
#define DEEP 1000000               // these edits stand closest to the user's text

// ---- tokens of a declarator --------------------------------------------------------------------
static bool token_is(const Tree *t, size_t i, const char *s) {
    Span span = t->tokens.v[i].span;
    size_t n = strlen(s);
    return i < t->tokens.n && span.end - span.start == n && !memcmp(t->source->text + span.start, s, n);
}

static bool token_in(const Tree *t, size_t i, const char *const *words) {
    for (; *words; words++)
        if (token_is(t, i, *words))
            return true;
    return false;
}

static const char *const qualifiers[] = {"const", "volatile", "restrict", "__restrict",
                                         "__restrict__", "__const", "_Atomic", NULL};

// The first token of the declarator whose name is token `name`.
static size_t declarator_start(const Tree *t, size_t name) {
    size_t start = name, i = name;
    while (i > 0) {
        i--;
        if (token_is(t, i, "*") || (token_is(t, i, "(") && t->tokens.v[i].match > (int)name))
            start = i;
        else if (!token_in(t, i, qualifiers))
            break;
    }
    return start;
}

// One past its last token: the `=`, `,`, `;`, attribute or whatever ends it.
static size_t declarator_end(const Tree *t, size_t name) {
    size_t i = name + 1;
    while (i < t->tokens.n && (token_is(t, i, ")") || token_is(t, i, "[") || token_is(t, i, "("))) {
        if (token_is(t, i, ")") && t->tokens.v[i].match < (int)declarator_start(t, name))
            break;
        i = token_is(t, i, ")") ? i + 1 : (size_t)t->tokens.v[i].match + 1;
    }
    return i;
}

static Span tokens_span(const Tree *t, size_t from, size_t to) {
    return from < to ? (Span){t->tokens.v[from].span.start, t->tokens.v[to - 1].span.end}
                     : (Span){0, 0};
}

// Attributes behind the declarator that make it another type, to be said again; others belong to the variable.
static const char *type_attributes(Lower *l, size_t end) {
    const Tree *t = l->tree;
    if (!token_is(t, end, "__attribute__") || t->tokens.v[end + 1].match <= (int)end)
        return "";
    size_t close = (size_t)t->tokens.v[end + 1].match;
    for (size_t i = end; i < close; i++)
        if (token_is(t, i, "vector_size") || token_is(t, i, "__vector_size__") || token_is(t, i, "mode") ||
            token_is(t, i, "__mode__"))
            return F(" %s", edits_render(l->edits, tokens_span(t, end, close + 1)));
    return "";
}

// The declarator with the name replaced: `*x[3]` -> `*(*gocc_x)[3]`. An array without a size gets that of the variable.
static const char *declarator_again(Lower *l, const Var *v, const char *suffix) {
    const Tree *t = l->tree;
    size_t name = tree_token_at(t, v->at);
    size_t start = declarator_start(t, name), end = declarator_end(t, name);
    Span after = tokens_span(t, name + 1, end);
    const char *tail = after.end ? edits_render(l->edits, after) : "";
    if (token_is(t, name + 1, "[") && token_is(t, name + 2, "]")) {
        Span rest = tokens_span(t, name + 3, end);
        tail = F("[sizeof(%s) / sizeof((%s)[0])]%s", v->name, v->name,
                 rest.end ? edits_render(l->edits, rest) : "");
    }
    const char *head = start < name ? lower_text(l, (Span){t->tokens.v[start].span.start, v->at}) : "";
    return F("%s(*gocc_at_%s%s)%s%s", head, v->name, suffix, tail, type_attributes(l, end));
}

// ---- declarations ------------------------------------------------------------------------------
static const char *copy_of(Lower *l, const Var *v) {
    return lower_new_copy(l, &v->type, F("&%s", v->name), v->name);
}

static const char *home_of(const Var *v) {
    return F("gocc_h%zu", v->at);
}

const char *lower_heap_pointer(Lower *l, const Var *v) {
    const char *home = home_of(v);
    if (!v->jumped)
        return F("gocc_at_%s", v->name);
    return F("((__typeof__(%s) *)(%s ? %s : (%s = %s)))", v->name, home, home, home,
             lower_new(l, &v->type, v->name));
}

const char *lower_heap_homes(Lower *l, const Function *f, const Node *block) {
    Buffer out = {0};
    buffer_puts(&out, "");
    for (size_t i = 0; i < l->facts->n_vars; i++) {
        const Var *v = l->facts->vars[i];
        if (v->jumped && v->function == f && v->block == block)
            buffer_printf(&out, " void *%s = (void *)0;", home_of(v));
    }
    return out.data;
}

const char *lower_heap_tail(Lower *l, const Var *v) {
    if (!v->heap)
        return "";
    if (v->jumped)
        return F(", %s __attribute__((unused)) = (%s = %s)", declarator_again(l, v, ""), home_of(v), copy_of(l, v));
    return F(", %s = %s", declarator_again(l, v, ""), copy_of(l, v));
}

const char *lower_heap_parameter(Lower *l, const Var *v) {
    if (!v || !v->heap)
        return "";
    return F(" __typeof__(%s) *gocc_at_%s = %s;", v->name, v->name,
             lower_new_copy(l, &v->type, F("&%s", v->name), F("__typeof__(%s)", v->name)));
}

static bool in_span(size_t at, Span s) {
    return s.end && at >= s.start && at < s.end;
}

// Targets of select cases, two-value receives and ranges: the lowering of the construct declares their homes.
bool lower_declared_by_construct(Lower *l, const Var *v) {
    for (const Node *n = tree_node_at(l->tree, v->at); n; n = n->parent) {
        bool target = in_span(v->at, n->target) || in_span(v->at, n->target2);
        if (target && (n->declares || n->kind == N_RANGE || n->kind == N_CASE))
            return true;
        if (n->kind == N_GO || n->kind == N_DEFER)
            return false;
    }
    return false;
}

static void plain_name(Lower *l, const Var *v) {
    edit_replace(l->edits, v->at, v->at + strlen(v->name), DEEP, F("(*gocc_at_%s)", v->name));
}

// Where the declarator ends, attributes included: before the `,`, `;` or `=`.
static size_t end_of_declaration(const Tree *t, size_t name) {
    size_t i = declarator_end(t, name);
    while (i < t->tokens.n && !token_is(t, i, ",") && !token_is(t, i, ";") && !token_is(t, i, "="))
        i = t->tokens.v[i].match > (int)i ? (size_t)t->tokens.v[i].match + 1 : i + 1;
    return t->tokens.v[i - 1].span.end;
}

static bool has_alignment(Lower *l, const Var *v) {
    const Tree *t = l->tree;
    for (size_t i = tree_token_at(t, v->at); i-- > 0;) {
        if (token_is(t, i, ";") || token_is(t, i, "{") || token_is(t, i, "}"))
            break;
        if (token_is(t, i, "_Alignas") || token_is(t, i, "aligned"))
            return true;
    }
    return false;
}

static void drop_register(Lower *l, const Var *v) {
    const Tree *t = l->tree;
    for (size_t i = tree_token_at(t, v->at); i-- > 0;) {
        Span s = t->tokens.v[i].span;
        if (token_is(t, i, ";") || token_is(t, i, "{") || token_is(t, i, "}"))
            break;
        if (token_is(t, i, "register"))
            edit_replace(l->edits, s.start, s.end, DEEP, "");
    }
}

// `__auto_type x = e;` takes one declarator only: the pointer is declared after it.
static bool declare_auto(Lower *l, const Var *v, size_t name) {
    const Tree *t = l->tree;
    size_t start = declarator_start(t, name);
    if (start == 0 || !token_is(t, start - 1, "__auto_type") || v->in_for_header)
        return false;
    size_t end = tree_token_at(t, v->init.end);
    edit_close(l->edits, t->tokens.v[end].span.end, 0, lower_heap_parameter(l, v));
    return true;
}

static void declare(Lower *l, const Var *v) {
    const Tree *t = l->tree;
    size_t name = tree_token_at(t, v->at);
    if (declare_auto(l, v, name))
        return;
    if (!v->init.end && !v->jumped && !has_alignment(l, v)) {
        plain_name(l, v);
        edit_close(l->edits, end_of_declaration(t, name), DEEP,
                   F(" = %s", lower_new(l, &v->type, F("*gocc_at_%s", v->name))));
        return;
    }
    size_t end = v->init.end ? v->init.end : end_of_declaration(t, name);
    if (v->self_reference && !v->jumped) {
        size_t start = t->tokens.v[declarator_start(t, name)].span.start;
        edit_open(l->edits, start, DEEP,
                  F("%s = %s, ", declarator_again(l, v, ""),
                    lower_new(l, &v->type, F("*gocc_at_%s", v->name))));
        edit_close(l->edits, end, 0,
                   F(", %s __attribute__((unused)) = (go__gc_copy((void *)gocc_at_%s, (const void *)&%s, sizeof(%s)), "
                     "(void *)0)",
                     declarator_again(l, v, "_"), v->name, v->name, v->name));
        return;
    }
    edit_close(l->edits, end, 0, lower_heap_tail(l, v));
}

// `for (int i = 0; c; i++)`: the copy that the next iteration gets is made before the third expression.
static void declare_fresh(Lower *l, const Var *v) {
    const Tree *t = l->tree;
    size_t open = tree_token_at(t, v->for_keyword) + 1;
    int semicolons = 0;
    size_t i = open + 1;
    for (; i < t->tokens.n && semicolons < 2; i++) {
        if (t->tokens.v[i].match > (int)i)
            i = (size_t)t->tokens.v[i].match;
        else
            semicolons += token_is(t, i, ";");
    }
    bool empty = token_is(t, i, ")");
    if (v->jumped) {
        edit_close(l->edits, t->tokens.v[i - 1].span.end, DEEP,
                   F(" (void)(%s = %s)%s", home_of(v),
                     lower_new_copy(l, &v->type, lower_heap_pointer(l, v), v->name), empty ? "" : ", "));
        return;
    }
    edit_close(l->edits, t->tokens.v[i - 1].span.end, DEEP,
               F(" (void)(gocc_at_%s = %s)%s", v->name,
                 lower_new_copy(l, &v->type, F("gocc_at_%s", v->name), F("*gocc_at_%s", v->name)),
                 empty ? "" : ", "));
}

// ---- mentions ----------------------------------------------------------------------------------
static void mention(Lower *l, const Ref *r) {
    const char *text = lower_name(l, r->var, r->block);
    if (text != r->var->name)
        edit_replace(l->edits, r->span.start, r->span.end, DEEP, text);
}

// ---- compound literals ---------------------------------------------------------------------------
// `(T){...}` becomes the place that a copy of it lives in. A wider literal stands around narrower ones that start with it.
static void literal(Lower *l, const Var *v) {
    int depth = 2000000 - (int)(v->init.end - v->init.start);
    edit_open(l->edits, v->init.start, depth, "(*(__extension__ ({ __auto_type gocc_l = &(");
    edit_close(l->edits, v->init.end, depth,
               F("); (__typeof__(gocc_l))%s; })))", lower_new_copy(l, &v->type, "gocc_l", "*gocc_l")));
}

void lower_heap(Lower *l) {
    for (size_t i = 0; i < l->facts->n_refs; i++)
        mention(l, &l->facts->refs[i]);
    for (size_t i = 0; i < l->facts->n_vars; i++) {
        const Var *v = l->facts->vars[i];
        if (v->heap && v->kind == VAR_LITERAL)
            literal(l, v);
        if ((v->heap || v->captured_defer) && (v->kind == VAR_LOCAL || v->kind == VAR_PARAMETER))
            drop_register(l, v);
        if (!v->heap || v->kind != VAR_LOCAL)
            continue;
        if (lower_declared_by_construct(l, v)) {
            Node *n = tree_node_at(l->tree, v->at);
            bool plain = n->kind == N_RANGE || (n->kind == N_RECV2 && in_span(v->at, n->target));
            if (plain)
                plain_name(l, v);
            continue;
        }
        declare(l, v);
        if (v->per_iteration)
            declare_fresh(l, v);
    }
}
