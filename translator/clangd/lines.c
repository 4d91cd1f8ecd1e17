// lines.c - offsets and LSP positions.
//
// A character of a position is a UTF-16 unit, a byte or a code point, as the two ends agreed. Text that is no UTF-8 counts one for each
// byte that cannot be read, so every offset has a position.
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

Encoding encoding;

static void *grow(void *v, size_t bytes) {
    void *grown = realloc(v, bytes);
    if (!grown) {
        fprintf(stderr, "gocc-clangd: out of memory\n");
        exit(1);
    }
    return grown;
}

static void find_lines(Text *t) {
    t->n_lines = 0;
    for (size_t at = 0;;) {
        if (t->n_lines == t->cap_lines) {
            t->cap_lines = t->cap_lines ? 2 * t->cap_lines : 64;
            t->starts = grow(t->starts, t->cap_lines * sizeof *t->starts);
        }
        t->starts[t->n_lines++] = at;
        const char *newline = memchr(t->data + at, '\n', t->length - at);
        if (!newline)
            return;
        at = (size_t)(newline - t->data) + 1;
    }
}

void text_splice(Text *t, size_t start, size_t end, const char *data, size_t length) {
    size_t tail = t->length - end, now = start + length + tail;
    if (now + 1 > t->length + 1 || !t->data)
        t->data = grow(t->data, now + 1);
    memmove(t->data + start + length, t->data + end, tail);
    if (length)
        memcpy(t->data + start, data, length);
    t->length = now;
    t->data[now] = '\0';
    find_lines(t);
}

void text_set(Text *t, const char *data, size_t length) {
    text_splice(t, 0, t->length, data, length);
}

void text_free(Text *t) {
    free(t->data);
    free(t->starts);
    *t = (Text){0};
}

// Bytes of the character at p.
static size_t character_bytes(const char *p, const char *end) {
    unsigned char c = (unsigned char)*p;
    size_t n = c < 0xc2 ? 1 : c < 0xe0 ? 2
                          : c < 0xf0   ? 3
                          : c < 0xf5   ? 4
                                       : 1;
    for (size_t i = 1; i < n; i++)
        if (p + i >= end || ((unsigned char)p[i] & 0xc0) != 0x80)
            return 1;
    return n;
}

static size_t units(size_t bytes) {
    return encoding == ENCODING_UTF8 ? bytes : encoding == ENCODING_UTF16 && bytes == 4 ? 2
                                                                                        : 1;
}

// Where line i ends, before its newline; a carriage return is the last character of its line, to clangd as well.
static size_t line_end(const Text *t, size_t i) {
    return i + 1 < t->n_lines ? t->starts[i + 1] - 1 : t->length;
}

size_t text_offset(const Text *t, Position p) {
    if (p.line >= t->n_lines)
        return t->length;
    const char *at = t->data + t->starts[p.line], *end = t->data + line_end(t, p.line);
    for (size_t left = p.character; left > 0 && at < end;) {
        size_t bytes = character_bytes(at, end), n = units(bytes);
        if (n > left && encoding == ENCODING_UTF16)
            break;
        if (encoding == ENCODING_UTF8 && bytes > left)
            bytes = n = left;
        at += bytes;
        left -= n;
    }
    return (size_t)(at - t->data);
}

size_t text_line(const Text *t, size_t offset) {
    size_t low = 0, high = t->n_lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (t->starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

Position text_position(const Text *t, size_t offset) {
    if (offset > t->length)
        offset = t->length;
    Position p = {text_line(t, offset), 0};
    const char *at = t->data + t->starts[p.line], *end = t->data + offset;
    while (at < end) {
        size_t bytes = character_bytes(at, end);
        p.character += units(bytes);
        at += bytes;
    }
    return p;
}

void text_make_valid(char *data, size_t length) {
    for (size_t i = 0; i < length;) {
        size_t n = character_bytes(data + i, data + length);
        unsigned char c = (unsigned char)data[i], d = n > 1 ? (unsigned char)data[i + 1] : 0;
        // Longer than need be, a surrogate, or beyond Unicode.
        bool bad = (n == 1 && c >= 0x80) || (c == 0xe0 && d < 0xa0) || (c == 0xed && d > 0x9f) || (c == 0xf0 && d < 0x90) || (c == 0xf4 && d > 0x8f);
        if (bad)
            data[i] = '?';
        i += bad ? 1 : n;
    }
}
