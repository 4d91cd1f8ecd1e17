// raw.c - what the preprocessor would leave of a text, found without it.
//
// An editor's text is not preprocessed, and its offsets must stay. So directives are blanked in a copy of the same length, and so
// is what cannot be read beside the rest:
//   1. `#if 0`, what is for C++, and what is for compilers other than gocc.
//   2. Of `#if A ... #else B`, both are kept if each has brackets that pair: then constructs in both are understood, whichever
//      clangd takes for compiled. Otherwise only the first is.
// Macros and includes are noted on the way; macro bodies are read apart (shadow.c).
#include "proxy.h"

#include <ctype.h>
#include <string.h>

typedef struct Branch {
    size_t start;                                      // after its directive
    size_t end;
    int depth, least;                                  // of brackets: at its end, and the least in between
    bool dead;
} Branch;
typedef struct Conditional {
    Branch *branches;
    size_t n, cap;
    bool taken;                                        // a branch that is always compiled was seen
} Conditional;
typedef struct Scan {
    Raw *raw;
    const char *text;
    size_t length, at;
    bool line_start;
    Conditional *open;
    size_t n_open, cap_open;
} Scan;

static void blank(Scan *s, size_t start, size_t end) {
    for (size_t i = start; i < end; i++)
        if (s->raw->masked[i] != '\n' && s->raw->masked[i] != '\r')
            s->raw->masked[i] = ' ';
}

static Branch *branch(Scan *s) {
    if (!s->n_open)
        return NULL;
    Conditional *c = &s->open[s->n_open - 1];
    return &c->branches[c->n - 1];
}

static void bracket(Scan *s, int step) {
    Branch *b = branch(s);
    if (!b)
        return;
    b->depth += step;
    if (b->depth < b->least)
        b->least = b->depth;
}

static bool starts(const Scan *s, size_t at, const char *what) {
    size_t n = strlen(what);
    return at + n <= s->length && !memcmp(s->text + at, what, n);
}

// Behind a comment or literal at `at`; `at` itself if none starts there.
static size_t skip(const Scan *s, size_t at) {
    size_t i = at + 2;
    char c = s->text[at];
    if (starts(s, at, "/*")) {
        while (i < s->length && !(starts(s, i, "*/")))
            i++;
        return i + 2 < s->length ? i + 2 : s->length;
    }
    if (starts(s, at, "//")) {
        while (i < s->length && s->text[i] != '\n')
            i += s->text[i] == '\\' && i + 1 < s->length ? 2 : 1;
        return i < s->length ? i : s->length;
    }
    if (c != '"' && c != '\'')
        return at;
    for (i = at + 1; i < s->length && s->text[i] != c && s->text[i] != '\n'; i++)
        if (s->text[i] == '\\' && i + 1 < s->length)
            i++;
    return i < s->length ? i + (s->text[i] == c) : s->length;
}

// ---- directives ---------------------------------------------------------------------------------

static size_t directive_end(const Scan *s, size_t at) {
    while (at < s->length && s->text[at] != '\n') {
        size_t next = s->text[at] == '/' || s->text[at] == '"' ? skip(s, at) : at;
        if (next > at)
            at = next;
        else if (s->text[at] == '\\' && starts(s, at + 1, "\r\n"))
            at += 3;
        else
            at += s->text[at] == '\\' && at + 1 < s->length ? 2 : 1;
    }
    return at < s->length ? at : s->length;
}

static size_t blanks(const Scan *s, size_t at, size_t end) {
    while (at < end && (s->text[at] == ' ' || s->text[at] == '\t'))
        at++;
    return at;
}

static size_t word_end(const Scan *s, size_t at, size_t end) {
    while (at < end && (isalnum((unsigned char)s->text[at]) || s->text[at] == '_' || s->text[at] == '$' ||
                        (unsigned char)s->text[at] >= 0x80))
        at++;
    return at;
}

static bool is_word(const Scan *s, Span w, const char *what) {
    return w.end - w.start == strlen(what) && !memcmp(s->text + w.start, what, w.end - w.start);
}

static void define(Scan *s, size_t at, size_t end) {
    Span name = {at, word_end(s, at, end)};
    size_t body = name.end;
    if (body < end && s->text[body] == '(') {
        while (body < end && s->text[body] != ')')
            body++;
        body += body < end;
    }
    Raw *r = s->raw;
    if (name.end > name.start)
        *ARENA_PUSH(r->macros, r->n_macros, r->cap_macros) = (Macro){name, {body, end}};
}

static void include(Scan *s, size_t at, size_t end) {
    char close = at >= end ? '\0' : s->text[at] == '"' ? '"'
                                : s->text[at] == '<'   ? '>'
                                                       : '\0';
    const char *stop = close ? memchr(s->text + at + 1, close, end - at - 1) : NULL;
    Raw *r = s->raw;
    if (stop)
        *ARENA_PUSH(r->includes, r->n_includes, r->cap_includes) =
            (Include){{at + 1, (size_t)(stop - s->text)}, close == '"'};
}

// What is known of a condition: 1 always holds, 0 never, -1 who knows.
static int judge(const Scan *s, Span word, size_t at, size_t end) {
    Span rest = {at, word_end(s, at, end)};
    bool negated = is_word(s, word, "ifndef");
    if (is_word(s, word, "if") || is_word(s, word, "elif")) {
        bool alone = blanks(s, rest.end, end) == end || s->text[rest.end] == '\r';
        if (alone && is_word(s, rest, "0"))
            return 0;
        if (alone && is_word(s, rest, "1"))
            return 1;
        if ((negated = starts(s, at, "!")))
            at++;
        if (!starts(s, at, "defined"))
            return -1;
        at = blanks(s, at + 7, end);
        at += at < end && s->text[at] == '(';
        rest = (Span){at, word_end(s, at, end)};
        size_t after = blanks(s, rest.end, end);
        after += after < end && s->text[after] == ')';
        if (blanks(s, after, end) < end && s->text[blanks(s, after, end)] != '\r')
            return -1;
    }
    if (is_word(s, rest, "__GOCC__"))
        return !negated;
    return is_word(s, rest, "__cplusplus") ? negated : -1;
}

static void branch_begin(Scan *s, size_t at, int holds) {
    Conditional *c = &s->open[s->n_open - 1];
    bool dead = holds == 0 || c->taken;
    c->taken |= holds == 1;
    *ARENA_PUSH(c->branches, c->n, c->cap) = (Branch){.start = at, .end = at, .dead = dead};
}

static bool pairs(const Branch *b) {
    return b->depth == 0 && b->least == 0;
}

static void conditional_end(Scan *s, size_t at) {
    Conditional c = s->open[--s->n_open];
    bool all = true;
    const Branch *first = NULL;
    c.branches[c.n - 1].end = at;
    for (size_t i = 0; i < c.n; i++) {
        if (c.branches[i].dead)
            continue;
        all &= pairs(&c.branches[i]);
        first = first ? first : &c.branches[i];
    }
    for (size_t i = 0; i < c.n; i++)
        if (c.branches[i].dead || (!all && &c.branches[i] != first))
            blank(s, c.branches[i].start, c.branches[i].end);
    Branch *outer = branch(s);
    if (!outer || all || !first)
        return;
    if (outer->depth + first->least < outer->least)
        outer->least = outer->depth + first->least;
    outer->depth += first->depth;
}

static void conditional(Scan *s, Span word, size_t at, size_t start, size_t end) {
    bool opens = is_word(s, word, "if") || is_word(s, word, "ifdef") || is_word(s, word, "ifndef");
    if (opens) {
        *ARENA_PUSH(s->open, s->n_open, s->cap_open) = (Conditional){0};
        branch_begin(s, end, judge(s, word, at, end));
    } else if (s->n_open && (is_word(s, word, "elif") || is_word(s, word, "else"))) {
        branch(s)->end = start;
        branch_begin(s, end, is_word(s, word, "else") ? -1 : judge(s, word, at, end));
    } else if (s->n_open && is_word(s, word, "endif"))
        conditional_end(s, start);
}

static bool is_dead(Scan *s) {
    for (size_t i = 0; i < s->n_open; i++)
        if (s->open[i].branches[s->open[i].n - 1].dead)
            return true;
    return false;
}

static void directive(Scan *s) {
    size_t start = s->at, end = directive_end(s, start);
    Span word = {blanks(s, start + 1, end), 0};
    word.end = word_end(s, word.start, end);
    size_t at = blanks(s, word.end, end);
    if (is_word(s, word, "define") && !is_dead(s))
        define(s, at, end);
    else if ((is_word(s, word, "include") || is_word(s, word, "import")) && !is_dead(s))
        include(s, at, end);
    else
        conditional(s, word, at, start, end);
    blank(s, start, end);
    s->at = end;
}

Raw *raw_read(const char *text, size_t length) {
    Raw *raw = arena_alloc(sizeof *raw);
    raw->masked = arena_strndup(text, length);
    Scan s = {.raw = raw, .text = text, .length = length, .line_start = true};
    while (s.at < length) {
        char c = text[s.at];
        size_t next = skip(&s, s.at);
        if (c == '#' && s.line_start) {
            directive(&s);
            continue;
        }
        if (c == '\0')
            raw->masked[s.at] = ' ';
        if (c == '(' || c == '[' || c == '{')
            bracket(&s, 1);
        if (c == ')' || c == ']' || c == '}')
            bracket(&s, -1);
        if (c == '\n' || (c != ' ' && c != '\t' && c != '\r' && c != '/'))
            s.line_start = c == '\n';
        s.at = next > s.at ? next : s.at + 1;
    }
    while (s.n_open)
        conditional_end(&s, length);
    return raw;
}
