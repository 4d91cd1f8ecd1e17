// facts.c - parses marker C with libclang, runs the walk, and keeps clang's errors.
//
// The text comes from gcc's preprocessor, so clang gets it as plain C with gcc's own type names mapped to its own, and goes on after
// errors: system headers contain what only gcc understands (evidence/front.md C). gcc judges plain C; of clang's errors only those count that lie in
// a function with constructs (check.c decides).

#define _GNU_SOURCE // memmem
#include "facts.h"

#include <stdlib.h>
#include <string.h>

// ---- where things are --------------------------------------------------------------------------
Function *facts_function_at(const Facts *f, size_t offset) {
    for (size_t i = 0; i < f->n_functions; i++)
        if (offset >= f->functions[i]->body.start && offset < f->functions[i]->body.end)
            return f->functions[i];
    return NULL;
}

const char *tree_excerpt(const Tree *t, Span s) {
    Buffer out = {0};
    size_t last = s.start;
    for (size_t i = tree_token_at(t, s.start); i < t->tokens.n && t->tokens.v[i].span.start < s.end; i++) {
        Span token = t->tokens.v[i].span;
        if (token.start > last)
            buffer_puts(&out, " ");
        buffer_append(&out, t->source->text + token.start, token.end - token.start);
        last = token.end;
    }
    return out.length > 60 ? arena_format("%.57s...", out.data) : out.length ? out.data
                                                                             : "";
}

size_t tree_token_at(const Tree *t, size_t offset) {
    size_t low = 0, high = t->tokens.n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (t->tokens.v[middle].span.start < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// Nodes are numbered by where they start: the last one that starts at or before the offset, or one of its ancestors, is it.
Node *tree_node_at(const Tree *t, size_t offset) {
    int low = 0, high = t->n_nodes;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (t->by_id[middle]->span.start <= offset)
            low = middle;
        else
            high = middle - 1;
    }
    Node *n = t->by_id[low];
    while (n->parent && offset >= n->span.end)
        n = n->parent;
    return n;
}

Node *tree_block_at(const Tree *t, size_t offset) {
    for (Node *n = tree_node_at(t, offset); n; n = n->parent)
        if ((n->kind == N_GO || n->kind == N_DEFER) && n->is_block && offset > n->body.start &&
            offset < n->body.end)
            return n;
    return NULL;
}

// ---- parsing -----------------------------------------------------------------------------------
static CXTranslationUnit parse(const char *text, size_t length, const TranslateOptions *options) {
    static const char *const fixed[] = {
        "-x",
        "c",
        "-undef",
        "-fblocks",
        "-ferror-limit=0",
        "-fbracket-depth=1024",
        "-D_Float32=float",
        "-D_Float64=double",
        "-D_Float32x=double",
        "-D_Float64x=long double",
        "-D_Float128=__float128",
        "-Wno-everything",
        "-Werror=int-conversion",
        "-Werror=incompatible-pointer-types",
        "-Werror=incompatible-function-pointer-types",
        "-Werror=compare-distinct-pointer-types",
        "-Werror=incompatible-pointer-types-discards-qualifiers",
        "-Werror=pointer-type-mismatch",
    };
    size_t n = sizeof fixed / sizeof *fixed;
    const char **args = arena_alloc((n + (size_t)options->n_clang_args) * sizeof *args);
    for (int i = 0; i < options->n_clang_args; i++)
        args[i] = options->clang_args[i];
    memcpy(args + options->n_clang_args, fixed, sizeof fixed);
    struct CXUnsavedFile file = {"gocc-marker.c", text, length};
    CXTranslationUnit unit = NULL;
    CXIndex index = CL->createIndex(0, 0);
    enum CXErrorCode code = CL->parseTranslationUnit2(
        index, "gocc-marker.c", args, (int)n + options->n_clang_args, &file, 1,
        CXTranslationUnit_KeepGoing, &unit);
    if (code != CXError_Success || !unit) {
        fprintf(stderr, "gocc: fatal error: libclang could not parse the unit (error %d)\n", code);
        exit(1);
    }
    return unit;
}

// Errors of clang that are warnings of gcc: asked for, since they tell when a channel type does not fit.
static bool is_lenient(const char *option) {
    static const char *const names[] = {
        "int-conversion",
        "incompatible-pointer-types",
        "incompatible-function-pointer-types",
        "incompatible-pointer-types-discards-qualifiers",
        "pointer-type-mismatch",
        "compare-distinct-pointer-types",
        "return-mismatch",
        "return-type",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (!strncmp(option, "-W", 2) && !strcmp(option + 2, names[i]))
            return true;
    return false;
}

static void keep_errors(Visit *v, CXTranslationUnit unit) {
    Facts *f = v->facts;
    for (unsigned i = 0; i < CL->getNumDiagnostics(unit); i++) {
        CXDiagnostic d = CL->getDiagnostic(unit, i);
        const char *message = facts_string(CL->getDiagnosticSpelling(d));
        CXSourceLocation where = CL->getDiagnosticLocation(d);
        bool error = CL->getDiagnosticSeverity(d) >= CXDiagnostic_Error;
        bool channel = strstr(message, "gocc_chan") != NULL;
        if ((error || channel) && !CL->Location_isInSystemHeader(where)) {
            ClangError e = {.message = message, .touches_channel = channel};
            e.at = facts_at(v, where, NULL);
            e.lenient = is_lenient(facts_string(CL->getDiagnosticOption(d, NULL)));
            *ARENA_PUSH(f->errors, f->n_errors, f->cap_errors) = e;
        }
        CL->disposeDiagnostic(d);
    }
}

// ---- after the walk: what belongs to constructs ---------------------------------------------------
static void add_capture(Facts *f, Node *block, Var *var) {
    NodeFacts *n = &f->nodes[block->id];
    for (int i = 0; i < n->n_captures; i++)
        if (n->captures[i] == var)
            return;
    size_t count = (size_t)n->n_captures;
    *ARENA_PUSH(n->captures, count, n->cap_captures) = var;
    n->n_captures = (int)count;
    if (block->kind == N_GO)
        var->captured_go = true;
    else
        var->captured_defer = true;
}

static Node *block_around(const Facts *f, const Node *block) {
    return tree_block_at(f->tree, block->keyword);
}

// A mention inside blocks of a variable outside of them is shared by each block on the way.
static void capture(Facts *f, Var *var, Node *block) {
    for (; block && block != var->block; block = block_around(f, block))
        add_capture(f, block, var);
}

static void settle_node(Facts *f, Node *node) {
    NodeFacts *n = &f->nodes[node->id];
    n->function = facts_function_at(f, node->span.start);
    n->block = tree_block_at(f->tree, node->span.start);
    if (!n->function)
        return;
    if (node->kind == N_DEFER) {
        if (n->block)
            f->nodes[n->block->id].has_defer = true;
        else
            n->function->has_defer = true;
    }
    if (node->kind == N_CALL && node->word == W_RECOVER) {
        if (n->block)
            f->nodes[n->block->id].has_recover = true;
        else
            n->function->has_recover = true;
    }
    if (node->kind == N_WORD && node->word == W_RESULT && n->block)
        capture(f, n->function->result_var, n->block);
    if ((node->kind == N_GO || node->kind == N_DEFER) && !node->is_block && node->first &&
        node->first->kind == N_CALL && node->first->keyword == node->callee.start &&
        !node->first->is_comparison)
        n->calls_builtin = true;
}

static void number_blocks(Facts *f) {
    Function *function = NULL;
    int number = 0;
    for (int i = 1; i <= f->tree->n_nodes; i++) {
        NodeFacts *n = &f->nodes[i];
        if (n->function != function)
            number = 0;
        function = n->function;
        if (f->tree->by_id[i]->is_block)
            n->number = ++number;
    }
}

// `a <- b;` is a send if a is a channel, and C's comparison otherwise; so is close(fd) C's.
static void settle_plain(Facts *f) {
    for (int i = 1; i <= f->tree->n_nodes; i++) {
        Node *n = f->tree->by_id[i];
        NodeFacts *facts = &f->nodes[i];
        bool ours = n->kind == N_SEND || (n->kind == N_CALL && n->word == W_CLOSE);
        if (!ours || n->is_comparison || !facts->operand_seen || facts->operand.is_channel)
            continue;
        if (n->kind == N_SEND && facts->operand.known && !facts->operand.is_scalar)
            continue;                                  // neither: check.c reports it
        n->is_comparison = true;
        f->again = f->again || n->kind == N_SEND || !n->system_name;
    }
}

static bool mentions_result(const Tree *t) {
    for (int i = 1; i <= t->n_nodes; i++)
        if (t->by_id[i]->kind == N_WORD && t->by_id[i]->word == W_RESULT)
            return true;
    return false;
}

Facts *facts_gather(Tree *tree, Edits *marker, const char *text, size_t length,
                    const TranslateOptions *options, const Facts *previous) {
    Facts *f = arena_alloc(sizeof *f);
    f->tree = tree;
    f->nodes = arena_alloc((size_t)(tree->n_nodes + 1) * sizeof *f->nodes);
    f->claimed = arena_alloc(tree->source->length / 8 + 1);
    f->report = options->escape_report;
    f->options = options;
    f->summary_symbols = "";
    f->mentions_noescape = memmem(text, length, "noescape", 8) != NULL;
    f->mentions_thread_local = memmem(text, length, "_Thread_local", 13) || memmem(text, length, "__thread", 8);
    Visit v = {.facts = f, .tree = tree, .marker = marker, .text = text, .length = length};
    CXTranslationUnit unit = parse(text, length, options);
    facts_visit(&v, CL->getTranslationUnitCursor(unit));
    keep_errors(&v, unit);
    settle_plain(f);
    if (!previous && mentions_result(tree))
        f->again = true;
    for (int i = 1; i <= tree->n_nodes; i++)
        settle_node(f, tree->by_id[i]);
    for (size_t i = 0; i < f->n_refs; i++)
        capture(f, f->refs[i].var, f->refs[i].block);
    number_blocks(f);
    return f;
}
