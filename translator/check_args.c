// check_args.c - arguments that are not there, before anything is made of them.
//
// The grammar leaves what stands between two commas to C; the stages behind it rely on each argument and copy having its
// parts. So this runs before the marker.

#include "gocc.h"
#include "translate.h"

#include <string.h>

static bool is_assign(const Tree *t, const Token *token) {
    return token->span.end - token->span.start == 1 && t->source->text[token->span.start] == '=';
}

// `T name = value`, each part there.
static bool is_copy(const Tree *t, Span copy) {
    if (!marker_copy_name(t, copy).end)
        return false;
    size_t i = tree_token_at(t, copy.start);
    for (size_t first = i; i < t->tokens.n && t->tokens.v[i].span.start < copy.end; i++) {
        const Token *token = &t->tokens.v[i];
        if (is_assign(t, token))
            return i > first + 1 && i + 1 < t->tokens.n && t->tokens.v[i + 1].span.start < copy.end;
        if (token->match > (int)i)
            i = (size_t)token->match;
    }
    return false;
}

static bool check_node(const Tree *t, const Node *n) {
    size_t last = n->lparen;
    for (int i = 0; i < n->n_args; i++) {
        bool there = n->args[i].end > n->args[i].start;
        if (!there) {
            diag_at(t->source, i + 1 < n->n_args ? last : n->rparen, DIAG_ERROR, "expected an expression");
            return false;
        }
        last = n->args[i].end;
        if (n->is_block && !is_copy(t, n->args[i])) {
            diag_at(t->source, n->args[i].start, DIAG_ERROR,
                    "a copy for a %s block needs a name and a value, as in '(int id = i)'",
                    n->kind == N_GO ? "go" : "defer");
            return false;
        }
    }
    return true;
}

bool check_args(const Tree *t) {
    bool good = true;
    for (int i = 1; i <= t->n_nodes; i++)
        good &= check_node(t, t->by_id[i]);
    return good;
}
