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

static UserPlace place_of(const Message *m) {
    const Source *source;
    size_t offset;
    if (translate_map(m->file, m->line, m->column ? m->column : 1, &source, &offset)) {
        UserPlace place = diag_locate(source, offset);
        if (!m->column)
            place.column = 0;
        return place;
    }
    return (UserPlace){.file = m->file, .line = m->line, .column = m->column};
}

static void print_line(const char *line) {
    Message m;
    const char *text = diag_user_types(line);
    if (!parse(text, &m)) {
        if (!about_generated_code(text))
            fprintf(stderr, "%s\n", text);
        return;
    }
    if (about_generated_code(m.text) && !strstr(m.kind, "error"))
        return;
    UserPlace place = place_of(&m);
    diag_print(stderr, &place, m.kind, m.text);
}

void messages_print(const char *text, size_t length) {
    const char *end = text + length;
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *stop = newline ? newline : end;
        print_line(arena_strndup(text, (size_t)(stop - text)));
        text = newline ? newline + 1 : end;
    }
    fflush(stderr);
}
