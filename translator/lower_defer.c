// lower_defer.c - defer statements, and the heads and ends of functions and blocks that defer or recover.
//
// A deferring function has one frame (go__frame) in a struct with its result. Each defer statement has a record there too, room made at the
// head of the function, because a record must live until the function ends even if its statement stands in inner braces; a
// statement that may run again and again takes its records from the runtime. `return e;` stores the
// result, runs what is left (go__defer_return) and returns; the end of the function does so, too. There is no common end to jump to: such a jump
// would enter the scope of variables declared further down, and run their cleanup functions on garbage. After a recovered panic, control comes out of
// __builtin_setjmp at the head, where no variable is in scope yet, and leaves from there. The result is memory that the compiler
// must assume others know, so it is current there.

#include "gocc.h"
#include "translate.h"

#include <string.h>

#define F arena_format

// ---- the statement -----------------------------------------------------------------------------
static long long record_bytes(Lower *l, Node *n) {
    NodeFacts *f = lower_facts(l, n);
    long long bytes = 48 + f->args_bytes;
    for (int i = 0; i < f->n_captures; i++)
        bytes += 16;
    for (int i = 0; i < f->n_copies; i++)
        bytes += (f->copies[i]->type.size > 0 ? f->copies[i]->type.size : 16) + 31;
    for (Node *c = n->first; f->calls_builtin && c; c = NULL)
        bytes += l->facts->nodes[c->id].operand.size > 0 ? l->facts->nodes[c->id].operand.size + 16 : 64;
    if (f->calls_builtin)
        bytes += 16 * n->n_args + 64;
    return (bytes + 15) & ~15LL;
}

static void push(Lower *l, Node *n, const char *callee, Buffer *out) {
    NodeFacts *f = lower_facts(l, n);
    const char *function = lower_address(l, n, out);
    if (f->in_loop)
        buffer_printf(out, "struct gocc_e%d *gocc_r = go__defer_alloc(sizeof(struct gocc_e%d)); ",
                      n->id, n->id);
    else
        buffer_printf(out, "_Static_assert(sizeof(struct gocc_e%d) <= sizeof(gocc_d%d), \"record\"); "
                           "struct gocc_e%d *gocc_r = (void *)gocc_d%d; gocc_r->gocc_d.heap = 0; ",
                      n->id, n->id, n->id, n->id);
    buffer_printf(out, "gocc_r->gocc_d.run = %s; gocc_r->gocc_d.callee = %s; ", function,
                  callee);
}

static const char frame_address[] = "go__defer_push(&gocc_f.f, &gocc_r->gocc_d); ";

void lower_defer(Lower *l, Node *n) {
    Buffer use = {0};
    if (n->is_block) {
        push(l, n, "gocc_r", &use);
        lower_fill(l, n, "gocc_r->", &use);
        buffer_puts(&use, frame_address);
        lower_block_open(l, n, "struct go__defer gocc_d; ", use.data);
        return;
    }
    lower_call_open(l, n, "struct go__defer gocc_d; ", &use);
    push(l, n, lower_callee(l, n), &use);
    lower_fill_call(l, n, "gocc_r->", &use);
    buffer_puts(&use, frame_address);
    buffer_puts(&use, "}");
    edit_replace(l->edits, n->rparen, n->span.end, n->depth, use.data);
}

// ---- heads and ends ----------------------------------------------------------------------------
static void append_records(Lower *l, const Function *function, const Node *block, Buffer *out) {
    for (int i = 1; i <= l->tree->n_nodes; i++) {
        Node *n = l->tree->by_id[i];
        NodeFacts *f = &l->facts->nodes[i];
        if (n->kind == N_DEFER && f->function == function && f->block == block && !f->in_loop)
            buffer_printf(out, " __attribute__((aligned(16), may_alias)) char gocc_d%d[%lld];", i,
                          record_bytes(l, n));
    }
}

static const char run_deferred[] = "if (gocc_f.f.top) go__defer_return(&gocc_f.f);";

static void append_frame(const char *result, const char *last, Buffer *out) {
    if (result)
        buffer_printf(out, " struct { struct go__frame f; %s result; } gocc_f = {0};", result);
    else
        buffer_puts(out, " struct { struct go__frame f; } gocc_f; gocc_f.f.top = (void *)0;");
    buffer_printf(out, " if (__builtin_setjmp(gocc_f.f.jmp)) { %s %s; }", run_deferred, last);
}

static void append_end(Lower *l, size_t brace, const char *last) {
    edit_open(l->edits, brace, 0, F(" ; %s %s; ", run_deferred, last));
}

// Finds a word among the specifiers of the function whose body starts at `brace`; NO_OFFSET if it is not there.
static size_t specifier(Lower *l, size_t brace, const char *word) {
    const Tree *t = l->tree;
    const char *text = t->source->text;
    size_t length = strlen(word);
    for (size_t i = tree_token_at(t, brace); i-- > 0;) {
        Span s = t->tokens.v[i].span;
        if (text[s.start] == ';' || text[s.start] == '}' || text[s.start] == '{')
            break;
        if (s.end - s.start == length && !memcmp(text + s.start, word, length))
            return s.start;
    }
    return NO_OFFSET;
}

// A function with a frame cannot be copied into its callers: `always_inline` would be an error.
static void drop_always_inline(Lower *l, const Function *f) {
    static const char *const words[] = {"always_inline", "__always_inline__"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t at = specifier(l, f->body.start, words[i]);
        if (at != NO_OFFSET)
            edit_replace(l->edits, at, at + strlen(words[i]), 0, "__unused__");
    }
}

static bool is_noreturn(Lower *l, const Function *f) {
    return specifier(l, f->body.start, "_Noreturn") != NO_OFFSET ||
           specifier(l, f->body.start, "noreturn") != NO_OFFSET ||
           specifier(l, f->body.start, "__noreturn__") != NO_OFFSET;
}

static void lower_function(Lower *l, Function *f) {
    Buffer head = {0};
    bool result = !f->result.is_void;
    buffer_puts(&head, lower_entry(l, f));
    buffer_puts(&head, lower_heap_homes(l, f, NULL));
    buffer_puts(&head, lower_slots(l, f, NULL));
    if (f->has_recover)
        buffer_printf(&head, " void *gocc_recover = go__recover_enter((void *)%s);", f->name);
    for (int i = 0; i < f->n_params; i++)
        buffer_puts(&head, lower_heap_parameter(l, f->params[i]));
    if (f->has_defer) {
        append_records(l, f, NULL, &head);
        const char *last = is_noreturn(l, f) ? "__builtin_unreachable()"
                           : result          ? "return gocc_f.result"
                                             : "return";
        append_frame(result ? f->result_type : NULL, last, &head);
        append_end(l, f->body.end - 1, last);
        drop_always_inline(l, f);
    }
    if (head.length)
        edit_open(l->edits, f->body.start + 1, 0, head.data);
}

static void lower_block(Lower *l, Node *n) {
    NodeFacts *f = lower_facts(l, n);
    Buffer head = {0};
    lower_block_head(l, n, &head);
    buffer_puts(&head, lower_heap_homes(l, f->function, n));
    buffer_puts(&head, lower_slots(l, f->function, n));
    if (f->has_recover)
        buffer_printf(&head, " void *gocc_recover = %s;",
                      n->kind == N_DEFER ? "go__recover_enter(gocc_p)" : "(void *)0");
    if (f->has_defer) {
        append_records(l, f->function, n, &head);
        append_frame(NULL, "return", &head);
        append_end(l, n->body.end - 1, "return");
    }
    edit_open(l->edits, n->body.start + 1, 0, head.data);
}

// The semicolon that ends a return statement.
static size_t semicolon_after(Lower *l, size_t offset) {
    const char *text = l->tree->source->text;
    while (text[offset] && text[offset] != ';')
        offset++;
    return offset;
}

static void lower_return(Lower *l, Return *r) {
    bool defers = r->block ? lower_facts(l, r->block)->has_defer : r->function->has_defer;
    if (!defers)
        return;
    size_t end = semicolon_after(l, r->span.end);
    if (!r->value.end) {
        edit_replace(l->edits, r->span.start, end + 1, 0, F("{ %s return; }", run_deferred));
        return;
    }
    const TypeInfo *type = &r->function->result;
    bool result = !type->is_void;
    bool record = result && !type->is_scalar;          // may have const members: initialised, then copied
    edit_replace(l->edits, r->span.start, r->value.start, 0,
                 record   ? "{ __typeof__(gocc_f.result) gocc_x = ("
                 : result ? "{ gocc_f.result = ("
                          : "{ (");
    edit_replace(l->edits, r->value.end, end + 1, 0,
                 F(");%s %s return%s; }",
                   record ? " __builtin_memcpy((void *)&gocc_f.result, &gocc_x, sizeof(gocc_x));" : "",
                   run_deferred, result ? " gocc_f.result" : ""));
}

void lower_frames(Lower *l) {
    lower_entries(l);
    for (size_t i = 0; i < l->facts->n_functions; i++)
        lower_function(l, l->facts->functions[i]);
    for (int i = 1; i <= l->tree->n_nodes; i++)
        if (l->tree->by_id[i]->is_block)
            lower_block(l, l->tree->by_id[i]);
    for (size_t i = 0; i < l->facts->n_returns; i++)
        lower_return(l, &l->facts->returns[i]);
}
