// check_clang.c - clang's errors about marker C, in the user's terms.
//
// gcc judges plain C; clang's word counts only where a construct is near: in a function with constructs, or where a channel type is named.
// Its messages speak of marker C, so those about what the marker inserted (an initialised gocc_v12, an address taken) are said anew
// about the construct.

#include "gocc.h"
#include "translate.h"

#include <string.h>

// ---- which ones count --------------------------------------------------------------------------
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

static bool counts(const Facts *f, const bool *reported, const ClangError *e) {
    if (inside_reported(f, reported, e->at) || is_channel_close(f, e->at))
        return false;
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
    if (!value || !type || !strstr(e->message, "nitializing"))
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
        diag_at(f->tree->source, target.start, DIAG_ERROR, "cannot assign to '%s'", text_of(f, target));
        return true;
    }
    if (strncmp(e->message, "assigning to", 12))
        return false;
    diag_at(f->tree->source, target.start, DIAG_ERROR, "cannot receive into '%s': %s",
            text_of(f, target), plain_words(e->message));
    return true;
}

static void report(const Facts *f, const ClangError *e) {
    for (Node *n = tree_node_at(f->tree, e->at); n; n = n->parent) {
        if (is_send(n) && report_send(f, n, e))
            return;
        if (is_assigning(n) && report_target(f, n, e))
            return;
    }
    diag_at(f->tree->source, e->at, DIAG_ERROR, "%s", plain_words(e->message));
}

void check_clang(const Facts *f, const bool *reported) {
    for (size_t i = 0; i < f->n_errors; i++)
        if (counts(f, reported, &f->errors[i]))
            report(f, &f->errors[i]);
}
