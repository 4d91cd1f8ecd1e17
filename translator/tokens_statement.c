// tokens_statement.c - what a complete statement with `<-` in it means.
//
// `a <- b;` is a send only as a whole statement, `v, ok = <-c;` has two values only with exactly
// one comma: both are known at the `;`, when all of the statement has been classified. Until then
// `<-` between operands is C's. What is decided is written back into the statement's tokens, so
// that the grammar reads a send as a send.
//
// An operand's extent is measured by walking tokens, brackets in one step. The extent of a receive
// is kept in its token's `match`, filled from right to left, so that `<-<-<-c` costs one step each.
#include "gocc.tab.h"
#include "tokens.h"

static int token_last(const Reader *r, int i) {
    return r->v[i].match > i ? r->v[i].match : i;
}

static bool opens(Code c) {
    return c == C_LPAREN || c == C_LBRACKET || c == C_LBRACE;
}

// Whether the token at i is a prefix operator, if an operand is expected there. *past is the first
// token after it.
static bool is_prefix(const Reader *r, int i, int *past) {
    const Token *t = &r->v[i];
    *past = i + 1;
    if (t->code == C_STAR || t->code == C_UNARY || t->code == C_INCDEC || t->code == K_EXTENSION)
        return true;
    if (t->code == K_SIZEOF) {
        bool type = code_at(r, i + 1) == C_LPAREN && r->v[i + 1].flags & F_TYPE;
        return !type || code_at(r, token_last(r, i + 1) + 1) == C_LBRACE;
    }
    if (t->code == C_LPAREN && t->flags & F_CAST && t->match > i &&
        code_at(r, t->match + 1) != C_LBRACE) {
        *past = t->match + 1;
        return true;
    }
    return false;
}

static int primary_end(const Reader *r, int i, int end) {
    Code c = r->v[i].code;
    if (c == C_STRING) {
        while (i + 1 < end && r->v[i + 1].code == C_STRING)
            i++;
        return i;
    }
    if (c == C_NUMBER || is_name(c) || c == K_OFFSETOF)
        return i;
    if (c == K_SIZEOF)
        return token_last(r, i + 1);
    if (c == C_CARET) { // a clang block: ^{ }, ^(int x) { }
        while (i + 1 < end && opens(r->v[i + 1].code))
            i = token_last(r, i + 1);
        return i;
    }
    if (c != C_LPAREN || r->v[i].match < 0)
        return -1;
    i = r->v[i].match;
    return code_at(r, i + 1) == C_LBRACE && i + 1 < end ? token_last(r, i + 1) : i;
}

// The last token of the unary expression that starts at token i, before token `end`; -1 if there is
// none.
int operand_end(const Reader *r, int i, int end) {
    int past;
    while (i < end) {
        if (r->v[i].cls == T_RECV && r->v[i].match > i)
            return r->v[i].match < end ? r->v[i].match : -1;
        if (r->v[i].cls == T_RECV || r->v[i].cls == T_FROM)
            past = i + 1;
        else if (!is_prefix(r, i, &past))
            break;
        i = past;
    }
    if (i >= end || (i = primary_end(r, i, end)) < 0)
        return -1;
    for (; i + 1 < end; i = token_last(r, i)) {
        Code c = r->v[i + 1].code;
        if (c == C_MEMBER && i + 2 < end)
            i += 2;
        else if (c == C_LPAREN || c == C_LBRACKET || c == C_INCDEC)
            i++;
        else
            break;
    }
    return i < end ? i : -1;
}

void operands_measure(Reader *r) {
    for (int i = (int)r->n - 1; i >= 0; i--)
        if (r->v[i].cls == T_RECV)
            r->v[i].match = operand_end(r, i + 1, (int)r->n);
}

static bool is_operand(const Reader *r, int start, int end) {
    return start < end && operand_end(r, start, end) == end - 1;
}

// The commas of [start, end) outside brackets: how many, and the first.
static int count_commas(const Reader *r, int start, int end, int *first) {
    int n = 0;
    for (int i = start; i < end; i = token_last(r, i) + 1)
        if (r->v[i].code == C_COMMA && n++ == 0)
            *first = i;
    return n;
}

// [start, end) is one variable's declaration with its type: two words in a row, or a type and then
// something.
static bool declares_one(const Reader *r, int start, int end) {
    int words = 0;
    for (int i = start; i < end; i = token_last(r, i) + 1) {
        Code c = r->v[i].code;
        if (is_word(c) && c != K_QUALIFIER)
            words++;
    }
    return words >= 2 && is_word(r->v[start].code) && r->v[start].code != K_ATTRIBUTE;
}

static bool mark_send(Reader *r, int start, int arrow, int end) {
    int comma;
    if (!is_operand(r, start, arrow) || count_commas(r, start, end, &comma))
        return false;
    r->v[arrow].cls = T_SEND;
    return true;
}

// `target = <-operand`, with two targets where there is a comma. A case may have one, a statement
// must have two.
static bool mark_receive(Reader *r, const Level *l, int start, int end, bool one_will_do) {
    int assign = l->assign, comma = -1;
    if (assign < 0 || code_at(r, assign + 1) != C_LARROW || r->v[assign + 1].cls != T_RECV)
        return false;
    if (operand_end(r, assign + 1, end) != end - 1 && assign + 2 < end)
        return false;
    int n = count_commas(r, start, end, &comma);
    if (n > 1 || (n == 0 && !one_will_do) || (n && comma > assign))
        return false;
    bool declares = l->state != D_NONE;
    if (n && declares && !declares_one(r, comma + 1, assign))
        return false;
    if (!declares && !is_operand(r, start, n ? comma : assign))
        return false;
    if (n && !declares && !is_operand(r, comma + 1, assign) && !declares_one(r, comma + 1, assign))
        return false;
    if (n)
        r->v[comma].cls = T_COMMA;
    if (declares)
        r->v[start].flags |= F_DECLARES;
    r->v[assign].cls = T_ASSIGN;
    r->v[assign + 1].cls = T_FROM;
    return true;
}

void statement_end(Reader *r, Level *l, int end) {
    if (l->arrow >= 0 && l->state == D_NONE && (l->assign < 0 || l->assign > l->arrow) &&
        mark_send(r, l->start, l->arrow, end))
        r->v[l->start].flags |= F_SEND;
    else if (l->assign >= 0 && mark_receive(r, l, l->start, end, false))
        r->v[l->start].flags |= F_RECV2;
    else
        return;
    r->constructs = true;
}

void case_end(Reader *r, Level *l, int colon) {
    int start = l->start;
    if (start < colon && r->v[start].cls == T_RECV &&
        (operand_end(r, start, colon) == colon - 1 || start + 1 == colon))
        r->v[start].cls = T_FROM;
    else if (l->arrow >= 0 && (l->assign < 0 || l->assign > l->arrow))
        mark_send(r, start, l->arrow, colon);
    else
        mark_receive(r, l, start, colon, true);
}

void range_colon(Reader *r, Level *l, int colon) {
    r->v[l->open - 1].cls = T_RANGE;
    r->v[l->open - 1].match = colon;
    if (l->state != D_NONE)
        r->v[l->open + 1].flags |= F_DECLARES;
    r->v[colon].cls = T_RANGE_COLON;
    r->constructs = true;
}
