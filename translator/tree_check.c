// tree_check.c - what is wrong with a construct beyond its form: messages only, the tree is as it
// is.
#include "gocc.tab.h"
#include "tokens.h"

#include <string.h>

static const char *bracket_spelling(Code c) {
    static const char *const spellings[] = {[C_LPAREN] = "(", [C_RPAREN] = ")", [C_LBRACKET] = "[", [C_RBRACKET] = "]", [C_LBRACE] = "{", [C_RBRACE] = "}"};
    return c <= C_RBRACE && spellings[c] ? spellings[c] : "?";
}

static bool is_closing(Code c) {
    return c == C_RPAREN || c == C_RBRACKET || c == C_RBRACE;
}

static const char *word_spelling(const Reader *r, int i) {
    Code c = r->v[i].code;
    return c == X_GO ? "go" : c == X_DEFER ? "defer"
                                           : "select";
}

static void make_text(Reader *r, int i) {
    if (i >= 0 && i < (int)r->n)
        r->v[i].cls = T_TEXT;
}

// A bracket without partner becomes text, and so does the word that it belongs to: the grammar sees
// pairs only.
static void drop_unmatched(Reader *r) {
    for (int i = 0; i < (int)r->n; i++) {
        Code c = r->v[i].code;
        if (c < C_LPAREN || c > C_RBRACE || r->v[i].match >= 0)
            continue;
        make_text(r, i);
        if (is_closing(c) || i == 0)
            continue;
        int before = r->v[i - 1].cls;
        if (before == T_RANGE)
            make_text(r, r->v[i - 1].match);
        if (before == T_CHAN_SEND || (before == T_CHAN && i > 1 && r->v[i - 2].cls == T_CHAN_RECV))
            make_text(r, i - 2);
        if (before == T_CHAN_SEND || before == T_CHAN || before == T_CALL || before == T_RANGE)
            make_text(r, i - 1);
    }
}

static void report_unmatched(Reader *r) {
    Code c = r->v[r->unmatched].code;
    reader_error(r, r->unmatched, is_closing(c) ? "'%s' closes nothing" : "'%s' is never closed",
                 bracket_spelling(c));
}

// Before the grammar sees anything: brackets pair, and the text has no NUL bytes. In plain C both
// are left to the compiler. False: nothing more can be read.
bool text_check(Reader *r) {
    if (r->too_deep >= 0) {
        reader_error(r, r->too_deep, "brackets are nested too deeply");
        r->broken = true;
        return false;
    }
    if (!r->extends)
        return r->raw || r->unmatched < 0;
    const char *nul = memchr(r->source->text, 0, r->source->length);
    if (nul) {
        diag_at(r->source, (size_t)(nul - r->source->text), DIAG_ERROR, "NUL byte in the text");
        r->n_errors++;
        r->broken = true;
    }
    r->broken |= r->unmatched >= 0;
    if (r->unmatched_word >= 0) {
        int word = r->unmatched_word;
        reader_error(r, word, "unterminated '%s' block", word_spelling(r, word));
        return false;
    }
    if (r->unmatched < 0)
        return true;
    report_unmatched(r);
    drop_unmatched(r);
    return true;
}

static bool is_case(const Reader *r, int i) {
    return r->v[i].cls == T_CASE || r->v[i].cls == T_DEFAULT;
}

// Cases only, and one default.
void select_check(Reader *r, int open, int close) {
    int first_default = -1;
    int first = open + 1;
    while (first < close && !is_case(r, first))
        first = r->v[first].match > first ? r->v[first].match + 1 : first + 1;
    if (first > open + 1)
        node_error(r, open + 1, first, "", open + 1, "expected 'case' or 'default' in 'select'");
    for (int i = first; i < close && is_case(r, i); i = r->v[i].match) {
        if (r->v[i].cls != T_DEFAULT)
            continue;
        if (first_default < 0) {
            first_default = i;
            continue;
        }
        reader_error(r, i, "two 'default' in one select");
        diag_at(r->source, r->v[first_default].span.start, DIAG_NOTE, "the first one is here");
    }
}

// `v, bool ok = <-ch` declares one and assigns the other. False: reported. `end` is the
// statement's, -1 in a case.
bool receive2_check(Reader *r, int first, int comma, int assign, int end) {
    if (r->v[first].flags & F_DECLARES || operand_end(r, comma + 1, assign) == assign - 1)
        return true;
    const char *message = "a receive declares both of its variables, or neither";
    if (end < 0)
        reader_error(r, comma + 1, "%s", message);
    else
        node_error(r, first, end, "", comma + 1, "%s", message);
    return false;
}

// One variable, with its type. False: reported.
bool range_check(Reader *r, int open, int colon) {
    for (int i = open + 1; i < colon; i++) {
        if (r->v[i].code == C_COMMA) {
            node_error(r, colon, colon + 1, ";0;", i, "a range over a channel has one variable");
            return false;
        }
        if (r->v[i].match > i)
            i = r->v[i].match;
    }
    if (r->v[open + 1].flags & F_DECLARES)
        return true;
    node_error(r, colon, colon + 1, ";0;", open + 1, "%s", RANGE_NEEDS_VARIABLE);
    return false;
}

// ISO TS 25755's header makes `defer` a macro for _Defer, so no word `defer` is left in the text:
// better to say so where it is included.
void includes_check(Reader *r) {
    const Source *s = r->source;
    for (size_t i = 1; i < s->n_marks; i++) {
        const char *slash = strrchr(s->marks[i].file, '/');
        if (strcmp(slash ? slash + 1 : s->marks[i].file, "stddefer.h") ||
            !strcmp(s->marks[i].file, s->marks[i - 1].file))
            continue;
        size_t at =
            s->marks[i].offset - (s->marks[i].offset > 0); // back to the start of the marker's line
        while (at > 0 && s->text[at - 1] != '\n')
            at--;
        diag_at(s, at, DIAG_ERROR,
                "<stddefer.h> makes 'defer' the block-scoped _Defer of ISO TS 25755; 'defer' "
                "needs no header here");
        r->n_errors++;
        r->broken = true;
        return;
    }
}
