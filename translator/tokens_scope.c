// tokens_scope.c - which names are in scope, while the tokens are read from left to right.
//
// The extension's words are contextual: `len(x)` is C's where the program declares a `len`,
// `(T)<-c` is a cast only where T is a typedef name. Both depend on C's scopes, and a local typedef
// or variable must not leak out of its block. So every symbol has a stack of its visible
// declarations, and all of them are threaded from the newest to the oldest: leaving a scope pops
// until the scope's depth is reached. Few names are worth an entry: typedefs, and ordinary names
// that hide a typedef or a word.
//
//   1. A symbol's `visible` list has falling scope depths, at most one entry a scope.
//   2. Walking `earlier` from `last` meets falling scope depths.
//
// Keywords are in the same table, so that one look-up per word of the text tells all there is to
// know.
#include "tokens.h"

#include <string.h>

static const struct {
    Code code;
    const char *names;
} keywords[] = {
    {K_TYPE,
     "void char short int long float double signed unsigned _Bool _Complex __complex__ __complex "
     "__signed__ __signed __int128 __int128_t __uint128_t _Float16 _Float32 _Float64 _Float128 "
     "_Float32x _Float64x __float128 __float80 __ibm128 __bf16 __fp16 _Decimal32 _Decimal64 "
     "_Decimal128 __builtin_va_list __auto_type _Imaginary"},
    {K_QUALIFIER,
     "const volatile restrict __const __const__ __volatile __volatile__ __restrict __restrict__ "
     "static extern inline __inline __inline__ register auto _Thread_local __thread _Noreturn "
     "__block _Nonnull _Nullable"},
    {K_TYPEDEF, "typedef"},
    {K_STRUCT, "struct union"},
    {K_ENUM, "enum"},
    {K_TYPEOF, "typeof __typeof __typeof__ __typeof_unqual__ typeof_unqual _BitInt"},
    {K_ATOMIC, "_Atomic"},
    {K_ATTRIBUTE, "__attribute__ __attribute __declspec"},
    {K_ASM, "asm __asm __asm__ _Static_assert"},
    {K_ALIGNAS, "_Alignas"},
    {K_SIZEOF, "sizeof _Alignof __alignof __alignof__"},
    {K_EXTENSION, "__extension__ __real __real__ __imag __imag__"},
    {K_OFFSETOF, "__builtin_offsetof"},
    {K_IF, "if"},
    {K_WHILE, "while"},
    {K_FOR, "for"},
    {K_SWITCH, "switch"},
    {K_ELSE, "else"},
    {K_DO, "do"},
    {K_CASE, "case"},
    {K_DEFAULT, "default"},
    {K_GOTO, "goto"},
    {K_JUMP, "return break continue"},
    {X_GO, "go"},
    {X_DEFER, "defer"},
    {X_SELECT, "select"},
    {X_CHAN, "chan"},
    {X_ANY, "any"},
    {X_RESULT, "_Result"},
    {X_ERRNO, "__errno_location"},
    {X_MAKE, "make"},
    {X_NEW, "new"},
    {X_LEN, "len"},
    {X_CAP, "cap"},
    {X_CLOSE, "close"},
    {X_PANIC, "panic"},
    {X_PANICF, "panicf"},
    {X_RECOVER, "recover"},
    {X_ANY_IS, "any_is"},
    {X_ANY_AS, "any_as"},
    {X_ANY_STRING, "any_string"},
};

static uint32_t name_hash(const char *s, size_t n) {
    uint32_t h = 2166136261u; // FNV-1a
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)s[i]) * 16777619u;
    return h ^ h >> 15;
}

// The slot of a name: its symbol's, or the free one where it belongs.
static Symbol **names_slot(Names *names, const char *s, size_t n, uint32_t hash) {
    size_t i = hash & (names->n_slots - 1);
    for (Symbol *at; (at = names->slots[i]); i = (i + 1) & (names->n_slots - 1))
        if (at->hash == hash && at->length == n && !memcmp(at->name, s, n))
            break;
    return &names->slots[i];
}

static void names_resize(Names *names, size_t n_slots) {
    Symbol **old = names->slots;
    size_t n_old = names->n_slots;
    names->slots = arena_alloc(n_slots * sizeof *names->slots);
    names->n_slots = n_slots;
    for (size_t i = 0; i < n_old; i++)
        if (old[i])
            *names_slot(names, old[i]->name, old[i]->length, old[i]->hash) = old[i];
}

static Symbol *names_intern(Names *names, const char *s, size_t n) {
    uint32_t hash = name_hash(s, n);
    if (names->n * 2 >= names->n_slots)
        names_resize(names, names->n_slots * 2);
    Symbol **slot = names_slot(names, s, n, hash);
    if (!*slot) {
        Symbol *symbol = *slot = arena_alloc(sizeof *symbol);
        *symbol = (Symbol){.name = s, .length = n, .hash = hash, .code = C_IDENT};
        names->n++;
    }
    return *slot;
}

void names_init(Names *names) {
    names_resize(names, 1024);
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        for (const char *s = keywords[i].names; *s; s += strspn(s, " ")) {
            size_t n = strcspn(s, " ");
            names_intern(names, s, n)->code = keywords[i].code;
            s += n;
        }
}

Symbol *names_find(Names *names, const char *s, size_t n) {
    return *names_slot(names, s, n, name_hash(s, n));
}

Code names_code(Names *names, const char *s, size_t n) {
    Symbol *symbol = names_find(names, s, n);
    return symbol ? symbol->code : C_IDENT;
}

// A declaration of a name in the innermost scope. Names that hide nothing need no entry.
void names_declare(Names *names, const char *s, size_t n, NameKind kind, bool system) {
    Symbol *symbol = names_find(names, s, n);
    if (kind != NAME_TYPEDEF && (!symbol || (!symbol->visible && symbol->code == C_IDENT)))
        return;
    symbol = names_intern(names, s, n);
    Declaration *d = symbol->visible;
    if (d && d->scope == names->scope) { // declared again: the program's own word counts
        d->system = d->system && system;
        d->kind = kind;
        return;
    }
    d = arena_alloc(sizeof *d);
    *d = (Declaration){kind, system, names->scope, symbol->visible, names->last, symbol};
    symbol->visible = names->last = d;
}

void names_give(Names *names, const RawNames *given) {
    for (size_t i = 0; i < given->n_types; i++)
        names_declare(names, given->types[i], strlen(given->types[i]), NAME_TYPEDEF, false);
    for (size_t i = 0; i < given->n_others; i++)
        names_declare(names, given->others[i], strlen(given->others[i]), NAME_OBJECT, false);
}

void names_tell(const Names *names, RawNames *declared) {
    for (const Declaration *d = names->last; d; d = d->earlier) {
        const char *name = arena_strndup(d->symbol->name, d->symbol->length);
        if (d->scope > 0)
            continue;
        if (d->kind == NAME_TYPEDEF)
            *ARENA_PUSH(declared->types, declared->n_types, declared->cap_types) = name;
        else
            *ARENA_PUSH(declared->others, declared->n_others, declared->cap_others) = name;
    }
}

void names_enter(Names *names) {
    names->scope++;
}

void names_leave_to(Names *names, int scope) {
    for (; names->last && names->last->scope > scope; names->last = names->last->earlier)
        names->last->symbol->visible = names->last->outer;
    if (names->scope > scope)
        names->scope = scope;
}
