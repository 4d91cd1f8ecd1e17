// shadow.c - from a source to the C that clangd sees.
//
//   source --raw.c--> text without directives --tokens, tree--> constructs --shadow_form.c--> edits on the source --edit--> shadow, map
//
// The constructs are read in a copy in which directives are blank, and written into the source itself, at the same offsets. The body
// of a macro is read by itself, as a statement.
#define _GNU_SOURCE // memmem
#include "shadow.h"

#include "gocc.tab.h"
#include "translate.h"

#include <stdlib.h>
#include <string.h>

static int construct_compare(const void *a, const void *b) {
    const Construct *x = a, *y = b;
    return x->span.start < y->span.start ? -1 : x->span.start > y->span.start;
}

static Span shift(Span s, size_t delta) {
    return (Span){s.start + delta, s.end + delta};
}

static void note_word(Reading *r, const Node *n) {
    Construct c = {.kind = n->kind, .word = n->word, .construct = shift(n->span, r->delta)};
    bool named = n->kind == N_CHAN || n->kind == N_GO || n->kind == N_DEFER || n->kind == N_SELECT ||
                 n->kind == N_CALL || n->kind == N_WORD;
    c.span = shift(reading_word(r, named ? n->keyword : n->span.start), r->delta);
    if (!named) // what covers an offset, without a word of its own
        c.span.end = c.span.start;
    c.lparen = n->lparen == NO_OFFSET ? NO_OFFSET : n->lparen + r->delta;
    c.rparen = n->rparen == NO_OFFSET ? NO_OFFSET : n->rparen + r->delta;
    Shadow *s = r->out;
    *ARENA_PUSH(s->constructs, s->n_constructs, s->cap_constructs) = c;
}

static bool is_c(const Node *n) {
    bool weak = n->word == W_MAKE || n->word == W_NEW || n->word == W_LEN || n->word == W_CAP || n->word == W_CLOSE;
    return n->kind == N_SEND || (n->kind == N_CALL && weak);
}

// `select`, `go` and `defer` that came to nothing: more than their form is broken.
static void drop_lost_words(Reading *r) {
    const Tree *t = r->tree;
    for (size_t i = 0; i < t->tokens.n; i++) {
        const Token *k = &t->tokens.v[i];
        const char *text = k->cls == T_SELECT ? "switch (gocc_select(0))" : "";
        if (k->cls != T_SELECT && k->cls != T_GO && k->cls != T_DEFER)
            continue;
        bool found = false;
        for (int j = 1; j <= t->n_nodes && !found; j++)
            found = t->by_id[j]->keyword == k->span.start || t->by_id[j]->span.start == k->span.start;
        if (!found)
            edit_replace(r->edits, k->span.start + r->delta, k->span.end + r->delta, 0, text);
    }
}

static void read_constructs(Reading *r) {
    const Tree *t = r->tree;
    for (int i = 1; i <= t->n_nodes; i++) {
        form_node(r, t->by_id[i]);
        note_word(r, t->by_id[i]);
        r->out->extends |= !is_c(t->by_id[i]);
    }
    for (int i = 1; i <= t->n_nodes; i++)
        form_copies(r, t->by_id[i]);
    form_results(r);
    if (t->broken || t->n_errors) {
        form_brackets(r);
        drop_lost_words(r);
    }
}

// ---- macros -------------------------------------------------------------------------------------

static bool may_extend(const char *text, size_t n) {
    static const char *const signs[] = {"<-", "go", "defer", "select", "chan", "panic", "recover", "any", "_Result", "make", "new", "len", "cap", "for"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (memmem(text, n, signs[i], strlen(signs[i])))
            return true;
    return false;
}

static void drop(void *arg, size_t offset, Severity severity, const char *text) {
    (void)arg, (void)offset, (void)severity, (void)text;
}

// What is wrong in a body may be right where the macro is used: no word of it.
static void read_macro(Shadow *s, Edits *edits, const char *text, Span body, const RawNames *names) {
    if (body.end <= body.start || !may_extend(text + body.start, body.end - body.start))
        return;
    RawNames given = *names;
    given.in_block = true;
    Source *source = source_new(arena_strndup(text + body.start, body.end - body.start), body.end - body.start, "");
    Reading r = {.edits = edits, .tree = tree_read_raw(source, &given, NULL), .delta = body.start, .out = s};
    const Tokens *t = &r.tree->tokens;
    bool one_word = t->n == 2 && (t->v[0].cls == T_GO || t->v[0].cls == T_DEFER); // `#define finally defer`
    if ((!r.tree->broken && !r.tree->n_errors) || one_word)
        read_constructs(&r);
    diag_drain(drop, NULL);
}

// ---- the whole of it ----------------------------------------------------------------------------

static void note_trouble(void *arg, size_t offset, Severity severity, const char *text) {
    Shadow *s = arg;
    if (severity >= DIAG_ERROR)
        *ARENA_PUSH(s->troubles, s->n_troubles, s->cap_troubles) = (Trouble){offset, severity, strdup(text)};
}

static void *keep(const void *v, size_t bytes) {
    void *copy = malloc(bytes + 1);
    if (!copy)
        abort();
    if (bytes)
        memcpy(copy, v, bytes);
    return copy;
}

// What was collected in the arena moves to where it may stay.
static void settle(Shadow *s) {
    if (s->n_constructs)
        qsort(s->constructs, s->n_constructs, sizeof *s->constructs, construct_compare);
    s->constructs = keep(s->constructs, s->n_constructs * sizeof *s->constructs);
    s->blocks = keep(s->blocks, s->n_blocks * sizeof *s->blocks);
    s->troubles = keep(s->troubles, s->n_troubles * sizeof *s->troubles);
}

static RawNames names_of(const Raw *raw, const char *text, const RawNames *given) {
    RawNames names = {0};
    for (size_t i = 0; given && i < given->n_types; i++)
        *ARENA_PUSH(names.types, names.n_types, names.cap_types) = given->types[i];
    for (size_t i = 0; given && i < given->n_others; i++)
        *ARENA_PUSH(names.others, names.n_others, names.cap_others) = given->others[i];
    for (size_t i = 0; i < raw->n_macros; i++) {
        Span n = raw->macros[i].name;
        *ARENA_PUSH(names.others, names.n_others, names.cap_others) = arena_strndup(text + n.start, n.end - n.start);
    }
    return names;
}

void shadow_make(Shadow *s, const char *text, size_t length, const RawNames *given, RawNames *declared) {
    shadow_free(s);
    Raw *raw = raw_read(text, length);
    RawNames names = names_of(raw, text, given);
    Source *source = source_new(raw->masked, length, "");
    Reading r = {.tree = tree_read_raw(source, &names, declared), .edits = edits_new(source), .out = s};
    diag_drain(note_trouble, s);
    source->text = text; // the same places, with what was blank
    read_constructs(&r);
    for (size_t i = 0; i < raw->n_macros; i++)
        read_macro(s, r.edits, text, raw->macros[i].body, &names);
    for (size_t i = 0; declared && i < raw->n_macros; i++)
        *ARENA_PUSH(declared->others, declared->n_others, declared->cap_others) =
            arena_strndup(text + raw->macros[i].name.start, raw->macros[i].name.end - raw->macros[i].name.start);
    size_t out_length;
    char *out = edits_apply(r.edits, NULL, &out_length);
    text_set(&s->text, out, out_length);
    map_make(&s->map, r.edits, out_length);
    settle(s);
}

void shadow_free(Shadow *s) {
    text_free(&s->text);
    map_free(&s->map);
    free(s->constructs);
    free(s->blocks);
    for (size_t i = 0; i < s->n_troubles; i++)
        free(s->troubles[i].message);
    free(s->troubles);
    *s = (Shadow){0};
}

const Construct *shadow_word_at(const Shadow *s, size_t source) {
    for (size_t i = 0; i < s->n_constructs; i++)
        if (s->constructs[i].span.start <= source && source < s->constructs[i].span.end)
            return &s->constructs[i];
    return NULL;
}

const Construct *shadow_construct_at(const Shadow *s, size_t source) {
    const Construct *found = NULL;
    for (size_t i = 0; i < s->n_constructs; i++)
        if (s->constructs[i].construct.start <= source && source <= s->constructs[i].construct.end)
            if (!found || s->constructs[i].construct.end - s->constructs[i].construct.start <=
                              found->construct.end - found->construct.start)
                found = &s->constructs[i];
    return found;
}
