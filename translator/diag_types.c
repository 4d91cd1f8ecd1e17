// diag_types.c - channel types in a compiler's words, back to the user's.
//
// chan(T) is compiled as a pointer to a pointer to a function, and both compilers say so:
//     clang   'typeof(typeof(int) *(*const *)(struct gocc_chan))' (aka ...)
//     gcc     'int * (* const*)(struct gocc_chan)'
// What stands between quotes is read as a C type into a tree (typeof is looked through), and
// printed again, with
//     pointer to Q pointer to function(struct gocc_chan) returning pointer to T
// as chan(T), or chan<-(T) where Q is const, <-chan(T) where it is volatile. An (aka ...) that then
// says the same is dropped. What cannot be read as a type is left as it is.

#include "gocc.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef enum TypeKind { T_BASE,
                        T_POINTER,
                        T_ARRAY,
                        T_FUNCTION } TypeKind;
typedef struct Type Type;
struct Type {
    TypeKind kind;
    const char *text;       // T_BASE: its words; T_ARRAY: the bound; T_FUNCTION: `...` or ""
    const char *qualifiers; // T_POINTER: "const volatile" or ""
    char sign;              // T_POINTER: * or ^ (a block)
    Type *to;               // pointee, element, result
    Type **params;
    size_t n_params;
};

// ---- reading ------------------------------------------------------------------------------------

enum { MAX_NESTING = 200 }; // of types and declarators; deeper ones are left as they are

typedef struct Reader {
    const char *p, *end;
    const char *name;
    bool failed;
    int depth;
} Reader;

static void skip_blanks(Reader *r) {
    while (r->p < r->end && isspace((unsigned char)*r->p))
        r->p++;
}

static char peek(Reader *r) {
    skip_blanks(r);
    return r->p < r->end ? *r->p : '\0';
}

static bool take(Reader *r, char c) {
    if (peek(r) != c)
        return false;
    r->p++;
    return true;
}

static void expect(Reader *r, char c) {
    if (!take(r, c))
        r->failed = true;
}

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$';
}

// The next word without moving on; length 0: none is next.
static size_t word_ahead(Reader *r, const char **word) {
    char c = peek(r);
    size_t n = 0;
    *word = r->p;
    if (isalpha((unsigned char)c) || c == '_' || c == '$')
        while (r->p + n < r->end && is_word_char(r->p[n]))
            n++;
    return n;
}

static bool is_word(const char *word, size_t n, const char *text) {
    return n == strlen(text) && memcmp(word, text, n) == 0;
}

static bool is_one_of(const char *word, size_t n, const char *const *list) {
    for (; *list; list++)
        if (is_word(word, n, *list))
            return true;
    return false;
}

static const char *const qualifiers[] = {"const", "volatile", "restrict",
                                         "_Atomic", "__restrict", NULL};
static const char *const typeofs[] = {"typeof", "__typeof__", "__typeof", "typeof_unqual", NULL};
static const char *const tags[] = {"struct", "union", "enum", NULL};
static const char *const type_words[] = {
    "void",
    "char",
    "short",
    "int",
    "long",
    "float",
    "double",
    "signed",
    "unsigned",
    "_Bool",
    "bool",
    "_Complex",
    "__int128",
    "_Float128",
    "__float128",
    NULL,
};

static Type *read_type(Reader *r);
static Type *read_declarator(Reader *r, Type *base);

static Type *new_type(TypeKind kind, Type *to) {
    Type *t = arena_alloc(sizeof *t);
    *t = (Type){.kind = kind, .to = to, .text = "", .qualifiers = "", .sign = '*'};
    return t;
}

static void add_word(const char **text, const char *word, size_t n) {
    *text = arena_format("%s%s%.*s", *text, **text ? " " : "", (int)n, word);
}

// `struct <anonymous>`, `struct (unnamed struct at f.gc:3:1)`: through the closing sign.
static void read_unnamed(Reader *r, Type *base) {
    char open = peek(r), close = open == '<' ? '>' : ')';
    const char *stop = memchr(r->p, close, (size_t)(r->end - r->p));
    if ((open != '<' && open != '(') || !stop)
        return;
    add_word(&base->text, r->p, (size_t)(stop + 1 - r->p));
    r->p = stop + 1;
}

// The words of a type: `const struct job`, `unsigned long`, or typeof(...), which gives its inner
// type.
static Type *read_base(Reader *r) {
    Type *base = new_type(T_BASE, NULL), *inner = NULL;
    const char *word;
    bool named = false; // a name of a type was read: another one is the declared name
    for (size_t n; (n = word_ahead(r, &word)) > 0;) {
        bool qualifier = is_one_of(word, n, qualifiers), tag = is_one_of(word, n, tags);
        bool type_word = is_one_of(word, n, type_words);
        if (named && !qualifier && !type_word)
            break;
        r->p += n;
        if (is_one_of(word, n, typeofs)) {
            expect(r, '(');
            inner = read_type(r);
            expect(r, ')');
        } else {
            add_word(&base->text, word, n);
        }
        if (tag) {
            n = word_ahead(r, &word);
            if (n == 0)
                read_unnamed(r, base);
            else
                add_word(&base->text, word, n);
            r->p += n;
        }
        named |= !qualifier;
    }
    if (!named)
        r->failed = true;
    if (inner && base->text[0] && inner->kind == T_POINTER)
        inner->qualifiers = base->text;
    else if (inner && base->text[0])
        inner->text = arena_format("%s %s", base->text, inner->text);
    return inner ? inner : base;
}

static Type *read_parameters(Reader *r, Type *result) {
    Type *function = new_type(T_FUNCTION, result);
    size_t cap = 0;
    while (!r->failed && peek(r) != ')') {
        if (peek(r) == '.') {
            while (take(r, '.'))
                continue;
            function->text = "...";
        } else {
            const char *name = r->name;
            *ARENA_PUSH(function->params, function->n_params, cap) = read_type(r);
            r->name = name;
        }
        if (!take(r, ',') && peek(r) != ')')
            r->failed = true;
    }
    expect(r, ')');
    return function;
}

// Suffixes bind tighter than what they follow, so they are applied from the last to the first.
static Type *read_suffixes(Reader *r, Type *base) {
    if (take(r, '[')) {
        const char *start = r->p;
        while (r->p < r->end && *r->p != ']')
            r->p++;
        const char *bound = arena_strndup(start, (size_t)(r->p - start));
        expect(r, ']');
        Type *array = new_type(T_ARRAY, read_suffixes(r, base));
        array->text = bound;
        return array;
    }
    if (take(r, '(')) {
        Type *function = read_parameters(r, NULL);
        function->to = read_suffixes(r, base);
        return function;
    }
    return base;
}

// Is the parenthesis ahead one around a declarator, and not that of a parameter list?
static bool nested_ahead(Reader *r) {
    if (peek(r) != '(')
        return false;
    Reader look = *r;
    look.p++;
    char c = peek(&look);
    return c == '*' || c == '^' || c == '(';
}

static Type *read_direct(Reader *r, Type *base) {
    if (nested_ahead(r)) {
        r->p++;
        Reader inside = *r; // read the inside when it is known what it applies to
        int depth = 1;
        for (; r->p < r->end && depth > 0; r->p++)
            depth += (*r->p == '(') - (*r->p == ')');
        inside.end = r->p - (depth == 0);
        base = read_suffixes(r, base);
        Type *whole = read_declarator(&inside, base);
        r->failed |= inside.failed || depth != 0 || peek(&inside) != '\0';
        r->name = inside.name;
        return whole;
    }
    const char *word;
    size_t n = word_ahead(r, &word);
    if (n > 0) {
        r->name = arena_strndup(word, n);
        r->p += n;
    }
    return read_suffixes(r, base);
}

static Type *read_declarator(Reader *r, Type *base) {
    if (++r->depth > MAX_NESTING) {
        r->failed = true;
        return base;
    }
    while (peek(r) == '*' || peek(r) == '^') {
        Type *pointer = new_type(T_POINTER, base);
        pointer->sign = *r->p++;
        const char *word;
        for (size_t n; (n = word_ahead(r, &word)) > 0 && is_one_of(word, n, qualifiers); r->p += n)
            add_word(&pointer->qualifiers, word, n);
        base = pointer;
    }
    Type *type = read_direct(r, base);
    r->depth--;
    return type;
}

static Type *read_type(Reader *r) {
    if (++r->depth > MAX_NESTING)
        r->failed = true;
    Type *type = r->failed ? new_type(T_BASE, NULL) : read_declarator(r, read_base(r));
    r->depth--;
    return type;
}

// ---- printing -----------------------------------------------------------------------------------

static const char *show(const Type *t, const char *inner);

// The type's name if it is a channel's, or NULL.
static const char *show_channel(const Type *t) {
    if (t->kind != T_POINTER || t->to->kind != T_POINTER || t->to->to->kind != T_FUNCTION)
        return NULL;
    const Type *function = t->to->to;
    if (function->n_params != 1 || function->to->kind != T_POINTER ||
        function->params[0]->kind != T_BASE ||
        strcmp(function->params[0]->text, "struct gocc_chan") != 0)
        return NULL;
    const char *form = strstr(t->to->qualifiers, "const")      ? "chan<-(%s)"
                       : strstr(t->to->qualifiers, "volatile") ? "<-chan(%s)"
                                                               : "chan(%s)";
    const char *elem = show(function->to->to, "");
    Buffer b = {0};
    const char *mark = strstr(form, "%s");
    buffer_printf(&b, "%.*s%s%s", (int)(mark - form), form, elem, mark + 2);
    const char *name = arena_strndup(b.data, b.length);
    free(b.data);
    return name;
}

static const char *join(const char *left, const char *right) {
    return *right == '[' ? arena_format("%s%s", left, right)
           : *right      ? arena_format("%s %s", left, right)
                         : left;
}

static const char *show_parameters(const Type *t) {
    const char *list = "";
    for (size_t i = 0; i < t->n_params; i++)
        list = arena_format("%s%s%s", list, i ? ", " : "", show(t->params[i], ""));
    return *t->text ? arena_format("%s%s...", list, *list ? ", " : "") : list;
}

// `inner` is the declarator read so far, from the inside.
static const char *show(const Type *t, const char *inner) {
    const char *channel = show_channel(t);
    if (channel)
        return join(*t->qualifiers ? join(t->qualifiers, channel) : channel, inner);
    if (t->kind == T_BASE) {
        const char *any = strstr(t->text, "struct go_any");
        return any && !any[13] ? join(arena_format("%.*sany", (int)(any - t->text), t->text), inner) : join(t->text, inner);
    }
    if (t->kind == T_POINTER)
        return show(t->to, arena_format("%c%s%s%s", t->sign, t->qualifiers,
                                        *t->qualifiers && *inner ? " " : "", inner));
    if (*inner == '*' || *inner == '^')
        inner = arena_format("(%s)", inner);
    if (t->kind == T_ARRAY)
        return show(t->to, arena_format("%s[%s]", inner, t->text));
    return show(t->to, arena_format("%s(%s)", inner, show_parameters(t)));
}

// [p, end) in the user's words, or NULL if it is no type that mentions a channel.
static const char *user_type(const char *p, const char *end) {
    Reader r = {.p = p, .end = end, .name = ""};
    Type *type = read_type(&r);
    skip_blanks(&r);
    if (r.failed || r.p != r.end)
        return NULL;
    return show(type, r.name);
}

// ---- a whole message ----------------------------------------------------------------------------

// Quotes are ' or, as gcc prints them in a UTF-8 locale, U+2018 and U+2019.
static size_t quote_at(const char *p, bool opening) {
    if (*p == '\'')
        return 1;
    return strncmp(p, opening ? "\xe2\x80\x98" : "\xe2\x80\x99", 3) == 0 ? 3 : 0;
}

static const char *quote_end(const char *p) {
    while (*p && !quote_at(p, false))
        p++;
    return *p ? p : NULL;
}

static bool mentions_ours(const char *p, const char *end) {
    const char *channel = strstr(p, "gocc_chan"), *any = strstr(p, "struct go_any");
    return (channel && channel < end) || (any && any < end);
}

// ` (aka 'int')` or ` {aka 'int'}` at p: the span of what is between its quotes, and where it ends.
// NULL: there is none.
static const char *read_aka(const char *p, const char **start, const char **stop) {
    if (strncmp(p, " (aka ", 6) != 0 && strncmp(p, " {aka ", 6) != 0)
        return NULL;
    size_t open = quote_at(p + 6, true);
    if (!open || !(*stop = quote_end(p + 6 + open)))
        return NULL;
    *start = p + 6 + open;
    const char *after = *stop + quote_at(*stop, false);
    return *after == ')' || *after == '}' ? after + 1 : NULL;
}

static const char *rewrite(const char *start, const char *stop) {
    const char *type = mentions_ours(start, stop) ? user_type(start, stop) : NULL;
    return type ? type : arena_strndup(start, (size_t)(stop - start));
}

// One quoted text at p (behind its opening quote) with its aka, rewritten to *out. Returns where it
// ends, behind the quotes.
static const char *rewrite_quoted(const char *p, const char *stop, const char *quote, Buffer *out) {
    const char *text = rewrite(p, stop), *aka_start, *aka_stop;
    size_t open = quote_at(quote, true), close = quote_at(stop, false);
    buffer_append(out, quote, open);
    buffer_puts(out, text);
    buffer_append(out, stop, close);
    const char *after = stop + close, *aka_end = read_aka(after, &aka_start, &aka_stop);
    if (!aka_end)
        return after;
    const char *aka = rewrite(aka_start, aka_stop);
    bool plain_sugar = strncmp(p, "typeof(", 7) == 0 && (size_t)(stop - p) == strlen(aka) + 8;
    if (strcmp(aka, text) != 0 && !plain_sugar) {
        buffer_append(out, after, (size_t)(aka_start - after));
        buffer_puts(out, aka);
        buffer_append(out, aka_stop, (size_t)(aka_end - aka_stop));
    }
    return aka_end;
}

char *diag_user_types(const char *message) {
    Buffer out = {0};
    const char *p = message;
    while (*p) {
        bool apostrophe = p > message && isalnum((unsigned char)p[-1]); // don't
        size_t open = apostrophe ? 0 : quote_at(p, true);
        const char *stop = open ? quote_end(p + open) : NULL;
        const char *aka_start, *aka_stop;
        bool ours = stop && (mentions_ours(p, stop) ||
                             (read_aka(stop + quote_at(stop, false), &aka_start, &aka_stop) &&
                              mentions_ours(aka_start, aka_stop)));
        if (ours) {
            p = rewrite_quoted(p + open, stop, p, &out);
        } else if (stop) {
            size_t n = (size_t)(stop + quote_at(stop, false) - p);
            buffer_append(&out, p, n);
            p += n;
        } else {
            buffer_append(&out, p++, 1);
        }
    }
    char *result = arena_strndup(out.data ? out.data : "", out.length);
    free(out.data);
    return result;
}
