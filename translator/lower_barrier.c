// lower_barrier.c - stores of pointers that a collector must be told of.
//
// `target = value` with a target that may lie in the heap or in a global becomes
//
//     (__extension__ ({ __label__ gocc_l1_0; __auto_type gocc_w1 = &(target);
//         __typeof__(((void)0, *gocc_w1)) gocc_x1; gocc_x1 = value;
//         __asm__ goto (...look at go__gc_marking, store... : gocc_l1_0);
//         if (0) { gocc_l1_0: go__gc_store(gocc_w1, gocc_x1); } gocc_x1; }))
//
// so that the target is evaluated once, and the `=` of the user, still in its place, converts and warns as it did. What matters:
//   1. The four instructions of the asm are a restartable sequence. The runtime knows it by the magic number in the nop: a thread that
//      is interrupted between the check and the store goes back to the nop, so no store relies on a check that is out of date.
//      Nothing may stand between them, and so they are one asm.
//   2. It stands in the text instead of in an inline function, so that a fault in it has the user's line.
//   3. gocc_slot may alias anything: the word may be a uintptr_t, and is read as one elsewhere.
//   4. The place must not be a thread-local variable to the compiler: gcc 12 then makes a plain statement of the `asm goto`, and what stands at
//      its label is gone. Where it may be one, also after a call is inlined, the address goes through an asm of its own.
// Structs of up to MAX_WORDS words are stored word by word (gocc_b1), and so are numbers that take a pointer's place in a union; larger ones go
// through go__gc_copy. What is _Atomic is stored between go__gc_atomic_begin and _end.
// Variables on the stack are left alone: the collector looks at stacks as a whole, while their goroutine does not run.

#include "gocc.h"
#include "translate.h"

#define F arena_format

enum { MAX_WORDS = 4,            // of a struct that is stored in place: what a call would take in code and time
       MAX_ATOMIC_WORDS = 8 };

int lower_depth(Lower *l, Span s) {
    const Node *n = tree_node_at(l->tree, s.start);
    while (n->parent && (n->span.start > s.start || n->span.end < s.end))
        n = n->parent;
    return n->depth;
}

static bool on_stack(const Var *root) {
    return root && !root->heap;
}

// ---- the parts of a store ------------------------------------------------------------------------
static bool is_pointer(const Store *s) {
    return s->type.is_scalar && !s->type.is_atomic && !s->overwrites;
}

// Anything else of a few words is stored word by word: of how many. 0: by the runtime.
static int words_of(const Lower *l, const Store *s) {
    bool is_short = s->type.size > 0 && s->type.size <= 8 * MAX_WORDS && s->type.size % 8 == 0;
    return is_pointer(s) || s->type.is_atomic || l->plain_stores || !is_short ? 0 : (int)s->type.size / 8;
}

static bool is_told(const Store *s, int word) {
    return s->overwrites || s->type.layout->any || s->type.layout->mask[0] >> word & 1;
}

// An assignment that is a condition stays one to the compiler, which has something to say of that.
const char *lower_store_open(Lower *l, int k, const Store *s) {
    Buffer labels = {0};
    buffer_puts(&labels, "");
    if (is_pointer(s) && !l->plain_stores)
        buffer_printf(&labels, "__label__ gocc_l%d_0; ", k);
    for (int i = 0; i < words_of(l, s); i++)
        if (is_told(s, i))
            buffer_printf(&labels, "__label__ gocc_l%d_%d; ", k, i);
    const char *assigned = !s->condition ? "" : s->type.is_pointer ? "*(const volatile void *[1]){0} = "
                                                                   : "*(unsigned long [1]){0} = ";
    return F("%s(__extension__ ({ %s%s gocc_w%d = %s&(", assigned, labels.data,
             s->packed ? "volatile void *" : "__auto_type", k, s->packed ? "(volatile void *)" : "");
}

// The address of a packed member has no type that gcc would let pass: the target is mentioned once more.
const char *lower_store_middle(Lower *l, int k, const Store *s) {
    const char *place = s->packed ? edits_render(l->edits, s->target) : F("*gocc_w%d", k);
    int words = words_of(l, s);
    const char *bits = words ? F("unsigned long gocc_b%d[%d]; ", k, words) : "";
    return F("); __typeof__(((void)0, %s)) gocc_x%d; %sgocc_x%d", place, k, bits, k);
}

static const char *slot(int k, int word) {
    return F("((volatile gocc_slot *)(volatile void *)gocc_w%d)[%d]", k, word);
}

static const char *short_store(Lower *l, int k, int word, const char *value) {
    const char *label = F("gocc_l%d_%d", k, word), *at = slot(k, word);
    const char *hidden = l->hides_places ? F("__asm__(\"\" : \"+r\"(gocc_w%d)); ", k) : "";
    return F("%s__asm__ __volatile__ goto(\"{nopl 0x63636f67(%%%%rax)|nop dword ptr [rax+0x63636f67]}\\n\\t"
             "{cmpb $0, %%1|cmp %%1, 0}\\n\\tjne %%l[%s]\\n\\t{movq %%2, %%0|mov %%0, %%2}\" "
             ": \"=m\"(%s) : \"m\"(go__gc_marking), \"r\"(%s) : \"cc\" : %s); "
             "if (0) { %s:%s go__gc_store((void *)(unsigned long)&%s, (const void *)(unsigned long)%s); }",
             hidden, label, at, value, label, label, l->clang ? "" : " __attribute__((__cold__));", at, value);
}

static const char *word_stores(Lower *l, int k, const Store *s, int words) {
    Buffer out = {0};
    buffer_printf(&out, "__builtin_memcpy(gocc_b%d, &gocc_x%d, sizeof(gocc_b%d));", k, k, k);
    for (int i = 0; i < words; i++) {
        const char *value = F("gocc_b%d[%d]", k, i);
        if (is_told(s, i))
            buffer_printf(&out, " %s", short_store(l, k, i, value));
        else
            buffer_printf(&out, " %s = (void *)%s;", slot(k, i), value);
    }
    return out.data;
}

static const char *atomic_store(Lower *l, int k, const Store *s) {
    const char *ends;
    const char *begin = lower_atomic_begin(l, k, &s->type, F("&gocc_x%d", k), &ends);
    return F("%s; *gocc_w%d = gocc_x%d;%s", begin, k, k, ends);
}

// By the runtime, which the thread sanitizer does not look into.
static const char *called_store(Lower *l, int k, const Store *s) {
    const char *seen = l->thread_sanitizer ? F("__tsan_write_range((void *)(unsigned long)gocc_w%d, sizeof(gocc_x%d)); ", k, k)
                                           : "";
    if (is_pointer(s))
        return F("%sgo__gc_store((void *)(unsigned long)gocc_w%d, (const void *)(unsigned long)gocc_x%d);", seen, k, k);
    return F("%sgo__gc_copy((void *)(unsigned long)gocc_w%d, (const void *)&gocc_x%d, sizeof(gocc_x%d));", seen, k, k, k);
}

static const char *store(Lower *l, int k, const Store *s) {
    int words = words_of(l, s);
    bool pointer = is_pointer(s) && !l->plain_stores;
    l->slot_type = l->slot_type || words || pointer;
    return s->type.is_atomic ? atomic_store(l, k, s)
           : words           ? word_stores(l, k, s, words)
           : pointer         ? short_store(l, k, 0, F("gocc_x%d", k))
                             : called_store(l, k, s);
}

const char *lower_store_close(Lower *l, int k, const Store *s) {
    return F("; %s %s; }))", store(l, k, s), s->used ? F("gocc_x%d", k) : "(void)0");
}

const char *lower_atomic_begin(Lower *l, int k, const TypeInfo *t, const char *from, const char **ends) {
    Buffer begin = {0}, end = {0};
    const Layout *layout = t->layout;
    unsigned words = layout->any ? (unsigned)(t->size > 0 ? t->size / 8 : 1) : layout->words;
    l->slot_type = true;
    buffer_puts(&begin, "");
    buffer_puts(&end, "");
    for (unsigned i = 0; i < words && i < MAX_ATOMIC_WORDS; i++) {
        if (!layout->any && !(layout->mask[0] >> i & 1))
            continue;
        buffer_printf(&begin, "%sgo__gc_atomic_begin((void *)((gocc_slot *)(unsigned long)gocc_w%d + %u), "
                              "((const volatile gocc_slot *)%s)[%u])",
                      begin.length ? ", " : "", k, i, from, i);
        buffer_puts(&end, " go__gc_atomic_end();");
    }
    *ends = end.data;
    return begin.length ? begin.data : "(void)0";
}

// ---- stores of ours --------------------------------------------------------------------------------
const char *lower_store(Lower *l, const Store *s, const char *place, const char *value) {
    if (!s->type.known || on_stack(s->root))
        return F("%s = %s", place, value);
    Store plain = *s;
    plain.packed = plain.used = false;
    int k = ++l->n_barriers;
    return F("%s%s%s = %s%s", lower_store_open(l, k, &plain), place, lower_store_middle(l, k, &plain), value,
             lower_store_close(l, k, &plain));
}

const char *lower_store_variable(Lower *l, const Var *v, const char *place, const char *value) {
    if (!v || !v->heap || !v->type.layout)
        return F("%s = %s", place, value);
    Store s = {.type = v->type};
    return lower_store(l, &s, place, value);
}

// ---- the user's ------------------------------------------------------------------------------------
Store *lower_store_at(Lower *l, Span target) {
    for (size_t i = 0; i < l->facts->n_stores; i++) {
        Store *s = &l->facts->stores[i];
        if (s->target.start == target.start && s->target.end == target.end)
            return on_stack(s->root) ? NULL : s;
    }
    return NULL;
}

// `case v = <-ch:` is written by lower_select.c.
static bool is_of_case(Lower *l, const Store *s) {
    const Node *n = tree_node_at(l->tree, s->target.start);
    while (n->parent && n->kind != N_CASE)
        n = n->parent;
    return n->kind == N_CASE && n->target.start == s->target.start && n->target.end == s->target.end;
}

void lower_stores(Lower *l) {
    Facts *f = l->facts;
    // Inner ones come first: the walk that found them went from the outside in.
    for (size_t i = f->n_stores; i-- > 0;) {
        const Store *s = &f->stores[i];
        if (on_stack(s->root) || is_of_case(l, s))
            continue;
        int k = ++l->n_barriers, depth = lower_depth(l, (Span){s->target.start, s->value.end});
        const char *middle = lower_store_middle(l, k, s);
        edit_open_at(l->edits, s->target.start, depth, s->rank, lower_store_open(l, k, s));
        edit_close_at(l->edits, s->target.end, depth, s->rank, middle);
        edit_close_at(l->edits, s->value.end, depth, s->rank, lower_store_close(l, k, s));
    }
}

void lower_renames(Lower *l) {
    for (size_t i = 0; i < l->facts->n_renames; i++) {
        const Rename *r = &l->facts->renames[i];
        if (!on_stack(r->root))
            edit_replace(l->edits, r->name.start, r->name.end, 0, r->instead);
    }
}
