// clean.c - no word of ours in what people read.
//
// clangd prints what it sees: types, initialisers, names. Channel types are read back where they stand (diag_types.c does it for what
// compilers quote), and so are the forms of shadow_form.c. What still mentions us after that is not shown by those who can leave it out.
#include "proxy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define F arena_format

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

// The partner of the bracket at p; NULL: there is none.
static const char *partner(const char *p) {
    int depth = 0;
    for (; *p; p++) {
        depth += (*p == '(') - (*p == ')');
        if (depth == 0)
            return p;
    }
    return NULL;
}

static const char *skip_blanks(const char *p) {
    while (*p == ' ')
        p++;
    return p;
}

// `typeof(X)` at p, however it is spelled: the place of its `(`, or NULL.
static const char *typeof_open(const char *p) {
    static const char *const names[] = {"__typeof__", "typeof"};
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(names[i]);
        if (!strncmp(p, names[i], n) && *skip_blanks(p + n) == '(')
            return skip_blanks(p + n);
    }
    return NULL;
}

static char *inside(const char *open, const char *close) {
    return arena_strndup(open + 1, (size_t)(close - open) - 1);
}

// What typeof(...) at p stands for, if it is a type of ours: the text, and *end behind it. NULL if not.
static char *read_typeof(const char *p, const char **end) {
    static const struct {
        const char *tail, *name;
    } channels[] = {{" *(**)(struct gocc_chan)", "chan"}, {" *(*const *)(struct gocc_chan)", "chan<-"}, {" *(*volatile *)(struct gocc_chan)", "<-chan"},
                    // As clang-format writes them.
                    {" * (**)(struct gocc_chan)", "chan"},
                    {" * (*const *)(struct gocc_chan)", "chan<-"},
                    {" * (*volatile *)(struct gocc_chan)", "<-chan"}};
    const char *open = typeof_open(p), *close = open ? partner(open) : NULL;
    if (!close)
        return NULL;
    char *body = inside(open, close);
    size_t n = strlen(body);
    for (size_t i = 0; i < sizeof channels / sizeof *channels; i++) {
        size_t m = strlen(channels[i].tail);
        if (n <= m || strcmp(body + n - m, channels[i].tail))
            continue;
        char *elem = arena_strndup(body, n - m);
        const char *inner = typeof_open(elem), *inner_close = inner ? partner(inner) : NULL;
        if (inner_close && !inner_close[1])
            elem = inside(inner, inner_close);
        *end = close + 1;
        return F("%s(%s)", channels[i].name, clean_text(elem));
    }
    return NULL;
}

// Without the parentheses around all of it.
static char *bare(char *s) {
    const char *close = *s == '(' ? partner(s) : NULL;
    return close && !close[1] ? inside(s, close) : s;
}

static char *typeof_operand(char *s) { // "typeof(T) *" or "T *" -> T
    const char *open = typeof_open(s), *close = open ? partner(open) : NULL;
    if (close)
        return inside(open, close);
    char *star = strrchr(s, '*');
    return star ? arena_strndup(s, (size_t)(star - s) - (star > s && star[-1] == ' ')) : s;
}

// `(*(**(c))(gocc_t))` and the like at p; see shadow_form.c.
static char *read_form(const char *p, const char **end) {
    const char *close = *p == '(' ? partner(p) : NULL;
    if (!close)
        return NULL;
    char *body = inside(p, close), *tail;
    size_t n = strlen(body);
    *end = close + 1;
    if (n > 13 && !strncmp(body, "*(**", 4) && !strcmp(body + n - 9, ")(gocc_t)"))
        return F("<-%s", clean_text(bare(arena_strndup(body + 4, n - 4 - 9))));
    const char *type_close = *body == '(' ? partner(body) : NULL;
    char *type = type_close ? inside(body, type_close) : NULL;
    if (type && !strcmp(type_close + 1, "gocc_make(0)"))
        return F("make(%s)", clean_text(type));
    if (type && !strncmp(type_close + 1, "gocc_make(0, ", 13))
        return F("make(%s, %s)", clean_text(type), clean_text(bare(inside(type_close + 13, body + n - 1))));
    if (type && !strcmp(type_close + 1, "gocc_any_pointer()"))
        return F("new(%s)", clean_text(typeof_operand(type)));
    if (!strncmp(body, "*(gocc_any_as(", 14) && (tail = strstr(body, ", (")) && partner(body + 13))
        return F("any_as(%s, %s)", clean_text(bare(inside(body + 13, partner(body + 13)))),
                 clean_text(typeof_operand(inside(tail + 2, partner(tail + 2) ? partner(tail + 2) : body + n))));
    return NULL;
}

static char *read_name(const char *p, const char **end) {
    static const struct {
        const char *ours, *theirs;
    } names[] = {{"struct go_any", "any"}, {"gocc_len", "len"}, {"gocc_cap", "cap"}, {"gocc_recover", "recover"}, {"go_any_string", "any_string"}, {"go_panicf", "panicf"}, {"gocc_any_is", "any_is"}, {"gocc_panic(0, ", "panic("}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i].ours);
        if (strncmp(p, names[i].ours, n) || (is_word_char(p[n - 1]) && is_word_char(p[n])))
            continue;
        *end = p + n;
        return F("%s", names[i].theirs);
    }
    if (!strncmp(p, "gocc_k", 6) && isdigit((unsigned char)p[6])) {
        for (p += 6; isdigit((unsigned char)*p);)
            p++;
        *end = p + (*p == '_');
        return F("%s", "");
    }
    return NULL;
}

// " (aka ...)" that tells how a type of ours is made.
static char *read_aka(const char *p, const char **end) {
    if (strncmp(p, " (aka ", 6))
        return NULL;
    const char *close = partner(p + 1);
    if (!close || !(strstr(inside(p + 1, close), "gocc_chan")))
        return NULL;
    *end = close + 1;
    return F("%s", "");
}

char *clean_text(const char *text) {
    Buffer out = {0};
    for (const char *p = text, *end; *p;) {
        bool starts = p == text || !is_word_char(p[-1]);
        char *instead = read_form(p, &end);
        instead = instead ? instead : starts ? read_typeof(p, &end)
                                             : NULL;
        instead = instead ? instead : starts ? read_name(p, &end)
                                             : NULL;
        instead = instead ? instead : read_aka(p, &end);
        if (instead) {
            buffer_puts(&out, instead);
            p = end;
        } else
            buffer_append(&out, p++, 1);
    }
    char *cleaned = arena_strndup(out.data ? out.data : "", out.length);
    free(out.data);
    if (!strstr(cleaned, "gocc_chan"))
        return cleaned;
    cleaned = diag_user_types(cleaned);
    if (strstr(cleaned, "gocc_chan") && !strpbrk(cleaned, "'\n")) { // all of it may be a type
        char *quoted = diag_user_types(F("'%s'", cleaned));
        if (!strstr(quoted, "gocc_chan") && *quoted == '\'')
            return arena_strndup(quoted + 1, strlen(quoted) - 2);
    }
    return cleaned;
}

bool mentions_ours(const char *text) {
    for (const char *p = text; (p = strstr(p, "go")); p += 2)
        if (!strncmp(p, "gocc_", 5) || !strncmp(p, "go__", 4) || !strncmp(p, "go_any", 6) || !strncmp(p, "go_panicf", 9))
            return true;
    return false;
}

static bool is_for_machines(const char *key) {
    static const char *const keys[] = {"uri", "targetUri", "data", "command", "arguments", "newText", "edit", "id"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (!strcmp(key, keys[i]))
            return true;
    return false;
}

static json_t *cleaned_string(json_t *value) {
    const char *text = json_string_value(value);
    return text && mentions_ours(text) ? json_string(clean_text(text)) : NULL;
}

void clean_json(json_t *value) {
    void *next;
    const char *key;
    json_t *member;
    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, key, member) {
            json_t *clean = is_for_machines(key) ? NULL : cleaned_string(member);
            if (clean)
                json_object_set_new(value, key, clean);
            else if (!is_for_machines(key))
                clean_json(member);
        }
    }
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        member = json_array_get(value, i);
        json_t *clean = cleaned_string(member);
        if (clean)
            json_array_set_new(value, i, clean);
        else
            clean_json(member);
    }
}
