// diag_lines.c - the users' files, line by line, for messages: the text under a caret, and columns
// as a terminal shows them.
//
// gcc counts columns as they look: a tab goes to the next multiple of -ftabstop, a Chinese
// character takes two, an accent of its own none. The table below holds the ranges that matter;
// what it does not know counts one.

#include "diag.h"

#include <ctype.h>
#include <string.h>

typedef struct File {
    const char *name;
    Buffer text;
    bool read;
    unsigned line;  // the line that was asked for last; messages go down the file
    const char *at; // its start
} File;

static File *files;
static size_t n_files, cap_files;

static File *file_named(const char *name) {
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(files[i].name, name) == 0)
            return &files[i];
    File *f = ARENA_PUSH(files, n_files, cap_files);
    *f = (File){.name = name};
    f->read = file_read(name, &f->text) && f->text.data;
    f->line = 1;
    f->at = f->text.data;
    return f;
}

// The start of a line, or NULL.
static const char *find_line(File *f, unsigned line) {
    const char *end = f->text.data + f->text.length;
    if (line < f->line) {
        f->line = 1;
        f->at = f->text.data;
    }
    while (f->line < line) {
        const char *newline = memchr(f->at, '\n', (size_t)(end - f->at));
        if (!newline)
            return NULL;
        f->at = newline + 1;
        f->line++;
    }
    return f->at < end ? f->at : NULL;
}

const char *diag_line(const char *file, unsigned line, size_t *length) {
    File *f = file_named(file);
    const char *p = f->read ? find_line(f, line) : NULL;
    if (!p)
        return NULL;
    const char *end = f->text.data + f->text.length;
    const char *newline = memchr(p, '\n', (size_t)(end - p));
    *length = (size_t)((newline ? newline : end) - p);
    if (*length > 0 && p[*length - 1] == '\r')
        --*length;
    return p;
}

static bool is_word(unsigned char c) {
    return isalnum(c) || c == '_' || c == '$' || c >= 0x80;
}

static size_t literal_length(const char *p, size_t n) {
    for (size_t i = 1; i < n; i++) {
        if (p[i] == '\\')
            i++;
        else if (p[i] == p[0])
            return i + 1;
    }
    return n;
}

size_t diag_token_length(const char *line, size_t length, unsigned column) {
    static const char *const signs[] = {
        "<<=",
        ">>=",
        "...",
        "<-",
        "->",
        "++",
        "--",
        "<<",
        ">>",
        "<=",
        ">=",
        "==",
        "!=",
        "&&",
        "||",
        "+=",
        "-=",
        "*=",
        "/=",
        "%=",
        "&=",
        "|=",
        "^=",
    };
    if (column < 1 || column > length)
        return 1;
    const char *p = line + column - 1;
    size_t left = length - (column - 1), n = 0;
    while (n < left && is_word((unsigned char)p[n]))
        n++;
    if (n > 0)
        return n;
    if (*p == '"' || *p == '\'')
        return literal_length(p, left);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strlen(signs[i]) <= left && memcmp(p, signs[i], strlen(signs[i])) == 0)
            return strlen(signs[i]);
    return 1;
}

// ---- widths -------------------------------------------------------------------------------------

// Decodes one character at p; an invalid byte stands for itself.
static unsigned decode(const unsigned char *p, size_t left, size_t *bytes) {
    static const unsigned char least[] = {0, 0, 0xc2, 0xe0, 0xf0};
    size_t n = *p < 0x80 ? 1 : *p >= 0xf0 && *p < 0xf5 ? 4
                           : *p >= 0xe0                ? 3
                           : *p >= 0xc2                ? 2
                                                       : 1;
    *bytes = 1;
    if (n == 1 || n > left)
        return *p;
    unsigned c = (unsigned)(*p - least[n]) + (n == 2 ? 2 : 0);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return *p;
        c = c << 6 | (p[i] & 0x3f);
    }
    *bytes = n;
    return c;
}

static unsigned width(unsigned c) {
    static const struct {
        unsigned first, last, width;
    } ranges[] = {
        {0x300, 0x36f, 0},
        {0x483, 0x489, 0},
        {0x591, 0x5bd, 0},
        {0x610, 0x61a, 0},
        {0x64b, 0x65f, 0},
        {0x1100, 0x115f, 2},
        {0x1ab0, 0x1aff, 0},
        {0x1dc0, 0x1dff, 0},
        {0x200b, 0x200f, 0},
        {0x20d0, 0x20f0, 0},
        {0x231a, 0x231b, 2},
        {0x2e80, 0x303e, 2},
        {0x3041, 0x4dbf, 2},
        {0x4e00, 0xa4cf, 2},
        {0xa960, 0xa97c, 2},
        {0xac00, 0xd7a3, 2},
        {0xf900, 0xfaff, 2},
        {0xfe00, 0xfe0f, 0},
        {0xfe20, 0xfe2f, 0},
        {0xfe30, 0xfe6f, 2},
        {0xff00, 0xff60, 2},
        {0xffe0, 0xffe6, 2},
        {0x1f300, 0x1f64f, 2},
        {0x1f680, 0x1f6ff, 2},
        {0x1f900, 0x1f9ff, 2},
        {0x20000, 0x3fffd, 2},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].width;
    return 1;
}

unsigned diag_display_column(const char *line, size_t length, unsigned column) {
    unsigned shown = 0, stop = diag_options.tab_stop > 0 ? (unsigned)diag_options.tab_stop : 1;
    size_t i = 0;
    while (i + 1 < column && i < length) {
        size_t bytes = 1;
        if (line[i] == '\t')
            shown = (shown / stop + 1) * stop;
        else
            shown += width(decode((const unsigned char *)line + i, length - i, &bytes));
        i += bytes;
    }
    return shown + 1 + (column > i + 1 ? column - 1 - (unsigned)i : 0);
}
