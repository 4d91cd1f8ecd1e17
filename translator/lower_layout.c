// lower_layout.c - calls of the allocator: how large, how aligned, and where the pointers lie.
//
// Layouts are constants at file scope, one for all types that look alike. An object that is an array, or ends in one, gets a byte
// more than it needs: a pointer to one past its end is then still a pointer into it, and keeps it alive.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

static bool same_layout(const Layout *a, const Layout *b) {
    return a->words == b->words && !memcmp(a->mask, b->mask, (a->words + 63) / 64 * sizeof *a->mask);
}

static void append_layout(Lower *l, size_t i, const Layout *layout) {
    buffer_printf(&l->layout_text, "__extension__ static const struct go__layout gocc_layout_%zu = { %u, { ", i,
                  layout->words);
    for (unsigned k = 0; k < (layout->words + 63) / 64; k++)
        buffer_printf(&l->layout_text, "%s0x%llxul", k ? ", " : "", (unsigned long long)layout->mask[k]);
    buffer_puts(&l->layout_text, " } }; ");
}

const char *lower_layout(Lower *l, const TypeInfo *t) {
    const Layout *layout = t ? t->layout : NULL;
    if (!t || !t->known || (layout && (layout->any || (layout->words == 1 && layout->mask[0] == 1))))
        return "&go__layout_any";
    if (!layout)
        return "(void *)0";
    size_t i = 0;
    while (i < l->n_layouts && !same_layout(l->layouts[i], layout))
        i++;
    if (i == l->n_layouts) {
        *ARENA_PUSH(l->layouts, l->n_layouts, l->cap_layouts) = layout;
        append_layout(l, i, layout);
    }
    return F("&gocc_layout_%zu", i);
}

const char *lower_new(Lower *l, const TypeInfo *t, const char *what) {
    return F("go__new(sizeof(%s)%s, __alignof__(%s), %s)", what, t->open_end ? " + 1" : "", what,
             lower_layout(l, t));
}

const char *lower_new_copy(Lower *l, const TypeInfo *t, const char *from, const char *what) {
    if (!t->open_end)
        return F("go__new_copy((const void *)%s, sizeof(%s), __alignof__(%s), %s)", from, what, what,
                 lower_layout(l, t));
    return F("(__extension__ ({ void *gocc_n = %s; go__gc_copy(gocc_n, (const void *)%s, sizeof(%s)); gocc_n; }))",
             lower_new(l, t, what), from, what);
}
