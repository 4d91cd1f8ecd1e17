// tokens_word.c - which words are the extension's.
//
// Every one of them is an ordinary identifier in C, so each is recognised only where C has no
// reading for it, or, the function-like ones, where the program declares no such name in scope.
// Never are: members, labels after goto, tags, names being declared, what an attribute says, and
// all text of system headers. A function that a system header declares (POSIX's close) does not
// hide a function-like word, but is told to who decides later, by the argument's type.
#include "gocc.tab.h"
#include "tokens.h"

static Declaration *word_declaration(Reader *r, int i) {
    Span span = r->v[i].span;
    Symbol *symbol = names_find(&r->names, r->source->text + span.start, span.end - span.start);
    return symbol ? symbol->visible : NULL;
}

bool token_is_typedef(Reader *r, int i) {
    if (!is_name(code_at(r, i)))
        return false;
    Declaration *d = word_declaration(r, i);
    return d && d->kind == NAME_TYPEDEF;
}

// Not a place where any identifier may stand: a member, label, tag, or a word of an attribute.
static bool word_is_free(Reader *r, int i) {
    Code before = i > 0 ? r->v[i - 1].code : C_SEMI;
    if (level_top(r)->head == K_OFFSETOF && before == C_COMMA)
        return false;
    return !r->system && !level_top(r)->opaque && before != C_MEMBER && before != K_GOTO &&
           before != K_STRUCT && before != K_ENUM;
}

// The word at i is a declarator's name, or an enumerator.
static bool is_being_declared(Reader *r, int i) {
    if (level_top(r)->kind == L_ENUM)
        return r->v[i - 1].code == C_LBRACE || r->v[i - 1].code == C_COMMA;
    return level_top(r)->state == D_SPECIFIERS;
}

bool chan_is_type(Reader *r, int i) {
    if (code_at(r, i) != X_CHAN || !word_is_free(r, i) || word_declaration(r, i))
        return false;
    if (is_being_declared(r, i) && (level_top(r)->has_type || level_top(r)->kind == L_ENUM))
        return false;
    return code_at(r, i + 1) == C_LPAREN ||
           (code_at(r, i + 1) == C_LARROW && code_at(r, i + 2) == C_LPAREN);
}

static bool any_follows(Reader *r, int i) {
    Code after = code_at(r, i + 1);
    if (after == C_LPAREN)
        return code_at(r, i + 2) == C_STAR; // any (*f)(void)
    return is_name(after) || after == K_QUALIFIER || after == K_ATTRIBUTE || after == C_STAR ||
           after == C_RPAREN || after == C_COMMA || after == C_LBRACKET ||
           (after == C_COLON && level_top(r)->kind == L_PAREN);
}

// `any` where a type may stand: after what can come before a type, before what can come after one.
bool any_is_type(Reader *r, int i) {
    if (code_at(r, i) != X_ANY || !word_is_free(r, i) || word_declaration(r, i))
        return false;
    if (is_being_declared(r, i) && (level_top(r)->has_type || level_top(r)->kind == L_ENUM))
        return false;
    if (level_top(r)->names_only)
        return false;
    Code before = i > 0 ? r->v[i - 1].code : C_SEMI;
    bool place = before == C_LPAREN || before == C_RPAREN || before == C_COMMA ||
                 before == C_SEMI || before == C_COLON || before == C_LBRACE ||
                 before == C_RBRACE || before == K_CASE ||
                 (before >= K_TYPE && before <= K_EXTENSION);
    return place && (!r->operand || level_top(r)->state == D_NAMED) && any_follows(r, i);
}

bool token_starts_type(Reader *r, int i) {
    Code c = code_at(r, i);
    if (c >= K_TYPE && c <= K_ALIGNAS)
        return c != K_ASM;
    if (c == C_LARROW)
        return chan_is_type(r, i + 1);
    if (!is_name(c))
        return false;
    if (token_is_typedef(r, i) || chan_is_type(r, i) || any_is_type(r, i))
        return true;
    return c == C_IDENT && is_name(code_at(r, i + 1));
}

static void word_found(Reader *r, int i, int cls, bool extends) {
    r->v[i].cls = cls;
    r->constructs = true;
    r->extends |= extends;
}

static void word_go(Reader *r, Level *l, int i) {
    Code after = code_at(r, i + 1);
    bool copies = after == C_LPAREN && token_starts_type(r, i + 2);
    bool hidden = word_declaration(r, i);
    if (!word_is_free(r, i) || token_is_typedef(r, i))
        return;
    if (after == C_SEMI || after == C_NUMBER || after == C_STRING) {
        if (hidden)
            return;
    } else if (after != C_LBRACE && !copies && !is_word(after))
        return;
    word_found(r, i, r->v[i].code == X_GO ? T_GO : T_DEFER, true);
    l->unfinished = after != C_LBRACE && !copies;
    r->operand = false;
}

static void word_call(Reader *r, int i) {
    if (code_at(r, i + 1) != C_LPAREN || !word_is_free(r, i) || is_being_declared(r, i))
        return;
    Declaration *d = word_declaration(r, i);
    if (d && !(d->system && d->kind == NAME_FUNCTION))
        return;
    if (d)
        r->v[i].flags |= F_SYSTEM_NAME;
    word_found(r, i, T_CALL, !d);
}

// `_Result`, and the function behind errno: that one although the system's header declares it.
static void word_bare(Reader *r, int i, bool starts) {
    bool errno_call = r->v[i].code == X_ERRNO;
    Code after = code_at(r, i + 1);
    if (!word_is_free(r, i) || is_being_declared(r, i) || (starts && after == C_COLON))
        return;
    if (errno_call ? after != C_LPAREN : word_declaration(r, i) != NULL)
        return;
    word_found(r, i, T_WORD, !errno_call);
}

static void word_extension(Reader *r, Level *l, int i, bool starts) {
    Code c = r->v[i].code;
    if (c == X_GO || c == X_DEFER) {
        if (starts && level_is_block(l))
            word_go(r, l, i);
    } else if (c == X_SELECT) {
        if (starts && level_is_block(l) && code_at(r, i + 1) == C_LBRACE && word_is_free(r, i))
            word_found(r, i, T_SELECT, true);
    } else if (c == X_CHAN) {
        if (chan_is_type(r, i))
            word_found(r, i, T_CHAN, true);
    } else if (c == X_ANY) {
        if (any_is_type(r, i))
            word_found(r, i, T_WORD, true);
    } else if (c == X_RESULT || c == X_ERRNO)
        word_bare(r, i, starts);
    else
        word_call(r, i);
}

static void word_label(Reader *r, Level *l, int i, bool starts) {
    if (!starts || !level_is_block(l))
        return;
    l->label = true;
    l->start = i + 1;
    if (l->kind != L_SELECT)
        return;
    r->v[i].cls = r->v[i].code == K_CASE ? T_CASE : T_DEFAULT;
    if (l->last_case >= 0)
        r->v[l->last_case].match = i;
    l->last_case = i;
    l->select_label = l->may_declare = true;
    names_leave_to(&r->names, l->statement_scope - 1); // what the case before declared
    names_enter(&r->names);
}

static void word_keyword(Reader *r, Level *l, int i, bool starts) {
    Code c = r->v[i].code;
    if (c == K_ATTRIBUTE)
        return; // as if it were not there
    r->operand = c <= K_ATOMIC && c != K_QUALIFIER && c != K_TYPEDEF;
    if (c == K_OFFSETOF)
        r->operand = true;
    if (c == K_DO)
        l->dos++;
    if (c == K_ELSE || c == K_DO)
        l->fresh = level_is_block(l);
    if (c == K_CASE || c == K_DEFAULT)
        word_label(r, l, i, starts);
    if (c == K_STRUCT || c == K_ENUM) {
        l->tag = c;
        l->tag_named = false;
    }
}

// The name after struct, union or enum.
static bool word_is_tag(Level *l) {
    if (l->tag == C_OTHER)
        return false;
    if (l->tag_named)
        l->tag = C_OTHER;
    return l->tag != C_OTHER && (l->tag_named = true);
}

static void word_enumerator(Reader *r, int i) {
    if (!is_being_declared(r, i))
        return;
    Span span = r->v[i].span;
    names_declare(&r->names, r->source->text + span.start, span.end - span.start, NAME_OBJECT,
                  r->system);
}

void word_classify(Reader *r, Level *l, int i, bool starts) {
    Code c = r->v[i].code;
    if (is_name(c)) {
        if (word_is_tag(l)) {
            r->operand = true;
            return;
        }
        if (c >= X_GO)
            word_extension(r, l, i, starts);
        r->operand = r->v[i].cls != T_GO && r->v[i].cls != T_DEFER;
        if (l->kind == L_ENUM)
            word_enumerator(r, i);
    } else
        word_keyword(r, l, i, starts);
    if (l->state != D_NONE)
        declare_word(r, l, i);
}
