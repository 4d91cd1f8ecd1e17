// dwarf_line.c - line tables: addresses to files and lines.
//
// A table is a program for a little machine that emits rows (address, file, line), ascending within
// a sequence. A row holds until the address of the next one.
#include <string.h>

#include "panic/dwarf.h"

enum StandardOpcode {
    OP_EXTENDED,
    OP_COPY,
    OP_ADVANCE_PC,
    OP_ADVANCE_LINE,
    OP_SET_FILE,
    OP_CONST_ADD_PC = 8,
    OP_FIXED_ADVANCE_PC = 9
};

enum ExtendedOpcode { EXTENDED_END_SEQUENCE = 1,
                      EXTENDED_SET_ADDRESS };

enum ContentType { CONTENT_PATH = 1,
                   CONTENT_DIRECTORY_INDEX };

bool gort_lines_open(const Unit *u, LineTable *out) {
    if (!u->has_lines)
        return false;
    *out = (LineTable){.context = u->context, .unit_directory = u->directory};
    FormContext *x = &out->context;
    Cursor c = gort_cursor_at(x->module->debug_line, u->line_offset);
    gort_cursor_unit(&c, &x->offset_size);
    x->version = gort_cursor_fixed(&c, 2);
    if (x->version >= 5) {
        x->address_size = gort_cursor_fixed(&c, 1);
        gort_cursor_skip(&c, 1);
    }
    uint64_t header_length = gort_cursor_fixed(&c, x->offset_size);
    out->program = c;
    gort_cursor_skip(&out->program, header_length);
    out->instruction_bytes = gort_cursor_fixed(&c, 1);
    gort_cursor_skip(
        &c, x->version >= 4 ? 2 : 1); // operations per instruction (VLIW), default of is_stmt
    out->line_base = (int8_t)gort_cursor_fixed(&c, 1);
    out->line_range = gort_cursor_fixed(&c, 1);
    out->opcode_base = gort_cursor_fixed(&c, 1);
    out->operand_counts = c.p;
    gort_cursor_skip(&c, out->opcode_base ? out->opcode_base - 1 : 0);
    out->tables = c;
    return !c.failed && !out->program.failed && out->line_range && x->version >= 2 &&
           x->version <= 5;
}

// ---- the machine --------------------------------------------------------------------------------

typedef struct Row {
    uint64_t address, file;
    unsigned line;
    bool valid;
} Row;

typedef struct LineMachine {
    const LineTable *table;
    Cursor c;
    Row now, before; // before: the last row of this sequence
} LineMachine;

static void sequence_start(LineMachine *m) {
    m->now = (Row){.file = 1, .line = 1};
    m->before = (Row){.valid = false};
}

// Emits a row; does the one before it cover the address?
static bool row_emit(LineMachine *m, uint64_t address, Row *found) {
    if (m->before.valid && address >= m->before.address && address < m->now.address) {
        *found = m->before;
        return true;
    }
    m->before = m->now;
    m->before.valid = true;
    return false;
}

static bool run_extended(LineMachine *m, uint64_t address, Row *found) {
    uint64_t length = gort_cursor_uleb(&m->c);
    Cursor operands = m->c;
    gort_cursor_skip(&m->c, length);
    bool hit = false;
    switch (gort_cursor_fixed(&operands, 1)) {
    case EXTENDED_END_SEQUENCE:
        hit = row_emit(m, address, found);
        sequence_start(m);
        break;
    case EXTENDED_SET_ADDRESS:
        m->now.address = gort_cursor_fixed(&operands, length > 8 ? 8 : 4);
        break;
    default: break;
    }
    return hit;
}

static void run_special(LineMachine *m, int opcode) {
    const LineTable *t = m->table;
    int adjusted = opcode - t->opcode_base;
    m->now.address += (uint64_t)(adjusted / t->line_range) * t->instruction_bytes;
    m->now.line += t->line_base + adjusted % t->line_range;
}

static void run_other(LineMachine *m, int opcode) {
    const LineTable *t = m->table;
    switch (opcode) {
    case OP_ADVANCE_PC: m->now.address += gort_cursor_uleb(&m->c) * t->instruction_bytes; break;
    case OP_ADVANCE_LINE: m->now.line += gort_cursor_sleb(&m->c); break;
    case OP_SET_FILE: m->now.file = gort_cursor_uleb(&m->c); break;
    case OP_CONST_ADD_PC:
        m->now.address += (uint64_t)((255 - t->opcode_base) / t->line_range) * t->instruction_bytes;
        break;
    case OP_FIXED_ADVANCE_PC: m->now.address += gort_cursor_fixed(&m->c, 2); break;
    default:
        for (int i = t->operand_counts[opcode - 1]; i > 0; i--)
            gort_cursor_uleb(&m->c);
    }
}

bool gort_lines_find(const LineTable *t, uint64_t address, uint64_t *file, unsigned *line) {
    LineMachine m = {.table = t, .c = t->program};
    Row found;
    bool hit = false;
    sequence_start(&m);
    while (!hit && !m.c.failed && m.c.p < m.c.end) {
        int opcode = gort_cursor_fixed(&m.c, 1);
        if (opcode >= t->opcode_base) {
            run_special(&m, opcode);
            hit = row_emit(&m, address, &found);
        } else if (opcode == OP_EXTENDED) {
            hit = run_extended(&m, address, &found);
        } else if (opcode == OP_COPY) {
            hit = row_emit(&m, address, &found);
        } else {
            run_other(&m, opcode);
        }
    }
    if (!hit)
        return false;
    *file = found.file;
    *line = found.line;
    return true;
}

// ---- names of files -----------------------------------------------------------------------------

// Entry number i of a DWARF 5 table of directories or files, and the cursor moved behind the table.
static void table5_entry(const LineTable *t, Cursor *c, uint64_t i, const char **name,
                         uint64_t *directory) {
    Cursor format = *c;
    int columns = gort_cursor_fixed(c, 1);
    for (int k = 0; k < columns; k++) {
        gort_cursor_uleb(c);
        gort_cursor_uleb(c);
    }
    uint64_t rows = gort_cursor_uleb(c);
    for (uint64_t row = 0; row < rows && columns && !c->failed; row++) {
        Cursor column = format;
        gort_cursor_skip(&column, 1);
        for (int k = 0; k < columns; k++) {
            uint64_t content = gort_cursor_uleb(&column), form = gort_cursor_uleb(&column);
            Value v = gort_form_read(c, &t->context, form, 0);
            if (row == i && content == CONTENT_PATH && v.kind == VALUE_TEXT)
                *name = v.text;
            if (row == i && content == CONTENT_DIRECTORY_INDEX)
                *directory = v.number;
        }
    }
}

static void file_of_version5(const LineTable *t, uint64_t file, const char **name,
                             const char **directory) {
    uint64_t directory_index = 0, ignored;
    Cursor directories = t->tables, files = t->tables;
    const char *none = "";
    table5_entry(t, &files, ~0ull, &none, &ignored); // over the directories
    table5_entry(t, &files, file, name, &directory_index);
    table5_entry(t, &directories, directory_index, directory, &ignored);
}

static void file_of_version4(const LineTable *t, uint64_t file, const char **name,
                             const char **directory) {
    Cursor c = t->tables;
    while (*gort_cursor_text(&c) && !c.failed)
        continue;
    uint64_t directory_index = 0;
    for (uint64_t i = 1; i <= file; i++) {
        *name = gort_cursor_text(&c);
        directory_index = gort_cursor_uleb(&c);
        gort_cursor_uleb(&c);
        gort_cursor_uleb(&c);
        if (c.failed || !**name)
            break;
    }
    c = t->tables;
    *directory = "";
    for (uint64_t i = 1; i <= directory_index && !c.failed; i++)
        *directory = gort_cursor_text(&c);
}

static void append_path(char *out, size_t capacity, const char *part) {
    size_t n = strlen(out);
    if (*part == '/')
        n = 0; // absolute: what came before does not matter
    if (n && out[n - 1] != '/' && n + 1 < capacity)
        out[n++] = '/';
    size_t room = capacity - 1 - n, length = strlen(part);
    if (length > room)
        length = room;
    memcpy(out + n, part, length);
    out[n + length] = 0;
}

void gort_lines_file(const LineTable *t, uint64_t file, char *out, size_t capacity) {
    const char *name = "", *directory = "";
    if (t->context.version >= 5)
        file_of_version5(t, file, &name, &directory);
    else
        file_of_version4(t, file, &name, &directory);
    *out = 0;
    if (!*name)
        return;
    append_path(out, capacity, t->unit_directory);
    if (*directory && strcmp(directory, "."))
        append_path(out, capacity, directory);
    append_path(out, capacity, name);
}
