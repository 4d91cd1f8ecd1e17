// dwarf_function.c - which functions are active at an address, and what they are called.
//
// The entries of a unit are a tree, written depth first. An address lies in one subprogram and,
// within its subtree, in zero or more functions inlined into each other. Such an entry often has no
// name, but refers to the entry where the function was declared (its origin). A function nested in
// another is an entry inside the other's: its name is given the outer one's in front, as in
// `outer.func1`; where that entry is, only another walk tells.
#include <string.h>

#include "panic/dwarf.h"

enum { DEPTH_MAX = 64 }; // deeper entries are not looked at: 20 nested blocks are many

// ---- walking ------------------------------------------------------------------------------------

typedef struct Walker {
    const Unit *unit;
    Cursor c;
    int depth; // of the next entry; the unit's own has 0
    uint64_t functions[DEPTH_MAX]; // per depth: the offset of the subprogram entry there, or 0
} Walker;

static Walker walker_start(const Unit *u) {
    return (Walker){.unit = u, .c = gort_unit_entries(u)};
}

// The next entry of the unit; *depth is its depth. False at the end.
static bool walker_next(Walker *w, Entry *e, int *depth) {
    for (;;) {
        if (!gort_entry_read(w->unit, &w->c, e))
            return false;
        if (e->tag)
            break;
        if (--w->depth <= 0)
            return false;
    }
    *depth = w->depth;
    if (w->depth < DEPTH_MAX)
        w->functions[w->depth] = e->tag == TAG_SUBPROGRAM ? e->offset : 0;
    if (e->has_children)
        w->depth++;
    return true;
}

// ---- names --------------------------------------------------------------------------------------

static bool unit_of(const Module *m, uint64_t offset, Unit *out) {
    for (uint64_t at = 0, next; gort_unit_open(m, at, out, &next); at = next)
        if (offset < next)
            return true;
    return false;
}

static bool entry_at(const Unit *u, uint64_t offset, Entry *out) {
    Cursor c = gort_cursor_at(u->context.module->debug_info, offset);
    c.end = u->bytes.end;
    return !c.failed && c.p < c.end && gort_entry_read(u, &c, out);
}

static uint64_t declaration_of(const Unit *u, const Entry *e) {
    uint64_t origin = gort_unit_reference(u, e->origin);
    return origin ? origin : gort_unit_reference(u, e->specification);
}

// Follows an entry to the one that has its name. Units other than u are not visited: they do not
// nest in u's functions.
static const char *plain_name(const Unit *u, uint64_t offset) {
    Entry e;
    for (int steps = 0; steps < 8 && offset && entry_at(u, offset, &e); steps++) {
        const char *name = gort_unit_text(u, e.name);
        if (*name)
            return name;
        offset = declaration_of(u, &e);
    }
    return "";
}

static void append_name(char *out, size_t capacity, const char *name) {
    size_t n = strlen(out);
    if (n && n + 1 < capacity)
        out[n++] = '.';
    size_t room = capacity - 1 - n, length = strlen(name);
    if (length > room)
        length = room;
    memcpy(out + n, name, length);
    out[n + length] = 0;
}

// The name of the entry at the offset, with those of the functions around it in front. Fails over
// to "".
static void nested_name(const Unit *u, uint64_t offset, char *out, size_t capacity) {
    Walker w = walker_start(u);
    Entry e;
    int depth;
    *out = 0;
    while (walker_next(&w, &e, &depth) && e.offset < offset)
        continue;
    if (e.offset != offset)
        return;
    for (int i = 0; i < depth && i < DEPTH_MAX; i++)
        if (w.functions[i])
            append_name(out, capacity, plain_name(u, w.functions[i]));
    append_name(out, capacity, gort_unit_text(u, e.name));
}

static void full_name(const Unit *u, const Entry *function, char *out, size_t capacity) {
    Unit other;
    Entry e = *function;
    for (int steps = 0; steps < 8; steps++) {
        uint64_t next = declaration_of(u, &e);
        if (!next)
            break;
        if (next - (uint64_t)(u->bytes.start - u->context.module->debug_info.start) >=
            (uint64_t)(u->bytes.end - u->bytes.start)) {
            if (!unit_of(u->context.module, next, &other))
                return;
            u = &other;
        }
        if (!entry_at(u, next, &e))
            return;
    }
    nested_name(u, e.offset, out, capacity);
}

// ---- functions at an address --------------------------------------------------------------------

typedef struct Active {
    Entry entries[SYMBOLS_MAX]; // outermost first
    int n;
} Active;

static void find_active(const Unit *u, uint64_t address, Active *out) {
    Walker w = walker_start(u);
    Entry e;
    int depth, function_depth = 0;
    out->n = 0;
    while (walker_next(&w, &e, &depth)) {
        if (out->n && depth <= function_depth)
            return;
        if ((e.tag != TAG_SUBPROGRAM && e.tag != TAG_INLINED) || !gort_entry_covers(u, &e, address))
            continue;
        if (e.tag == TAG_SUBPROGRAM) {
            out->n = 0;
            function_depth = depth;
        }
        if (out->n == SYMBOLS_MAX) // keep the innermost
            memmove(&out->entries[1], &out->entries[2], --out->n * sizeof(Entry) - sizeof(Entry));
        out->entries[out->n++] = e;
    }
}

static bool unit_covering(const Module *m, uint64_t address, Unit *out) {
    for (uint64_t at = 0, next; gort_unit_open(m, at, out, &next); at = next) {
        Entry e;
        Cursor c = gort_unit_entries(out);
        if (gort_entry_read(out, &c, &e) && gort_entry_covers(out, &e, address))
            return true;
    }
    return false;
}

static void fill_symbols(const Unit *u, const Active *a, uint64_t address, Symbol *out) {
    LineTable lines;
    uint64_t file = 0;
    unsigned line = 0;
    bool has_lines = gort_lines_open(u, &lines);
    bool has_place = has_lines && gort_lines_find(&lines, address, &file, &line);
    for (int i = 0; i < a->n; i++) {
        const Entry *e = &a->entries[a->n - 1 - i];
        memset(&out[i], 0, sizeof out[i]);
        full_name(u, e, out[i].function, sizeof out[i].function);
        if (has_place)
            gort_lines_file(&lines, file, out[i].file, sizeof out[i].file);
        out[i].line = has_place ? line : 0;
        out[i].is_inlined = e->tag == TAG_INLINED;
        has_place = has_lines && e->call_line.kind == VALUE_NUMBER;
        file = e->call_file.number;
        line = e->call_line.number;
    }
    out[a->n - 1].entry = gort_entry_low(u, &a->entries[0]) + u->context.module->base;
}

int gort_dwarf_symbols(const Module *m, uint64_t address, Symbol out[SYMBOLS_MAX]) {
    Unit u;
    Active active;
    if (!unit_covering(m, address, &u))
        return 0;
    find_active(&u, address, &active);
    if (active.n)
        fill_symbols(&u, &active, address, out);
    return active.n;
}
