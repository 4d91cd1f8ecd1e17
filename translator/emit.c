// emit.c - final C as a file of its own, for other compilers and for people (gocc --emit-c).
//
// Final C is preprocessed: a hundred lines of a .gc file are behind thousands of the C library's. Of a text that was preprocessed with
// comments, `#include` and `#define` kept (gcc -E -C -dD -dI) this makes one that has what the user wrote, translated, and includes the
// system's headers by name:
//   1. What a system header expanded to is left out, and the directive that asked for it stays; <go/...> count among them. Headers of
//      the user's, in which there may be constructs, stay expanded, and their directives go.
//   2. Macros are spent. Those that system headers may look at (`_GNU_SOURCE`) are defined as far as the last of them.
//   3. A line of output is a line of the user's, whatever was put into it; `#line` says so where it does not count up. Or
//      (without `lines`) nothing says so, and long lines are broken.
// Whether the result means the same is not reasoned about here: the driver preprocesses it, and emit_same() compares.

#include "emit.h"

#include "translate.h"

#include <ctype.h>
#include <go/abi.h>
#include <stdlib.h>
#include <string.h>

typedef struct Emitter {
    const EmitOptions *options;
    const Source *source;
    Buffer out, current; // `current`: the line that is not ended yet
    const char *file;    // where it is from, as #line has said; NULL: nowhere yet
    unsigned line;
    size_t last_include; // offset of the last directive that stays: behind it no macro is needed
    bool in_comment;
    const char **words; // in the text that stays, sorted
    size_t n_words, cap_words;
    Buffer undefined; // directives behind the last include
} Emitter;

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

// ---- lines out ----------------------------------------------------------------------------------

static void end_line(Emitter *e) {
    if (e->options->lines)
        buffer_append(&e->out, e->current.data, e->current.length);
    else if (e->current.length)
        emit_broken(&e->out, e->current.data, e->current.length, &e->in_comment);
    buffer_puts(&e->out, "\n");
    e->current.length = 0;
}

static void put_name(Buffer *out, const char *name) {
    buffer_puts(out, "\"");
    for (; *name; name++)
        buffer_printf(out, *name == '"' || *name == '\\' ? "\\%c" : "%c", *name);
    buffer_puts(out, "\"");
}

static bool ends_in_blank_line(const Buffer *b) {
    return b->length < 2 || (b->data[b->length - 1] == '\n' && b->data[b->length - 2] == '\n');
}

// Makes the next line of output line `to.line` of its file.
static void go_to(Emitter *e, Place to) {
    enum { BLANK_LINES_MAX = 8 };
    bool same = e->file && strcmp(e->file, to.file) == 0;
    unsigned next = same ? e->line + 1 : 0;
    if (e->current.length)
        end_line(e);
    if (!e->options->lines) {
        if ((!same || to.line != next) && !ends_in_blank_line(&e->out))
            buffer_puts(&e->out, "\n");
    } else if (same && to.line >= next && to.line - next <= BLANK_LINES_MAX) {
        for (; next < to.line; next++)
            buffer_puts(&e->out, "\n");
    } else {
        buffer_printf(&e->out, "#line %u ", to.line ? to.line : 1);
        put_name(&e->out, to.file);
        buffer_puts(&e->out, "\n");
    }
    e->file = to.file;
    e->line = to.line;
}

// A physical line of the text. A macro of a system header splits a line of the user's into several, which come together again.
static void put_line(Emitter *e, Place at, const char *text, size_t n) {
    while (n && isspace((unsigned char)text[n - 1]))
        n--;
    if (!n)
        return;
    bool goes_on = e->file && e->current.length && e->line == at.line && strcmp(e->file, at.file) == 0;
    if (!goes_on)
        go_to(e, at);
    for (; goes_on && n && isspace((unsigned char)*text); n--)
        text++;
    if (goes_on && e->current.data[e->current.length - 1] != ' ')
        buffer_puts(&e->current, " ");
    buffer_append(&e->current, text, n);
}

// ---- lines in -----------------------------------------------------------------------------------

typedef struct Line {
    size_t start, end; // without the newline
} Line;

static Line line_at(const Source *s, size_t start) {
    const char *end = memchr(s->text + start, '\n', s->length - start);
    return (Line){start, end ? (size_t)(end - s->text) : s->length};
}

static bool begins(const Source *s, Line l, const char *word) {
    size_t n = strlen(word);
    return l.end - l.start >= n && memcmp(s->text + l.start, word, n) == 0;
}

static bool is_marker(const Source *s, Line l) {
    return l.end - l.start > 2 && s->text[l.start] == '#' && s->text[l.start + 1] == ' ' &&
           isdigit((unsigned char)s->text[l.start + 2]);
}

static const char *flags_of_marker(const Source *s, Line l) {
    size_t at = l.end;
    while (at > l.start && s->text[at - 1] != '"')
        at--;
    return arena_strndup(s->text + at, l.end - at);
}

// Is the place in a header that stays a name? A macro from one, in a line of the user's, is marked as the system's, too, but its file is
// the user's: `user` is the file of the last line that certainly was.
static bool is_named(const Emitter *e, Place at, const char *user) {
    return !e->options->expand && at.system && !(user && strcmp(user, at.file) == 0);
}

// Does the directive `#include` on the line stay? The markers behind it tell what it has brought: a header of the user's
// is there itself. One that brought nothing, having been read before, stays if it looks like the system's.
static bool include_stays(const Emitter *e, Line l) {
    const Source *s = e->source;
    if (e->options->expand)
        return false;
    bool angle = memchr(s->text + l.start, '<', l.end - l.start) != NULL;
    while (l.end < s->length) {
        l = line_at(s, l.end + 1);
        if (l.start == l.end)
            continue;
        if (!is_marker(s, l))
            break;
        Place to = source_place(s, l.end + 1);
        if (strstr(flags_of_marker(s, l), " 1"))
            return to.system;
    }
    return angle;
}

// Of the macros, those that headers may ask for: by default, names that belong to the system. Our own is in the head.
static bool macro_stays(const Emitter *e, Line l) {
    const char *name = e->source->text + l.start + (begins(e->source, l, "#define ") ? 8 : 7);
    if (e->options->expand || e->last_include == NO_OFFSET || l.start > e->last_include || strncmp(name, "__GOCC__", 8) == 0)
        return false;
    return e->options->all_macros || *name == '_';
}

static void take_line(Emitter *e, Line l, const char **user) {
    const Source *s = e->source;
    Place at = source_place(s, l.start);
    if (is_marker(s, l) || strcmp(at.file, "<built-in>") == 0 || is_named(e, at, *user))
        return;
    if (!at.system)
        *user = at.file;
    bool macro = begins(s, l, "#define ") || begins(s, l, "#undef ");
    bool include = begins(s, l, "#include") || begins(s, l, "#import");
    if ((macro && !macro_stays(e, l)) || (include && !include_stays(e, l)))
        return;
    if (strcmp(at.file, "<command-line>") == 0) {
        if (macro)
            buffer_printf(&e->out, "%.*s\n", (int)(l.end - l.start), s->text + l.start);
        return;
    }
    put_line(e, at, s->text + l.start, l.end - l.start);
    if (l.start == e->last_include && e->undefined.length) {
        end_line(e);
        buffer_append(&e->out, e->undefined.data, e->undefined.length);
        e->file = NULL; // lines do not count up here
    }
}

static void for_each_line(Emitter *e, void (*take)(Emitter *, Line, const char **)) {
    const char *user = NULL;
    for (size_t at = 0; at < e->source->length;) {
        Line l = line_at(e->source, at);
        take(e, l, &user);
        at = l.end + 1;
    }
}

static void find_last_include(Emitter *e, Line l, const char **user) {
    if (!begins(e->source, l, "#include") && !begins(e->source, l, "#import"))
        return;
    Place at = source_place(e->source, l.start);
    if (!is_named(e, at, *user) && include_stays(e, l))
        e->last_include = l.start;
}

// ---- names that are macros again ----------------------------------------------------------------
// A header's macro may stand for a text with its own name in it (`si_pid`, which is a member of a member): spent once, it must not be
// seen a second time.

static int compare_words(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_words(Emitter *e, Line l, const char **user) {
    const char *p = e->source->text + l.start, *end = e->source->text + l.end;
    Place at = source_place(e->source, l.start);
    if (*p == '#' || is_named(e, at, *user))
        return;
    if (!at.system)
        *user = at.file;
    for (const char *from; p < end; p += p == from) {
        for (from = p; p < end && is_word(*p);)
            p++;
        if (p > from && !isdigit((unsigned char)*from))
            *ARENA_PUSH(e->words, e->n_words, e->cap_words) = arena_strndup(from, (size_t)(p - from));
    }
}

static void undefine(Emitter *e, Line l, const char **user) {
    Place at = source_place(e->source, l.start);
    if (!is_named(e, at, *user)) {
        *user = at.system ? *user : at.file;
        return;
    }
    if (!begins(e->source, l, "#define ") || !e->n_words)
        return;
    const char *name = e->source->text + l.start + 8, *end = name;
    while (is_word(*end))
        end++;
    name = arena_strndup(name, (size_t)(end - name));
    if (bsearch(&name, e->words, e->n_words, sizeof *e->words, compare_words))
        buffer_printf(&e->undefined, "#undef %s\n", name);
}

// ---- all of it ----------------------------------------------------------------------------------

// Final C begins with a line of declarations: abi.h, which is a header here, and what the unit needs beyond it.
static size_t put_head(Emitter *e, const char *text, size_t length) {
    buffer_puts(&e->out, e->options->head);
    size_t abi = strlen(prelude_abi());
    if (length < abi || memcmp(text, prelude_abi(), abi) != 0)
        return 0;
    const char *end = memchr(text, '\n', length);
    size_t n = end ? (size_t)(end - text) : length;
    buffer_printf(&e->out, "#include <go/abi.h>\n#if GO__ABI != %d\n#error \"made for another version of gocc's "
                           "runtime: make it anew\"\n#endif\n\n",
                  GO__ABI);
    bool in_comment = false;
    emit_broken(&e->out, text + abi, n - abi, &in_comment);
    buffer_puts(&e->out, "\n\n");
    return n + (end != NULL);
}

char *emit_make(const char *text, size_t length, const EmitOptions *options, size_t *out_length) {
    Emitter e = {.options = options};
    buffer_puts(&e.out, "");
    buffer_puts(&e.current, "");
    size_t head = put_head(&e, text, length);
    e.source = source_new(text + head, length - head, options->name);
    e.last_include = NO_OFFSET;
    for_each_line(&e, find_last_include);
    if (options->undefine && e.last_include != NO_OFFSET) {
        for_each_line(&e, collect_words);
        if (e.n_words)
            qsort(e.words, e.n_words, sizeof *e.words, compare_words);
        for_each_line(&e, undefine);
    }
    for_each_line(&e, take_line);
    if (e.current.length)
        end_line(&e);
    *out_length = e.out.length;
    return e.out.data;
}

// ---- comparing ----------------------------------------------------------------------------------

static const char *skip_string(const char *p, const char *end) {
    for (char quote = *p++; p < end && *p != quote && *p != '\n'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p + 1 : end;
}

static const char *skip_comment(const char *p, const char *end) {
    const char *stop = p[1] == '/' ? memchr(p, '\n', (size_t)(end - p)) : strstr(p + 2, "*/");
    return !stop || stop >= end ? end : p[1] == '/' ? stop
                                                    : stop + 2;
}

// Of the directives that are left after preprocessing, pragmas do, but for those about warnings.
static bool matters(const char *p, const char *end) {
    static const char pragma[] = "#pragma ", warnings[] = "#pragma GCC diagnostic ";
    size_t n = (size_t)(end - p);
    return n >= sizeof pragma && memcmp(p, pragma, sizeof pragma - 1) == 0 &&
           !(n >= sizeof warnings && memcmp(p, warnings, sizeof warnings - 1) == 0);
}

// The tokens alone: no comments, no directives but pragmas, blanks only where two words would become one, strings side by side as one.
static void squeeze(Buffer *out, const char *text, size_t length) {
    const char *end = text + length;
    bool line_start = true, blank = false, after_string = false;
    buffer_puts(out, "");
    for (const char *p = text; p < end;) {
        const char *from = p;
        if (*p == '\n' || isspace((unsigned char)*p)) {
            line_start |= *p++ == '\n';
            blank = true;
        } else if (p[0] == '/' && p + 1 < end && (p[1] == '/' || p[1] == '*')) {
            p = skip_comment(p, end);
            blank = true;
        } else if (*p == '#' && line_start && !matters(p, end)) {
            p = memchr(p, '\n', (size_t)(end - p));
            p = p ? p : end;
        } else {
            bool string = *p == '"', joins = string && after_string;
            p = string || *p == '\'' ? skip_string(p, end) : p + 1;
            after_string = string;
            if (joins) // with the one before: long strings are broken
                out->data[--out->length] = '\0', from++;
            if (blank && out->length && is_word(out->data[out->length - 1]) && is_word(*from))
                buffer_puts(out, " ");
            buffer_append(out, from, (size_t)(p - from));
            line_start = blank = false;
        }
    }
}

bool emit_same(const char *a, size_t a_length, const char *b, size_t b_length) {
    Buffer x = {0}, y = {0};
    squeeze(&x, a, a_length);
    squeeze(&y, b, b_length);
    return x.length == y.length && memcmp(x.data, y.data, x.length) == 0;
}
