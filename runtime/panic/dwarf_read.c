// dwarf_read.c - numbers and attribute forms of DWARF.
#include <string.h>

#include "panic/dwarf.h"

// ---- cursors ------------------------------------------------------------------------------------

Cursor gort_cursor_at(Bytes section, uint64_t offset) {
    if (!section.start || offset > (uint64_t)(section.end - section.start))
        return (Cursor){NULL, NULL, true};
    return (Cursor){section.start + offset, section.end, false};
}

static bool cursor_has(Cursor *c, uint64_t bytes) {
    if (!c->failed && bytes <= (uint64_t)(c->end - c->p))
        return true;
    c->failed = true;
    c->p = c->end;
    return false;
}

uint64_t gort_cursor_fixed(Cursor *c, int bytes) {
    uint64_t v = 0;
    if (!cursor_has(c, bytes))
        return 0;
    memcpy(&v, c->p, bytes);
    c->p += bytes;
    return v;
}

uint64_t gort_cursor_uleb(Cursor *c) {
    uint64_t v = 0;
    for (int shift = 0; cursor_has(c, 1); shift += 7) {
        uint8_t byte = *c->p++;
        if (shift < 64)
            v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return v;
}

int64_t gort_cursor_sleb(Cursor *c) {
    uint64_t v = 0;
    for (int shift = 0; cursor_has(c, 1);) {
        uint8_t byte = *c->p++;
        if (shift < 64)
            v |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (byte & 0x80)
            continue;
        if (shift < 64 && (byte & 0x40))
            v |= ~0ull << shift;
        break;
    }
    return (int64_t)v;
}

const char *gort_cursor_text(Cursor *c) {
    const uint8_t *start = c->p;
    const uint8_t *zero = c->failed ? NULL : memchr(start, 0, c->end - start);
    if (!zero) {
        c->failed = true;
        return "";
    }
    c->p = zero + 1;
    return (const char *)start;
}

void gort_cursor_skip(Cursor *c, uint64_t bytes) {
    if (cursor_has(c, bytes))
        c->p += bytes;
}

void gort_cursor_unit(Cursor *c, int *offset_size) {
    uint64_t length = gort_cursor_fixed(c, 4);
    *offset_size = 4;
    if (length == 0xffffffff) {
        *offset_size = 8;
        length = gort_cursor_fixed(c, 8);
    }
    if (cursor_has(c, length))
        c->end = c->p + length;
}

// ---- forms --------------------------------------------------------------------------------------

enum Form {
    FORM_ADDR = 0x01,
    FORM_BLOCK2 = 0x03,
    FORM_BLOCK4,
    FORM_DATA2,
    FORM_DATA4,
    FORM_DATA8,
    FORM_STRING,
    FORM_BLOCK,
    FORM_BLOCK1,
    FORM_DATA1,
    FORM_FLAG,
    FORM_SDATA,
    FORM_STRP,
    FORM_UDATA,
    FORM_REF_ADDR,
    FORM_REF1,
    FORM_REF2,
    FORM_REF4,
    FORM_REF8,
    FORM_REF_UDATA,
    FORM_INDIRECT,
    FORM_SEC_OFFSET,
    FORM_EXPRLOC,
    FORM_FLAG_PRESENT,
    FORM_STRX,
    FORM_ADDRX,
    FORM_REF_SUP4,
    FORM_STRP_SUP,
    FORM_DATA16,
    FORM_LINE_STRP,
    FORM_REF_SIG8,
    FORM_IMPLICIT_CONST,
    FORM_LOCLISTX,
    FORM_RNGLISTX,
    FORM_REF_SUP8,
    FORM_STRX1,
    FORM_STRX2,
    FORM_STRX3,
    FORM_STRX4,
    FORM_ADDRX1,
    FORM_ADDRX2,
    FORM_ADDRX3,
    FORM_ADDRX4,
    FORM_GNU_REF_ALT = 0x1f20,
    FORM_GNU_STRP_ALT
};

static Value number(ValueKind kind, uint64_t v) {
    return (Value){kind, v, NULL};
}

static Value text_at(Bytes section, uint64_t offset) {
    Cursor c = gort_cursor_at(section, offset);
    return (Value){VALUE_TEXT, 0, gort_cursor_text(&c)};
}

static Value block(Cursor *c, uint64_t bytes) {
    gort_cursor_skip(c, bytes);
    return number(VALUE_NONE, 0);
}

static Value read_reference(Cursor *c, const FormContext *x, uint64_t form) {
    switch (form) {
    case FORM_REF1: return number(VALUE_REFERENCE, gort_cursor_fixed(c, 1));
    case FORM_REF2: return number(VALUE_REFERENCE, gort_cursor_fixed(c, 2));
    case FORM_REF4: return number(VALUE_REFERENCE, gort_cursor_fixed(c, 4));
    case FORM_REF8: return number(VALUE_REFERENCE, gort_cursor_fixed(c, 8));
    case FORM_REF_UDATA: return number(VALUE_REFERENCE, gort_cursor_uleb(c));
    case FORM_REF_ADDR:
        return number(VALUE_REFERENCE_ALL,
                      gort_cursor_fixed(c, x->version == 2 ? x->address_size : x->offset_size));
    case FORM_REF_SIG8:
    case FORM_REF_SUP8: return block(c, 8);
    case FORM_REF_SUP4: return block(c, 4);
    default: return block(c, x->offset_size); // into another file
    }
}

static Value read_indexed(Cursor *c, uint64_t form) {
    switch (form) {
    case FORM_STRX: return number(VALUE_TEXT_INDEX, gort_cursor_uleb(c));
    case FORM_ADDRX: return number(VALUE_ADDRESS_INDEX, gort_cursor_uleb(c));
    case FORM_RNGLISTX: return number(VALUE_RANGES_INDEX, gort_cursor_uleb(c));
    case FORM_LOCLISTX: gort_cursor_uleb(c); return number(VALUE_NONE, 0);
    default: break;
    }
    if (form >= FORM_ADDRX1)
        return number(VALUE_ADDRESS_INDEX, gort_cursor_fixed(c, form - FORM_ADDRX1 + 1));
    return number(VALUE_TEXT_INDEX, gort_cursor_fixed(c, form - FORM_STRX1 + 1));
}

static Value read_block(Cursor *c, uint64_t form) {
    switch (form) {
    case FORM_BLOCK1: return block(c, gort_cursor_fixed(c, 1));
    case FORM_BLOCK2: return block(c, gort_cursor_fixed(c, 2));
    case FORM_BLOCK4: return block(c, gort_cursor_fixed(c, 4));
    case FORM_DATA16: return block(c, 16);
    default: return block(c, gort_cursor_uleb(c));
    }
}

Value gort_form_read(Cursor *c, const FormContext *x, uint64_t form, int64_t implicit) {
    const Module *m = x->module;
    switch (form) {
    case FORM_ADDR: return number(VALUE_ADDRESS, gort_cursor_fixed(c, x->address_size));
    case FORM_DATA1:
    case FORM_FLAG: return number(VALUE_NUMBER, gort_cursor_fixed(c, 1));
    case FORM_DATA2: return number(VALUE_NUMBER, gort_cursor_fixed(c, 2));
    case FORM_DATA4: return number(VALUE_NUMBER, gort_cursor_fixed(c, 4));
    case FORM_DATA8: return number(VALUE_NUMBER, gort_cursor_fixed(c, 8));
    case FORM_SDATA: return number(VALUE_NUMBER, gort_cursor_sleb(c));
    case FORM_UDATA: return number(VALUE_NUMBER, gort_cursor_uleb(c));
    case FORM_SEC_OFFSET: return number(VALUE_NUMBER, gort_cursor_fixed(c, x->offset_size));
    case FORM_FLAG_PRESENT: return number(VALUE_NUMBER, 1);
    case FORM_IMPLICIT_CONST: return number(VALUE_NUMBER, implicit);
    case FORM_STRING: return (Value){VALUE_TEXT, 0, gort_cursor_text(c)};
    case FORM_STRP: return text_at(m->debug_str, gort_cursor_fixed(c, x->offset_size));
    case FORM_LINE_STRP: return text_at(m->debug_line_str, gort_cursor_fixed(c, x->offset_size));
    case FORM_STRP_SUP:
    case FORM_GNU_STRP_ALT: return block(c, x->offset_size);
    case FORM_INDIRECT: {
        uint64_t actual = gort_cursor_uleb(c);
        return actual == FORM_INDIRECT ? number(VALUE_NONE, 0) : gort_form_read(c, x, actual, 0);
    }
    case FORM_BLOCK:
    case FORM_BLOCK1:
    case FORM_BLOCK2:
    case FORM_BLOCK4:
    case FORM_EXPRLOC:
    case FORM_DATA16: return read_block(c, form);
    default: break;
    }
    if ((form >= FORM_REF_ADDR && form <= FORM_REF_UDATA) || form == FORM_REF_SIG8 ||
        form == FORM_REF_SUP4 || form == FORM_REF_SUP8 || form == FORM_GNU_REF_ALT)
        return read_reference(c, x, form);
    if (form == FORM_STRX || form == FORM_ADDRX || (form >= FORM_LOCLISTX && form <= FORM_ADDRX4))
        return read_indexed(c, form);
    c->failed = true; // a form of the future: where it ends is unknown
    return number(VALUE_NONE, 0);
}
