// source.c - the preprocessed text, and which line of which file each byte of it came from.
//
// The preprocessor says so in line markers, `# 12 "file.h" 1 3`: the line that follows is line 12
// of file.h. Flag 3 means a system header. Between two markers, lines count up by one. Two sorted
// tables answer a question by bisection: the starts of all physical lines, and the markers.

#include "gocc.h"

#include <string.h>

// ---- reading a line marker ----------------------------------------------------------------------

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static const char *skip_blanks(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

// One character of a file name as gcc writes it: \\, \" or \ooo for what cannot be printed.
static const char *read_escaped(const char *p, const char *end, char *out) {
    if (*p != '\\' || p + 1 >= end) {
        *out = *p;
        return p + 1;
    }
    p++;
    if (!is_digit(*p)) {
        *out = *p;
        return p + 1;
    }
    unsigned value = 0;
    for (int i = 0; i < 3 && p < end && is_digit(*p); i++)
        value = value * 8 + (unsigned)(*p++ - '0');
    *out = (char)value;
    return p;
}

// p is behind the opening quote. NULL: no closing quote on this line.
static const char *read_name(const char *p, const char *end, const char **name) {
    char *copy = arena_alloc((size_t)(end - p) + 1);
    size_t n = 0;
    while (p < end && *p != '"')
        p = read_escaped(p, end, &copy[n++]);
    if (p >= end)
        return NULL;
    *name = copy;
    return p + 1;
}

static bool has_system_flag(const char *p, const char *end) {
    for (; p < end; p++)
        if (*p == '3' && !is_digit(p[-1]) && (p + 1 == end || !is_digit(p[1])))
            return true;
    return false;
}

// Is [p, end) a line marker (`# 12 "file" flags`, or `#line 12 "file"`)? Fills all of *mark but the
// offset; without a name the file of `before` goes on.
static bool read_marker(const char *p, const char *end, const LineMark *before, LineMark *mark) {
    if (p >= end || *p != '#')
        return false;
    p = skip_blanks(p + 1, end);
    if (end - p > 4 && memcmp(p, "line", 4) == 0)
        p = skip_blanks(p + 4, end);
    if (p >= end || !is_digit(*p))
        return false;
    *mark = *before;
    for (mark->line = 0; p < end && is_digit(*p); p++)
        mark->line = mark->line * 10 + (unsigned)(*p - '0');
    p = skip_blanks(p, end);
    if (p == end)
        return true;
    if (*p != '"' || !(p = read_name(p + 1, end, &mark->file)))
        return false;
    mark->system = has_system_flag(p, end);
    return true;
}

// ---- building -----------------------------------------------------------------------------------

// Most texts have far more lines than files: the name of a repeated file is kept once, so that
// equal names often are equal pointers.
static const char *same_name(const Source *s, const char *name) {
    for (size_t i = s->n_marks; i > 0 && i + 8 > s->n_marks; i--)
        if (strcmp(s->marks[i - 1].file, name) == 0)
            return s->marks[i - 1].file;
    return name;
}

Source *source_new(const char *text, size_t length, const char *main_file) {
    Source *s = arena_alloc(sizeof *s);
    *s = (Source){.text = text, .length = length, .main_file = main_file};
    size_t line_cap = 0, mark_cap = 0;
    *ARENA_PUSH(s->marks, s->n_marks, mark_cap) =
        (LineMark){.offset = 0, .file = main_file, .line = 1};
    const char *end = text + length, *p = text;
    while (p < end) {
        *ARENA_PUSH(s->line_starts, s->n_lines, line_cap) = (size_t)(p - text);
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        const char *stop = newline ? newline : end;
        LineMark mark;
        if (*p == '#' && read_marker(p, stop, &s->marks[s->n_marks - 1], &mark)) {
            mark.offset = (size_t)(stop - text) + (newline != NULL);
            mark.file = same_name(s, mark.file);
            *ARENA_PUSH(s->marks, s->n_marks, mark_cap) = mark;
        }
        p = newline ? newline + 1 : end;
    }
    if (s->n_lines == 0)
        *ARENA_PUSH(s->line_starts, s->n_lines, line_cap) = 0;
    return s;
}

// ---- asking -------------------------------------------------------------------------------------

// Index of the last physical line that starts at or before offset.
static size_t line_index(const Source *s, size_t offset) {
    size_t low = 0, high = s->n_lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->line_starts[middle] <= offset)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static const LineMark *mark_at(const Source *s, size_t offset) {
    size_t low = 0, high = s->n_marks;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (s->marks[middle].offset <= offset)
            low = middle;
        else
            high = middle;
    }
    return &s->marks[low];
}

Place source_place(const Source *s, size_t offset) {
    if (offset > s->length)
        offset = s->length;
    size_t line = line_index(s, offset);
    const LineMark *mark = mark_at(s, s->line_starts[line]);
    return (Place){
        .file = mark->file,
        .line = mark->line + (unsigned)(line - line_index(s, mark->offset)),
        .column = (unsigned)(offset - s->line_starts[line]) + 1,
        .system = mark->system,
    };
}

unsigned source_physical_line(const Source *s, size_t offset) {
    return (unsigned)line_index(s, offset > s->length ? s->length : offset) + 1;
}
