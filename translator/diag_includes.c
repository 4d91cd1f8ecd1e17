// diag_includes.c - `In file included from a.h:3,`: how a message's file came into the unit.
//
// The line markers tell which file a line is from, in the order of the text. A file that was not
// open begins to be included where the markers turn to it; a turn back to one that is open ends
// what it had included. So one walk over the markers up to the message keeps the stack of open
// files.

#include "diag.h"

#include <string.h>

typedef struct Open {
    const char *file;
    unsigned line;
} Open; // line: of the #include that was last met in it

static Open *stack;
static size_t n_open, cap_open;

static bool is_virtual(const char *file) {
    size_t n = strlen(file);
    return file[0] == '<' ||
           (n > 2 && strcmp(file + n - 2, "//") == 0); // <built-in>, the working directory
}

static size_t find_open(const char *file) {
    for (size_t i = n_open; i > 0; i--)
        if (strcmp(stack[i - 1].file, file) == 0)
            return i;
    return 0;
}

// The line of `file` in which the text before `mark` ends.
static unsigned line_before(const Source *s, const LineMark *mark) {
    const LineMark *previous = mark - 1;
    unsigned marker = source_physical_line(s, mark->offset) - 1;
    return previous->line + (marker - source_physical_line(s, previous->offset));
}

static void build_stack(const Source *s, size_t offset) {
    n_open = 0;
    *ARENA_PUSH(stack, n_open, cap_open) = (Open){.file = s->main_file};
    for (size_t i = 1; i < s->n_marks && s->marks[i].offset <= offset; i++) {
        const LineMark *m = &s->marks[i];
        if (is_virtual(m->file))
            continue;
        size_t open = find_open(m->file);
        if (open) {
            n_open = open;
        } else {
            stack[n_open - 1].line = is_virtual(m[-1].file) ? 0 : line_before(s, m);
            *ARENA_PUSH(stack, n_open, cap_open) = (Open){.file = m->file};
        }
    }
}

void diag_print_includes(FILE *out, const Source *s, size_t offset) {
    static const char *last;
    Place place = source_place(s, offset);
    bool again = last && strcmp(last, place.file) == 0;
    last = place.file;
    if (again || strcmp(place.file, s->main_file) == 0)
        return;
    build_stack(s, offset);
    for (size_t i = n_open; i > 1; i--) {
        const Open *from = &stack[i - 2];
        fprintf(out, "%s %s%s:%u%s%s\n",
                i == n_open ? "In file included from" : "                 from",
                diag_options.color ? "\33[01m\33[K" : "", from->file, from->line,
                diag_options.color ? "\33[m\33[K" : "", i > 2 ? "," : ":");
    }
}
