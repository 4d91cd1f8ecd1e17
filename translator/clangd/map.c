// map.c - offsets of the source and of its shadow, there and back.
//
// The shadow is made of stretches of the source, and of text of ours between them. Nearly always the stretches come in the same order;
// a name that a go block copies is moved (edit_move). So they are kept in two orders, each searched by bisection:
//   1. No two stretches overlap, in the source or in the shadow.
//   2. An offset strictly inside a stretch has exactly one counterpart; at its ends the side decides.
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

static int by_source(const void *a, const void *b) {
    const Stretch *x = a, *y = b;
    return x->source < y->source ? -1 : x->source > y->source;
}

static int by_shadow(const void *a, const void *b) {
    const Stretch *x = a, *y = b;
    return x->shadow < y->shadow ? -1 : x->shadow > y->shadow;
}

static void *copy_of(const void *v, size_t bytes) {
    void *copy = malloc(bytes ? bytes : 1);
    if (!copy)
        abort();
    if (bytes)
        memcpy(copy, v, bytes);
    return copy;
}

// `length`: of the shadow.
void map_make(Map *m, const Edits *edits, size_t length) {
    size_t n, n_stretches = 0, cap = 0, n_marked = 0, cap_marked = 0, cap_replaced = 0, n_replaced = 0;
    const Piece *pieces = edits_pieces(edits, &n);
    Stretch *v = NULL;
    Span *marked = NULL, *replaced = NULL;
    for (size_t i = 0; i < n; i++) {
        const Piece *p = &pieces[i];
        size_t end = i + 1 < n ? p[1].out : length;
        size_t from = p->kept ? p->start : p->moved.start;
        if (p->kept || p->moved.end) {
            *ARENA_PUSH(v, n_stretches, cap) = (Stretch){from, p->out, end - p->out};
            continue;
        }
        *ARENA_PUSH(marked, n_marked, cap_marked) = (Span){p->out, end};
        *ARENA_PUSH(replaced, n_replaced, cap_replaced) = (Span){p->start, p->end};
    }
    *m = (Map){.n = n_stretches, .n_marked = n_marked, .identity = edits_empty(edits)};
    m->by_shadow = copy_of(v, n_stretches * sizeof *v);
    m->by_source = copy_of(v, n_stretches * sizeof *v);
    m->marked = copy_of(marked, n_marked * sizeof *marked);
    m->replaced = copy_of(replaced, n_marked * sizeof *replaced);
    qsort(m->by_source, m->n, sizeof *v, by_source);
    qsort(m->by_shadow, m->n, sizeof *v, by_shadow);
}

void map_free(Map *m) {
    free(m->by_source);
    free(m->by_shadow);
    free(m->marked);
    free(m->replaced);
    *m = (Map){0};
}

static size_t key_of(const Stretch *s, bool in_source) {
    return in_source ? s->source : s->shadow;
}

// The stretch that contains offset, its ends included; where two touch the side decides. NULL: there is none; *before is then
// the last that ends before it, or NULL.
static const Stretch *find(const Map *m, size_t offset, bool in_source, Side side, const Stretch **before) {
    const Stretch *v = in_source ? m->by_source : m->by_shadow;
    size_t low = 0, high = m->n; // v[low - 1] starts at or before offset
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (key_of(&v[middle], in_source) <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    *before = low ? &v[low - 1] : NULL;
    if (!low)
        return NULL;
    const Stretch *s = &v[low - 1];
    // Empty stretches and those that start here give way to the one that ends here, if that side is asked for.
    for (const Stretch *left = s; side == SIDE_LEFT && left > v && key_of(left, in_source) == offset; left--)
        if (key_of(&left[-1], in_source) + left[-1].length == offset && left[-1].length)
            return &left[-1];
    return offset <= key_of(s, in_source) + s->length ? s : NULL;
}

size_t map_to_shadow(const Map *m, size_t source, Side side) {
    const Stretch *before, *s = find(m, source, true, side, &before);
    if (s)
        return s->shadow + (source - s->source);
    return before ? before->shadow + before->length : 0;
}

static size_t marked_at(const Map *m, size_t shadow) {
    size_t low = 0, high = m->n_marked;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (m->marked[middle].end <= shadow)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool map_to_source(const Map *m, size_t shadow, Side side, size_t *source) {
    const Stretch *before, *s = find(m, shadow, false, side, &before);
    // Left of a construct that the text begins with, and that leaves nothing in the shadow.
    if (s == m->by_shadow && s && side == SIDE_LEFT && shadow == 0 && s->shadow == 0 && m->n_marked && m->marked[0].end == 0)
        s = NULL;
    if (s) {
        *source = s->source + (shadow - s->shadow);
        return true;
    }
    size_t i = shadow ? marked_at(m, shadow) : 0;
    if (i < m->n_marked && shadow == m->marked[i].start) { // the text begins with a construct
        *source = m->replaced[i].start;
        return true;
    }
    if (i < m->n_marked)
        *source = side == SIDE_LEFT ? m->replaced[i].end : m->replaced[i].start;
    else
        *source = before ? before->source + before->length : 0;
    return false;
}

bool map_range_to_source(const Map *m, Span shadow, Span *out) {
    bool start = map_to_source(m, shadow.start, SIDE_RIGHT, &out->start);
    bool end = map_to_source(m, shadow.end, SIDE_LEFT, &out->end);
    if (shadow.start == shadow.end) {
        out->end = out->start;
        return start;
    }
    if (out->end < out->start)
        out->end = out->start;
    size_t i = marked_at(m, shadow.start);
    bool all_ours = i < m->n_marked && m->marked[i].start <= shadow.start && shadow.end <= m->marked[i].end;
    return !all_ours && (start || end);
}

bool map_is_plain(const Map *m, size_t start, size_t end) {
    const Stretch *before, *s = find(m, start, false, SIDE_RIGHT, &before);
    if (s && end > s->shadow + s->length)
        s = NULL;
    if (!s && start == end)
        s = find(m, start, false, SIDE_LEFT, &before);
    return s && end <= s->shadow + s->length;
}

bool map_replaces(const Map *m, size_t source, Side side) {
    for (size_t i = 0; i < m->n_marked; i++) {
        Span r = m->replaced[i];
        if (side == SIDE_LEFT ? r.start < source && source <= r.end : r.start <= source && source < r.end)
            return true;
    }
    return false;
}
