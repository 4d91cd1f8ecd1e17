// tokens_level.c - the stack of open brackets, and where statements begin and end.
//
// What a brace is follows from what stands before it; what a parenthesis is, from its first token
// and the word before it. A scope that a for head, parameters or copies opened lasts until the
// statement ends, which is not at the first `;`: `else` and the `while` of a `do` go on.
//
// Brackets that do not pair are C's error to report, unless the text has constructs: the first one
// is remembered. Looking for a partner stays within two levels for `)` and `]`; a `}` closes
// everything up to the next brace.
#include "gocc.tab.h"
#include "tokens.h"

// C compilers recurse on brackets: gcc's crashes between 25,000 and 30,000 of them, and takes minutes for
// 100,000 blocks. Nobody's program comes near, so the limit holds for plain C, too.
enum { MAX_LEVELS = 20000 };

static Level *level_push(Reader *r, LevelKind kind, int i) {
    Level *l = ARENA_PUSH(r->levels, r->n_levels, r->cap_levels);
    *l = (Level){.kind = kind,
                 .open = i,
                 .scope = r->names.scope,
                 .start = i + 1,
                 .arrow = -1,
                 .assign = -1,
                 .last_case = -1,
                 .statement_scope = r->names.scope,
                 .opaque = r->n_levels > 1 && l[-1].opaque};
    if (kind >= L_BLOCK)
        r->n_braces++;
    if (r->n_levels > MAX_LEVELS && r->too_deep < 0)
        r->too_deep = i;
    r->operand = false;
    return l;
}

static void open_paren(Reader *r, int i) {
    bool copies = i > 0 && (r->v[i - 1].cls == T_GO || r->v[i - 1].cls == T_DEFER);
    bool operand = r->operand;
    Level *l = level_push(r, L_PAREN, i), *outer = l - 1;
    l->head = i > 0 ? r->v[i - 1].code : C_OTHER;
    l->may_declare = true;
    r->v[i].cls = copies ? T_COPIES : T_LPAREN;
    if (operand && !copies && l->head != K_ATTRIBUTE)
        r->v[i].flags |= F_CALL;
    if (l->head == K_ATTRIBUTE) {
        l->opaque = true;
        l->value = operand;
    } else
        outer->tag = C_OTHER;
    if ((l->copies = copies) || l->head == K_FOR) {
        names_enter(&r->names);
        l->statement_scope = r->names.scope;
    } else
        declare_open(r, outer, l, i);
}

static LevelKind brace_kind(Reader *r, const Level *l, int i, bool *value) {
    const Token *before = i > 0 ? &r->v[i - 1] : NULL;
    if (!before)
        return L_BLOCK;
    const Token *open =
        before->code == C_RPAREN && before->match >= 0 ? &r->v[before->match] : NULL;
    *value = before->code == C_LPAREN || before->code == C_CARET;
    if (open && open->code == C_LPAREN && open > r->v && open[-1].code == C_CARET)
        *value = true;
    if (*value)
        return L_BLOCK;
    if (l->tag != C_OTHER)
        return l->tag == K_ENUM ? L_ENUM : L_STRUCT;
    if (before->cls == T_SELECT)
        return L_SELECT;
    if (open && open->flags & F_CAST)
        return L_INIT;
    if (open && open->flags & F_TYPE && open > r->v && open[-1].code == K_SIZEOF)
        return L_INIT;
    if (before->code == C_ASSIGN || l->kind == L_INIT || l->kind == L_PAREN || l->kind == L_BRACKET)
        return L_INIT;
    return l->kind == L_STRUCT ? L_INIT : L_BLOCK;
}

static void open_brace(Reader *r, int i) {
    bool value = false;
    LevelKind kind = brace_kind(r, level_top(r), i, &value);
    Level *l = level_push(r, kind, i), *outer = l - 1;
    outer->tag = C_OTHER;
    l->value = value;
    l->fresh = kind == L_BLOCK || kind == L_SELECT || kind == L_STRUCT;
    r->v[i].cls = level_is_block(l) ? T_LBRACE : T_INIT_OPEN;
    if (!level_is_block(l))
        return;
    outer->old_style = false;
    names_enter(&r->names);
    l->statement_scope = r->names.scope;
    if (kind == L_SELECT) { // one more scope, for what a case declares
        names_enter(&r->names);
        l->statement_scope = r->names.scope;
    }
}

void level_open(Reader *r, int i) {
    Code c = r->v[i].code;
    if (c == C_LPAREN)
        open_paren(r, i);
    else if (c == C_LBRACE)
        open_brace(r, i);
    else {
        level_push(r, L_BRACKET, i);
        r->v[i].cls = T_LBRACKET;
    }
}

// The statement of l that ends with token i, in a block, file or struct.
void level_statement(Reader *r, Level *l, int i) {
    Code after = code_at(r, i + 1);
    l->fresh = true;
    l->label = l->select_label = l->unfinished = false;
    l->state = D_NONE;
    l->tag = C_OTHER;
    r->operand = false;
    if (after == K_ELSE || l->old_style)
        return;
    if (after == K_WHILE && l->dos > 0) {
        l->dos--;
        return;
    }
    l->dos = 0;
    names_leave_to(&r->names, l->statement_scope);
}

static bool is_cast(const Token *open, const Level *inner) {
    if (!(open->flags & F_TYPE) || open->flags & F_CALL)
        return false;
    if (inner->parameters || inner->declarator || inner->copies || is_control(inner->head))
        return false;
    return (inner->head < K_TYPEOF || inner->head > K_SIZEOF) && inner->head != C_CARET;
}

static void close_paren(Reader *r, const Level *inner, int i) {
    Level *l = level_top(r);
    Token *open = &r->v[inner->open];
    r->v[i].cls = T_RPAREN;
    r->operand = true;
    if (inner->head == K_ATTRIBUTE)
        r->operand = inner->value;
    else if (is_control(inner->head)) {
        l->fresh = level_is_block(l);
        r->operand = false;
    } else if (is_cast(open, inner)) {
        open->flags |= F_CAST;
        r->operand = false;
    } else if (inner->copies || inner->head == K_ALIGNAS)
        r->operand = false;
    declare_close(l, inner);
}

static void close_brace(Reader *r, const Level *inner, int i) {
    bool block = level_is_block(inner);
    r->v[i].cls = block ? T_RBRACE : T_INIT_CLOSE;
    r->operand = true;
    if (!block)
        return;
    if (inner->last_case >= 0)
        r->v[inner->last_case].match = i;
    if (inner->unfinished)
        r->v[i].flags |= F_MISSING;
    names_leave_to(&r->names, inner->scope);
    if (!inner->value)
        level_statement(r, level_top(r), i);
}

static void note_unmatched(Reader *r, int i) {
    if (r->unmatched < 0)
        r->unmatched = i;
}

static void level_drop(Reader *r) {
    Level *l = level_top(r);
    note_unmatched(r, l->open);
    if (l->kind >= L_BLOCK)
        r->n_braces--;
    names_leave_to(&r->names, l->scope);
    r->n_levels--;
}

static bool closes(Code c, const Level *l) {
    if (c == C_RPAREN)
        return l->kind == L_PAREN;
    if (c == C_RBRACKET)
        return l->kind == L_BRACKET;
    return l->kind >= L_BLOCK;
}

void level_close(Reader *r, int i) {
    Code c = r->v[i].code;
    if (c == C_RBRACE && r->n_braces > 0)
        while (level_top(r)->kind < L_BLOCK)
            level_drop(r);
    else if (c != C_RBRACE && r->n_levels > 2 && !closes(c, level_top(r)) &&
             level_top(r)->kind < L_BLOCK && closes(c, level_top(r) - 1))
        level_drop(r);
    if (r->n_levels < 2 || !closes(c, level_top(r))) {
        note_unmatched(r, i);
        return;
    }
    Level inner = r->levels[--r->n_levels];
    r->v[i].match = inner.open;
    r->v[inner.open].match = i;
    if (inner.kind >= L_BLOCK)
        r->n_braces--;
    if (c == C_RPAREN)
        close_paren(r, &inner, i);
    else if (c == C_RBRACE)
        close_brace(r, &inner, i);
    else {
        r->v[i].cls = T_RBRACKET;
        r->operand = true;
    }
}

void level_finish(Reader *r) {
    for (; r->n_levels > 1; level_drop(r)) {
        int open = level_top(r)->open;
        int word = open > 0 ? open - 1 : 0;
        if (r->v[word].code == C_RPAREN && r->v[word].match > 0)
            word = r->v[word].match - 1; // go (copies) {
        int cls = r->v[word].cls;
        if (r->unmatched_word < 0 && (cls == T_GO || cls == T_DEFER || cls == T_SELECT))
            r->unmatched_word = word;
    }
}
