// shadow.h - what shadow.c and shadow_form.c share.
#ifndef GOCC_SHADOW_H
#define GOCC_SHADOW_H
#include "proxy.h"

// One reading: the text itself, or the body of a macro, which stands `delta` bytes into it. Offsets of its nodes are its own.
typedef struct Reading {
    Edits *edits;              // of the whole text
    const Tree *tree;
    size_t delta;
    Shadow *out;
} Reading;
void form_node(Reading *r, const Node *n);
void form_copies(Reading *r, const Node *n);           // after all nodes: what go and defer blocks copy
void form_brackets(Reading *r);
void form_results(Reading *r);                         // declares `_Result` where it is mentioned
Span reading_word(const Reading *r, size_t at);        // the word there
#endif
