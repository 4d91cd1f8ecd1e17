// tree.c - constructs become nodes, nodes become a tree.
//
// The grammar calls a node_ function per construct, inner ones first. Each makes one flat node with
// its spans; when all are there they are sorted by where they start (the wider first), and nesting
// of spans gives parents: no list is ever spliced. Spans hold tokens only, no blanks around them,
// but for a case's body, which reaches from its colon to the next case.
#include "gocc.tab.h"
#include "tokens.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static void error_at(Reader *r, int token, const char *format, va_list args) {
    char message[512];
    vsnprintf(message, sizeof message, format, args);
    size_t at = token < (int)r->n ? r->v[token].span.start : r->source->length;
    diag_at(r->source, at, DIAG_ERROR, "%s", message);
    r->n_errors++;
}

void reader_error(Reader *r, int token, const char *format, ...) {
    va_list args;
    va_start(args, format);
    error_at(r, token, format, args);
    va_end(args);
}

static size_t start_of(const Reader *r, int token) {
    return r->v[token].span.start;
}

// The text of the tokens [first, end), or {0, 0} if there are none.
static Span span_of(const Reader *r, int first, int end) {
    if (first < 0 || end <= first)
        return (Span){0, 0};
    return (Span){r->v[first].span.start, r->v[end - 1].span.end};
}

static Node *node_new(Reader *r, NodeKind kind, int first, int end) {
    Node *n = arena_alloc(sizeof *n);
    n->kind = kind;
    n->span = span_of(r, first, end);
    n->keyword = n->arrow = n->comma = n->assign = n->colon = n->semicolon = n->lparen = n->rparen =
        NO_OFFSET;
    *ARENA_PUSH(r->nodes, r->n_nodes, r->cap_nodes) = n;
    return n;
}

void node_error(Reader *r, int first, int end, const char *instead, int at, const char *format,
                ...) {
    va_list args;
    va_start(args, format);
    error_at(r, at, format, args);
    va_end(args);
    node_new(r, N_ERROR, first, end)->instead = instead;
}

// The parts of ( ... ) between its commas.
static void node_args(Reader *r, Node *n, int open, int close) {
    size_t count = 0, cap = 0;
    n->lparen = start_of(r, open);
    n->rparen = start_of(r, close);
    if (close == open + 1)
        return;
    int first = open + 1;
    for (int i = first; i <= close; i++) {
        if (i == close || r->v[i].code == C_COMMA) {
            *ARENA_PUSH(n->args, count, cap) = span_of(r, first, i);
            first = i + 1;
        } else if (r->v[i].match > i && r->v[i].code < C_SEMI)
            i = r->v[i].match;
    }
    n->n_args = (int)count;
}

void node_chan(Reader *r, int first, int word, int open, int close, Direction direction) {
    if (close == open + 1) {
        node_error(r, first, close + 1, "int", close,
                   "expected the type of an element in 'chan( )'");
        return;
    }
    Node *n = node_new(r, N_CHAN, first, close + 1);
    n->keyword = start_of(r, word);
    if (direction != DIR_BOTH)
        n->arrow = start_of(r, direction == DIR_SEND ? word + 1 : first);
    n->lparen = start_of(r, open);
    n->rparen = start_of(r, close);
    n->operand = span_of(r, open + 1, close);
    n->direction = direction;
}

static Word word_of(Code c) {
    if (c == X_ANY)
        return W_ANY;
    if (c == X_RESULT)
        return W_RESULT;
    return c == X_ERRNO ? W_ERRNO : (Word)(W_MAKE + (c - X_MAKE));
}

void node_call(Reader *r, int word, int open, int close) {
    Node *n = node_new(r, N_CALL, word, close + 1);
    n->word = word_of(r->v[word].code);
    n->keyword = start_of(r, word);
    n->system_name = r->v[word].flags & F_SYSTEM_NAME;
    node_args(r, n, open, close);
}

void node_word(Reader *r, int word) {
    Node *n = node_new(r, N_WORD, word, word + 1);
    n->word = word_of(r->v[word].code);
    n->keyword = start_of(r, word);
}

void node_receive(Reader *r, int arrow) {
    int last = r->v[arrow].match;
    if (last < 0) {
        node_error(r, arrow, arrow + 1, "0", arrow, "expected an operand after '<-'");
        return;
    }
    Node *n = node_new(r, N_RECV, arrow, last + 1);
    n->arrow = start_of(r, arrow);
    n->operand = span_of(r, arrow + 1, last + 1);
}

static Node *node_go(Reader *r, int word, int end) {
    Node *n = node_new(r, r->v[word].code == X_GO ? N_GO : N_DEFER, word, end);
    n->keyword = start_of(r, word);
    return n;
}

// What is wrong with a go or defer statement that is no call; `last` is where a call ended, or -1.
static void go_error(Reader *r, int word, int last, int end) {
    const char *name = r->v[word].code == X_GO ? "go" : "defer";
    const char *instead = r->v[end].code == C_SEMI ? "" : ";";
    bool call = last >= 0 && (last + 1 == end || is_word(r->v[last + 1].code));
    if (call)
        node_error(r, word, end, instead, last + 1, "expected ';' after the call of '%s'", name);
    else
        node_error(r, word, end, instead, word + 1, "expected a call after '%s'", name);
}

// `go callee(args);`: `end` is the semicolon, or the brace that stands in its place.
void node_go_call(Reader *r, int word, int end) {
    int last = word + 1 < end ? operand_end(r, word + 1, end) : -1;
    int open = last >= 0 && r->v[last].code == C_RPAREN ? r->v[last].match : -1;
    bool call = open > word + 1 && r->v[open].flags & F_CALL;
    if (!call || last + 1 < end || r->v[end].code != C_SEMI) {
        go_error(r, word, call ? last : -1, end);
        return;
    }
    Node *n = node_go(r, word, end + 1);
    n->callee = span_of(r, word + 1, open);
    n->semicolon = start_of(r, end);
    node_args(r, n, open, last);
}

void node_go_block(Reader *r, int word, int copies, int copies_end, int open, int close) {
    Node *n = node_go(r, word, close + 1);
    n->is_block = true;
    n->body = span_of(r, open, close + 1);
    if (copies < 0)
        return;
    n->head = span_of(r, copies + 1, copies_end);
    node_args(r, n, copies, copies_end);
}

void node_send(Reader *r, int first, int arrow, int end) {
    Node *n = node_new(r, N_SEND, first, end + 1);
    n->operand = span_of(r, first, arrow);
    n->value = span_of(r, arrow + 1, end);
    n->arrow = start_of(r, arrow);
    n->semicolon = start_of(r, end);
}

// What a two-value receive and a case have in common: what stands before `=` or `<-`.
static void node_targets(Reader *r, Node *n, int first, int comma, int assign, int arrow, int end) {
    n->arrow = start_of(r, arrow);
    n->operand = span_of(r, arrow + 1, end);
    n->declares = r->v[first].flags & F_DECLARES;
    if (assign < 0)
        return;
    n->assign = start_of(r, assign);
    n->target = span_of(r, first, comma < 0 ? assign : comma);
    if (comma < 0)
        return;
    n->comma = start_of(r, comma);
    n->target2 = span_of(r, comma + 1, assign);
}

void node_receive2(Reader *r, int first, int comma, int assign, int arrow, int end) {
    if (!receive2_check(r, first, comma, assign, end))
        return;
    Node *n = node_new(r, N_RECV2, first, end + 1);
    node_targets(r, n, first, comma, assign, arrow, end);
    n->semicolon = start_of(r, end);
}

void node_range(Reader *r, int word, int open, int colon, int close) {
    if (!range_check(r, open, colon))
        return;
    Node *n = node_new(r, N_RANGE, word, close + 1);
    n->keyword = start_of(r, word);
    n->target = span_of(r, open + 1, colon);
    n->operand = span_of(r, colon + 1, close);
    n->colon = start_of(r, colon);
    n->lparen = start_of(r, open);
    n->rparen = start_of(r, close);
}

static Node *node_any_case(Reader *r, int word, int colon, Comm comm) {
    Node *n = node_new(r, N_CASE, word, colon + 1);
    n->keyword = start_of(r, word);
    n->colon = start_of(r, colon);
    n->comm = comm;
    n->body = (Span){n->colon + 1, start_of(r, r->v[word].match)};
    n->span.end = n->body.end;
    return n;
}

void node_case_error(Reader *r, int word, int colon, int at, const char *message) {
    reader_error(r, at, "%s", message);
    node_any_case(r, word, colon, COMM_ERROR);
}

void node_case(Reader *r, int word, int first, int comma, int assign, int arrow, int colon,
               Comm comm) {
    if (comma >= 0 && !receive2_check(r, first, comma, assign, -1))
        comm = COMM_ERROR;
    Node *n = node_any_case(r, word, colon, comm);
    if (comm == COMM_ERROR)
        return;
    if (comm == COMM_DEFAULT)
        return;
    node_targets(r, n, first, comma, assign, arrow, colon);
    if (comm != COMM_SEND)
        return;
    n->value = n->operand;
    n->operand = span_of(r, first, arrow);
}

void node_select(Reader *r, int word, int open, int close) {
    Node *n = node_new(r, N_SELECT, word, close + 1);
    n->keyword = start_of(r, word);
    n->body = span_of(r, open, close + 1);
    select_check(r, open, close);
}

// ---- the tree -----------------------------------------------------------------------------------

static int node_compare(const void *a, const void *b) {
    const Node *x = *(Node *const *)a, *y = *(Node *const *)b;
    if (x->span.start != y->span.start)
        return x->span.start < y->span.start ? -1 : 1;
    if (x->span.end != y->span.end)
        return x->span.end > y->span.end ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

static void tree_append(Node *parent, Node *n) {
    n->parent = parent;
    n->depth = parent->depth + 1;
    if (parent->last)
        parent->last->next = n;
    else
        parent->first = n;
    parent->last = n;
}

// Whether a node is inside text that marker C leaves out.
static bool is_left_out(const Node *parent, const Node *n) {
    return parent->kind == N_ERROR ||
           (parent->kind == N_CASE && parent->comm == COMM_ERROR && n->span.start < parent->colon);
}

// The innermost node around offset `at`, going up from n.
static Node *tree_around(Node *n, size_t at) {
    while (n->parent && n->span.end <= at)
        n = n->parent;
    return n;
}

// Constructs within constructs, each checked and lowered by stages that may recurse: far more than
// anyone writes.
enum { MAX_DEPTH = 250 };

static void tree_too_deep(Tree *t, const Node *n) {
    diag_at(t->source, n->span.start, DIAG_ERROR, "constructs are nested more than %d deep",
            MAX_DEPTH);
    t->n_errors++;
    t->broken = true;
}

static void tree_link(Tree *t, Node **nodes, size_t n) {
    Node *inner = t->root;
    t->by_id = arena_alloc((n + 1) * sizeof *t->by_id);
    t->by_id[0] = t->root;
    for (size_t i = 0; i < n; i++) {
        inner = tree_around(inner, nodes[i]->span.start);
        if (is_left_out(inner, nodes[i]))
            continue;
        tree_append(inner, nodes[i]);
        inner = nodes[i];
        if (inner->depth > MAX_DEPTH && !t->broken)
            tree_too_deep(t, inner);
        inner->id = ++t->n_nodes;
        t->by_id[inner->id] = inner;
    }
}

static Tree *tree_new(Source *source) {
    Tree *t = arena_alloc(sizeof *t);
    t->source = source;
    t->root = arena_alloc(sizeof *t->root);
    t->root->kind = N_UNIT;
    t->root->span = (Span){0, source->length};
    t->by_id = arena_alloc(sizeof *t->by_id);
    t->by_id[0] = t->root;
    return t;
}

// Where the grammar gave up, in text that is being typed: the construct's last word before it becomes text, and all is read again.
// False: there is none.
static bool drop_failure(Reader *r) {
    for (int i = r->failed < (int)r->n ? r->failed : (int)r->n - 1; i >= 0; i--) {
        int c = r->v[i].cls;
        if (c == T_TEXT || (c >= T_SEMI && c <= T_INIT_CLOSE))
            continue;
        r->v[i].cls = T_TEXT;
        r->v[i].flags &= (uint8_t)~(F_SEND | F_RECV2 | F_MISSING);
        r->n_nodes = 0;
        r->failed = -1;
        return true;
    }
    return false;
}

static void parse(Reader *r) {
    enum { RETRIES = 30 };
    reader_parse(r);
    for (int i = 0; r->raw && r->failed >= 0 && i < RETRIES && drop_failure(r); i++)
        reader_parse(r);
}

static Tree *tree_build(Reader *r, LevelKind outermost) {
    Tree *t = tree_new(r->source);
    reader_classify(r, outermost);
    if (text_check(r) && r->constructs)
        parse(r);
    includes_check(r);
    t->tokens = (Tokens){r->v, r->n};
    t->n_errors = r->n_errors;
    t->broken = r->broken;
    if (r->n_nodes) {
        qsort(r->nodes, r->n_nodes, sizeof *r->nodes, node_compare);
        tree_link(t, r->nodes, r->n_nodes);
    }
    return t;
}

static Reader *reader_new(Source *source) {
    Reader *r = arena_alloc(sizeof *r);
    r->source = source;
    r->failed = -1;
    names_init(&r->names);
    reader_scan(r);
    return r;
}

Tree *tree_read(Source *source) {
    return tree_build(reader_new(source), L_FILE);
}

Tree *tree_read_raw(Source *source, const RawNames *given, RawNames *declared) {
    Reader *r = reader_new(source);
    r->raw = true;
    names_give(&r->names, given);
    reader_balance(r, given->in_block);
    Tree *t = tree_build(r, given->in_block ? L_BLOCK : L_FILE);
    if (declared)
        names_tell(&r->names, declared);
    return t;
}

// A node that only means something beside others: what it claims is C as well.
static bool node_may_be_c(const Node *n) {
    return n->kind == N_SEND || (n->kind == N_CALL && n->system_name) ||
           (n->kind == N_WORD && n->word == W_ERRNO);
}

// Without a channel type or a construct that C cannot read, no operand can be a channel: `a <- b;`
// compares, close is POSIX's.
bool tree_needs_translation(const Tree *t) {
    if (t->broken)
        return false;
    for (int i = 1; i <= t->n_nodes; i++)
        if (!node_may_be_c(t->by_id[i]))
            return true;
    return tree_marks_noescape(t);
}
