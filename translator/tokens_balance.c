// tokens_balance.c - brackets of a text that is being typed, made to pair.
//
// The grammar reads pairs only. An editor's text lacks a brace now and then, and the rest of the file must stay what it was. So where
// the brackets of a whole text do not pair, tokens are put in and taken out; the text itself stays as it is:
//   1. A bracket that is put in has no width, and stands at the end of the token before it.
//   2. A closing bracket that closes nothing is taken out of the tokens.
//   3. A word, or a closing brace, at the start of a line ends the function before it: that is how C is laid out, and it keeps
//      a brace that is missing in one function from eating the next.
//   4. `;` and `}` end what parentheses and square brackets are still open, if these never close.
#include "tokens.h"

typedef struct Balance {
    Reader *r;
    const Token *from;             // the tokens as scanned
    size_t n;
    int *open;                     // stack of indices into r->v
    size_t n_open, cap_open;

} Balance;

static bool opens_bracket(Code c) {
    return c == C_LPAREN || c == C_LBRACKET || c == C_LBRACE;
}

static bool closes_bracket(Code c) {
    return c == C_RPAREN || c == C_RBRACKET || c == C_RBRACE;
}

static Code partner(Code opening) {
    return (Code)(opening + 1);
}

static bool is_balanced(Balance *b) {
    b->n_open = 0;
    for (size_t i = 0; i < b->n; i++) {
        Code c = b->from[i].code;
        if (opens_bracket(c))
            *ARENA_PUSH(b->open, b->n_open, b->cap_open) = (int)i;
        else if (closes_bracket(c) &&
                 (!b->n_open || partner(b->from[b->open[--b->n_open]].code) != c))
            return false;
    }
    return b->n_open == 0;
}

static Code top(const Balance *b) {
    return b->n_open ? (Code)b->r->v[b->open[b->n_open - 1]].code : C_OTHER;
}

static void put(Balance *b, Code code) {
    size_t at = b->r->n ? b->r->v[b->r->n - 1].span.end : 0;
    reader_push(b->r, code, at, at);
}

static void close_top(Balance *b) {
    static const char *const spellings[] = {[C_LPAREN] = "(", [C_LBRACKET] = "[", [C_LBRACE] = "{"};
    reader_error(b->r, b->open[b->n_open - 1], "'%s' is never closed", spellings[top(b)]);
    put(b, partner(top(b)));
    b->n_open--;
}

static void keep(Balance *b, size_t i) {
    if (opens_bracket(b->from[i].code))
        *ARENA_PUSH(b->open, b->n_open, b->cap_open) = (int)b->r->n;
    *ARENA_PUSH(b->r->v, b->r->n, b->r->cap) = b->from[i];
}

// Whether the token begins its line, and is no label.
static bool begins_line(const Balance *b, size_t i) {
    size_t at = b->from[i].span.start;
    if (at > 0 && b->r->source->text[at - 1] != '\n')
        return false;
    Code c = b->from[i].code;
    return c == C_RBRACE || (is_word(c) && !(i + 1 < b->n && b->from[i + 1].code == C_COLON));
}

// Whether the round or square bracket on top finds its partner before the block around it ends: from token i on.
static bool will_close(const Balance *b, size_t i) {
    int depth = 0, braces = 0;
    for (; i < b->n; i++) {
        Code c = b->from[i].code;
        braces += (c == C_LBRACE) - (c == C_RBRACE);
        if (braces < 0 || (begins_line(b, i) && i > 0))
            return false;
        depth += (c == C_LPAREN || c == C_LBRACKET) - (c == C_RPAREN || c == C_RBRACKET);
        if (depth < 0)
            return true;
    }
    return false;
}

static void close_until(Balance *b, size_t left) {
    while (b->n_open > left)
        close_top(b);
}

static size_t count_braces(const Balance *b) {
    size_t n = 0;
    for (size_t i = 0; i < b->n_open; i++)
        n += b->r->v[b->open[i]].code == C_LBRACE;
    return n;
}

static void balance_closing(Balance *b, size_t i) {
    Code c = b->from[i].code;
    if (c == C_RBRACE) {
        if (!count_braces(b))
            return;
        while (top(b) != C_LBRACE)
            close_top(b);
    } else if (b->n_open < 1 || partner(top(b)) != c) {
        bool below = b->n_open > 1 && top(b) != C_LBRACE &&
                     partner(b->r->v[b->open[b->n_open - 2]].code) == c;
        if (!below)
            return;
        close_top(b);
    }
    b->n_open--;
    *ARENA_PUSH(b->r->v, b->r->n, b->r->cap) = b->from[i];
}

static void balance_token(Balance *b, size_t i) {
    Code c = b->from[i].code;
    if (b->n_open && begins_line(b, i))
        close_until(b, c == C_RBRACE ? 1 : 0);
    if (c == C_SEMI)
        while ((top(b) == C_LPAREN || top(b) == C_LBRACKET) && !will_close(b, i))
            close_top(b);
    if (closes_bracket(c))
        balance_closing(b, i);
    else
        keep(b, i);
}

// A macro's body may be a statement that lacks its semicolon.
static void end_statement(Reader *r) {
    Code last = code_at(r, r->n - 1);
    if (r->n && last != C_SEMI && last != C_RBRACE)
        reader_push(r, C_SEMI, r->v[r->n - 1].span.end, r->v[r->n - 1].span.end);
}

void reader_balance(Reader *r, bool in_block) {
    Balance b = {.r = r, .from = r->v, .n = r->n};
    if (!is_balanced(&b)) {
        r->v = NULL;
        r->n = r->cap = b.n_open = 0;
        for (size_t i = 0; i < b.n; i++)
            balance_token(&b, i);
        close_until(&b, 0);
    }
    if (in_block)
        end_statement(r);
}
