// facts_layout.c - where pointers lie in a value of a type: what the collector is told of each allocation.
//
// A layout is a mask of 8-byte words. It may say too much, since the collector distrusts every word that it is pointed to, but
// never too little:
//   1. A pointer of any kind, a channel, and what is spelled uintptr_t or intptr_t (through typedefs) make their word a
//      candidate; members of a union all do.
//   2. Where the spelling of a `long` is lost (the typeof of an expression, say), it may have been intptr_t.
//   3. What a mask cannot say (a pointer across two words, elements that are no multiple of a word, a flexible array of
//      pointers, an irregular type above 64 KiB, a type that is incomplete or that clang does not understand) is "any word".
// An array has the layout of its element: the collector repeats it.

#include "facts.h"

#include <string.h>

enum { WORD = 8,
       MAX_BYTES = 64 << 10 };

typedef struct Walk {
    long long words;
    uint64_t *mask;                // NULL: too large for one
    bool found, any;               // a candidate; what a mask cannot say
    bool open_end;                 // an array reaches to the end
    long long size;                // of the whole, bytes
} Walk;

static const Layout any_word = {.any = true};

static void walk_type(Walk *w, CXType type, long long at, bool lost);

// ---- spellings -----------------------------------------------------------------------------------
static bool is_word_name(CXCursor declaration) {
    const char *name = facts_string(CL->getCursorSpelling(declaration));
    return !strcmp(name, "uintptr_t") || !strcmp(name, "intptr_t");
}

static bool is_array(CXType t) {
    return t.kind == CXType_ConstantArray || t.kind == CXType_IncompleteArray ||
           t.kind == CXType_VariableArray;
}

// Peels typedefs and the like off. *word: one of them says that it is an address. *lost: what remains has no spelling.
static CXType peel(CXType t, bool *word, bool *lost) {
    for (;;) {
        if (t.kind == CXType_Typedef) {
            CXCursor declaration = CL->getTypeDeclaration(t);
            *word |= is_word_name(declaration);
            t = CL->getTypedefDeclUnderlyingType(declaration);
        } else if (t.kind == CXType_Elaborated) {
            t = CL->Type_getNamedType(t);
        } else if (t.kind == CXType_Atomic) {
            t = CL->Type_getValueType(t);
        } else if (t.kind == CXType_Attributed) {
            t = CL->Type_getModifiedType(t);
        } else {
            break;
        }
    }
    CXType canonical = CL->getCanonicalType(t);
    if (canonical.kind == CXType_Atomic) {
        *lost = true;
        return CL->getCanonicalType(CL->Type_getValueType(canonical));
    }
    bool number = canonical.kind == CXType_Long || canonical.kind == CXType_ULong || is_array(canonical);
    *lost |= t.kind != canonical.kind && !(number && facts_spelled_plainly(t));
    return t.kind == canonical.kind ? t : canonical;
}

// ---- records, remembered by clang's own identity of the type ----------------------------------------
typedef struct Record {
    const void *key;
    const Layout *layout;
    bool open_end;
} Record;
static Record *records;
static size_t n_records, map_size;

static Record *record_slot(const void *key) {
    size_t i = ((uintptr_t)key >> 4) * 2654435761u & (map_size - 1);
    while (records[i].key && records[i].key != key)
        i = (i + 1) & (map_size - 1);
    return &records[i];
}

static void records_grow(void) {
    if (map_size > 2 * n_records + 64)
        return;
    Record *old = records;
    size_t n = map_size;
    map_size = map_size ? map_size * 4 : 256;
    records = arena_alloc(map_size * sizeof *records);
    for (size_t i = 0; i < n; i++)
        if (old[i].key)
            *record_slot(old[i].key) = old[i];
}

static enum CXVisitorResult walk_field(CXCursor field, CXClientData data) {
    Walk *w = data;
    if (CL->Cursor_isBitField(field))
        return CXVisit_Continue;
    long long bits = CL->Cursor_getOffsetOfField(field);
    if (bits < 0 || bits % 8)
        w->found = w->any = true;
    else
        walk_type(w, CL->getCursorType(field), bits / 8, false);
    return CXVisit_Continue;
}

static const Layout *layout_of(const Walk *w) {
    if (!w->found)
        return NULL;
    if (w->any)
        return &any_word;
    Layout *layout = arena_alloc(sizeof *layout);
    *layout = (Layout){.words = (unsigned)w->words, .mask = w->mask};
    return layout;
}

static Walk walk_start(long long size) {
    Walk w = {.words = (size + WORD - 1) / WORD, .size = size};
    if (w.words == 0)
        w.words = 1;
    if (size <= MAX_BYTES)
        w.mask = arena_alloc((size_t)(w.words + 63) / 64 * sizeof *w.mask);
    return w;
}

static Record record(CXType t) {
    long long size = CL->Type_getSizeOf(t);
    const void *key = CL->getCanonicalType(CL->getUnqualifiedType(t)).data[0];
    if (size < 0)
        return (Record){key, &any_word, false};
    records_grow();
    if (record_slot(key)->key)
        return *record_slot(key);
    Walk w = walk_start(size);
    CL->Type_visitFields(t, walk_field, &w);
    records_grow();
    n_records++;
    return *record_slot(key) = (Record){key, layout_of(&w), w.open_end};
}

// ---- one member ----------------------------------------------------------------------------------
static void candidate(Walk *w, long long at) {
    w->found = true;
    if (at % WORD || !w->mask || at / WORD >= w->words)
        w->any = true;
    else
        w->mask[at / WORD / 64] |= (uint64_t)1 << at / WORD % 64;
}

// The words of a part at `at`, `count` times.
static void repeat(Walk *w, const Layout *part, long long at, long long count, long long size) {
    w->found = true;
    if (part->any || (count > 1 && size % WORD) || !w->mask) {
        w->any = true;
        return;
    }
    for (long long k = 0; k < count; k++)
        for (unsigned i = 0; i < part->words; i++)
            if (part->mask[i / 64] >> i % 64 & 1)
                candidate(w, at + k * size + i * WORD);
}

static void walk_array(Walk *w, CXType t, long long at, bool lost) {
    CXType element = CL->getArrayElementType(t);
    long long count = CL->getArraySize(t), size = CL->Type_getSizeOf(element);
    w->open_end |= count < 0 || size < 0 || at + count * size >= w->size;
    // An array of arrays is one of their elements: that is what has a layout.
    bool word = false;
    for (CXType inner = peel(element, &word, &lost); inner.kind == CXType_ConstantArray && count > 0;
         inner = peel(element, &word, &lost)) {
        element = CL->getArrayElementType(inner);
        count *= CL->getArraySize(inner);
        size = CL->Type_getSizeOf(element);
    }
    const Layout *part = facts_layout(element, lost);
    if (!part || count == 0)
        return;
    if (t.kind != CXType_ConstantArray || size <= 0)
        w->found = w->any = true;
    else
        repeat(w, part, at, count, size);
}

static bool is_arithmetic(enum CXTypeKind k) {
    return (k >= CXType_Bool && k <= CXType_LongDouble) || (k >= CXType_Float128 && k <= CXType_Ibm128);
}

static void walk_type(Walk *w, CXType type, long long at, bool lost) {
    bool word = false;
    CXType t = peel(type, &word, &lost);
    switch (t.kind) {
    case CXType_Pointer:
    case CXType_BlockPointer:
    case CXType_NullPtr: candidate(w, at); break;
    case CXType_Record: {
        Record r = record(t);
        w->open_end |= r.open_end && at + CL->Type_getSizeOf(t) >= w->size;
        if (r.layout)
            repeat(w, r.layout, at, 1, 0);
        break;
    }
    case CXType_ConstantArray:
    case CXType_IncompleteArray:
    case CXType_VariableArray: walk_array(w, t, at, lost); break;
    case CXType_Long:
    case CXType_ULong:
        if (word || lost)
            candidate(w, at);
        break;
    case CXType_Enum:
    case CXType_Complex:
    case CXType_Vector:
    case CXType_ExtVector:
    case CXType_FunctionProto:
    case CXType_FunctionNoProto: break;
    default:
        if (!is_arithmetic(t.kind))
            w->found = w->any = true;
    }
}

const Layout *facts_layout(CXType type, bool lost) {
    bool word = false, array = false;
    CXType t = peel(type, &word, &lost);
    for (; is_array(t); array = true)
        t = peel(CL->getArrayElementType(t), &word, &lost);
    if (t.kind == CXType_Record) {
        const Layout *layout = record(t).layout;
        return layout && array && CL->Type_getSizeOf(t) % WORD ? &any_word : layout;
    }
    Walk w = walk_start(WORD);
    walk_type(&w, word ? type : t, 0, lost);
    return array && word ? &any_word : layout_of(&w);
}

bool facts_open_end(CXType type) {
    bool word = false, lost = false;
    CXType t = peel(type, &word, &lost);
    return is_array(t) || (t.kind == CXType_Record && record(t).open_end);
}
