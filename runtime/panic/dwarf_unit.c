// dwarf_unit.c - units of debugging information and their entries.
#include <string.h>

#include "panic/dwarf.h"

enum UnitType {
    UNIT_COMPILE = 1,
    UNIT_TYPE,
    UNIT_PARTIAL,
    UNIT_SKELETON,
    UNIT_SPLIT_COMPILE,
    UNIT_SPLIT_TYPE
};

enum Attribute {
    AT_NAME = 0x03,
    AT_STMT_LIST = 0x10,
    AT_LOW_PC = 0x11,
    AT_HIGH_PC = 0x12,
    AT_COMP_DIR = 0x1b,
    AT_ABSTRACT_ORIGIN = 0x31,
    AT_SPECIFICATION = 0x47,
    AT_RANGES = 0x55,
    AT_CALL_FILE = 0x58,
    AT_CALL_LINE = 0x59,
    AT_STR_OFFSETS_BASE = 0x72,
    AT_ADDR_BASE = 0x73,
    AT_RNGLISTS_BASE = 0x74
};

enum { FORM_IMPLICIT_CONSTANT = 0x21 };

// ---- abbreviations: how the entries with a certain code are laid out ----------------------------

// From after a code to after its declaration.
static void skip_declaration(Cursor *c) {
    gort_cursor_uleb(c); // tag
    gort_cursor_skip(c, 1); // has children
    for (;;) {
        uint64_t attribute = gort_cursor_uleb(c), form = gort_cursor_uleb(c);
        if (form == FORM_IMPLICIT_CONSTANT)
            gort_cursor_sleb(c);
        if (c->failed || (!attribute && !form))
            return;
    }
}

static void index_abbreviations(Unit *u) {
    Cursor c = {u->abbreviations.start, u->abbreviations.end, !u->abbreviations.start};
    for (;;) {
        uint64_t code = gort_cursor_uleb(&c);
        if (!code || c.failed)
            return;
        if (code < ABBREVIATIONS_KEPT)
            u->known[code] = c.p;
        skip_declaration(&c);
    }
}

static Cursor find_declaration(const Unit *u, uint64_t code) {
    Cursor c = {u->abbreviations.start, u->abbreviations.end, !u->abbreviations.start};
    if (code < ABBREVIATIONS_KEPT) {
        c.p = u->known[code];
        c.failed = !c.p;
        return c;
    }
    for (uint64_t at; (at = gort_cursor_uleb(&c)) && !c.failed;) {
        if (at == code)
            return c;
        skip_declaration(&c);
    }
    c.failed = true;
    return c;
}

// ---- entries ------------------------------------------------------------------------------------

static Value *attribute_slot(Entry *e, uint64_t attribute) {
    switch (attribute) {
    case AT_NAME: return &e->name;
    case AT_STMT_LIST: return &e->line_offset;
    case AT_LOW_PC: return &e->low_pc;
    case AT_HIGH_PC: return &e->high_pc;
    case AT_COMP_DIR: return &e->directory;
    case AT_ABSTRACT_ORIGIN: return &e->origin;
    case AT_SPECIFICATION: return &e->specification;
    case AT_RANGES: return &e->ranges;
    case AT_CALL_FILE: return &e->call_file;
    case AT_CALL_LINE: return &e->call_line;
    case AT_STR_OFFSETS_BASE: return &e->text_base;
    case AT_ADDR_BASE: return &e->address_base;
    case AT_RNGLISTS_BASE: return &e->ranges_base;
    default: return NULL;
    }
}

Cursor gort_unit_entries(const Unit *u) {
    return (Cursor){u->entries, u->bytes.end, false};
}

bool gort_entry_read(const Unit *u, Cursor *c, Entry *out) {
    memset(out, 0, sizeof *out);
    out->offset = c->p - u->context.module->debug_info.start;
    if (c->failed || c->p >= c->end)
        return false;
    uint64_t code = gort_cursor_uleb(c);
    if (!code)
        return true;
    Cursor d = find_declaration(u, code);
    out->tag = gort_cursor_uleb(&d);
    out->has_children = gort_cursor_fixed(&d, 1);
    for (;;) {
        uint64_t attribute = gort_cursor_uleb(&d), form = gort_cursor_uleb(&d);
        int64_t implicit = form == FORM_IMPLICIT_CONSTANT ? gort_cursor_sleb(&d) : 0;
        if (d.failed)
            return false;
        if (!attribute && !form)
            return !c->failed;
        Value v = gort_form_read(c, &u->context, form, implicit);
        Value *slot = attribute_slot(out, attribute);
        if (slot)
            *slot = v;
    }
}

// ---- units --------------------------------------------------------------------------------------

static bool read_header(const Module *m, Cursor *c, Unit *out) {
    FormContext *x = &out->context;
    x->module = m;
    gort_cursor_unit(c, &x->offset_size);
    out->bytes.end = c->end;
    x->version = gort_cursor_fixed(c, 2);
    uint64_t type = x->version >= 5 ? gort_cursor_fixed(c, 1) : UNIT_COMPILE;
    if (x->version >= 5)
        x->address_size = gort_cursor_fixed(c, 1);
    uint64_t abbreviations = gort_cursor_fixed(c, x->offset_size);
    if (x->version < 5)
        x->address_size = gort_cursor_fixed(c, 1);
    if (type == UNIT_SKELETON || type == UNIT_SPLIT_COMPILE)
        gort_cursor_skip(c, 8);
    if (type == UNIT_TYPE || type == UNIT_SPLIT_TYPE)
        gort_cursor_skip(c, 8 + x->offset_size);
    out->entries = c->p;
    Cursor a = gort_cursor_at(m->debug_abbrev, abbreviations);
    out->abbreviations = (Bytes){a.p, a.end};
    return !c->failed && x->version >= 2 && x->version <= 5 &&
           (x->address_size == 8 || x->address_size == 4);
}

bool gort_unit_open(const Module *m, uint64_t offset, Unit *out, uint64_t *next) {
    Cursor c = gort_cursor_at(m->debug_info, offset);
    memset(out, 0, sizeof *out);
    out->bytes.start = c.p;
    if (c.failed || c.p == c.end)
        return false;
    bool usable = read_header(m, &c, out);
    *next = out->bytes.end - m->debug_info.start;
    if (*next <= offset)
        return false;
    if (!usable) {
        out->entries = out->bytes.end; // skipped by the caller: it has no entries
        return true;
    }
    index_abbreviations(out);
    Entry e;
    Cursor entries = gort_unit_entries(out);
    if (!gort_entry_read(out, &entries, &e))
        return true;
    out->text_base = e.text_base.number;
    out->address_base = e.address_base.number;
    out->ranges_base = e.ranges_base.number;
    out->line_offset = e.line_offset.number;
    out->has_lines = e.line_offset.kind == VALUE_NUMBER;
    out->directory = gort_unit_text(out, e.directory);
    out->low_pc = gort_entry_low(out, &e);
    return true;
}

// ---- values that need the unit ------------------------------------------------------------------

const char *gort_unit_text(const Unit *u, Value v) {
    const FormContext *x = &u->context;
    if (v.kind == VALUE_TEXT)
        return v.text;
    if (v.kind != VALUE_TEXT_INDEX)
        return "";
    Cursor at =
        gort_cursor_at(x->module->debug_str_offsets, u->text_base + v.number * x->offset_size);
    Cursor text = gort_cursor_at(x->module->debug_str, gort_cursor_fixed(&at, x->offset_size));
    return gort_cursor_text(&text);
}

static uint64_t address_indexed(const Unit *u, uint64_t i) {
    Cursor at = gort_cursor_at(u->context.module->debug_addr,
                               u->address_base + i * u->context.address_size);
    return gort_cursor_fixed(&at, u->context.address_size);
}

static uint64_t address_of(const Unit *u, Value v) {
    return v.kind == VALUE_ADDRESS_INDEX ? address_indexed(u, v.number) : v.number;
}

uint64_t gort_entry_low(const Unit *u, const Entry *e) {
    return address_of(u, e->low_pc);
}

uint64_t gort_unit_reference(const Unit *u, Value v) {
    if (v.kind == VALUE_REFERENCE_ALL)
        return v.number;
    if (v.kind != VALUE_REFERENCE)
        return 0;
    return u->bytes.start - u->context.module->debug_info.start + v.number;
}

// ---- which addresses an entry covers ------------------------------------------------------------

// DWARF 2 to 4: pairs of addresses relative to a base, which a pair with an all-ones first half
// sets.
static bool ranges_cover(const Unit *u, uint64_t offset, uint64_t address) {
    int size = u->context.address_size;
    uint64_t base = u->low_pc, ones = size == 8 ? ~0ull : 0xffffffff;
    Cursor c = gort_cursor_at(u->context.module->debug_ranges, offset);
    for (;;) {
        uint64_t low = gort_cursor_fixed(&c, size), high = gort_cursor_fixed(&c, size);
        if (c.failed || (!low && !high))
            return false;
        if (low == ones)
            base = high;
        else if (address >= base + low && address < base + high)
            return true;
    }
}

enum RangeEntry {
    RANGE_END,
    RANGE_BASE_INDEX,
    RANGE_START_INDEX_END_INDEX,
    RANGE_START_INDEX_LENGTH,
    RANGE_OFFSET_PAIR,
    RANGE_BASE,
    RANGE_START_END,
    RANGE_START_LENGTH
};

// One entry of a DWARF 5 list. False at the end; *low == *high: it only set the base.
static bool range_read(const Unit *u, Cursor *c, uint64_t *base, uint64_t *low, uint64_t *high) {
    int size = u->context.address_size;
    *low = *high = 0;
    switch (gort_cursor_fixed(c, 1)) {
    case RANGE_BASE_INDEX: *base = address_indexed(u, gort_cursor_uleb(c)); return true;
    case RANGE_BASE: *base = gort_cursor_fixed(c, size); return true;
    case RANGE_START_INDEX_END_INDEX:
        *low = address_indexed(u, gort_cursor_uleb(c));
        *high = address_indexed(u, gort_cursor_uleb(c));
        return true;
    case RANGE_START_INDEX_LENGTH:
        *low = address_indexed(u, gort_cursor_uleb(c));
        *high = *low + gort_cursor_uleb(c);
        return true;
    case RANGE_OFFSET_PAIR:
        *low = *base + gort_cursor_uleb(c);
        *high = *base + gort_cursor_uleb(c);
        return true;
    case RANGE_START_END:
        *low = gort_cursor_fixed(c, size);
        *high = gort_cursor_fixed(c, size);
        return true;
    case RANGE_START_LENGTH:
        *low = gort_cursor_fixed(c, size);
        *high = *low + gort_cursor_uleb(c);
        return true;
    default: return false;
    }
}

static bool range_list_covers(const Unit *u, uint64_t offset, uint64_t address) {
    Cursor c = gort_cursor_at(u->context.module->debug_rnglists, offset);
    uint64_t base = u->low_pc, low, high;
    while (range_read(u, &c, &base, &low, &high) && !c.failed)
        if (address >= low && address < high)
            return true;
    return false;
}

static uint64_t range_list_offset(const Unit *u, uint64_t i) {
    int size = u->context.offset_size;
    Cursor c = gort_cursor_at(u->context.module->debug_rnglists, u->ranges_base + i * size);
    return u->ranges_base + gort_cursor_fixed(&c, size);
}

bool gort_entry_covers(const Unit *u, const Entry *e, uint64_t address) {
    if (e->ranges.kind == VALUE_RANGES_INDEX)
        return range_list_covers(u, range_list_offset(u, e->ranges.number), address);
    if (e->ranges.kind == VALUE_NUMBER)
        return u->context.version >= 5 ? range_list_covers(u, e->ranges.number, address)
                                       : ranges_cover(u, e->ranges.number, address);
    if (e->low_pc.kind == VALUE_NONE || e->high_pc.kind == VALUE_NONE)
        return false;
    uint64_t low = gort_entry_low(u, e);
    uint64_t high =
        e->high_pc.kind == VALUE_NUMBER ? low + e->high_pc.number : address_of(u, e->high_pc);
    return address >= low && address < high;
}
