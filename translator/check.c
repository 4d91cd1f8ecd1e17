// check.c - what is wrong although the grammar liked it: directions, element types, jumps, misplaced words.
//
// Messages say what the user did, in the user's words and types, at the token that is wrong. One mistake gets one
// message: where a construct has been reported, clang's own complaints about the same text are dropped.

#include "gocc.h"
#include "translate.h"

#include <string.h>

typedef struct Check {
    const Facts *facts;
    const Tree *tree;
    Source *source;
    bool *reported;                // by node id: a message was given for it
} Check;

static const char *text_of(Check *c, Span s) {
    return tree_excerpt(c->tree, s);
}

#define REPORT(c, n, at, ...)                                \
    do {                                                     \
        (c)->reported[(n)->id] = true;                       \
        diag_at((c)->source, (at), DIAG_ERROR, __VA_ARGS__); \
    } while (0)

// ---- channels ----------------------------------------------------------------------------------
static const char *bad_element(const TypeInfo *t) {
    return t->is_void         ? "void"
           : t->is_function   ? "a function"
           : t->is_array      ? "an array"
           : t->is_incomplete ? "incomplete"
                              : NULL;
}

static void check_element(Check *c, const Node *n, const TypeInfo *channel, size_t at) {
    const TypeInfo *elem = channel->elem;
    const char *bad = elem ? bad_element(elem) : NULL;
    if (bad)
        REPORT(c, n, at, "the element type of '%s' is %s%s", channel->spelling, bad,
               elem->is_array ? ": wrap it in a struct" : "");
}

static void check_operand(Check *c, const Node *n, const char *action, Direction forbidden) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    if (!f->operand_seen || !f->operand.known)
        return;
    if (!f->operand.is_channel) {
        REPORT(c, n, n->operand.start, "cannot %s '%s' (type '%s'): it is not a channel", action,
               text_of(c, n->operand), f->operand.spelling);
    } else if (f->operand.direction == forbidden && forbidden != DIR_BOTH) {
        REPORT(c, n, n->operand.start, "cannot %s %s channel '%s' (type '%s')", action,
               forbidden == DIR_SEND ? "send-only" : "receive-only", text_of(c, n->operand),
               f->operand.spelling);
    } else {
        check_element(c, n, &f->operand, n->operand.start);
    }
}

static void check_close(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    if (f->operand.is_channel && f->operand.direction == DIR_RECV)
        REPORT(c, n, n->args[0].start, "cannot close receive-only channel '%s' (type '%s')",
               text_of(c, n->args[0]), f->operand.spelling);
}

static void check_length(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    if (f->operand_seen && f->operand.known && !f->operand.is_channel)
        REPORT(c, n, n->args[0].start, "'%s' needs a channel, and '%s' has type '%s'",
               n->word == W_LEN ? "len" : "cap", text_of(c, n->args[0]), f->operand.spelling);
}

static void check_make(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    if (f->operand_seen && f->operand.known && !f->operand.is_channel) {
        REPORT(c, n, n->args[0].start, "'make' makes channels, and '%s' is none",
               text_of(c, n->args[0]));
        return;
    }
    check_element(c, n, &f->operand, n->args[0].start);
    if (f->operand.elem && f->operand.elem->size > 65536)
        REPORT(c, n, n->args[0].start,
               "the element type of '%s' has %lld bytes; a channel carries at most 65536",
               f->operand.spelling, f->operand.elem->size);
    if (f->value_seen && f->value.known && !f->value.is_integer)
        REPORT(c, n, n->args[1].start, "the size of a channel is an integer, and '%s' has type '%s'",
               text_of(c, n->args[1]), f->value.spelling);
    else if (f->constant && f->constant_value < 0)
        REPORT(c, n, n->args[1].start, "the size of a channel cannot be negative");
    else if (f->constant && f->constant_value > (1LL << 40))
        REPORT(c, n, n->args[1].start, "the size of this channel is too large");
}

static void check_new(Check *c, const Node *n) {
    const TypeInfo *t = &c->facts->nodes[n->id].operand;
    if (!t->known || !(t->is_void || t->is_function || t->is_incomplete))
        return;
    REPORT(c, n, n->args[0].start, "'new' of '%s', which is %s: how much memory that needs is not known", t->spelling,
           t->is_void ? "void" : t->is_function ? "a function"
                                                : "incomplete here");
}

// ---- words -------------------------------------------------------------------------------------
static const char *word_text(Check *c, const Node *n) {
    size_t end = n->lparen;
    while (end > n->keyword && strchr(" \t\n", c->source->text[end - 1]))
        end--;
    return text_of(c, (Span){n->keyword, end});
}

static bool check_count(Check *c, const Node *n) {
    static const struct {
        int least, most;
    } count[] = {
        [W_MAKE] = {1, 2},
        [W_NEW] = {1, 1},
        [W_LEN] = {1, 1},
        [W_CAP] = {1, 1},
        [W_CLOSE] = {1, 1},
        [W_PANIC] = {1, 1},
        [W_PANICF] = {1, 1000},
        [W_RECOVER] = {0, 0},
        [W_ANY_IS] = {2, 2},
        [W_ANY_AS] = {2, 2},
        [W_ANY_STRING] = {1, 1},
    };
    if (n->n_args >= count[n->word].least && n->n_args <= count[n->word].most)
        return true;
    REPORT(c, n, n->keyword, "too %s arguments to '%s'",
           n->n_args < count[n->word].least ? "few" : "many", word_text(c, n));
    return false;
}

static void check_call(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    if (n->is_comparison || (n->word == W_CLOSE && n->system_name && !f->operand.is_channel))
        return;
    if (!check_count(c, n))
        return;
    switch (n->word) {
    case W_MAKE: check_make(c, n); break;
    case W_NEW: check_new(c, n); break;
    case W_LEN:
    case W_CAP: check_length(c, n); break;
    case W_CLOSE: check_close(c, n); break;
    case W_PANIC:
        if (f->operand_seen && f->operand.is_void)
            REPORT(c, n, n->args[0].start, "'panic' needs a value, and '%s' has none",
                   text_of(c, n->args[0]));
        break;
    default: break;
    }
}

static void check_result(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    const Node *block = f->block;
    for (const Node *b = block; b; b = tree_block_at(c->tree, b->keyword))
        if (b->kind == N_GO)
            block = NULL;
    if (!f->function || !block)
        REPORT(c, n, n->span.start, "'_Result' outside of a deferred block");
    else if (f->function->result.is_void)
        REPORT(c, n, n->span.start, "'_Result' in '%s', a function that returns void",
               f->function->name);
}

// ---- go and defer ------------------------------------------------------------------------------
static bool may_run_detached(Word w) {
    return w == W_CLOSE || w == W_PANIC || w == W_PANICF || w == W_RECOVER;
}

static bool has_clang_error(Check *c, Span s) {
    for (size_t i = 0; i < c->facts->n_errors; i++)
        if (c->facts->errors[i].at >= s.start && c->facts->errors[i].at < s.end)
            return true;
    return false;
}

static void check_detached(Check *c, const Node *n) {
    const NodeFacts *f = &c->facts->nodes[n->id];
    const char *word = n->kind == N_GO ? "go" : "defer";
    if (n->is_block)
        return;
    if (f->calls_builtin && !may_run_detached(n->first->word))
        REPORT(c, n, n->callee.start, "'%s' drops the result of '%s', which does nothing else", word,
               word_text(c, n->first));
    else if (!f->calls_builtin && !f->call_seen && !has_clang_error(c, n->span))
        REPORT(c, n, n->callee.start, "expected a call after '%s'", word);
}

static bool needs_function(const Node *n) {
    return n->kind != N_CHAN && !(n->kind == N_WORD && n->word != W_RESULT) && n->kind != N_UNIT &&
           !(n->kind == N_CALL && n->system_name);
}

static const char *construct_name(const Node *n) {
    static const char *const names[] = {
        [N_RECV] = "a receive",
        [N_SEND] = "a send",
        [N_RECV2] = "a receive",
        [N_GO] = "'go'",
        [N_DEFER] = "'defer'",
        [N_SELECT] = "'select'",
        [N_CASE] = "a case",
        [N_RANGE] = "a range",
        [N_CALL] = "this call",
        [N_WORD] = "'_Result'",
    };
    return names[n->kind];
}

// Outside of functions only types stand. A function that clang could not read is no function here: its errors tell.
static bool check_place(Check *c, const Node *n) {
    if (c->facts->nodes[n->id].function || !needs_function(n) || n->is_comparison)
        return true;
    if (c->facts->n_errors == 0)
        REPORT(c, n, n->span.start, "%s outside of a function%s", construct_name(n),
               n->kind == N_CALL && n->word == W_MAKE ? ": assign it in main or in a constructor" : "");
    return false;
}

static void check_node(Check *c, const Node *n) {
    if (!check_place(c, n))
        return;
    switch (n->kind) {
    case N_RECV:
    case N_RECV2: check_operand(c, n, "receive from", DIR_SEND); break;
    case N_RANGE: check_operand(c, n, "range over", DIR_SEND); break;
    case N_SEND:
        if (!n->is_comparison)
            check_operand(c, n, "send to", DIR_RECV);
        break;
    case N_CASE:
        if (n->comm == COMM_SEND)
            check_operand(c, n, "send to", DIR_RECV);
        else if (n->comm == COMM_RECV)
            check_operand(c, n, "receive from", DIR_SEND);
        break;
    case N_GO:
    case N_DEFER: check_detached(c, n); break;
    case N_CALL: check_call(c, n); break;
    case N_WORD:
        if (n->word == W_RESULT)
            check_result(c, n);
        break;
    default: break;
    }
}

// ---- jumps, returns, operators -----------------------------------------------------------------
static const char *block_name(const Node *block) {
    return block->kind == N_GO ? "go" : "defer";
}

static void check_jumps(Check *c) {
    for (size_t i = 0; i < c->facts->n_jumps; i++) {
        const Jump *j = &c->facts->jumps[i];
        if (j->from)
            diag_at(c->source, j->at, DIAG_ERROR, "'%s' cannot leave the %s block that it is in",
                    j->what, block_name(j->from));
        else
            diag_at(c->source, j->at, DIAG_ERROR, "'%s' cannot jump into a %s block", j->what,
                    block_name(j->to));
    }
    for (size_t i = 0; i < c->facts->n_returns; i++) {
        const Return *r = &c->facts->returns[i];
        if (r->block && r->value.end)
            diag_at(c->source, r->value.start, DIAG_ERROR,
                    "a %s block returns no value%s", block_name(r->block),
                    r->block->kind == N_DEFER ? "; assign to '_Result'" : "");
    }
}

static void check_misuses(Check *c) {
    for (size_t i = 0; i < c->facts->n_misuses; i++) {
        const Misuse *m = &c->facts->misuses[i];
        if (m->what)
            diag_at(c->source, m->at, DIAG_ERROR, "%s a channel (type '%s')", m->what,
                    m->type->spelling);
        else
            diag_at(c->source, m->at, DIAG_ERROR, "the element type of '%s' is %s%s",
                    m->type->spelling, bad_element(m->type->elem),
                    m->type->elem->is_array ? ": wrap it in a struct" : "");
    }
}

// A construct that clang's reading of the unit has left without what lowering needs to know of it.
static const Node *lost_node(Check *c) {
    for (int i = 1; i <= c->tree->n_nodes; i++) {
        const Node *n = c->tree->by_id[i];
        const NodeFacts *f = &c->facts->nodes[i];
        bool typed = n->kind == N_CALL && (n->word == W_PANIC || n->word == W_ANY_IS || n->word == W_ANY_AS);
        bool sends = n->kind == N_CASE && (n->comm == COMM_SEND || n->comm == COMM_RECV);
        if (n->is_comparison)
            continue;
        if ((needs_function(n) && !f->function) || (typed && !f->operand.known) ||
            (sends && !f->operand.is_channel))
            return n;
    }
    return NULL;
}

void check_facts(const Facts *f) {
    Check c = {f, f->tree, f->tree->source,
               arena_alloc(((size_t)f->tree->n_nodes + 1) * sizeof(bool))};
    for (int i = 1; i <= f->tree->n_nodes; i++)
        check_node(&c, f->tree->by_id[i]);
    check_jumps(&c);
    check_misuses(&c);
    int before = diag_errors();
    const Node *lost = lost_node(&c);
    check_clang(f, c.reported, lost && before == 0);
    if (lost && diag_errors() == 0)
        diag_at(c.source, lost->span.start, DIAG_ERROR, "'%s' cannot be understood here",
                text_of(&c, lost->span));
}
