// edit.c - edits on the preprocessed text, and the map of positions between the text and its edited
// copy.
//
// Edits are collected in any order, sorted once, and applied in one walk that also records the
// pieces of the result:
//   1. A piece is either a stretch of the source, byte for byte, or text put in its place.
//   2. Pieces cover the result without gaps, and the source without overlaps: text outside edits is
//      never changed.
//   3. The newlines of a replaced stretch follow its replacement, so every line keeps its number.
// Both directions of the map are binary searches over the pieces.
//
// At one offset: what closes (deepest first), what opens (shallowest first), then the replacement
// that starts there. Among equals in depth, rank decides in the same way.
#include "gocc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

typedef enum EditKind { EDIT_CLOSE,
                        EDIT_OPEN,
                        EDIT_REPLACE } EditKind;
typedef struct Edit {
    size_t start, end; // of the source; equal for an insertion
    EditKind kind;
    int depth, rank;
    size_t sequence; // order of the calls: decides between equals
    Span moved;
    const char *text;
} Edit;
struct Edits {
    const Source *source;
    Edit *v;
    size_t n, cap;
    bool sorted;
    Piece *pieces;
    size_t n_pieces, cap_pieces; // of the last edits_apply
    size_t out_length;
};

Edits *edits_new(const Source *source) {
    Edits *e = arena_alloc(sizeof *e);
    e->source = source;
    e->sorted = true;
    return e;
}

bool edits_empty(const Edits *e) {
    return e->n == 0;
}

static void edit_add(Edits *e, size_t start, size_t end, EditKind kind, int depth, int rank,
                     const char *text) {
    assert(start <= end && end <= e->source->length);
    assert(!strchr(text, '\n'));
    size_t sequence = e->n;
    *ARENA_PUSH(e->v, e->n, e->cap) =
        (Edit){start, end, kind, depth, rank, sequence, {0, 0}, arena_strndup(text, strlen(text))};
    e->sorted = false;
}

void edit_open(Edits *e, size_t at, int depth, const char *text) {
    edit_add(e, at, at, EDIT_OPEN, depth, 0, text);
}

void edit_close(Edits *e, size_t at, int depth, const char *text) {
    edit_add(e, at, at, EDIT_CLOSE, depth, 0, text);
}

void edit_open_at(Edits *e, size_t at, int depth, int rank, const char *text) {
    edit_add(e, at, at, EDIT_OPEN, depth, rank, text);
}

void edit_close_at(Edits *e, size_t at, int depth, int rank, const char *text) {
    edit_add(e, at, at, EDIT_CLOSE, depth, rank, text);
}

void edit_replace(Edits *e, size_t start, size_t end, int depth, const char *text) {
    edit_add(e, start, end, EDIT_REPLACE, depth, 0, text);
}

void edit_move(Edits *e, size_t at, int depth, Span from) {
    edit_open(e, at, depth, arena_strndup(e->source->text + from.start, from.end - from.start));
    e->v[e->n - 1].moved = from;
}

const Piece *edits_pieces(const Edits *e, size_t *n) {
    *n = e->n_pieces;
    return e->pieces;
}

static int edit_compare(const void *a, const void *b) {
    const Edit *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    if (x->depth != y->depth)
        return x->kind == EDIT_CLOSE ? y->depth - x->depth : x->depth - y->depth;
    if (x->rank != y->rank)
        return x->kind == EDIT_CLOSE ? y->rank - x->rank : x->rank - y->rank;
    return x->sequence < y->sequence ? -1 : 1;
}

static void edits_sort(Edits *e) {
    if (!e->sorted)
        qsort(e->v, e->n, sizeof *e->v, edit_compare);
    e->sorted = true;
}

// The first edit that starts at or after `at`.
static size_t edits_find(const Edits *e, size_t at) {
    size_t low = 0, high = e->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (e->v[middle].start < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

// ---- rendering a part on one line ---------------------------------------------------------------

// Skips a line marker or pragma at i; a comment cannot be in the text unless -C asked for it.
static size_t skip_line_or_comment(const Source *s, size_t i, size_t end) {
    const char *t = s->text;
    if (t[i] == '#' && (i == 0 || t[i - 1] == '\n')) {
        while (i < end && t[i] != '\n')
            i++;
    } else if (t[i] == '/' && i + 1 < end && t[i + 1] == '/') {
        while (i < end && t[i] != '\n')
            i++;
    } else if (t[i] == '/' && i + 1 < end && t[i + 1] == '*') {
        for (i += 2; i < end && !(t[i - 1] == '*' && t[i] == '/'); i++) {}
        i += i < end;
    }
    return i;
}

// One token's worth of text from i on: a whole string, so that what it holds is not taken for a
// comment.
static size_t string_end(const Source *s, size_t i, size_t end) {
    const char *t = s->text;
    if (t[i] != '"' && t[i] != '\'')
        return i + 1;
    char quote = t[i];
    size_t j = i + 1;
    for (; j < end && t[j] != quote && t[j] != '\n'; j++)
        if (t[j] == '\\' && j + 1 < end)
            j++;
    return j < end && t[j] == quote ? j + 1 : i + 1;
}

static void render_kept(Buffer *out, const Source *s, size_t start, size_t end) {
    for (size_t i = start; i < end;) {
        size_t next = skip_line_or_comment(s, i, end);
        if (next > i || s->text[i] == '\n' || s->text[i] == '\r') {
            buffer_puts(out, " ");
            i = next > i ? next : i + 1;
            continue;
        }
        next = string_end(s, i, end);
        buffer_append(out, s->text + i, next - i);
        i = next;
    }
}

char *edits_render(Edits *e, Span part) {
    Buffer out = {0};
    edits_sort(e);
    size_t at = part.start;
    for (size_t i = edits_find(e, part.start); i < e->n && e->v[i].start <= part.end; i++) {
        const Edit *x = &e->v[i];
        bool closes = x->kind == EDIT_CLOSE;
        if (closes ? x->start == part.start : x->start == part.end)
            continue; // belongs to a neighbour
        if (x->start < at)
            continue; // inside what was replaced
        if (x->kind == EDIT_REPLACE && x->end > part.end)
            continue;
        render_kept(&out, e->source, at, x->start);
        buffer_puts(&out, x->text);
        at = x->end;
    }
    render_kept(&out, e->source, at, part.end);
    char *text = arena_strndup(out.data ? out.data : "", out.length);
    free(out.data);
    return text;
}

// ---- applying -----------------------------------------------------------------------------------

static void piece_add(Edits *e, Buffer *out, size_t start, size_t end, bool kept) {
    *ARENA_PUSH(e->pieces, e->n_pieces, e->cap_pieces) = (Piece){out->length, start, end, {0, 0}, kept};
    if (kept)
        buffer_append(out, e->source->text + start, end - start);
}

// The newlines that a replacement would lose; with them the line markers between them.
static void keep_newlines(Buffer *out, const Source *s, size_t start, size_t end) {
    for (size_t i = start; i < end; i++) {
        if (s->text[i] != '\n')
            continue;
        buffer_append(out, "\n", 1);
        if (i + 1 >= end || s->text[i + 1] != '#')
            continue;
        size_t line = i + 1;
        while (i + 1 < end && s->text[i + 1] != '\n')
            i++;
        buffer_append(out, s->text + line, i + 1 - line);
    }
}

static void edits_apply_one(Edits *e, Buffer *out, const Edit *x) {
    piece_add(e, out, x->start, x->end, false);
    e->pieces[e->n_pieces - 1].moved = x->moved;
    buffer_puts(out, x->text);
    keep_newlines(out, e->source, x->start, x->end);
}

static void verify_edits(const Edits *e, const Buffer *out) {
    for (size_t i = 0; i < e->n_pieces; i++) {
        const Piece *p = &e->pieces[i];
        size_t out_end = i + 1 < e->n_pieces ? p[1].out : out->length;
        size_t source_end = i + 1 < e->n_pieces ? p[1].start : e->source->length;
        assert(p->end == source_end && p->out <= out_end);
        if (!p->kept)
            continue;
        assert(out_end - p->out == p->end - p->start);
        assert(!memcmp(out->data + p->out, e->source->text + p->start, p->end - p->start));
    }
}

// The prelude must end a line itself and be no part of any: a marker that names the text's first
// line follows it.
static void put_prelude(Edits *e, Buffer *out, const char *prelude) {
    if (!prelude || !*prelude)
        return;
    buffer_puts(out, prelude);
    if (out->data[out->length - 1] != '\n')
        buffer_puts(out, "\n");
    if (e->source->length && e->source->text[0] == '#')
        return; // the text starts with its own
    buffer_printf(out, "# 1 \"%s\"\n", e->source->main_file);
}

char *edits_apply(Edits *e, const char *prelude, size_t *length) {
    Buffer out = {0};
    size_t at = 0;
    edits_sort(e);
    e->n_pieces = 0;
    put_prelude(e, &out, prelude);
    for (size_t i = 0; i < e->n; i++) {
        const Edit *x = &e->v[i];
        if (x->start < at)
            continue; // inside what an earlier, wider edit replaced
        if (x->start > at)
            piece_add(e, &out, at, x->start, true);
        edits_apply_one(e, &out, x);
        at = x->end;
    }
    piece_add(e, &out, at, e->source->length, true);
    verify_edits(e, &out);
    e->out_length = *length = out.length;
    char *text = arena_strndup(out.data ? out.data : "", out.length);
    free(out.data);
    return text;
}

// ---- the map ------------------------------------------------------------------------------------

// The last piece that starts at or before offset, by a key: its place in the result or in the
// source.
static const Piece *piece_find(const Edits *e, size_t offset, bool in_source) {
    size_t low = 0, high = e->n_pieces;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        size_t key = in_source ? e->pieces[middle].start : e->pieces[middle].out;
        if (key <= offset)
            low = middle;
        else
            high = middle;
    }
    return e->n_pieces ? &e->pieces[low] : NULL;
}

size_t edits_to_source(Edits *e, size_t offset) {
    const Piece *p = piece_find(e, offset, false);
    if (!p)
        return offset;
    if (offset < p->out)
        return 0; // in the prelude
    if (!p->kept)
        return p->start;
    size_t at = p->start + (offset - p->out);
    return at < p->end ? at : p->end;
}

size_t edits_from_source(Edits *e, size_t offset) {
    const Piece *p = piece_find(e, offset, true);
    if (!p)
        return offset;
    if (!p->kept && p->end > offset)
        return NO_OFFSET;
    if (offset > p->end)
        return NO_OFFSET;
    return p->out + (offset - p->start);
}

void edits_dump(Edits *e) {
    static const char *const names[] = {"close", "open", "replace"};
    edits_sort(e);
    for (size_t i = 0; i < e->n; i++) {
        const Edit *d = &e->v[i];
        Place p = source_place(e->source, d->start);
        printf("%s:%u:%u: %s", p.file, p.line, p.column, names[d->kind]);
        if (d->kind == EDIT_REPLACE)
            printf(" `%.*s`", (int)(d->end - d->start), e->source->text + d->start);
        printf(" `%s`\n", d->text);
    }
}
