// facts_hold.c - which types hold addresses, and which pointer conversions hide them.
//
// Memory of a type is seen as words of 8 bytes. In each lie a pointer, or bytes of numbers (integers, floats, vectors), or both (a union),
// or nothing. Memory that is written as one type and read as another *hides* addresses if a word that may be a pointer to the
// first is made of numbers to the second: who reads the numbers has an address, and no type says so. Where such a view is made, the
// graph gives up what the memory holds (facts_flow.c).
//   1. `void` is all pointers to who looks from there; nothing can be read as `void`.
//   2. A word with less than 6 bytes of numbers cannot give away an address.
//   3. A pointer may be moved on: what lies beyond a type without pointers is more of the same. A type that has some is a structure, and
//      who points to one is taken to stay inside of it.
//   4. A pointer that is read as one to another type hides what reading there would.
//   5. Numbers of a union that lie over pointers are no matter of the conversion: reading the member is what hides.
//   6. What is unknown, larger than 64 KiB, or has pointers across words is both in each word.

#include "facts_flow.h"

#include <string.h>

enum { WORD = 8,
       BYTES_MAX = 64 << 10 };

typedef struct Words {
    CXType type;
    long long n;
    bool *pointer;
    CXType *pointee;               // of the pointer; of no kind: unknown, or of several types
    unsigned char *number;         // a bit per byte
    bool any, holds, opens;        // both everywhere; a pointer somewhere; ends in an array without a length:
    bool pointers_on, numbers_on;  // of which elements
} Words;

// ---- kinds of types ------------------------------------------------------------------------------
static CXType value_type(CXType type) {
    CXType t = CL->getCanonicalType(type);
    return t.kind == CXType_Atomic ? CL->getCanonicalType(CL->Type_getValueType(t)) : t;
}

static bool is_array(CXType t) {
    return t.kind == CXType_ConstantArray || t.kind == CXType_VariableArray || t.kind == CXType_IncompleteArray;
}

static bool is_function(CXType t) {
    return t.kind == CXType_FunctionProto || t.kind == CXType_FunctionNoProto;
}

static bool is_number(CXType t) {
    bool integer = t.kind >= CXType_Bool && t.kind <= CXType_Int128;
    return integer || (t.kind >= CXType_Float && t.kind <= CXType_LongDouble) ||
           (t.kind >= CXType_Float128 && t.kind <= CXType_Ibm128) || t.kind == CXType_Enum || t.kind == CXType_Complex ||
           t.kind == CXType_Vector || t.kind == CXType_ExtVector;
}

bool flow_is_number(CXType type) {
    return is_number(value_type(type));
}

bool flow_is_integer(CXType type) {
    CXType t = value_type(type);
    bool integer = (t.kind >= CXType_Bool && t.kind <= CXType_Int128) || t.kind == CXType_Enum;
    return integer && CL->Type_getSizeOf(t) >= WORD;
}

// ---- words ---------------------------------------------------------------------------------------
static void fill(Words *w, CXType type, long long at);

static CXType plain(CXType type) {
    return CL->getCanonicalType(CL->getUnqualifiedType(CL->getCanonicalType(type)));
}

static void add_pointer(Words *w, long long i, CXType t) {
    CXType pointee = t.kind == CXType_Pointer ? plain(CL->getPointeeType(t)) : (CXType){0};
    bool other = w->pointer[i] && w->pointee[i].data[0] != pointee.data[0];
    w->pointee[i] = other ? (CXType){0} : pointee;
    w->pointer[i] = true;
}

static void fill_scalar(Words *w, CXType t, long long at) {
    long long size = CL->Type_getSizeOf(t);
    bool number = is_number(t);
    w->holds |= !number;
    w->any |= size <= 0 || (!number && (at % WORD || size % WORD));
    for (long long i = at; i < at + size && i / WORD < w->n; i++) {
        if (number)
            w->number[i / WORD] |= (unsigned char)(1 << i % WORD);
        else
            add_pointer(w, i / WORD, t);
    }
}

typedef struct Field {
    Words *words;
    long long at;                  // of the record
} Field;

static enum CXVisitorResult fill_field(CXCursor field, CXClientData data) {
    const Field *f = data;
    CXType type = CL->getCursorType(field);
    long long bits = CL->Cursor_getOffsetOfField(field), size = CL->Type_getSizeOf(CL->getCanonicalType(type));
    if (bits < 0)
        f->words->any = f->words->holds = true;
    else if (CL->Cursor_isBitField(field))             // all of what it is a part of
        fill(f->words, type, f->at + (size > 0 ? bits / 8 / size * size : bits / 8));
    else
        fill(f->words, type, f->at + bits / 8);
    return CXVisit_Continue;
}

static const Words *words_of(CXType type);

static void fill_array(Words *w, CXType t, long long at) {
    CXType element = value_type(CL->getArrayElementType(t));
    long long count = t.kind == CXType_ConstantArray ? CL->getArraySize(t) : 0, size = CL->Type_getSizeOf(element);
    if (count <= 0) {
        w->opens = true;
        w->pointers_on = flow_holds(element);
        w->numbers_on = !w->pointers_on || element.kind == CXType_Record;
        w->holds |= w->pointers_on;
        return;
    }
    w->any |= size <= 0;
    for (long long i = 0; i < count && size > 0 && !w->any; i++)
        fill(w, element, at + i * size);
}

static void fill(Words *w, CXType type, long long at) {
    CXType t = value_type(type);
    if (is_array(t)) {
        fill_array(w, t, at);
    } else if (t.kind == CXType_Record) {
        Field f = {w, at};
        if (CL->Type_getSizeOf(t) < 0)
            w->any = w->holds = true;
        else
            CL->Type_visitFields(t, fill_field, &f);
    } else {
        fill_scalar(w, t, at);
    }
}

static Words *words_make(CXType t) {
    Words *w = arena_alloc(sizeof *w);
    long long size = CL->Type_getSizeOf(t);
    *w = (Words){.type = t, .n = (size + WORD - 1) / WORD, .any = size < 0 || size > BYTES_MAX, .holds = size < 0};
    if (w->any)
        w->n = BYTES_MAX / WORD;
    w->pointer = arena_alloc((size_t)(w->n + 1) * sizeof *w->pointer);
    w->pointee = arena_alloc((size_t)(w->n + 1) * sizeof *w->pointee);
    w->number = arena_alloc((size_t)(w->n + 1));
    fill(w, t, 0);
    return w;
}

// Remembered by clang's own identity of the type.
typedef struct Known {
    const void *key;
    const Words *words;
} Known;
static Known *known;
static size_t n_known, known_size;

static Known *known_slot(const void *key) {
    size_t i = ((uintptr_t)key >> 4) * 2654435761u & (known_size - 1);
    while (known[i].key && known[i].key != key)
        i = (i + 1) & (known_size - 1);
    return &known[i];
}

static void known_grow(void) {
    if (known_size > 2 * n_known + 64)
        return;
    Known *old = known;
    size_t n = known_size;
    known_size = known_size ? known_size * 4 : 256;
    known = arena_alloc(known_size * sizeof *known);
    for (size_t i = 0; i < n; i++)
        if (old[i].key)
            *known_slot(old[i].key) = old[i];
}

static const Words *words_of(CXType type) {
    CXType t = plain(type);
    known_grow();
    if (!known_slot(t.data[0])->key) {
        const Words *w = words_make(t);
        known_grow();
        n_known++;
        *known_slot(t.data[0]) = (Known){t.data[0], w};
    }
    return known_slot(t.data[0])->words;
}

bool flow_holds(CXType type) {
    CXType t = value_type(type);
    while (is_array(t))
        t = value_type(CL->getArrayElementType(t));
    if (t.kind == CXType_Void || is_function(t) || is_number(t))
        return false;
    if (t.kind == CXType_Record)
        return words_of(t)->holds;
    long long size = CL->Type_getSizeOf(t);
    return size < 0 || size >= WORD;
}

bool flow_carries(CXType type) {
    return flow_is_integer(type) || flow_holds(type);
}

// ---- views ---------------------------------------------------------------------------------------
static bool has_pointer(const Words *w, long long i) {
    return w->any || (i < w->n ? w->pointer[i] : w->opens && w->pointers_on);
}

// Is word i made of numbers, and of nothing else?
static bool is_numbers(const Words *w, long long i) {
    if (w->any)
        return true;
    if (i >= w->n)
        return w->opens && w->numbers_on;
    return !w->pointer[i] && __builtin_popcount(w->number[i]) >= ADDRESS_BYTES;
}

static CXType element_type(CXType type) {
    if (type.kind == CXType_Invalid)
        return type;
    CXType t = value_type(type);
    while (is_array(t))
        t = value_type(CL->getArrayElementType(t));
    return t;
}

// Of no kind, void, a function, or incomplete.
static bool is_unknown(CXType t) {
    return t.kind == CXType_Invalid || t.kind == CXType_Void || is_function(t) || CL->Type_getSizeOf(t) < 0;
}

// From here on `depth` counts the pointers that were followed; types that are alike so far down are taken to hide.
enum { DEPTH_MAX = 6 };
static bool hides(CXType from, CXType to, int depth);

static bool word_hides(const Words *x, const Words *y, long long i, long long k, int depth) {
    if (!has_pointer(x, i))
        return false;
    if (is_numbers(y, k))
        return true;
    if (k >= y->n || !y->pointer[k] || y->pointee[k].kind == CXType_Invalid)
        return false;
    return hides(i < x->n && !x->any ? x->pointee[i] : (CXType){0}, y->pointee[k], depth + 1);
}

// May what is no more known of than that it is pointers be read as numbers?
static bool anything_hides(const Words *y, int depth) {
    static const Words anything = {.any = true};
    for (long long k = 0; k <= y->n; k++)
        if (word_hides(&anything, y, 0, k, depth))
            return true;
    return false;
}

static bool records_hide(const Words *x, const Words *y, int depth) {
    long long least = x->n < y->n ? x->n : y->n, most = x->n < y->n ? y->n : x->n;
    for (long long i = 0; i <= (x->opens || y->opens ? most : least - 1); i++)
        if (word_hides(x, y, i, i, depth))
            return true;
    return false;
}

static bool hides(CXType from, CXType to, int depth) {
    CXType a = element_type(from), b = element_type(to);
    bool anything = is_unknown(a);
    if (is_unknown(b) || is_function(a))
        return false;
    if (!anything && (plain(a).data[0] == plain(b).data[0] || !flow_holds(a)))
        return false;
    if (!flow_holds(b) || depth > DEPTH_MAX)
        return true;
    if (anything)
        return anything_hides(words_of(b), depth);
    if (a.kind == CXType_Record)
        return records_hide(words_of(a), words_of(b), depth);
    for (long long k = 0; k <= words_of(b)->n; k++)    // a pointer, and more of them behind it
        if (word_hides(words_of(a), words_of(b), 0, k, depth))
            return true;
    return false;
}

bool flow_hides(CXType from, CXType to) {
    return hides(from, to, 0);
}

const void *facts_view(CXType type) {
    CXType t = element_type(type);
    return is_unknown(t) ? NULL : words_of(t);
}

bool facts_view_hides(const void *from, const void *to) {
    return flow_hides(((const Words *)from)->type, ((const Words *)to)->type);
}

bool flow_contains(CXType whole, CXType part, long long at) {
    CXType a = value_type(whole), b = value_type(part);
    if (a.kind != CXType_Record || CL->Type_getSizeOf(a) < 0 || CL->Type_getSizeOf(b) <= 0 || at < 0 || at % WORD)
        return false;
    const Words *x = words_of(a), *y = words_of(b);
    if (at / WORD + y->n > x->n)
        return false;
    for (long long i = 0; i < y->n; i++)
        if (word_hides(y, x, i, at / WORD + i, 0) || word_hides(x, y, at / WORD + i, i, 0))
            return false;
    return true;
}
