// name.c - contexts as text: how one was made, from the root on, as Go prints it.
//
// Put together from its end, in two passes over the way to the root: the length, then the text. What
// a context says of itself does not change between them.
#include "context/context.h"

#include "base/abi.h"
#include <stdio.h>
#include <string.h>

enum { PART_BYTES = 64 };

// What c adds to its parent's name; its length.
static size_t part(const go_context *c, char out[PART_BYTES]) {
    int n = 0;
    switch ((ContextKind)c->kind) {
    case CONTEXT_BACKGROUND: n = snprintf(out, PART_BYTES, "context.Background"); break;
    case CONTEXT_TODO:
        n = snprintf(out, PART_BYTES, "context.TO"
                                      "DO");
        break;
    case CONTEXT_DETACHED: n = snprintf(out, PART_BYTES, ".WithoutCancel"); break;
    case CONTEXT_CANCEL: n = snprintf(out, PART_BYTES, ".WithCancel"); break;
    case CONTEXT_FUNC: n = snprintf(out, PART_BYTES, ".AfterFunc"); break;
    case CONTEXT_DEADLINE:
        n = snprintf(out, PART_BYTES, ".WithDeadline(%lld)", (long long)c->node->deadline_ns);
        break;
    case CONTEXT_VALUE: {
        const ValueContext *v = (const ValueContext *)c;
        n = snprintf(out, PART_BYTES, ".WithValue(%p, %p)", v->key, v->value);
        break;
    }
    }
    return (size_t)n;
}

const char *go_context_string(go_context *ctx) {
    char out[PART_BYTES];
    size_t length = 0;
    for (const go_context *c = ctx; c; c = c->parent) length += part(c, out);
    char *text = gort_new(length + 1, 1, NULL), *at = text + length;
    for (const go_context *c = ctx; c; c = c->parent) {
        size_t n = part(c, out);
        at -= n;
        memcpy(at, out, n);
    }
    return text;
}
