// lower.c - from facts to final C: the loop over the constructs, and what the lower_*.c share.
//
// Final C keeps the lines of the .gc file and as much of its text as can stay in place: constructs become calls of the runtime
// (abi.h) around the user's own operands. Names that begin with `gocc_` are ours. Every generated statement stays in
// braces or in a statement expression, so that it may stand wherever the construct did.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

NodeFacts *lower_facts(Lower *l, const Node *n) {
    return &l->facts->nodes[n->id];
}

void lower_between(Lower *l, const Node *n, size_t start, size_t end, const char *text) {
    if (start == end)
        edit_open(l->edits, start, n->depth, text);
    else
        edit_replace(l->edits, start, end, n->depth, text);
}

const char *lower_text(Lower *l, Span s) {
    return arena_strndup(l->tree->source->text + s.start, s.end - s.start);
}

// In its own function or block a variable is itself, or behind its pointer if it lives on the heap; elsewhere it is
// reached through the pointer that the environment carried over.
const char *lower_name(Lower *l, const Var *v, const Node *block) {
    bool shared = v->block != block;
    if (v->jumped && !shared)
        return F("(*%s)", lower_heap_pointer(l, v));
    return v->heap || shared || v->kind == VAR_RESULT ? F("(*gocc_at_%s)", v->name) : v->name;
}

const char *lower_elem(Lower *l, Span channel) {
    return F("__typeof__(((void)0, *(**(%s))(gocc_t)))", edits_render(l->edits, channel));
}

Var *lower_var_at(Lower *l, size_t offset) {
    for (size_t i = 0; i < l->facts->n_vars; i++)
        if (l->facts->vars[i]->at == offset)
            return l->facts->vars[i];
    return NULL;
}

// ---- descriptors of boxed types ----------------------------------------------------------------
static void append_string(Buffer *out, const char *s) {
    buffer_puts(out, "\"");
    for (; *s; s++)
        buffer_printf(out, *s == '"' || *s == '\\' ? "\\%c" : "%c", *s);
    buffer_puts(out, "\"");
}

const char *lower_type(Lower *l, const TypeInfo *t) {
    size_t i = 0;
    while (i < l->n_boxed && (strcmp(l->boxed[i]->identity, t->identity) ||
                              strcmp(l->boxed[i]->spelling, t->spelling)))
        i++;
    if (i == l->n_boxed) {
        *ARENA_PUSH(l->boxed, l->n_boxed, l->cap_boxed) = t;
        const char *layout = lower_layout(l, t);
        buffer_printf(&l->types, "static const struct go_type gocc_type_%zu = { ", i);
        append_string(&l->types, t->spelling);
        buffer_puts(&l->types, ", ");
        append_string(&l->types, t->identity);
        buffer_printf(&l->types, ", %lld, %lld, %d, %d, %s }; ", t->size > 0 ? t->size : 0,
                      t->align > 0 ? t->align : 1, t->kind, t->named, layout);
    }
    return F("&gocc_type_%zu", i);
}

// ---- the loop ----------------------------------------------------------------------------------
// The call that a go or defer statement detaches is lowered with the statement.
static bool is_detached(const Lower *l, const Node *n) {
    const Node *p = n->parent;
    return n->kind == N_CALL && p && (p->kind == N_GO || p->kind == N_DEFER) && !p->is_block &&
           l->facts->nodes[p->id].calls_builtin && p->callee.start == n->keyword;
}

static void lower_node(Lower *l, Node *n) {
    if (n->is_comparison || is_detached(l, n))
        return;
    switch (n->kind) {
    case N_UNIT:
    case N_ERROR:
    case N_CASE: break;
    case N_CHAN: marker_channel_type(l->edits, n); break;
    case N_RECV: lower_receive(l, n); break;
    case N_SEND: lower_send(l, n); break;
    case N_RECV2: lower_receive2(l, n); break;
    case N_GO: lower_go(l, n); break;
    case N_DEFER: lower_defer(l, n); break;
    case N_SELECT: lower_select(l, n); break;
    case N_RANGE: lower_range(l, n); break;
    case N_CALL:
        if (n->word != W_CLOSE || lower_facts(l, n)->operand.is_channel)
            lower_call(l, n);
        break;
    case N_WORD: lower_word(l, n); break;
    }
}

// A block is a function of its own in final C, but its user stands in the function around it: __func__ is that one's name.
static void lower_function_names(Lower *l) {
    static const char *const words[] = {"__func__", "__FUNCTION__", "__PRETTY_FUNCTION__"};
    const Tree *t = l->tree;
    for (size_t i = 0; i < t->tokens.n; i++) {
        Span s = t->tokens.v[i].span;
        for (size_t w = 0; w < sizeof words / sizeof *words && t->tokens.v[i].kind == TK_WORD; w++) {
            if (s.end - s.start != strlen(words[w]) || memcmp(t->source->text + s.start, words[w], s.end - s.start))
                continue;
            Function *f = facts_function_at(l->facts, s.start);
            if (f && tree_block_at(t, s.start))
                edit_replace(l->edits, s.start, s.end, 0, F("\"%s\"", f->name));
        }
    }
}

// What block literals need: the symbol that they refer to as their class (clang knows it, so its definition is in assembler), and functions that
// call the block which an environment carries.
static const char clang_blocks[] =
    "__asm__(\".pushsection .bss\\n.weak _NSConcreteGlobalBlock\\n.balign 16\\n"
    "_NSConcreteGlobalBlock: .zero 256\\n.popsection\"); "
    "static inline void gocc_run_go(void *p) { (*(void (^*)(void *))p)(p); } "
    "static inline void gocc_run_defer(void *p) "
    "{ ((struct { struct go__defer d; void (^b)(void *); } *)p)->b(p); } ";

const char *lower_unit(Tree *tree, Facts *facts, const TranslateOptions *options, Edits **edits) {
    Lower l = {.tree = tree, .facts = facts, .clang = options->compiler_is_clang, .lto = options->lto};
    l.edits = edits_new(tree->source);
    l.other_target = options->other_target;
    l.no_ranges = options->lto || options->function_sections || options->other_target;
    l.plain_stores = options->plain_stores;
    l.thread_sanitizer = options->thread_sanitizer;
    l.hides_places = !l.clang && (l.lto || facts->mentions_thread_local);
    lower_heap(&l);
    lower_noescape(&l);
    lower_traps(&l);
    lower_renames(&l);
    lower_function_names(&l);
    // Inner constructs first: an outer one may mention an operand a second time, as final C.
    for (int i = tree->n_nodes; i >= 1; i--)
        lower_node(&l, tree->by_id[i]);
    lower_frames(&l);
    lower_atomics(&l);
    lower_stores(&l);
    *edits = l.edits;
    return F("%s%s%s%s%s%s%s%s", prelude_final(), lower_ranges(&l), facts->summary_symbols, l.clang ? clang_blocks : "",
             l.thread_sanitizer ? "void __tsan_write_range(void *, unsigned long); " : "",
             l.slot_type ? "typedef void *__attribute__((__may_alias__)) gocc_slot; " : "",
             l.layout_text.length ? l.layout_text.data : "", l.types.length ? l.types.data : "");
}
