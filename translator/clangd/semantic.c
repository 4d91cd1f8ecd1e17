// semantic.c - semantic tokens: clangd's, at the places of the source, and the words of the language as keywords.
//
// A token is five numbers: lines and characters since the token before, length, type, modifiers. They are added up, mapped, merged with the
// words, and made differences again.
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

typedef struct Mark {
    size_t start, end;                                 // of the source
    json_int_t type, modifiers;
} Mark;

static json_int_t keyword_type = -1;

void semantic_legend(json_t *capabilities) {
    json_t *provider = json_object_get(capabilities, "semanticTokensProvider");
    json_t *types = json_object_get(json_object_get(provider, "legend"), "tokenTypes"), *type;
    size_t i;
    if (!json_is_array(types))
        return;
    keyword_type = (json_int_t)json_array_size(types);
    json_array_foreach(types, i, type) if (json_is_string(type) && !strcmp(json_string_value(type), "keyword"))
        keyword_type = (json_int_t)i;
    if (keyword_type == (json_int_t)json_array_size(types))
        json_array_append_new(types, json_string("keyword"));
}

static size_t number(const json_t *data, size_t i) {
    json_int_t n = json_integer_value(json_array_get(data, i));
    return n < 0 ? 0 : (size_t)n;
}

static size_t read_marks(const json_t *data, const Document *d, Mark *out) {
    const Text *t = &d->shadow.text;
    Position p = {0, 0};
    size_t n = 0;
    for (size_t i = 0; i + 4 < json_array_size(data); i += 5) {
        p.character = number(data, i) ? number(data, i + 1) : p.character + number(data, i + 1);
        p.line += number(data, i);
        Position q = {p.line, p.character + number(data, i + 2)};
        size_t start = text_offset(t, p), end = text_offset(t, q);
        Mark *m = &out[n];
        if (end <= start || !map_is_plain(&d->shadow.map, start, end) || !map_to_source(&d->shadow.map, start, SIDE_RIGHT, &m->start))
            continue;
        m->end = m->start + (end - start);
        m->type = (json_int_t)number(data, i + 3);
        m->modifiers = (json_int_t)number(data, i + 4);
        n++;
    }
    return n;
}

static size_t add_words(const Document *d, Mark *out) {
    size_t n = 0;
    for (size_t i = 0; keyword_type >= 0 && i < d->shadow.n_constructs; i++) {
        const Construct *c = &d->shadow.constructs[i];
        if (c->span.end > c->span.start && !(c->kind == N_WORD && c->word == W_RESULT) && !(c->kind == N_CALL && c->word == W_CLOSE))
            out[n++] = (Mark){c->span.start, c->span.end, keyword_type, 0};
    }
    return n;
}

static int compare(const void *a, const void *b) {
    const Mark *x = a, *y = b;
    return x->start != y->start ? (x->start < y->start ? -1 : 1) : x->type == keyword_type ? -1
                                                                                           : y->type == keyword_type;
}

static json_t *write_marks(const Mark *v, size_t n, const Document *d) {
    json_t *data = json_array();
    Position last = {0, 0};
    size_t end = 0;
    for (size_t i = 0; i < n; i++) {
        if (v[i].start < end)
            continue; // within the one before
        Position p = text_position(&d->source, v[i].start), q = text_position(&d->source, v[i].end);
        if (p.line != q.line)
            continue;
        json_array_append_new(data, json_integer((json_int_t)(p.line - last.line)));
        json_array_append_new(data, json_integer((json_int_t)(p.line == last.line ? p.character - last.character : p.character)));
        json_array_append_new(data, json_integer((json_int_t)(q.character - p.character)));
        json_array_append_new(data, json_integer(v[i].type));
        json_array_append_new(data, json_integer(v[i].modifiers));
        last = p;
        end = v[i].end;
    }
    return data;
}

void semantic_map(json_t *result, const Document *d) {
    json_t *data = json_object_get(result, "data");
    if (!json_is_array(data))
        return;
    Mark *v = calloc(json_array_size(data) / 5 + d->shadow.n_constructs + 1, sizeof *v);
    if (!v)
        abort();
    size_t n = read_marks(data, d, v);
    n += add_words(d, v + n);
    qsort(v, n, sizeof *v, compare);
    json_object_set_new(result, "data", write_marks(v, n, d));
    free(v);
}
