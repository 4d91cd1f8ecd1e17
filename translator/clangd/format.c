// format.c - formatting of what is plain C; lines with constructs stay as they are.
//
// clang-format sees the shadow, whose lines with constructs are longer and say something else. An edit is kept if every line that it
// touches is the same in source and shadow: then it means the same in both, and its places are the same.
#include "proxy.h"

#include <string.h>

static Span line_of(const Text *t, size_t line) {
    if (line >= t->n_lines)
        return (Span){t->length, t->length};
    return (Span){t->starts[line], line + 1 < t->n_lines ? t->starts[line + 1] : t->length};
}

static bool same_line(const Document *d, size_t line) {
    Span a = line_of(&d->source, line), b = line_of(&d->shadow.text, line);
    return a.end - a.start == b.end - b.start &&
           !memcmp(d->source.data + a.start, d->shadow.text.data + b.start, a.end - a.start);
}

static bool is_kept(const Document *d, const json_t *edit) {
    const json_t *range = json_object_get(edit, "range");
    Position start, end;
    if (!json_position(json_object_get(range, "start"), &start) || !json_position(json_object_get(range, "end"), &end))
        return false;
    for (size_t line = start.line; line <= end.line && line < d->source.n_lines; line++)
        if (!same_line(d, line))
            return false;
    return true;
}

void format_map(json_t *result, const Document *d) {
    for (size_t i = 0; i < json_array_size(result);)
        if (is_kept(d, json_array_get(result, i)))
            i++;
        else
            json_array_remove(result, i);
}
