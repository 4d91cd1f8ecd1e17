// noescape.c - `__attribute__((noescape))`, which gcc does not know: found among the tokens, and taken out of final C.

#include "gocc.h"
#include "translate.h"

#include <string.h>

static bool token_is(const Tree *t, size_t i, const char *s) {
    Span span = t->tokens.v[i].span;
    size_t n = strlen(s);
    return span.end - span.start == n && !memcmp(t->source->text + span.start, s, n);
}

// Between the parentheses of `__attribute__((`.
static bool in_attribute(const Tree *t, size_t i) {
    while (i-- > 0) {
        if (t->tokens.v[i].match >= 0 && t->tokens.v[i].match < (int)i) {
            i = (size_t)t->tokens.v[i].match;
            continue;
        }
        if (token_is(t, i, "("))
            return i >= 2 && token_is(t, i - 1, "(") &&
                   (token_is(t, i - 2, "__attribute__") || token_is(t, i - 2, "__attribute"));
        if (token_is(t, i, ";") || token_is(t, i, "{"))
            return false;
    }
    return false;
}

static bool is_noescape(const Tree *t, size_t i) {
    return t->tokens.v[i].kind == TK_WORD && (token_is(t, i, "noescape") || token_is(t, i, "__noescape__")) &&
           in_attribute(t, i) && !source_place(t->source, t->tokens.v[i].span.start).system;
}

static bool has_word(const Tree *t) {
    return t->source->length >= 8 && strstr(t->source->text, "noescape");
}

bool tree_marks_noescape(const Tree *t) {
    bool word = has_word(t);
    for (size_t i = 0; word && i < t->tokens.n; i++)
        if (is_noescape(t, i))
            return true;
    return false;
}

void lower_noescape(Lower *l) {
    const Tree *t = l->tree;
    bool word = has_word(t);
    for (size_t i = 0; word && i < t->tokens.n; i++)
        if (is_noescape(t, i))
            edit_replace(l->edits, t->tokens.v[i].span.start, t->tokens.v[i].span.end, 0, "");
}
