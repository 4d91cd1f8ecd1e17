// dwarf.h - the part of the debugging information that tracebacks need: DWARF 2 to 5.
//
// Why not a library: a crash report may begin in a signal handler, in malloc, in a static program,
// or on a machine where nothing but the program is installed. This reads the mapped file, allocates
// nothing, and trusts nothing: a cursor that runs over its end yields zeros from then on.
#ifndef GORT_PANIC_DWARF_H
#define GORT_PANIC_DWARF_H

#include "panic/elf.h"
#include "panic/symbol.h"

// ---- dwarf_read.c: numbers and attribute forms --------------------------------------------------

typedef struct Cursor {
    const uint8_t *p, *end;
    bool failed; // ran over the end: all further reads give 0
} Cursor;

Cursor gort_cursor_at(Bytes section, uint64_t offset);
uint64_t gort_cursor_fixed(Cursor *c, int bytes); // little-endian
uint64_t gort_cursor_uleb(Cursor *c);
int64_t gort_cursor_sleb(Cursor *c);
const char *gort_cursor_text(Cursor *c); // never NULL
void gort_cursor_skip(Cursor *c, uint64_t bytes);
// The length of a unit; sets *offset_size to 4 or 8. Ends the cursor where the unit ends.
void gort_cursor_unit(Cursor *c, int *offset_size);

typedef enum ValueKind {
    VALUE_NONE,
    VALUE_NUMBER, // constants, flags, offsets into sections
    VALUE_ADDRESS,
    VALUE_ADDRESS_INDEX, // into .debug_addr
    VALUE_TEXT,
    VALUE_TEXT_INDEX, // into .debug_str_offsets
    VALUE_REFERENCE, // from the start of the unit
    VALUE_REFERENCE_ALL, // from the start of .debug_info
    VALUE_RANGES_INDEX // into .debug_rnglists
} ValueKind;

typedef struct Value {
    ValueKind kind;
    uint64_t number;
    const char *text;
} Value;

// What reading a form depends on.
typedef struct FormContext {
    const Module *module;
    int version, offset_size, address_size;
} FormContext;

Value gort_form_read(Cursor *c, const FormContext *x, uint64_t form, int64_t implicit);

// ---- dwarf_unit.c: units and their entries ------------------------------------------------------

enum { ABBREVIATIONS_KEPT = 256 }; // those with higher codes are searched for each time

typedef struct Unit {
    FormContext context;
    Bytes bytes; // header included
    const uint8_t *entries; // the first entry
    Bytes abbreviations;
    const uint8_t
        *known[ABBREVIATIONS_KEPT]; // by code: where its declaration continues after the code
    // From the unit's own entry:
    uint64_t low_pc, line_offset, text_base, address_base, ranges_base;
    bool has_lines;
    const char *directory;
} Unit;

typedef struct Entry {
    uint64_t offset; // in .debug_info
    uint64_t tag; // 0: end of a list of children
    bool has_children;
    Value name, low_pc, high_pc, ranges, origin, specification, call_file, call_line, line_offset,
        directory, text_base, address_base, ranges_base;
} Entry;

enum { TAG_INLINED = 0x1d,
       TAG_SUBPROGRAM = 0x2e };

// The unit whose header is at the offset; *next: the following one's offset. False at the end.
bool gort_unit_open(const Module *m, uint64_t offset, Unit *out, uint64_t *next);
Cursor gort_unit_entries(const Unit *u);
// Reads the next entry; false at the end of the unit.
bool gort_entry_read(const Unit *u, Cursor *c, Entry *out);
const char *gort_unit_text(const Unit *u, Value v); // "" if there is none
bool gort_entry_covers(const Unit *u, const Entry *e, uint64_t address);
uint64_t gort_entry_low(const Unit *u, const Entry *e);
// Where another entry is, as an offset in .debug_info; 0: v is no reference.
uint64_t gort_unit_reference(const Unit *u, Value v);

// ---- dwarf_line.c: line tables ------------------------------------------------------------------

typedef struct LineTable {
    FormContext context;
    Cursor program;
    Cursor tables; // directories and files
    const char *unit_directory;
    const uint8_t *operand_counts; // of the standard opcodes
    int opcode_base, line_base, line_range, instruction_bytes;
} LineTable;

bool gort_lines_open(const Unit *u, LineTable *out);
// The row that covers the address; false: none does.
bool gort_lines_find(const LineTable *t, uint64_t address, uint64_t *file, unsigned *line);
void gort_lines_file(const LineTable *t, uint64_t file, char *out, size_t capacity);

// ---- dwarf_function.c ---------------------------------------------------------------------------

// As gort_symbols_at, for an address of the file; 0: no debugging information covers it.
int gort_dwarf_symbols(const Module *m, uint64_t address, Symbol out[SYMBOLS_MAX]);

#endif
