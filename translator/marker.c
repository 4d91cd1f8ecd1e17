// marker.c - from constructs to marker C: plain C that clang can parse and type-check in place.
//
// Marker C is never compiled. It keeps every word of the user where it was, so that each offset maps back
// exactly, and gives each construct a form in which clang sees its types: operands become the initialiser
// of a variable named after the construct (`gocc_c12`), whose type facts.c reads. A block of `go` or `defer` stays a block, guarded by a
// call of gocc_mark(id), so that clang resolves its variables as the inner block that it is.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

// The encoding of chan(T), the same in marker C and final C: one type per T across files, T recoverable, and a
// bidirectional channel converts to a directional one by C's own rule of adding a qualifier (evidence: front.md A).
void marker_channel_type(Edits *e, const Node *n) {
    static const char *const tail[] = {
        [DIR_BOTH] = " *(**)(struct gocc_chan))",
        [DIR_SEND] = " *(*const *)(struct gocc_chan))",
        [DIR_RECV] = " *(*volatile *)(struct gocc_chan))",
    };
    edit_replace(e, n->span.start, n->operand.start, n->depth, "__typeof__(__typeof__(");
    edit_close(e, n->span.end, n->depth, tail[n->direction]);
}

// Replaces what stands between two parts of a construct.
static void between(Edits *e, const Node *n, size_t start, size_t end, const char *text) {
    if (start == end)
        edit_open(e, start, n->depth, text);
    else
        edit_replace(e, start, end, n->depth, text);
}

static bool span_starts_with(const Tree *t, Span s, const char *word) {
    size_t n = strlen(word);
    return s.end - s.start > n && !memcmp(t->source->text + s.start, word, n) &&
           t->source->text[s.start + n] == ' ';
}

// ---- names that a declaration without initialiser declares -------------------------------------
static bool token_is(const Tree *t, size_t i, const char *s) {
    Span span = t->tokens.v[i].span;
    return span.end - span.start == strlen(s) &&
           !memcmp(t->source->text + span.start, s, span.end - span.start);
}

// `int id = i`, `char *s`, `int (*f)(int) = g`, `int a[2] = {1, 2}`: the name is the last word before the `=`, outside of any
// brackets; or, in a parenthesised declarator, the first word after `(*`.
Span marker_copy_name(const Tree *t, Span copy) {
    Span name = {0, 0};
    for (size_t i = tree_token_at(t, copy.start); i < t->tokens.n; i++) {
        const Token *token = &t->tokens.v[i];
        if (token->span.start >= copy.end || token_is(t, i, "="))
            break;
        if (token->kind == TK_WORD)
            name = token->span;
        else if (token_is(t, i, "(") && token_is(t, i + 1, "*")) {
            do
                i++;
            while (token_is(t, i, "*") || token_is(t, i, "const"));
            return t->tokens.v[i].span;
        } else if (token->match > (int)i) {
            i = (size_t)token->match;
        }
    }
    return name;
}

static const char *span_text(const Tree *t, Span s) {
    return arena_strndup(t->source->text + s.start, s.end - s.start);
}

// ---- channels ----------------------------------------------------------------------------------
static void receive(Edits *e, const Node *n, size_t arrow) {
    between(e, n, arrow, n->operand.start,
            F("(__extension__ ({ __auto_type gocc_c%d = (", n->id));
    edit_close(e, n->operand.end, n->depth, F("); *(**gocc_c%d)(gocc_t); }))", n->id));
}

static void send(Edits *e, const Node *n, size_t end) {
    edit_open(e, n->operand.start, n->depth, F("{ __auto_type gocc_c%d = (", n->id));
    between(e, n, n->operand.end, n->value.start,
            F("); __typeof__(((void)0, *(**gocc_c%d)(gocc_t))) gocc_v%d = (", n->id, n->id));
    between(e, n, n->value.end, end, "); }");
}

static void receive2(Edits *e, const Tree *t, const Node *n) {
    edit_open(e, n->target.start, n->depth, F("(__extension__ ({ __auto_type gocc_p%d = &(", n->id));
    between(e, n, n->target.end, n->target2.start, F("); __auto_type gocc_q%d = &(", n->id));
    between(e, n, n->target2.end, n->operand.start, F("); __auto_type gocc_c%d = (", n->id));
    edit_close(e, n->operand.end, n->depth,
               F("); *gocc_p%d = *(**gocc_c%d)(gocc_t); *gocc_q%d = (_Bool)1; }))", n->id, n->id, n->id));
    (void)t;
}

// A variable that a receive declares is assigned after its declaration: `const` of the variable itself is dropped.
void marker_drop_const(Edits *e, const Tree *t, Span target, int depth) {
    size_t star = 0, first = tree_token_at(t, target.start);
    for (size_t i = first; i < t->tokens.n && t->tokens.v[i].span.start < target.end; i++)
        if (token_is(t, i, "*") || token_is(t, i, "("))
            star = i;
    for (size_t i = star ? star : first; i < t->tokens.n && t->tokens.v[i].span.start < target.end; i++)
        if (token_is(t, i, "const"))
            edit_replace(e, t->tokens.v[i].span.start, t->tokens.v[i].span.end, depth + 1, "");
}

// `int v, bool ok = <-ch`: two declarations; `bool` needs no <stdbool.h> here.
static void receive2_declares(Edits *e, const Tree *t, const Node *n) {
    marker_drop_const(e, t, n->target, n->depth);
    between(e, n, n->target.end, n->target2.start, "; ");
    if (span_starts_with(t, n->target2, "bool"))
        edit_replace(e, n->target2.start, n->target2.start + 4, n->depth, "_Bool");
    between(e, n, n->target2.end, n->operand.start,
            F(" = (__extension__ ({ __auto_type gocc_c%d = (", n->id));
    edit_close(e, n->operand.end, n->depth,
               F("); %s = *(**gocc_c%d)(gocc_t); (_Bool)1; }))",
                 span_text(t, marker_copy_name(t, n->target)), n->id));
}

static void range(Edits *e, const Tree *t, const Node *n) {
    marker_drop_const(e, t, n->target, n->depth);
    between(e, n, n->target.end, n->operand.start,
            F("; (__extension__ ({ __auto_type gocc_c%d = (", n->id));
    between(e, n, n->operand.end, n->rparen,
            F("); %s = *(**gocc_c%d)(gocc_t); (_Bool)1; })); ",
              span_text(t, marker_copy_name(t, n->target)), n->id));
}

// ---- select ------------------------------------------------------------------------------------
static void case_communication(Edits *e, const Tree *t, const Node *n) {
    if (n->comm == COMM_SEND) {
        send(e, n, n->colon + 1);
        return;
    }
    if (n->target2.end && n->declares)
        receive2_declares(e, t, n);
    else if (n->target2.end)
        receive2(e, t, n);
    else
        receive(e, n, n->arrow);
    edit_replace(e, n->colon, n->colon + 1, n->depth, ";");
}

static void select_case(Edits *e, const Tree *t, const Node *n) {
    if (n->comm == COMM_ERROR) {
        if (n->colon == NO_OFFSET)
            return;
        edit_replace(e, n->keyword, n->colon + 1, n->depth, F("case %d: {", n->id));
    } else if (n->comm == COMM_DEFAULT) {
        edit_replace(e, n->keyword, n->colon + 1, n->depth, "default: {");
    } else {
        edit_replace(e, n->keyword, n->keyword + 4, n->depth, F("case %d: { ", n->id));
        case_communication(e, t, n);
    }
    edit_close(e, n->body.end, n->depth, "; } break; ");
}

// ---- go and defer ------------------------------------------------------------------------------
static void block(Edits *e, const Tree *t, const Node *n) {
    const char *guard = F("if (!gocc_mark(%d)) ; else ", n->id);
    if (!n->n_args) {
        edit_replace(e, n->keyword, n->body.start, n->depth, guard);
        return;
    }
    edit_replace(e, n->keyword, n->args[0].start, n->depth, "{ ");
    Buffer copies = {0};
    for (int i = 0; i < n->n_args; i++) {
        Span name = marker_copy_name(t, n->args[i]);
        const char *text = span_text(t, name);
        edit_replace(e, name.start, name.end, n->depth, F("gocc_k%d_%s", n->id, text));
        buffer_printf(&copies, " __typeof__(gocc_k%d_%s) %s;", n->id, text, text);
        if (i + 1 < n->n_args)
            edit_replace(e, n->args[i].end, n->args[i + 1].start, n->depth, "; ");
    }
    edit_replace(e, n->args[n->n_args - 1].end, n->body.start, n->depth, F("; %s", guard));
    edit_open(e, n->body.start + 1, n->depth, copies.data);
    edit_close(e, n->body.end, n->depth, " }");
}

static void go_or_defer(Edits *e, const Tree *t, const Node *n) {
    if (n->is_block) {
        block(e, t, n);
        return;
    }
    edit_replace(e, n->keyword, n->callee.start, n->depth, F("{ gocc_mark(%d); ", n->id));
    edit_close(e, n->span.end, n->depth, " }");
}

// ---- words -------------------------------------------------------------------------------------
// `word(` and `)` around the only argument; the argument becomes gocc_<letter><id>.
static void around_argument(Edits *e, const Node *n, const char *open, const char *close) {
    size_t start = n->n_args ? n->args[0].start : n->rparen;
    between(e, n, n->keyword, start, F(open, n->id));
    between(e, n, n->n_args ? n->args[n->n_args - 1].end : n->rparen, n->rparen + 1,
            F(close, n->id, n->id));
}

static void make(Edits *e, const Node *n) {
    if (n->n_args < 1)
        return;
    between(e, n, n->keyword, n->args[0].start,
            F("(__extension__ ({ __typeof__("));
    if (n->n_args > 1) {
        between(e, n, n->args[0].end, n->args[1].start,
                F(") gocc_c%d = 0; __auto_type gocc_n%d = (", n->id, n->id));
        between(e, n, n->args[n->n_args - 1].end, n->rparen + 1, F("); gocc_c%d; }))", n->id));
    } else {
        between(e, n, n->args[0].end, n->rparen + 1, F(") gocc_c%d = 0; gocc_c%d; }))", n->id, n->id));
    }
}

static void any_test(Edits *e, const Node *n) {
    if (n->n_args < 2)
        return;
    between(e, n, n->keyword, n->args[0].start,
            F("(%s(__extension__ ({ struct go_any gocc_a%d = (", n->word == W_ANY_AS ? "*" : "",
              n->id));
    between(e, n, n->args[0].end, n->args[1].start, F("); __typeof__("));
    between(e, n, n->args[1].end, n->rparen + 1,
            F(") *gocc_T%d = gocc_any_pointer(); %s; })))", n->id,
              n->word == W_ANY_AS ? F("gocc_T%d", n->id) : "(_Bool)0"));
}

static void call(Edits *e, const Node *n) {
    switch (n->word) {
    case W_MAKE: make(e, n); break;
    case W_NEW:
        around_argument(e, n, "(__extension__ ({ __typeof__(",
                        ") *gocc_T%d = gocc_any_pointer(); gocc_T%d; }))");
        break;
    case W_LEN:
    case W_CAP:
        around_argument(e, n, "(__extension__ ({ __auto_type gocc_c%d = (", "); (void)gocc_c%d; 0L; }))");
        break;
    case W_CLOSE:
        if (!n->system_name)
            around_argument(e, n, "(__extension__ ({ __auto_type gocc_c%d = (", "); (void)gocc_c%d; }))");
        break;
    case W_PANIC:
        around_argument(e, n, "(__extension__ ({ __auto_type gocc_v%d = ((void)0, (",
                        ")); (void)gocc_v%d; gocc_raise(); }))");
        break;
    case W_PANICF: edit_replace(e, n->keyword, n->keyword + 6, n->depth, "go_panicf"); break;
    case W_ANY_STRING:
        edit_replace(e, n->keyword, n->keyword + 10, n->depth, "go_any_string");
        break;
    case W_RECOVER:
        edit_replace(e, n->keyword, n->rparen + 1, n->depth, F("gocc_recover(%d)", n->id));
        break;
    case W_ANY_IS:
    case W_ANY_AS: any_test(e, n); break;
    default: break;
    }
}

static void word(Edits *e, const Node *n, const Facts *known) {
    const char *text = n->word == W_ANY ? "struct go_any" : "go__errno";
    if (n->word == W_RESULT) {
        Function *f = known ? facts_function_at(known, n->span.start) : NULL;
        const char *type = f && !f->result.is_void ? f->result_type : "int";
        text = F("(*(%s *)gocc_result())", type);
    }
    edit_replace(e, n->span.start, n->span.end, n->depth, text);
}

static void node(Edits *e, const Tree *t, const Node *n, const Facts *known) {
    if (n->is_comparison)
        return;
    switch (n->kind) {
    case N_UNIT: break;
    case N_ERROR: edit_replace(e, n->span.start, n->span.end, n->depth, n->instead); break;
    case N_SELECT:
        edit_replace(e, n->keyword, n->keyword + 6, n->depth,
                     F("switch (gocc_select(%d))", n->id));
        break;
    case N_CHAN: marker_channel_type(e, n); break;
    case N_RECV: receive(e, n, n->span.start); break;
    case N_SEND: send(e, n, n->span.end); break;
    case N_RECV2: n->declares ? receive2_declares(e, t, n) : receive2(e, t, n); break;
    case N_GO:
    case N_DEFER: go_or_defer(e, t, n); break;
    case N_CASE: select_case(e, t, n); break;
    case N_RANGE: range(e, t, n); break;
    case N_CALL: call(e, n); break;
    case N_WORD: word(e, n, known); break;
    }
}

Edits *marker_make(Tree *t, const Facts *known) {
    Edits *e = edits_new(t->source);
    for (int i = 1; i <= t->n_nodes; i++)
        node(e, t, t->by_id[i], known);
    return e;
}
