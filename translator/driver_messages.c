// driver_messages.c - the C compiler's messages about final C, told about the .gc file.
//
// Final C has the lines of the .gc file but not its columns, its types are encoded, and some of its
// names are ours. The compiler is asked for plain lines, `file:line:col: kind: text`; each is
// mapped back (translate_map) and printed anew, with the user's line and caret. A line in another
// form (`In function 'f':`) passes unchanged but for the types in it.

#include "driver.h"

#include "diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct Message {
    const char *file;
    unsigned line, column;
    const char *kind, *text;
} Message;

// The kind that begins at p, up to its colon. NULL: none of gcc's words.
static const char *read_kind(const char *p) {
    static const char *const kinds[] = {"fatal error",
                                        "error",
                                        "warning",
                                        "note",
                                        "remark",
                                        "sorry, unimplemented",
                                        "internal compiler error"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i]);
        if (strncmp(p, kinds[i], n) == 0 && p[n] == ':' && p[n + 1] == ' ')
            return kinds[i];
    }
    return NULL;
}

// `:12` at *p; moves behind it.
static bool read_number(const char **p, unsigned *out) {
    if (**p != ':' || !isdigit((unsigned char)(*p)[1]))
        return false;
    char *end;
    *out = (unsigned)strtoul(*p + 1, &end, 10);
    *p = end;
    return true;
}

// A file's name may contain colons: the first place where all the rest fits is taken.
static bool parse(const char *line, Message *m) {
    for (const char *colon = strchr(line, ':'); colon; colon = strchr(colon + 1, ':')) {
        const char *p = colon;
        *m = (Message){.file = arena_strndup(line, (size_t)(colon - line))};
        if (colon == line || !read_number(&p, &m->line))
            continue;
        read_number(&p, &m->column);
        if (p[0] == ':' && p[1] == ' ' && (m->kind = read_kind(p + 2))) {
            m->text = p + 2 + strlen(m->kind) + 2;
            return true;
        }
    }
    return false;
}

// Does the text quote one of the names that only generated code has? The user can do nothing about
// such a message.
static bool about_generated_code(const char *text) {
    for (const char *p = text; (p = strstr(p, "gocc_")); p++)
        if (p > text && (p[-1] == '\'' || (unsigned char)p[-1] == 0x98))
            return true;
    return false;
}

// ---- whether a column can be believed -----------------------------------------------------------
// A macro of a system header splits a line of the user's: the preprocessor puts what comes out of
// it on lines of its own, all with the same number. The compiler counts columns in each of them
// from 1, and does not say which it means. Only a column at which one of them alone has a token is
// told.

typedef struct Physical {
    unsigned line; // as the line marker says
    size_t start, end;
    const char *file;
} Physical;

typedef struct Final {
    const char *text;
    Physical *lines; // by line, those of one line in the order of the text
    size_t n_lines;
} Final;

static int by_line(const void *a, const void *b) {
    const Physical *p = a, *q = b;
    if (p->line != q->line)
        return p->line < q->line ? -1 : 1;
    return p->start < q->start ? -1 : p->start > q->start;
}

static Final *final_lines(const char *text, size_t length) {
    Final *f = arena_alloc(sizeof *f);
    const Source *s = source_new(text, length, "");
    f->text = text;
    f->lines = arena_alloc(s->n_lines * sizeof *f->lines);
    for (size_t i = 0; i < s->n_lines; i++) {
        size_t start = s->line_starts[i];
        Place place = source_place(s, start);
        if (text[start] != '#')
            f->lines[f->n_lines++] = (Physical){
                place.line, start, i + 1 < s->n_lines ? s->line_starts[i + 1] : length, place.file};
    }
    qsort(f->lines, f->n_lines, sizeof *f->lines, by_line);
    return f;
}

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static bool token_starts_at(const char *text, const Physical *p, size_t at) {
    if (at >= p->end || isspace((unsigned char)text[at]))
        return false;
    return at == p->start || !is_word_char(text[at]) || !is_word_char(text[at - 1]);
}

// Is the first physical line of that number that is long enough, which translate_map takes, the
// only one with a token there?
static bool column_is_certain(const Final *f, const Message *m) {
    size_t low = 0, high = f->n_lines;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (f->lines[middle].line < m->line)
            low = middle + 1;
        else
            high = middle;
    }
    size_t long_enough = 0, tokens = 0;
    bool first_has_token = false;
    for (; low < f->n_lines && f->lines[low].line == m->line; low++) {
        const Physical *p = &f->lines[low];
        if (strcmp(p->file, m->file) != 0 || p->start + m->column > p->end)
            continue;
        bool token = token_starts_at(f->text, p, p->start + m->column - 1);
        first_has_token |= token && long_enough == 0;
        long_enough++;
        tokens += token;
    }
    return long_enough <= 1 || (first_has_token && tokens == 1);
}

// ---- printing -----------------------------------------------------------------------------------

static UserPlace place_of(const Final *f, const Message *m) {
    const Source *source;
    size_t offset;
    bool certain = m->column && column_is_certain(f, m);
    if (translate_map(m->file, m->line, certain ? m->column : 1, &source, &offset)) {
        UserPlace place = diag_locate(source, offset);
        if (!certain) {
            place.line = m->line;
            place.column = 0;
            place.macro = NULL;
        }
        return place;
    }
    return (UserPlace){.file = m->file, .line = m->line, .column = certain ? m->column : 0};
}

static void print_line(const Final *f, const char *line) {
    Message m;
    const char *text = diag_user_types(line);
    if (!parse(text, &m)) {
        if (!about_generated_code(text))
            fprintf(stderr, "%s\n", text);
        return;
    }
    static bool dropped; // and with a warning its notes
    if (dropped && strstr(m.kind, "note"))
        return;
    dropped = about_generated_code(m.text) && !strstr(m.kind, "error");
    if (dropped)
        return;
    UserPlace place = place_of(f, &m);
    diag_print(stderr, &place, m.kind, m.text);
}

void messages_print(const char *text, size_t length, const char *final, size_t final_length) {
    if (length == 0)
        return;
    const Final *f = final_lines(final, final_length);
    const char *end = text + length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        print_line(f, arena_strndup(text, (size_t)(stop - text)));
        text = newline ? newline + 1 : end;
    }
    fflush(stderr);
}
