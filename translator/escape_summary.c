// escape_summary.c - functions of other units: what they are told of ours, and what we rely on of theirs.
//
// A summary (summary.c) is trusted for a call if
//   1. exactly one function of that name is known, or all that are known have the same summary;
//   2. the declaration that the call sees has the same type as the definition, by which parameters are matched, and the linker
//      knows the function by its own name;
//   3. no declaration in this unit makes it weak, and its definition is neither weak nor inline; it may be seen from outside of a shared
//      object only if it cannot be replaced there (TranslateOptions.interposable).
// What a unit does with addresses in integers and behind `void *` is in the summary like the rest: it leaks there (facts_flow.c), so nothing
// need be known of how others read their memory.
// Calls through pointers trust none: which functions a variable may hold is known for those of the unit only.
//
// That the function which is linked is the one of the summary is the linker's to say, unless the same command links both. The object that defines it has
// an absolute symbol, named after the function and the hash of its summary; the object that relies on it refers to that, in a note
// that holds the symbol's value and the names of all three. A note, because linkers keep those of every object, with --gc-sections, too, and
// tools that strip objects do; allocated and eight bytes wide, because then each linker says what is missing, for position-independent
// programs, too; hidden, so that a shared object is not linked without it, and no other one provides it. Nothing is left of it at run
// time but the note. Rejected: to call the function by that symbol, which would make --wrap and symbols in debuggers lie; a weaker
// reference without a relocation, which strip removes and two of three linkers ignore.

#include "escape.h"

#include <ctype.h>
#include <string.h>

// ---- ours --------------------------------------------------------------------------------------
enum { DEREFS_MAX = 99 };          // fewer say more

static int clamp(int derefs) {
    return derefs > DEREFS_MAX ? DEREFS_MAX : derefs;
}

static Leak leak_of(const Location *l, bool solved) {
    return solved ? (Leak){clamp(l->to_heap), clamp(l->to_result)} : (Leak){LEAKS_NOT, LEAKS_NOT};
}

static void add_function(Summary *s, const Function *f, bool solved) {
    const FlowGraph *g = f->graph;
    FunctionSummary *out = ARENA_PUSH(s->functions, s->n_functions, s->cap_functions);
    *out = (FunctionSummary){.name = f->name, .type = f->linked_type, .variadic = g->rest != NULL};
    out->n_leaks = f->n_params + out->variadic;
    out->leaks = arena_alloc((size_t)(out->n_leaks + 1) * sizeof *out->leaks);
    for (int i = 0; i < out->n_leaks; i++)
        out->leaks[i] = leak_of(i < f->n_params ? g->params[i] : g->rest, solved);
    summary_symbol(out);
}

static void add_use(Summary *s, const char *name) {
    for (size_t i = 0; i < s->n_uses; i++)
        if (!strcmp(s->uses[i], name))
            return;
    *ARENA_PUSH(s->uses, s->n_uses, s->cap_uses) = name;
}

static bool is_doubtful(const Facts *f, const char *name) {
    for (size_t i = 0; i < f->n_doubtful; i++)
        if (!strcmp(f->doubtful[i], name))
            return true;
    return false;
}

Summary *escape_own_summary(const Facts *f, bool solved) {
    Summary *s = arena_alloc(sizeof *s);
    *s = (Summary){.source = f->tree->source->main_file, .path = ""};
    for (size_t i = 0; i < f->n_functions; i++) {
        const Function *function = f->functions[i];
        const FlowGraph *g = function->graph;
        if (g && function->linked_type && !is_doubtful(f, function->name) && function->n_params + (g->rest != NULL) > 0)
            add_function(s, function, solved);
        for (size_t k = 0; g && k < g->n_calls; k++)
            if (g->calls[k].type && (!g->calls[k].callee || g->calls[k].callee->origin))
                add_use(s, g->calls[k].name);
    }
    return s;
}

// ---- theirs ------------------------------------------------------------------------------------
static Location *stand_in(Function *f, Leak leak) {
    Location *l = arena_alloc(sizeof *l);
    *l = (Location){.kind = LOC_TEMP, .function = f, .to_heap = leak.heap, .to_heap_seen = leak.heap, .to_result = leak.result};
    return l;
}

// A solved function with the leaks of the summary.
static Function *function_of(const Summary *s, FunctionSummary *summary) {
    if (summary->stands_in)
        return summary->stands_in;
    Function *f = summary->stands_in = arena_alloc(sizeof *f);
    FlowGraph *g = arena_alloc(sizeof *g);
    *f = (Function){.name = summary->name, .n_params = summary->n_leaks - summary->variadic, .graph = g, .origin = s->source};
    *g = (FlowGraph){.index = 1, .low = 1, .solved = true};
    g->params = arena_alloc((size_t)(f->n_params + 1) * sizeof *g->params);
    for (int i = 0; i < f->n_params; i++)
        g->params[i] = stand_in(f, summary->leaks[i]);
    if (summary->variadic)
        g->rest = stand_in(f, summary->leaks[f->n_params]);
    return f;
}

// Of the unit that defines it; NULL: none is known, or several that differ. *from: the unit.
static FunctionSummary *find(Facts *f, const char *name, Summary **from) {
    FunctionSummary *found = NULL;
    for (size_t i = 0; i < f->others.n; i++)
        for (size_t k = 0; k < f->others.v[i]->n_functions; k++) {
            FunctionSummary *one = &f->others.v[i]->functions[k];
            if (strcmp(one->name, name))
                continue;
            if (found && strcmp(found->symbol, one->symbol))
                return NULL;
            found = one;
            *from = f->others.v[i];
            (*from)->consulted = true;
        }
    return found;
}

// Is there an argument of which more is known than that it is kept?
static bool tells_of_arguments(const FunctionSummary *f, const CallFlow *c) {
    for (int i = 0; i < c->n_args && f->n_leaks > 0; i++) {
        const Leak *l = &f->leaks[i < f->n_leaks ? i : f->n_leaks - 1];
        if (c->args[i] && l->heap != 0)
            return true;
    }
    return false;
}

Function *escape_stranger(Facts *f, const CallFlow *c) {
    Summary *from = NULL;
    FunctionSummary *summary = c->type && f->others.n ? find(f, c->name, &from) : NULL;
    if (!summary || strcmp(summary->type, c->type) || is_doubtful(f, c->name))
        return NULL;
    summary->relied |= tells_of_arguments(summary, c);
    return function_of(from, summary);
}

// ---- symbols -----------------------------------------------------------------------------------
// Inside of an assembler's string inside of a C string.
static const char *quotable(const char *name) {
    char *copy = arena_strndup(name, strlen(name));
    for (char *p = copy; *p; p++)
        if (*p == '"' || *p == '\\' || iscntrl((unsigned char)*p))
            *p = '?';
    return copy;
}

static void refer(Buffer *out, const Facts *f, const Summary *from, const FunctionSummary *summary) {
    buffer_printf(out,
                  "__asm__(\".pushsection .note.gocc.summaries,\\\"a\\\",@note\\n.balign 4\\n.4byte 5,2f-1f,1\\n.asciz \\\"gocc\\\"\\n"
                  ".balign 4\\n.hidden %s\\n1: .8byte %s\\n.asciz \\\"%s\\\"\\n.asciz \\\"%s\\\"\\n.asciz \\\"%s\\\"\\n.balign 4\\n2:\\n"
                  ".popsection\"); ",
                  summary->symbol, summary->symbol, summary->symbol, quotable(f->tree->source->main_file), quotable(from->source));
}

const char *escape_symbols(const Facts *f, const Summary *own) {
    Buffer out = {0};
    buffer_puts(&out, "");
    for (size_t i = 0; i < own->n_functions; i++) {
        const char *symbol = own->functions[i].symbol;
        buffer_printf(&out, "__asm__(\".globl %s\\n.hidden %s\\n.set %s,1\"); ", symbol, symbol, symbol);
    }
    for (size_t i = 0; i < f->others.n; i++)
        for (size_t k = 0; k < f->others.v[i]->n_functions; k++)
            if (f->others.v[i]->functions[k].relied && f->others.v[i]->file)
                refer(&out, f, f->others.v[i], &f->others.v[i]->functions[k]);
    return out.data;
}

// ---- printing ----------------------------------------------------------------------------------
static void dump_functions(const Summary *s, bool all) {
    Buffer text = {0};
    summary_print(&text, s, false);
    size_t i = 0;
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"))
        if (!strncmp(line, "function ", 9) && (s->functions[i++].relied || all))
            printf("summary: %s%s%s\n", line, all ? "" : " from ", all ? "" : s->source);
}

void escape_dump_summaries(const Facts *f, const Summary *own) {
    dump_functions(own, true);
    for (size_t i = 0; i < f->others.n; i++)
        dump_functions(f->others.v[i], false);
}
