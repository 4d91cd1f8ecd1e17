// A summary is read back as it was written; what is cut off or changed anywhere is none.

#include "gocc.h"

#include <assert.h>
#include <string.h>

static void add(Summary *s, FunctionSummary f) {
    summary_symbol(&f);
    *ARENA_PUSH(s->functions, s->n_functions, s->cap_functions) = f;
}

static Summary *make(void) {
    static Leak two[] = {{0, -1}, {-1, 3}}, three[] = {{2, 1}, {-1, -1}, {99, 0}};
    Summary *s = arena_alloc(sizeof *s);
    *s = (Summary){.source = "a b.gc", .path = "/x/a b.gc", .file = "dir/a.summary"};
    add(s, (FunctionSummary){.name = "f", .type = "int (int *, void *)", .leaks = two, .n_leaks = 2});
    add(s, (FunctionSummary){.name = "say", .type = "void (char *, ...)", .leaks = three, .n_leaks = 3, .variadic = true});
    *ARENA_PUSH(s->uses, s->n_uses, s->cap_uses) = "g";
    return s;
}

static void same(const Summary *a, const Summary *b) {
    assert(!strcmp(a->source, b->source) && !strcmp(a->path, b->path) && a->n_functions == b->n_functions);
    for (size_t i = 0; i < a->n_functions; i++) {
        const FunctionSummary *f = &a->functions[i], *g = &b->functions[i];
        assert(!strcmp(f->name, g->name) && !strcmp(f->type, g->type) && !strcmp(f->symbol, g->symbol));
        assert(f->variadic == g->variadic && f->n_leaks == g->n_leaks);
        for (int k = 0; k < f->n_leaks; k++)
            assert(f->leaks[k].heap == g->leaks[k].heap && f->leaks[k].result == g->leaks[k].result);
    }
}

static void there_and_back(bool all) {
    Summary *s = make();
    Buffer text = {0};
    summary_print(&text, s, all);
    summary_print(&text, s, all);
    const char *p = text.data;
    for (int i = 0; i < 2; i++) {
        Summary *again = summary_read(&p);
        assert(again);
        same(s, again);
        assert(again->n_uses == all && !again->file == !all);
    }
    assert(!*p && !summary_read(&p));
}

static void damage(void) {
    Buffer text = {0};
    summary_print(&text, make(), true);
    for (size_t i = 0; i < text.length; i++) {
        const char *p = arena_strndup(text.data, i);
        assert(!summary_read(&p));
        for (const char *other = " \n1fhr+|\x80"; *other; other++) {
            char *changed = arena_strndup(text.data, text.length);
            changed[i] = *other;
            p = changed;
            assert(*other == text.data[i] || !summary_read(&p));
        }
    }
}

int main(void) {
    there_and_back(true);
    there_and_back(false);
    damage();
    return 0;
}
