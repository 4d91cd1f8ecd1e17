// tokens_declare.c - which name a declaration declares.
//
// C's declarations are read as a small machine per open bracket: specifiers until a type was seen,
// then the first identifier is the name, then `(` opens parameters, `=` a value, `,` the next
// declarator. Parentheses around a name inherit the state and hand it back. Parameters live in a
// scope of their own, which stays open after `)` in case a body follows: the statement's end (or
// `,`, or `=`) closes it, or the body's `}`.
#include "gocc.tab.h"
#include "tokens.h"

void declare_start(Level *l) {
    l->state = D_SPECIFIERS;
    l->has_type = l->is_typedef = false;
}

// Members are no ordinary names, and neither is what an attribute mentions.
static void declare_name(Reader *r, Level *l, int i) {
    l->state = D_NAMED;
    if (l->kind == L_STRUCT || l->member)
        return;
    Code after = code_at(r, i + 1);
    if (after == C_RPAREN)
        after = code_at(r, i + 2); // int (close)(int);
    Span span = r->v[i].span;
    NameKind kind = l->is_typedef ? NAME_TYPEDEF : after == C_LPAREN ? NAME_FUNCTION
                                                                     : NAME_OBJECT;
    names_declare(&r->names, r->source->text + span.start, span.end - span.start, kind, r->system);
}

static bool is_specifier(Code c) {
    return c >= K_TYPE && c <= K_ATOMIC;
}

static void declare_specifier(Reader *r, Level *l, int i, Code c) {
    l->state = D_SPECIFIERS; // also `T v, bool ok = <-c`: a type after a comma
    if (c == K_TYPEDEF)
        l->is_typedef = true;
    else if (c != K_QUALIFIER && !(c == K_ATOMIC && code_at(r, i + 1) != C_LPAREN))
        l->has_type = true;
}

// After `f(a, b)`: what starts a type declares parameters in the old style, in the parameters'
// scope.
static bool declare_old_style(Reader *r, Level *l, int i) {
    Code before = code_at(r, i - (r->v[i - 1].cls == T_CHAN_RECV ? 2 : 1));
    if (before != C_RPAREN)
        return false;
    if (l->kind != L_FILE && l->kind != L_BLOCK)
        return false;
    if (r->v[i].code == K_ATTRIBUTE || r->v[i].code == K_ASM ||
        (r->v[i].cls == T_TEXT && !token_starts_type(r, i)))
        return false;
    declare_start(l);
    return l->old_style = true;
}

void declare_word(Reader *r, Level *l, int i) {
    Code c = r->v[i].code;
    if (l->state == D_NAMED && !declare_old_style(r, l, i))
        return;
    if (l->state != D_SPECIFIERS)
        return;
    if (is_specifier(c))
        declare_specifier(r, l, i, c);
    else if (!is_name(c))
        return;
    else if (!l->has_type &&
             (token_is_typedef(r, i) || r->v[i].cls != T_TEXT || is_name(code_at(r, i + 1))))
        l->has_type = true;
    else
        declare_name(r, l, i);
}

// `*`, `,`, `=` and the like at the level of a declaration.
void declare_punct(Reader *r, Level *l, int i) {
    Code c = r->v[i].code;
    if (l->state == D_NONE)
        return;
    if (c == C_ASSIGN || c == C_COLON)
        l->state = D_VALUE;
    if (c == C_COMMA)
        l->state = D_SPECIFIERS;
    if ((c == C_ASSIGN || c == C_COMMA) && !l->old_style)
        names_leave_to(&r->names, l->statement_scope);
}

// The parenthesis after this token belongs to the token: it is no declarator's.
static bool takes_parentheses(const Token *t) {
    return t->code == K_TYPEOF || t->code == K_ATOMIC || t->code == K_ATTRIBUTE ||
           t->code == K_ASM || t->code == K_ALIGNAS || t->cls == T_CHAN || t->cls == T_CHAN_SEND;
}

// Whether `(` at i opens the list of names of an old-style definition: nothing but names, and after
// it their declarations or the body.
static bool is_name_list(const Reader *r, int i) {
    while (is_name(code_at(r, i + 1)) && code_at(r, i + 2) == C_COMMA)
        i += 2;
    if (!is_name(code_at(r, i + 1)) || code_at(r, i + 2) != C_RPAREN)
        return false;
    Code after = code_at(r, i + 3);
    return after == C_LBRACE || after == C_LARROW ||
           (is_word(after) && after != K_ATTRIBUTE && after != K_ASM);
}

// `(` at index i, in a declaration at `outer`: parameters, a parenthesis around the name, or
// neither.
void declare_open(Reader *r, Level *outer, Level *inner, int i) {
    if (outer->state == D_NONE || outer->state == D_VALUE ||
        (i > 0 && takes_parentheses(&r->v[i - 1])))
        return;
    if (outer->state == D_NAMED) {
        inner->parameters = true;
        inner->names_only = is_name_list(r, i);
        names_enter(&r->names);
        inner->statement_scope = r->names.scope;
    } else if (outer->has_type || outer->kind == L_FILE) {
        inner->declarator = true;
        inner->member = outer->kind == L_STRUCT || outer->member;
        inner->state = D_SPECIFIERS;
        inner->has_type = true;
        inner->is_typedef = outer->is_typedef;
        inner->statement_scope = outer->statement_scope;
    }
}

void declare_close(Level *outer, const Level *inner) {
    if (inner->declarator)
        outer->state = D_NAMED; // also `int (*)(void)`, which has no name
}
