// facts_type.c - clang's types in our terms: channels recognised by their structure, names in the user's words.

#include "facts.h"

#include <string.h>

const char *facts_string(CXString s) {
    const char *text = CL->getCString(s);
    char *copy = arena_strndup(text ? text : "", text ? strlen(text) : 0);
    CL->disposeString(s);
    return copy;
}

// chan(T) is `T *(*Q *)(struct gocc_chan)`: pointer to Q-qualified pointer to function. Tells T and Q.
static bool decode_channel(CXType type, CXType *elem, Direction *direction) {
    CXType t = CL->getCanonicalType(type);
    if (t.kind != CXType_Pointer)
        return false;
    CXType middle = CL->getPointeeType(t);
    if (middle.kind != CXType_Pointer)
        return false;
    CXType function = CL->getPointeeType(middle);
    if (function.kind != CXType_FunctionProto || CL->getNumArgTypes(function) != 1)
        return false;
    CXType parameter = CL->getArgType(function, 0);
    if (strcmp(facts_string(CL->getTypeSpelling(parameter)), "struct gocc_chan"))
        return false;
    CXType result = CL->getResultType(function);
    if (result.kind != CXType_Pointer)
        return false;
    *elem = CL->getPointeeType(result);
    *direction = CL->isConstQualifiedType(middle)      ? DIR_SEND
                 : CL->isVolatileQualifiedType(middle) ? DIR_RECV
                                                       : DIR_BOTH;
    return true;
}

bool facts_type_is_channel(CXType type) {
    CXType elem;
    Direction direction;
    return decode_channel(type, &elem, &direction);
}

static bool in_range(enum CXTypeKind k, enum CXTypeKind low, enum CXTypeKind high) {
    return k >= low && k <= high;
}

static int integer_kind(enum CXTypeKind k) {
    if (k == CXType_Bool)
        return 1;                                      // GO__BOOL
    if (in_range(k, CXType_Char_U, CXType_UInt128))
        return k == CXType_Char_U ? 2 : 3;             // plain char prints as a number
    if (in_range(k, CXType_Char_S, CXType_Int128))
        return 2;
    return 0;
}

static bool is_char(CXType t) {
    return t.kind == CXType_Char_S || t.kind == CXType_Char_U;
}

// enum go__kind of abi.h.
static int value_kind(CXType t) {
    int integer = integer_kind(t.kind);
    if (integer)
        return integer;
    switch (t.kind) {
    case CXType_Float:
    case CXType_Double:
    case CXType_LongDouble:
    case CXType_Float128: return 4;
    case CXType_Complex: return 5;
    case CXType_Pointer:
        if (facts_type_is_channel(t))
            return 11;
        return is_char(CL->getCanonicalType(CL->getPointeeType(t))) ? 6 : 7;
    case CXType_Record: {
        CXCursor d = CL->getTypeDeclaration(t);
        return CL->getCursorKind(d) == CXCursor_UnionDecl ? 9 : 8;
    }
    case CXType_Enum: return 10;
    default: return 7;
    }
}

// 'typeof(X)' as a whole is X to its user.
static const char *strip_typeof(const char *s) {
    static const char *const heads[] = {"typeof(", "__typeof__(", "typeof (", "__typeof__ ("};
    for (size_t h = 0; h < sizeof heads / sizeof *heads; h++) {
        size_t n = strlen(heads[h]);
        if (strncmp(s, heads[h], n))
            continue;
        int depth = 1;
        const char *p = s + n;
        for (; *p && depth; p++)
            depth += (*p == '(') - (*p == ')');
        if (!*p && !depth)
            return strip_typeof(arena_strndup(s + n, (size_t)(p - s) - n - 1));
    }
    return s;
}

// diag_user_types looks at quoted types, as they stand in messages.
static const char *user_spelling(CXType type) {
    const char *quoted = diag_user_types(arena_format("'%s'", facts_string(CL->getTypeSpelling(type))));
    return strip_typeof(arena_strndup(quoted + 1, strlen(quoted) - 2));
}

// Is the type (or the element of an array or channel) spelled with C's own words for integers, so that it is no uintptr_t by another name?
bool facts_spelled_plainly(CXType type) {
    const char *s = user_spelling(CL->getUnqualifiedType(type));
    static const char *const channels[] = {"chan(", "chan<-(", "<-chan("};
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++)
        if (!strncmp(s, channels[i], strlen(channels[i])))
            s += strlen(channels[i]);
    for (size_t n; *s && !strchr(")[", *s); s += n + (s[n] == ' ')) {
        n = strcspn(s, " )[");
        bool known = (n == 4 && !memcmp(s, "long", n)) || (n == 8 && !memcmp(s, "unsigned", n)) ||
                     (n == 3 && !memcmp(s, "int", n));
        if (!known)
            return false;
    }
    return true;
}

// Two local types of the same name in two functions are two types: the identity names the function.
static const char *identity(CXType canonical) {
    const char *name = user_spelling(canonical);
    CXType t = canonical;
    while (t.kind == CXType_Pointer)
        t = CL->getPointeeType(t);
    CXCursor d = CL->getTypeDeclaration(t);
    CXCursor parent = CL->getCursorSemanticParent(d);
    if (t.kind == CXType_Record && CL->getCursorKind(parent) == CXCursor_FunctionDecl)
        return arena_format("%s@%s", name, facts_string(CL->getCursorSpelling(parent)));
    return name;
}

static bool is_named(CXType type, int kind) {
    CXType t = CL->getUnqualifiedType(type);
    while (t.kind == CXType_Elaborated || t.kind == CXType_Unexposed) {
        const char *s = facts_string(CL->getTypeSpelling(t));
        if (strncmp(s, "typeof", 6) && strncmp(s, "__typeof", 8))
            break;
        return strcmp(strip_typeof(s), facts_string(CL->getTypeSpelling(CL->getCanonicalType(t))));
    }
    CXType canonical = CL->getCanonicalType(t);
    return kind <= 6 && strcmp(facts_string(CL->getTypeSpelling(t)),
                               facts_string(CL->getTypeSpelling(canonical)));
}

static void describe_pointer(TypeInfo *info, CXType type, CXType canonical) {
    CXType elem;
    Direction direction;
    info->is_pointer = true;
    if (!decode_channel(canonical, &elem, &direction))
        return;
    TypeInfo *of = arena_alloc(sizeof *of);
    *of = facts_type(elem);
    of->layout = facts_layout(elem, !facts_spelled_plainly(type));   // the canonical type has lost how it was spelled
    info->is_channel = true;
    info->direction = direction;
    info->elem = of;
}

static bool is_array_kind(enum CXTypeKind k) {
    return k == CXType_ConstantArray || k == CXType_IncompleteArray || k == CXType_VariableArray;
}

static bool has_vla(CXType t) {
    for (t = CL->getCanonicalType(t);; t = CL->getCanonicalType(CL->getArrayElementType(t))) {
        if (t.kind == CXType_VariableArray)
            return true;
        if (!is_array_kind(t.kind))
            return false;
    }
}

TypeInfo facts_type(CXType type) {
    TypeInfo info = {.known = type.kind != CXType_Invalid};
    CXType canonical = CL->getUnqualifiedType(CL->getCanonicalType(type));
    if (!info.known || canonical.kind == CXType_Invalid)
        return (TypeInfo){0};
    info.spelling = user_spelling(CL->getUnqualifiedType(type));
    if (!strcmp(info.spelling, "__auto_type"))         // what it was to be deduced from is wrong
        return (TypeInfo){0};
    info.identity = identity(canonical);
    info.kind = value_kind(canonical);
    info.named = is_named(type, info.kind);
    info.is_any = !strcmp(info.identity, "any"); // as user_spelling has it: what C calls struct go_any
    info.is_integer = integer_kind(canonical.kind) || canonical.kind == CXType_Enum;
    info.is_void = canonical.kind == CXType_Void;
    info.is_array = is_array_kind(canonical.kind);
    info.is_vla = has_vla(canonical);
    info.elem_is_vla = info.is_vla && has_vla(CL->getCanonicalType(CL->getArrayElementType(canonical)));
    info.is_function =
        canonical.kind == CXType_FunctionProto || canonical.kind == CXType_FunctionNoProto;
    info.size = CL->Type_getSizeOf(canonical);
    info.align = CL->Type_getAlignOf(canonical);
    info.is_atomic = canonical.kind == CXType_Atomic;
    info.layout = facts_layout(type, false);
    info.open_end = facts_open_end(type);
    info.is_incomplete = info.size == CXTypeLayoutError_Incomplete;
    if (canonical.kind == CXType_Pointer) {
        describe_pointer(&info, type, canonical);
        info.is_vla = info.elem_is_vla = has_vla(CL->getPointeeType(canonical));
    }
    info.is_scalar = info.is_integer || info.is_pointer || (info.kind >= 1 && info.kind <= 5);
    return info;
}
