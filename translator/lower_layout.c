// lower_layout.c - calls of the allocator: how large, how aligned, and where the pointers lie.

#include "gocc.h"
#include "translate.h"

#define F arena_format

const char *lower_layout(Lower *l, const TypeInfo *t) {
    (void)l;
    (void)t;
    return "&go__layout_any";
}

const char *lower_new(Lower *l, const TypeInfo *t, const char *what) {
    return F("go__new(sizeof(%s), __alignof__(%s), %s)", what, what, lower_layout(l, t));
}

const char *lower_new_copy(Lower *l, const TypeInfo *t, const char *from, const char *what) {
    return F("go__new_copy((const void *)%s, sizeof(%s), __alignof__(%s), %s)", from, what, what, lower_layout(l, t));
}
