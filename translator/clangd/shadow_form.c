// shadow_form.c - the form that each construct has in the shadow.
//
// The translator's marker C serves facts; the shadow serves people: clangd prints parts of it, completes in it, and sees it half
// typed. So forms are expressions where they can be, every word of the user stays in place, and a construct with an error keeps its text:
//   <-c               (*(**(c))(gocc_t))            chan(T) is a pointer to a pointer to a function that returns a T *
//   c <- v;           { *(**(c))(gocc_t) = (v); }
//   go f(x);          { (void)f(x); }
//   go { ... }        if (!gocc_mark(1)) ; else { ... }
//   select { case }   switch (gocc_select(1)) { case 2: { ...; } break; default: __builtin_unreachable(); }
//   make(T, n)        ((T)gocc_make(0, (n)))
// What a block copies is declared again at its head, under its own name, which is moved there from the list of copies: the initialiser
// may mention another variable of that name.
#include "shadow.h"
#include "translate.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define F arena_format

static void open_at(Reading *r, size_t at, int depth, const char *text) {
    edit_open(r->edits, at + r->delta, depth, text);
}

static void close_at(Reading *r, size_t at, int depth, const char *text) {
    edit_close(r->edits, at + r->delta, depth, text);
}

// What a construct that is being typed lacks has no place.
static void replace(Reading *r, const Node *n, size_t start, size_t end, const char *text) {
    if (start < n->span.start)
        return;
    if (start >= end)
        open_at(r, start, n->depth, text);
    else
        edit_replace(r->edits, start + r->delta, end + r->delta, n->depth, text);
}

Span reading_word(const Reading *r, size_t at) {
    const Tree *t = r->tree;
    size_t i = tree_token_at(t, at);
    return i < t->tokens.n ? t->tokens.v[i].span : (Span){at, at};
}

static const char *text_of(const Reading *r, Span s) {
    return arena_strndup(r->tree->source->text + s.start, s.end - s.start);
}

static bool word_is(const Reading *r, Span s, const char *word) {
    return s.end - s.start == strlen(word) && !memcmp(r->tree->source->text + s.start, word, strlen(word));
}

// A macro's body is a statement without its semicolon: the one that is there has no width.
static bool lacks_semicolon(const Node *n) {
    return n->semicolon != NO_OFFSET && n->semicolon == n->span.end;
}

// ---- channels -----------------------------------------------------------------------------------

// Nothing but words: `struct job`. Then the type reads as it stands, and clangd has less to do.
static bool is_plain_type(const Reading *r, Span s) {
    for (size_t i = s.start; i < s.end; i++) {
        char c = r->tree->source->text[i];
        if (!isalnum((unsigned char)c) && c != '_' && c != ' ')
            return false;
    }
    return true;
}

static void channel_type(Reading *r, const Node *n) {
    static const char *const tail[] = {
        [DIR_BOTH] = " *(**)(struct gocc_chan))",
        [DIR_SEND] = " *(*const *)(struct gocc_chan))",
        [DIR_RECV] = " *(*volatile *)(struct gocc_chan))",
    };
    bool plain = is_plain_type(r, n->operand);
    replace(r, n, n->span.start, n->operand.start, plain ? "__typeof__(" : "__typeof__(__typeof__(");
    replace(r, n, n->operand.end, n->span.end, F("%s%s", plain ? "" : ")", tail[n->direction]));
}

static void receive(Reading *r, const Node *n, const char *before) {
    replace(r, n, n->arrow, n->operand.start, F("%s(*(**(", before));
    close_at(r, n->operand.end, n->depth, "))(gocc_t))");
}

static void send(Reading *r, const Node *n, size_t end) {
    bool expression = n->kind == N_SEND && lacks_semicolon(n);
    open_at(r, n->operand.start, n->depth, expression ? "(*(**(" : "{ *(**(");
    const Tree *t = r->tree;
    size_t value = tree_token_at(t, n->value.start), start = n->value.start;
    if (value > 0 && word_is(r, t->tokens.v[value - 1].span, "<-"))
        start = t->tokens.v[value - 1].span.end; // blanks stay: one may be completing in them
    replace(r, n, n->operand.end, start, "))(gocc_t) = (");
    replace(r, n, n->value.end, end, expression ? "))" : "); }");
}

static void receive2_assigns(Reading *r, const Node *n, size_t end) {
    open_at(r, n->target.start, n->depth, F("{ __auto_type gocc_p%d = &(", n->id));
    replace(r, n, n->target.end, n->target2.start, F("); __auto_type gocc_q%d = &(", n->id));
    replace(r, n, n->target2.end, n->operand.start, F("); __auto_type gocc_c%d = (", n->id));
    replace(r, n, n->operand.end, end,
            F("); *gocc_p%d = *(**gocc_c%d)(gocc_t); *gocc_q%d = (_Bool)1; }", n->id, n->id, n->id));
}

// A variable that a receive declares is assigned after its declaration: `const` of the variable itself is dropped.
static void drop_const(Reading *r, const Node *n) {
    const Tree *t = r->tree;
    size_t from = tree_token_at(t, n->target.start), first = from;
    for (size_t i = first; i < t->tokens.n && t->tokens.v[i].span.start < n->target.end; i++)
        if (word_is(r, t->tokens.v[i].span, "*") || word_is(r, t->tokens.v[i].span, "("))
            from = i;
    for (size_t i = from; i < t->tokens.n && t->tokens.v[i].span.start < n->target.end; i++)
        if (word_is(r, t->tokens.v[i].span, "const"))
            replace(r, n, t->tokens.v[i].span.start, t->tokens.v[i].span.end, "");
}

static void receive2_declares(Reading *r, const Node *n) {
    const char *name = text_of(r, marker_copy_name(r->tree, n->target));
    drop_const(r, n);
    replace(r, n, n->target.end, n->target2.start, "; ");
    replace(r, n, n->target2.end, n->operand.start, F(" = ((void)(%s = *(**(", name));
    close_at(r, n->operand.end, n->depth, "))(gocc_t)), 1)");
}

static void range(Reading *r, const Node *n) {
    const char *name = text_of(r, marker_copy_name(r->tree, n->target));
    drop_const(r, n);
    replace(r, n, n->target.end, n->operand.start, F("; (void)(%s = *(**(", name));
    replace(r, n, n->operand.end, n->rparen, "))(gocc_t)), 1; ");
}

// ---- select -------------------------------------------------------------------------------------

static void case_communication(Reading *r, const Node *n) {
    size_t end = n->colon + 1;
    if (n->comm == COMM_SEND) {
        send(r, n, end);
        return;
    }
    if (n->target2.end && !n->declares) {
        receive2_assigns(r, n, end);
        return;
    }
    if (n->target2.end)
        receive2_declares(r, n);
    else
        receive(r, n, n->target.end ? "" : "(void)");
    replace(r, n, n->colon, end, ";");
}

// A select without default waits until one of its cases goes on.
static void select_end(Reading *r, const Node *n) {
    bool has_default = false;
    for (const Node *c = n->first; c; c = c->next)
        has_default |= c->kind == N_CASE && c->comm == COMM_DEFAULT;
    size_t end = n->body.end;
    if (!has_default && end > n->body.start + 1 && r->tree->source->text[end - 1] == '}')
        open_at(r, end - 1, n->depth, "default: __builtin_unreachable(); ");
}

static void select_case(Reading *r, const Node *n) {
    if (n->comm == COMM_DEFAULT) {
        replace(r, n, n->colon, n->colon + 1, ": {");
    } else {
        replace(r, n, n->keyword, n->keyword + 4, F("case %d: {", n->id));
        if (n->comm == COMM_ERROR)
            replace(r, n, n->colon, n->colon + 1, ";");
        else
            case_communication(r, n);
    }
    close_at(r, n->body.end, n->depth, "; } break; ");
}

// ---- go and defer -------------------------------------------------------------------------------

static void go_call(Reading *r, const Node *n) {
    bool statement = !lacks_semicolon(n);
    replace(r, n, n->keyword, n->callee.start, statement ? "{ (void)" : "(void)");
    if (statement)
        close_at(r, n->span.end, n->depth, " }");
}

static void go_block(Reading *r, const Node *n) {
    const char *guard = F("if (!gocc_mark(%d)) ; else ", n->id);
    *ARENA_PUSH(r->out->blocks, r->out->n_blocks, r->out->cap_blocks) =
        (Span){n->body.start + r->delta, n->body.end + r->delta};
    if (!n->n_args) {
        replace(r, n, n->keyword, n->body.start, guard);
        return;
    }
    replace(r, n, n->keyword, n->args[0].start, "{ ");
    for (int i = 0; i < n->n_args; i++) {
        Span name = marker_copy_name(r->tree, n->args[i]);
        if (name.end)
            replace(r, n, name.start, name.end, F("gocc_k%d_%s", n->id, text_of(r, name)));
        if (i + 1 < n->n_args)
            replace(r, n, n->args[i].end, n->args[i + 1].start, "; ");
    }
    replace(r, n, n->args[n->n_args - 1].end, n->body.start, F("; %s", guard));
    close_at(r, n->body.end, n->depth, " }");
}

// Where the declarator of a copy ends: before its `=`.
static size_t declarator_end(const Reading *r, Span copy) {
    const Tree *t = r->tree;
    size_t last = copy.start;
    for (size_t i = tree_token_at(t, copy.start); i < t->tokens.n && t->tokens.v[i].span.start < copy.end; i++) {
        if (word_is(r, t->tokens.v[i].span, "="))
            break;
        if (t->tokens.v[i].match > (int)i)
            i = (size_t)t->tokens.v[i].match;
        last = t->tokens.v[i].span.end;
    }
    return last;
}

static Span shifted(const Reading *r, size_t start, size_t end) {
    return (Span){start + r->delta, end + r->delta};
}

// `int id = i` gives ` int id;`; what has no type of its own, ` __typeof__(gocc_k1_id) id;`.
static void declare_copy(Reading *r, const Node *n, Span copy) {
    Span name = marker_copy_name(r->tree, copy);
    size_t at = n->body.start + 1 + r->delta, end = declarator_end(r, copy);
    if (!name.end || end < name.end)
        return;
    const char *before = edits_render(r->edits, shifted(r, copy.start, name.start));
    const char *after = edits_render(r->edits, shifted(r, name.end, end));
    if (strchr(after, '[') || strstr(before, "auto") || name.start == copy.start) {
        before = F("__typeof__(gocc_k%d_%s) ", n->id, text_of(r, name));
        after = "";
    }
    edit_open(r->edits, at, n->depth, F(" %s", before));
    edit_move(r->edits, at, n->depth, shifted(r, name.start, name.end));
    edit_open(r->edits, at, n->depth, F("%s;", after));
}

void form_copies(Reading *r, const Node *n) {
    for (int i = 0; n->is_block && i < n->n_args; i++)
        declare_copy(r, n, n->args[i]);
}

// ---- words --------------------------------------------------------------------------------------

static void rename_word(Reading *r, const Node *n, const char *text) {
    Span word = reading_word(r, n->keyword);
    replace(r, n, word.start, word.end, text);
}

static void make(Reading *r, const Node *n) {
    replace(r, n, n->keyword, n->args[0].start, "((");
    if (n->n_args > 1) {
        replace(r, n, n->args[0].end, n->args[1].start, ")gocc_make(0, (");
        replace(r, n, n->args[n->n_args - 1].end, n->span.end, ")))");
    } else
        replace(r, n, n->args[0].end, n->span.end, ")gocc_make(0))");
}

static void any_test(Reading *r, const Node *n) {
    bool is = n->word == W_ANY_IS;
    replace(r, n, n->keyword, n->args[0].start, is ? "gocc_any_is((" : "(*(gocc_any_as(");
    replace(r, n, n->args[0].end, n->args[1].start, is ? "), (__typeof__(" : "), (__typeof__(");
    replace(r, n, n->args[1].end, n->span.end, is ? ") *)0)" : ") *)gocc_any_pointer()))");
}

// A call that lacks its arguments yet keeps its parentheses, to be completed in.
static bool is_half(const Node *n) {
    int least = n->word == W_ANY_IS || n->word == W_ANY_AS                                                            ? 2
                : n->word == W_MAKE || n->word == W_NEW || n->word == W_PANIC || n->word == W_LEN || n->word == W_CAP ? 1
                                                                                                                      : 0;
    if (n->n_args < least)
        return true;
    for (int i = 0; i < n->n_args; i++)
        if (n->args[i].start == n->args[i].end)
            return true;
    return false;
}

static void call(Reading *r, const Node *n) {
    static const char *const names[] = {[W_LEN] = "gocc_len", [W_CAP] = "gocc_cap", [W_PANICF] = "go_panicf", [W_RECOVER] = "gocc_recover", [W_ANY_STRING] = "go_any_string"};
    if (is_half(n))
        rename_word(r, n, "gocc_half");
    else if (n->word == W_MAKE)
        make(r, n);
    else if (n->word == W_NEW) {
        replace(r, n, n->keyword, n->args[0].start, "((__typeof__(");
        replace(r, n, n->args[n->n_args - 1].end, n->span.end, ") *)gocc_any_pointer())");
    } else if (n->word == W_PANIC) {
        replace(r, n, n->keyword, n->args[0].start, "gocc_panic(0, (");
        replace(r, n, n->args[n->n_args - 1].end, n->span.end, "))");
    } else if (n->word == W_ANY_IS || n->word == W_ANY_AS)
        any_test(r, n);
    else if (n->word != W_CLOSE && names[n->word])
        rename_word(r, n, names[n->word]);
}

// ---- brackets that the source lacks ----

// The form of the construct has a bracket of its own in the place of this one.
static bool replaces_bracket(const Node *n, size_t open) {
    if (n->lparen != open)
        return false;
    if (n->kind == N_CALL)
        return !is_half(n) && (n->word == W_MAKE || n->word == W_NEW || n->word == W_PANIC || n->word == W_ANY_IS || n->word == W_ANY_AS);
    return n->kind == N_CHAN || ((n->kind == N_GO || n->kind == N_DEFER) && n->is_block);
}

// What was put in to make brackets pair (tokens_balance.c) is put in for clangd, too: one that is missing does no harm elsewhere.
void form_brackets(Reading *r) {
    const Tree *t = r->tree;
    for (size_t i = 0; i < t->tokens.n; i++) {
        const Token *k = &t->tokens.v[i];
        if (k->span.start != k->span.end || k->match < 0)
            continue;
        size_t open = t->tokens.v[k->match].span.start;
        const Node *n = tree_node_at(t, open);
        char opening = t->source->text[open];
        const char *text = opening == '(' ? ")" : opening == '[' ? "]"
                                                                 : "}";
        if (!replaces_bracket(n, open))
            edit_close_at(r->edits, k->span.start + r->delta, n->depth, 1, text);
    }
}

// ---- constructs with an error -------------------------------------------------------------------

// Where the line ends on which `go` or `defer` is being typed, if the next begins with a word: what follows is another statement.
static size_t typed_end(const Reading *r, const Node *n) {
    const Tokens *t = &r->tree->tokens;
    size_t i = tree_token_at(r->tree, n->span.start);
    for (; i + 1 < t->n && t->v[i + 1].span.start < n->span.end; i++) {
        if (t->v[i].match > (int)i)
            i = (size_t)t->v[i].match;
        if (i + 1 < t->n && t->v[i + 1].kind == TK_WORD &&
            memchr(r->tree->source->text + t->v[i].span.end, '\n', t->v[i + 1].span.start - t->v[i].span.end))
            return t->v[i].span.end;
    }
    return NO_OFFSET;
}

static void broken(Reading *r, const Node *n) {
    Span first = reading_word(r, n->span.start);
    if (word_is(r, first, "go") || word_is(r, first, "defer")) {
        size_t end = typed_end(r, n);
        replace(r, n, first.start, first.end, "");
        if (end != NO_OFFSET)
            open_at(r, end, n->depth, ";");
        else if (strchr(n->instead, ';'))
            close_at(r, n->span.end, n->depth, ";");
    } else if (word_is(r, first, "chan"))
        replace(r, n, first.start, first.end, "__typeof__");
    else if (word_is(r, first, ":"))
        replace(r, n, first.start, first.end, n->instead);
    else if (word_is(r, first, "<-") && n->span.end == first.end)
        replace(r, n, first.start, first.end, "");
}

void form_node(Reading *r, const Node *n) {
    switch (n->kind) {
    case N_UNIT: break;
    case N_ERROR: broken(r, n); break;
    case N_SELECT:
        rename_word(r, n, F("switch (gocc_select(%d))", n->id));
        select_end(r, n);
        break;
    case N_CHAN: channel_type(r, n); break;
    case N_RECV: receive(r, n, ""); break;
    case N_SEND: send(r, n, n->span.end); break;
    case N_RECV2: n->declares ? receive2_declares(r, n) : receive2_assigns(r, n, n->span.end); break;
    case N_GO:
    case N_DEFER: n->is_block ? go_block(r, n) : go_call(r, n); break;
    case N_CASE: select_case(r, n); break;
    case N_RANGE: range(r, n); break;
    case N_CALL: call(r, n); break;
    case N_WORD:
        if (n->word == W_ANY)
            rename_word(r, n, "struct go_any");
        break;
    }
}

// ---- _Result ------------------------------------------------------------------------------------

// The `{` of the function around a token, or -1; *name is the index of the function's name.
static int function_around(const Tree *t, int token, int *name) {
    int open = -1;
    for (int i = 0; i < token; i++) {
        const Token *k = &t->tokens.v[i];
        if (k->match < i || t->source->text[k->span.start] != '{')
            continue;
        if (k->match > token) {
            open = i;
            break;
        }
        i = k->match;
    }
    if (open < 1 || t->source->text[t->tokens.v[open - 1].span.start] != ')')
        return -1;
    *name = t->tokens.v[open - 1].match - 1;
    return *name >= 0 && t->tokens.v[*name].kind == TK_WORD ? open : -1;
}

// `__typeof__(f(a, b)) _Result;` at the head of f: a and b are its parameters.
static void declare_result(Reading *r, int open, int name) {
    const Tree *t = r->tree;
    Buffer text = {0};
    buffer_printf(&text, " __typeof__(%s(", text_of(r, t->tokens.v[name].span));
    int close = open - 1, first = name + 2;
    const char *comma = "";
    for (int i = first; i <= close; i++) {
        if (i < close && t->tokens.v[i].match > i)
            i = t->tokens.v[i].match;
        else if (i == close || word_is(r, t->tokens.v[i].span, ",")) {
            Span parameter = {t->tokens.v[first].span.start, t->tokens.v[i].span.start};
            Span word = i > first ? marker_copy_name(t, parameter) : (Span){0, 0};
            if (word.end && !word_is(r, word, "void"))
                buffer_printf(&text, "%s%s", comma, text_of(r, word));
            comma = word.end ? ", " : comma;
            first = i + 1;
        }
    }
    buffer_puts(&text, ")) _Result;");
    open_at(r, t->tokens.v[open].span.end, 1, arena_strndup(text.data, text.length));
    free(text.data);
}

void form_results(Reading *r) {
    int last = -1;
    for (int i = 1; i <= r->tree->n_nodes; i++) {
        const Node *n = r->tree->by_id[i];
        int name, open;
        if (n->kind != N_WORD || n->word != W_RESULT)
            continue;
        open = function_around(r->tree, (int)tree_token_at(r->tree, n->keyword), &name);
        if (open >= 0 && open != last)
            declare_result(r, open, name);
        last = open >= 0 ? open : last;
    }
}
