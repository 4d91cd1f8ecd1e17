// emit_break.c - long lines of generated C are broken where a person would.
//
// A line is broken behind `;` and around the braces of blocks, wherever these are not within parentheses or brackets, other than those of
// a statement expression that is long itself. Strings are broken behind a `\n` in them. Everything else stays as it is: only
// blanks are changed, never between two tokens that need none.

#include "emit.h"

#include <ctype.h>
#include <string.h>

enum { WIDTH = 100, // of a line that is left alone
       SHORT = 60,  // of a block within an expression that is
       STEP = 4,
       DEPTH_MAX = 200 };

typedef struct Breaker {
    Buffer *out;
    const char *p, *end;
    char open[DEPTH_MAX]; // '(' or '[', '{' of braces that stay in the line, 'B' of a block's
    int depth;
    size_t indent; // of the line, in blanks
} Breaker;

// ---- looking ahead ------------------------------------------------------------------------------

// Behind the string, character or comment that begins at p, or behind one byte.
static const char *step(const char *p, const char *end) {
    if (p[0] == '/' && p + 1 < end && p[1] == '/')
        return end;
    if (p[0] == '/' && p + 1 < end && p[1] == '*') {
        for (p += 2; p + 1 < end && !(p[0] == '*' && p[1] == '/');)
            p++;
        return p + 1 < end ? p + 2 : end;
    }
    if (*p != '"' && *p != '\'')
        return p + 1;
    for (char quote = *p++; p < end && *p != quote; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p + 1 : end;
}

// Is what the brace opens a block to be broken? Lists have no `;`.
static bool is_block(const Breaker *b) {
    int depth = 0;
    bool statements = false;
    const char *p = b->p;
    for (; p < b->end; p = step(p, b->end)) {
        if (*p == '{')
            depth++;
        else if (*p == '}' && --depth == 0)
            break;
        statements |= *p == ';';
    }
    bool in_expression = b->depth && (b->open[b->depth - 1] == '(' || b->open[b->depth - 1] == '[');
    return statements && (!in_expression || p - b->p > SHORT);
}

static bool breaks_here(const Breaker *b) {
    return b->depth == 0 || b->open[b->depth - 1] == 'B';
}

static size_t blocks(const Breaker *b) {
    size_t n = 0;
    for (int i = 0; i < b->depth; i++)
        n += b->open[i] == 'B';
    return n;
}

// ---- writing ------------------------------------------------------------------------------------

// A new line, unless one has just begun.
static void new_line(Breaker *b) {
    while (b->p < b->end && isspace((unsigned char)*b->p))
        b->p++;
    Buffer *out = b->out;
    while (out->length && out->data[out->length - 1] == ' ')
        out->data[--out->length] = '\0';
    if (b->p == b->end)
        return;
    if (!out->length || out->data[out->length - 1] != '\n')
        buffer_puts(out, "\n");
    buffer_printf(out, "%*s", (int)(b->indent + STEP * blocks(b)), "");
}

// A comment at the end of the line stays with what it is about.
static bool comment_follows(const Breaker *b) {
    const char *p = b->p;
    while (p < b->end && *p == ' ')
        p++;
    return p + 1 < b->end && p[0] == '/' && (p[1] == '/' || p[1] == '*');
}

static void put_string(Breaker *b, const char *to) {
    bool is_long = to - b->p > WIDTH;
    for (const char *from = b->p; b->p < to;) {
        bool newline = b->p[0] == '\\' && b->p[1] == 'n' && b->p + 3 < to;
        b->p += b->p[0] == '\\' && b->p + 1 < to ? 2 : 1;
        if (b->p < to && !(is_long && newline))
            continue;
        buffer_append(b->out, from, (size_t)(b->p - from));
        from = b->p;
        if (b->p < to) {
            buffer_puts(b->out, "\"");
            buffer_printf(b->out, "\n%*s\"", (int)(b->indent + STEP * (blocks(b) + 1)), "");
        }
    }
}

static void put_open(Breaker *b) {
    char kind = *b->p;
    if (kind == '{' && is_block(b))
        kind = 'B';
    buffer_append(b->out, b->p++, 1);
    b->open[b->depth++] = kind;
    if (kind == 'B')
        new_line(b);
}

static void put_close(Breaker *b) {
    bool block = b->depth && b->open[b->depth - 1] == 'B';
    if (b->depth)
        b->depth--;
    if (block)
        new_line(b);
    buffer_append(b->out, b->p++, 1);
    const char *next = b->p;
    while (next < b->end && *next == ' ')
        next++;
    if (block && breaks_here(b) && next < b->end && !strchr(";,)_=", *next) && !comment_follows(b))
        new_line(b);
}

static void put_token(Breaker *b) {
    const char *to = step(b->p, b->end);
    if (*b->p == '"') {
        put_string(b, to);
    } else if (strchr("([{", *b->p) && b->depth < DEPTH_MAX) {
        put_open(b);
    } else if (strchr(")]}", *b->p)) {
        put_close(b);
    } else {
        bool statement = *b->p == ';' && breaks_here(b);
        buffer_append(b->out, b->p, (size_t)(to - b->p));
        b->p = to;
        if (statement && !comment_follows(b))
            new_line(b);
    }
}

// Copies what is left of a comment from the line before.
static void end_comment(Breaker *b, bool *in_comment) {
    const char *from = b->p;
    while (*in_comment && b->p < b->end) {
        *in_comment = !(b->p[0] == '*' && b->p + 1 < b->end && b->p[1] == '/');
        b->p += *in_comment ? 1 : 2;
    }
    buffer_append(b->out, from, (size_t)(b->p - from));
}

static bool opens_comment(const char *p, const char *end) {
    bool open = false;
    for (const char *next; p < end; p = next) {
        next = step(p, end);
        open = p[0] == '/' && p + 1 < end && p[1] == '*' && (end - p < 4 || memcmp(end - 2, "*/", 2) != 0) && next == end;
    }
    return open;
}

void emit_broken(Buffer *out, const char *text, size_t n, bool *in_comment) {
    Breaker b = {.out = out, .p = text, .end = text + n};
    end_comment(&b, in_comment);
    *in_comment |= opens_comment(b.p, b.end);
    if (n <= WIDTH || *text == '#') {
        buffer_append(out, b.p, (size_t)(b.end - b.p));
        return;
    }
    while (b.indent < n && text[b.indent] == ' ')
        b.indent++;
    if (b.p == text)
        while (b.p < b.end && *b.p == ' ')
            buffer_append(out, b.p++, 1);
    while (b.p < b.end)
        put_token(&b);
}
