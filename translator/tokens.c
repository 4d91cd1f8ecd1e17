// tokens.c - classification: what each token means where it stands, from left to right.
//
// The grammar cannot know whether `<-` is prefix or infix, whether `(T)` is a cast or which brace
// opens a block; one pass with a stack of brackets can, since all of it follows from what came
// before (and one or two tokens ahead):
//   1. `operand` says whether the token before ended an operand; then `<-` is C's, else it
//      receives.
//   2. The top level of the stack knows where the statement started, and whether it is a
//      declaration.
//   3. A statement's meaning is settled at its end (tokens_statement.c).
// Nothing here recurses, and no token is looked at more than a fixed number of times.
#include "tokens.h"
#include "gocc.tab.h"

#include <string.h>

void reader_push(Reader *r, Code code, size_t start, size_t end) {
    static const TokenKind kinds[] = {
        [C_NUMBER] = TK_NUMBER, [C_STRING] = TK_STRING, [C_IDENT] = TK_WORD};
    TokenKind kind = code <= C_STRING && kinds[code] ? kinds[code] : TK_PUNCT;
    if (code == C_IDENT)
        code = names_code(&r->names, r->source->text + start, end - start);
    *ARENA_PUSH(r->v, r->n, r->cap) = (Token){kind, {start, end}, T_TEXT, -1, (uint8_t)code, 0};
}

static bool declares_in_parens(const Level *l, bool type, Code c) {
    if (l->parameters)
        return type || is_name(c);      // also the names of `f(a, b)`
    return type && (l->copies || l->head == K_FOR);
}

// At the file's level everything declares: `main()` has no type. So does everything in a struct.
static bool declares_in_statement(const Level *l, bool type, Code c) {
    if (l->kind == L_FILE && (c == C_STAR || c == C_LPAREN))
        return true;
    return type || (is_name(c) && (l->kind == L_FILE || l->kind == L_STRUCT));
}

// The first token of a statement, parameter or parenthesis.
static void token_first(Reader *r, Level *l, int i, bool starts) {
    Code c = r->v[i].code;
    if (c == K_EXTENSION || (c == C_LBRACKET && code_at(r, i + 1) == C_LBRACKET))
        return;                                // as if it were not there, like [[attributes]]
    l->may_declare = false;
    bool label = starts && code_at(r, i + 1) == C_COLON;
    bool type = !label && token_starts_type(r, i);
    if (l->kind == L_PAREN && type && i == l->open + 1)
        r->v[l->open].flags |= F_TYPE;
    if (l->kind == L_PAREN ? declares_in_parens(l, type, c) : declares_in_statement(l, type, c))
        declare_start(l);
}

static void token_arrow(Reader *r, Level *l, int i) {
    Token *t = &r->v[i];
    if (i > 0 && r->v[i - 1].cls == T_CHAN) {
        t->cls = T_CHAN_SEND;
        return; // as `chan`: a type, so `(` opens no cast
    }
    bool old_style = l->state == D_NAMED && code_at(r, i - 1) == C_RPAREN;
    if ((!r->operand || old_style) && chan_is_type(r, i + 1))
        t->cls = T_CHAN_RECV;
    else if (r->system)
        t->cls = T_TEXT;
    else if (!r->operand) {
        t->cls = T_RECV;
        r->constructs = r->extends = true;
    } else if (l->arrow < 0)
        l->arrow = i;
    r->operand = false;
}

static void token_colon(Reader *r, Level *l, int i) {
    r->operand = false;
    if (l->questions > 0) {
        l->questions--;
        return;
    }
    if (l->kind == L_PAREN && l->head == K_FOR && !l->semicolons &&
        r->v[l->open - 1].cls != T_RANGE)
        range_colon(r, l, i);
    else if (level_is_block(l) && l->label) {
        if (l->select_label) {
            case_end(r, l, i);
            r->v[i].cls = T_CASE_COLON;
        }
        l->label = l->select_label = false;
        l->state = D_NONE;
        l->fresh = true;
    } else if (level_is_block(l) && i - 1 == l->start && is_name(code_at(r, i - 1)))
        l->fresh = true;
    else if (!(l->tag == K_ENUM))
        declare_punct(r, l, i);
}

static void token_comma(Reader *r, Level *l, int i) {
    r->operand = false;
    if (l->parameters || l->copies) {
        l->state = D_NONE;
        l->may_declare = true;
        names_leave_to(&r->names, l->statement_scope);
    } else
        declare_punct(r, l, i);
}

static void token_semicolon(Reader *r, Level *l, int i) {
    r->operand = false;
    if (l->kind == L_PAREN) {
        l->semicolons = true;
        l->state = D_NONE;
        return;
    }
    if (l->kind != L_FILE && l->kind != L_STRUCT && !level_is_block(l))
        return;
    r->v[i].cls = T_SEMI;
    if (level_is_block(l) && !l->unfinished && !l->select_label && !r->system)
        statement_end(r, l, i);
    level_statement(r, l, i);
}

static void token_punct(Reader *r, Level *l, int i) {
    Code c = r->v[i].code;
    if (c != C_COLON && c != C_LPAREN && c != C_LBRACE && c != C_RPAREN)
        l->tag = C_OTHER;
    if (c == C_LPAREN || c == C_LBRACKET || c == C_LBRACE)
        level_open(r, i);
    else if (c == C_RPAREN || c == C_RBRACKET || c == C_RBRACE)
        level_close(r, i);
    else if (c == C_SEMI)
        token_semicolon(r, l, i);
    else if (c == C_COMMA)
        token_comma(r, l, i);
    else if (c == C_COLON)
        token_colon(r, l, i);
    else if (c == C_LARROW)
        token_arrow(r, l, i);
    else if (c == C_NUMBER || c == C_STRING)
        r->operand = true;
    else if (c != C_INCDEC) { // `x++` and `++x` leave things as they are
        r->operand = false;
        if (c == C_QUESTION)
            l->questions++;
        if (c == C_ASSIGN && l->assign < 0)
            l->assign = i;
        if (c == C_ASSIGN)
            declare_punct(r, l, i);
    }
}

static void token_classify(Reader *r, int i) {
    Level *l = level_top(r);
    bool starts = l->fresh;
    Code c = r->v[i].code;
    if (starts) {
        l->fresh = false;
        l->may_declare = true;
        l->start = i;
        l->questions = 0;
        l->arrow = l->assign = -1;
    }
    if (l->may_declare && c != C_RPAREN)
        token_first(r, l, i, starts);
    if (is_word(c))
        word_classify(r, l, i, starts);
    else
        token_punct(r, l, i);
}

// Keeps `system` right for the token at i: line markers only go forward. A system header's macro
// that expands in a user's file has a marker with the system flag as well, but of the same file:
// that text is the user's.
static void follow_marks(Reader *r, int i) {
    const Source *s = r->source;
    size_t at = r->v[i].span.start;
    for (; r->mark < s->n_marks && s->marks[r->mark].offset <= at; r->mark++) {
        const LineMark *mark = &s->marks[r->mark];
        bool same_file = r->mark > 0 && !strcmp(mark->file, mark[-1].file);
        r->system = same_file ? r->system && mark->system : mark->system;
    }
}

void reader_classify(Reader *r, LevelKind outermost) {
    *ARENA_PUSH(r->levels, r->n_levels, r->cap_levels) =
        (Level){.kind = outermost, .open = -1, .arrow = -1, .assign = -1, .fresh = true};
    r->unmatched = r->unmatched_word = r->too_deep = -1;
    for (int i = 0; i < (int)r->n; i++) {
        follow_marks(r, i);
        token_classify(r, i);
    }
    level_finish(r);
    if (r->constructs)
        operands_measure(r);
}
