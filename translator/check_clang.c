// check_clang.c - clang's errors about marker C, in the user's terms.
//
// gcc judges plain C; clang's word counts only where a construct is near: in a function with constructs, or where a channel type is named.
// Its messages speak of marker C, so those about what the marker inserted (an initialised gocc_v12, an address taken) are said anew
// about the construct.

#include "gocc.h"
#include "translate.h"

#include <string.h>

// ---- which ones count ----------------------------------------------------------------------------
// The statement around an offset, brackets whole: from after the last `;`, `{` or `}` to the next one.
static Span statement_at(const Tree *t, size_t at) {
    const char *text = t->source->text;
    size_t i = tree_token_at(t, at), end = i;
    for (; i > 0; i--) {
        char c = text[t->tokens.v[i - 1].span.start];
        if (c == ';' || c == '{' || c == '}')
            break;
    }
    while (end < t->tokens.n && !strchr(";{}", text[t->tokens.v[end].span.start]))
        end++;
    return (Span){i < t->tokens.n ? t->tokens.v[i].span.start : at,
                  end < t->tokens.n ? t->tokens.v[end].span.end : t->source->length};
}

// One mistake, one message: clang stumbles over what we have just complained of, and over what that initialises.
static bool beside_reported(const Facts *f, const bool *reported, size_t at) {
    Span s = statement_at(f->tree, at);
    for (int i = 1; i <= f->tree->n_nodes; i++)
        if (reported[i] && f->tree->by_id[i]->span.start >= s.start &&
            f->tree->by_id[i]->span.start < s.end)
            return true;
    return false;
}

static bool inside_reported(const Facts *f, const bool *reported, size_t at) {
    for (Node *n = tree_node_at(f->tree, at); n; n = n->parent)
        if (reported[n->id])
            return true;
    return false;
}

// A conversion error at close(ch) of POSIX's close is the sign that it is ours.
static bool is_channel_close(const Facts *f, size_t at) {
    for (Node *n = tree_node_at(f->tree, at); n; n = n->parent)
        if (n->kind == N_CALL && n->word == W_CLOSE && n->system_name &&
            f->nodes[n->id].operand.is_channel)
            return true;
    return false;
}

static bool has_construct(const Facts *f, const Function *function) {
    for (int i = 1; i <= f->tree->n_nodes; i++) {
        const Node *n = f->tree->by_id[i];
        if (f->nodes[i].function == function && !n->is_comparison &&
            !(n->kind == N_CALL && n->system_name) && !(n->kind == N_WORD && n->word == W_ERRNO))
            return true;
    }
    return false;
}

// What gcc accepts and clang does not, but which leaves the rest of the function readable; check_heap.c sees to it that
// no mention of a shared variable is missed in it.
static bool is_gnu_only(const char *message) {
    static const char *const texts[] = {"function definition is not allowed here",
                                        "unknown attribute", "use of unknown builtin"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strstr(message, texts[i]))
            return true;
    return false;
}

// The value of a send must convert as C converts without a warning.
static bool sends(const Facts *f, size_t at) {
    const Node *n = tree_node_at(f->tree, at);
    bool send = n->kind == N_SEND || (n->kind == N_CASE && n->comm == COMM_SEND);
    return send && !n->is_comparison && at >= n->operand.end && at <= n->value.start;
}

// Mistakes that gcc sees as clang does: told together with ours, since gcc is not asked then.
static bool is_plain_mistake(const char *message) {
    return !strncmp(message, "use of undeclared identifier", 28) ||
           !strncmp(message, "no member named", 15) || !strncmp(message, "unknown type name", 17) ||
           !strncmp(message, "expected ", 9);
}

static bool counts(const Facts *f, const bool *reported, const ClangError *e) {
    if (inside_reported(f, reported, e->at) || beside_reported(f, reported, e->at) ||
        is_channel_close(f, e->at))
        return false;
    if (!strncmp(e->message, "multiple default labels", 23) &&
        tree_node_at(f->tree, e->at)->kind == N_CASE)
        return false;                                  // the grammar has said it of the select
    if (e->lenient && !e->touches_channel && sends(f, e->at))
        return true;
    if (e->touches_channel)
        return true;
    if (e->lenient || strstr(e->message, "gocc_k") || is_gnu_only(e->message))
        return false;
    Function *function = facts_function_at(f, e->at);
    return function ? has_construct(f, function) : tree_node_at(f->tree, e->at)->kind != N_UNIT;
}

// ---- words -------------------------------------------------------------------------------------
// 'typeof(X)' (aka 'Y') -> 'Y'; advice about pointers, which is about marker C, is cut off.
static char *plain_words(const char *message) {
    char *text = diag_user_types(message);
    char *advice = strstr(text, "; ");
    if (advice)
        *advice = '\0';
    for (char *aka; (aka = strstr(text, "' (aka '"));) {
        char *quote = aka;
        while (quote > text && quote[-1] != '\'')
            quote--;
        char *tail = strstr(aka, "')");
        if (strncmp(quote, "typeof", 6) || !tail)
            break;
        text = arena_format("%.*s%.*s%s", (int)(quote - text), text, (int)(tail - aka - 8), aka + 8,
                            tail[2] ? arena_format("'%s", tail + 2) : "'");
    }
    return text;
}

// The last quoted type of a message, the resolved one if it has two names.
static const char *last_type(const char *message) {
    const char *end = strrchr(message, '\'');
    if (!end)
        return NULL;
    const char *start = end;
    while (start > message && start[-1] != '\'')
        start--;
    return arena_strndup(start, (size_t)(end - start));
}

static const char *text_of(const Facts *f, Span s) {
    return tree_excerpt(f->tree, s);
}

static bool is_send(const Node *n) {
    return n->kind == N_SEND || (n->kind == N_CASE && n->comm == COMM_SEND);
}

static bool is_assigning(const Node *n) {
    return n->kind == N_RECV2 || n->kind == N_RANGE || (n->kind == N_CASE && n->target.end);
}

static bool report_send(const Facts *f, const Node *n, const ClangError *e) {
    bool value = e->at >= n->operand.end && e->at <= n->value.start;
    const char *type = last_type(plain_words(e->message));
    if (!strncmp(e->message, "expected ')'", 12) && e->at > n->value.start && e->at < n->value.end) {
        size_t token = tree_token_at(f->tree, e->at);
        diag_at(f->tree->source, e->at, DIAG_ERROR, "expected ';' before '%s'",
                tree_excerpt(f->tree, f->tree->tokens.v[token].span));
        return true;
    }
    if (n->is_comparison) {
        diag_at(f->tree->source, n->operand.start, DIAG_ERROR,
                "cannot send to '%s': it is not a channel", text_of(f, n->operand));
        return true;
    }
    if (!value || !type || (!strstr(e->message, "nitializing") && !e->lenient))
        return false;
    diag_at(f->tree->source, n->value.start, DIAG_ERROR,
            "cannot send a value of type '%s' to '%s' (type '%s')", type, text_of(f, n->operand),
            f->nodes[n->id].operand.spelling);
    return true;
}

static bool report_target(const Facts *f, const Node *n, const ClangError *e) {
    bool on_second = e->at >= n->target2.start && e->at <= n->target2.end;
    bool second = n->target2.end && (on_second || strstr(e->message, "type '_Bool'"));
    Span target = second ? n->target2 : n->target;
    if (strstr(e->message, "address of") || strstr(e->message, "not assignable")) {
        bool fixed = strstr(e->message, "read-only") || strstr(e->message, "const-qualified");
        diag_at(f->tree->source, target.start, DIAG_ERROR, "cannot assign to '%s'%s",
                text_of(f, target), fixed ? ": it is const" : "");
        return true;
    }
    if (strncmp(e->message, "assigning to", 12))
        return false;
    diag_at(f->tree->source, target.start, DIAG_ERROR, "cannot receive into '%s': %s",
            text_of(f, target), plain_words(e->message));
    return true;
}

// The marker's statement expressions cannot stand at file scope: say so of the construct.
static bool report_file_scope(const Facts *f, const ClangError *e) {
    const Node *n = tree_node_at(f->tree, e->at);
    if (f->nodes[n->id].function || n->kind == N_UNIT || n->kind == N_CHAN)
        return false;
    if (!strstr(e->message, "at file scope") && !strstr(e->message, "compile-time constant"))
        return false;
    diag_at(f->tree->source, n->span.start, DIAG_ERROR, "'%s' outside of a function%s",
            tree_excerpt(f->tree, n->span),
            n->kind == N_CALL ? ": assign it in main or in a constructor" : "");
    return true;
}

// "... discards qualifiers" is how C says that a directional channel does not convert back.
static bool report_direction(const Facts *f, const ClangError *e) {
    const char *text = plain_words(e->message);
    if (!e->touches_channel || !strstr(text, "discards qualifiers"))
        return false;
    const char *first = strchr(text, '\''), *second = last_type(text);
    const char *end = first ? strchr(first + 1, '\'') : NULL;
    if (!end || !second)
        return false;
    const char *one = arena_strndup(first + 1, (size_t)(end - first - 1));
    bool to_first = !strncmp(text, "initializing", 12) || !strncmp(text, "assigning", 9);
    diag_at(f->tree->source, e->at, DIAG_ERROR, "a '%s' does not convert to '%s'",
            to_first ? second : one, to_first ? one : second);
    return true;
}

static void report(const Facts *f, const ClangError *e) {
    if (report_direction(f, e))
        return;
    if (report_file_scope(f, e))
        return;
    for (Node *n = tree_node_at(f->tree, e->at); n; n = n->parent) {
        if (is_send(n) && report_send(f, n, e))
            return;
        if (is_assigning(n) && report_target(f, n, e))
            return;
    }
    diag_at(f->tree->source, e->at, DIAG_ERROR, "%s", plain_words(e->message));
}

void check_clang(const Facts *f, const bool *reported, bool all) {
    for (size_t i = 0; i < f->n_errors; i++)
        if (counts(f, reported, &f->errors[i]) || (all && !f->errors[i].lenient))
            report(f, &f->errors[i]);
    for (size_t i = 0; i < f->n_errors && diag_errors(); i++) {
        const ClangError *e = &f->errors[i];
        if (!counts(f, reported, e) && is_plain_mistake(e->message) &&
            !inside_reported(f, reported, e->at))
            report(f, e);
    }
}
