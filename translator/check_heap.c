// check_heap.c - variables that move to the heap, and what keeps one from moving soundly.
//
// Every mention of a moved variable must be known, so clang must have understood the part of the text where it may be mentioned: a
// miss would be a wrong program. (A jump over its declaration is no obstacle, see lower_heap.c.)

#include "gocc.h"
#include "translate.h"

#include <string.h>

static bool moves(const Var *v) {
    return v->heap || v->captured_defer || v->captured_go;
}

// Why it is not where C has it: `shared with a go block`, `moved to the heap (an assignment)`.
static const char *state(const Var *v) {
    if (v->captured_go || v->captured_defer)
        return v->reason ? v->reason : "shared with a deferred block";
    return arena_format("moved to the heap (%s)", v->reason);
}

// A cleanup function gets the address of the variable that it was declared with, which is not where the shared one lives.
static void check_cleanup(const Facts *f, const Var *v) {
    const Tree *t = f->tree;
    const char *text = t->source->text;
    if (v->has_cleanup) {
        diag_at(t->source, v->at, DIAG_ERROR,
                "'%s' has a cleanup function, and cannot be %s: defer the cleanup instead", v->name, state(v));
        return;
    }
    for (size_t i = tree_token_at(t, v->at) + 1; i < t->tokens.n; i++) {
        Span s = t->tokens.v[i].span;
        if (strchr(",;={", text[s.start]))
            return;
        if ((s.end - s.start == 7 && !memcmp(text + s.start, "cleanup", 7)) ||
            (s.end - s.start == 11 && !memcmp(text + s.start, "__cleanup__", 11))) {
            diag_at(t->source, v->at, DIAG_ERROR,
                    "'%s' has a cleanup function, and cannot be %s: defer the cleanup instead", v->name,
                    state(v));
            return;
        }
    }
}

// ---- mentions that clang did not see -----------------------------------------------------------
typedef struct Moved {
    const Var **v;
    size_t n, cap;
} Moved;

static bool is_claimed(const Facts *f, size_t at) {
    return f->claimed[at / 8] & (1 << at % 8);
}

static bool token_is_any(const Tree *t, size_t i, const char *const *texts) {
    Span s = t->tokens.v[i].span;
    for (; *texts; texts++)
        if (strlen(*texts) == s.end - s.start &&
            !memcmp(t->source->text + s.start, *texts, s.end - s.start))
            return true;
    return false;
}

static bool names_no_variable(const Tree *t, size_t i) {
    static const char *const before[] = {".", "->", "struct", "union", "enum", "goto", NULL};
    static const char *const after[] = {":", NULL};
    return (i > 0 && token_is_any(t, i - 1, before)) ||
           (i + 1 < t->tokens.n && token_is_any(t, i + 1, after));
}

static const Var *moved_of_name(const Moved *m, const char *text, Span s) {
    size_t n = s.end - s.start;
    for (size_t i = 0; i < m->n; i++) {
        const Var *v = m->v[i];
        if (strlen(v->name) == n && !memcmp(v->name, text + s.start, n) && s.start > v->at &&
            s.start < v->scope.end)
            return v;
    }
    return NULL;
}

static void check_mentions(const Facts *f, const Moved *m) {
    const Tree *t = f->tree;
    for (size_t i = 0; m->n && i < t->tokens.n; i++) {
        const Token *token = &t->tokens.v[i];
        if (token->kind != TK_WORD || is_claimed(f, token->span.start))
            continue;
        const Var *v = moved_of_name(m, t->source->text, token->span);
        if (!v || names_no_variable(t, i) || v->at == token->span.start)
            continue;
        diag_at(t->source, token->span.start, DIAG_ERROR,
                "cannot tell what '%s' means here, so it cannot be shared with a block", v->name);
    }
}

void check_heap(const Facts *f) {
    Moved moved = {0};
    for (size_t i = 0; i < f->n_vars; i++) {
        const Var *v = f->vars[i];
        if (!moves(v) || v->kind == VAR_RESULT || v->kind == VAR_LITERAL)
            continue;
        *ARENA_PUSH(moved.v, moved.n, moved.cap) = v;
        if (v->heap && v->kind == VAR_LOCAL)
            check_cleanup(f, v);
        if (v->type.is_vla && v->type.elem_is_vla)
            diag_at(f->tree->source, v->at, DIAG_ERROR,
                    "'%s' is %s, and its type has a variable length that cannot be carried over: share a pointer to "
                    "its elements",
                    v->name, state(v));
    }
    check_mentions(f, &moved);
}
