// diag_columns.c - from a byte of the preprocessed text to the line and column that the user typed.
//
// The preprocessor keeps lines, through its markers, but not columns: blanks collapse and macros
// expand. What keeps columns is `gcc -E -fdebug-cpp`: the same text, with a note
// {P:file;F:...;L:line;C:column;...} before each token that tells where the token was spelled. So
// both texts are walked side by side: where the second has a note, the first stands at a token.
// That is one more run of the preprocessor, and only messages pay for it. Where it fails (GOCC_CC
// is a clang, the text differs) the column is the one in the preprocessed text.
//
// A token out of a macro's body was spelled in the #define. A person looks for the error where they
// used the macro: so the place is the macro's name there, and the body is told in a second message.
// The use is found from what stands before the token:
//   1. The closest token before it that was spelled outside of macro bodies; what follows it in the
//      file is the macro's name,
//   2. unless that is no word: then we are among the arguments, and the name stands before the open
//      parenthesis.
//   3. If that leads to another line than the line marker says, the macro is looked for by name on
//      the marker's line.

#define _GNU_SOURCE // memmem
#include "diag.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct SpelledToken {
    size_t offset;
    const char *file;
    unsigned line, column;
    bool expanded; // the place is that of a macro's expansion
} SpelledToken;

typedef struct Map {
    const Source *source;
    SpelledToken *v;
    size_t n, cap;
} Map;

char *(*diag_debug_cpp)(size_t *length);

// ---- reading the notes --------------------------------------------------------------------------

// p: the text of a field up to `;` and the next field's name; NULL if it does not come.
static const char *field_end(const char *p, const char *end, const char *next) {
    const char *found = memmem(p, (size_t)(end - p), next, strlen(next));
    const char *newline = found ? memchr(p, '\n', (size_t)(found - p)) : NULL;
    return found && !newline ? found : NULL;
}

// Reads {P:file;F:...;L:12;C:3;S:0;M:...;E:0,LOC:..,R:..} at p. NULL: there is none.
static const char *read_note(const char *p, const char *end, SpelledToken *out) {
    if (end - p < 4 || memcmp(p, "{P:", 3) != 0)
        return NULL;
    const char *name = p + 3, *name_end = field_end(name, end, ";F:");
    const char *line = name_end ? field_end(name_end, end, ";L:") : NULL;
    const char *column = line ? field_end(line, end, ";C:") : NULL;
    const char *rest = column ? field_end(column, end, ",R:") : NULL;
    const char *close = rest ? memchr(rest, '}', (size_t)(end - rest)) : NULL;
    if (!close)
        return NULL;
    static const char *last; // names repeat: one copy for a run of them
    if (!last || strlen(last) != (size_t)(name_end - name) || memcmp(last, name, strlen(last)) != 0)
        last = arena_strndup(name, (size_t)(name_end - name));
    *out = (SpelledToken){.file = last,
                          .expanded = memmem(column, (size_t)(rest - column), ";E:1,", 5) != NULL,
                          .line = (unsigned)strtoul(line + 3, NULL, 10),
                          .column = (unsigned)strtoul(column + 3, NULL, 10)};
    return close + 1;
}

// Where the next token of the text starts: behind blanks, line ends and line markers.
static size_t next_token(const Source *s, size_t at) {
    bool line_start = at == 0 || s->text[at - 1] == '\n';
    for (; at < s->length; at++) {
        char c = s->text[at];
        if (c == '#' && line_start) {
            const char *newline = memchr(s->text + at, '\n', s->length - at);
            at = newline ? (size_t)(newline - s->text) : s->length - 1;
        } else if (c != ' ' && c != '\t' && c != '\n') {
            return at;
        }
        line_start |= s->text[at] == '\n';
    }
    return at;
}

// A token can have two notes, one before line ends and markers. The one that tells where it was
// spelled holds, not the one about its place in the expansion.
static void add_note(Map *map, SpelledToken token) {
    SpelledToken *last = map->n > 0 ? &map->v[map->n - 1] : NULL;
    if (!last || last->offset != token.offset)
        *ARENA_PUSH(map->v, map->n, map->cap) = token;
    else if (!token.expanded)
        *last = token;
}

static void read_map(Map *map, const char *p, const char *end) {
    const Source *s = map->source;
    size_t at = 0;
    while (p < end) {
        SpelledToken token;
        const char *after = *p == '{' ? read_note(p, end, &token) : NULL;
        if (after) {
            token.offset = next_token(s, at);
            add_note(map, token);
            p = after;
        } else if (at < s->length && *p == s->text[at]) {
            p++, at++;
        } else {
            break; // not the same text: what was read up to here holds
        }
    }
}

static const Map *map_of(const Source *s) {
    static Map map;
    if (map.source == s)
        return &map;
    map = (Map){.source = s};
    size_t length = 0;
    char *text = diag_debug_cpp ? diag_debug_cpp(&length) : NULL;
    if (text) {
        read_map(&map, text, text + length);
        free(text);
    }
    return &map;
}

// Index of the last token at or before offset, or -1.
static long token_at(const Map *map, size_t offset) {
    size_t low = 0, high = map->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (map->v[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return (long)low - 1;
}

// ---- macro bodies -------------------------------------------------------------------------------

static const char *skip_space(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

static bool is_word_char(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static char *word_at(const char *p, const char *end) {
    const char *stop = p;
    while (stop < end && is_word_char(*stop))
        stop++;
    return arena_strndup(p, (size_t)(stop - p));
}

// The name of the macro whose #define, continued lines included, covers the line; NULL: it is no
// #define.
static const char *macro_defined_at(const char *file, unsigned line) {
    size_t n;
    const char *text = diag_line(file, line, &n);
    for (size_t above; text && line > 1; line--, text = diag_line(file, line, &n)) {
        const char *previous = diag_line(file, line - 1, &above);
        if (!previous || above == 0 || previous[above - 1] != '\\')
            break;
    }
    if (!text)
        return NULL;
    const char *end = text + n, *p = skip_space(text, end);
    if (p >= end || *p != '#')
        return NULL;
    p = skip_space(p + 1, end);
    if (end - p < 7 || memcmp(p, "define", 6) != 0)
        return NULL;
    return word_at(skip_space(p + 6, end), end);
}

static bool is_virtual_file(const char *file) {
    return file[0] == '<'; // <command-line>, <built-in>, <stdin>
}

// Is the token out of a macro's body? *name: the macro's, "" if nobody knows.
static bool in_macro_body(const SpelledToken *t, const Place *place, const char **name) {
    *name = "";
    if (t->line == place->line && strcmp(t->file, place->file) == 0)
        return false;
    if (is_virtual_file(t->file))
        return strcmp(t->file, place->file) != 0;
    *name = macro_defined_at(t->file, t->line);
    return *name != NULL;
}

// ---- where a macro was used ---------------------------------------------------------------------

typedef struct Spot {
    unsigned line, column;
} Spot;

// Goes forward over blanks, comments, line ends and directives; moves *spot along.
static const char *skip_forward(const char *p, const char *end, Spot *spot) {
    while (p < end) {
        if (*p == '\n') {
            p++;
            *spot = (Spot){spot->line + 1, 1};
            const char *first = skip_space(p, end);
            if (first < end && *first == '#') {
                const char *newline = memchr(p, '\n', (size_t)(end - p));
                p = newline ? newline : end;
            }
            continue;
        }
        if (end - p > 1 && p[0] == '/' && p[1] == '*') {
            const char *close = memmem(p + 2, (size_t)(end - p) - 2, "*/", 2);
            for (const char *stop = close ? close + 2 : end; p < stop; p++)
                *spot =
                    *p == '\n' ? (Spot){spot->line + 1, 1} : (Spot){spot->line, spot->column + 1};
            continue;
        }
        if (end - p > 1 && p[0] == '/' && p[1] == '/') {
            while (p < end && *p != '\n')
                p++;
            continue;
        }
        if (!isspace((unsigned char)*p) && *p != '\\')
            return p;
        p++, spot->column++;
    }
    return p;
}

// Goes back from p to the word before the parenthesis that is open there; NULL: none is.
static const char *callee_before(const char *begin, const char *p) {
    for (int depth = 0; p > begin; p--) {
        if (p[-1] == ')')
            depth++;
        if (p[-1] == '(' && depth-- == 0) {
            const char *word_end = p - 1;
            while (word_end > begin && (word_end[-1] == ' ' || word_end[-1] == '\t'))
                word_end--;
            const char *word = word_end;
            while (word > begin && is_word_char(word[-1]))
                word--;
            if (word < word_end)
                return word;
            depth = 0; // a parenthesis of an expression: go on outwards
        }
        if (p[-1] == ';' || p[-1] == '{' || p[-1] == '}')
            return NULL;
    }
    return NULL;
}

static size_t word_length(const Source *s, size_t offset) {
    size_t n = 0;
    while (offset + n < s->length && is_word_char(s->text[offset + n]))
        n++;
    return n ? n : 1;
}

// Steps 1 and 2 of the opening comment. `before` is the closest token before that is not out of a
// body.
static bool use_after(const Source *s, const SpelledToken *before, Spot *use) {
    size_t length, total = 0;
    const char *line = diag_line(before->file, before->line, &length);
    const char *begin = diag_line(before->file, 1, &total);
    if (!line || before->column > length)
        return false;
    const char *end = begin + strlen(begin);
    size_t token = s->text[before->offset] == '"' || s->text[before->offset] == '\''
                       ? diag_token_length(line, length, before->column)
                       : word_length(s, before->offset);
    const char *p = line + before->column - 1 + token;
    *use = (Spot){before->line, before->column + (unsigned)token};
    const char *next = skip_forward(p < end ? p : end, end, use);
    if (next < end && is_word_char(*next))
        return true;
    const char *callee = callee_before(begin, p);
    if (!callee)
        return false;
    const char *callee_line = callee;
    for (use->line = before->line; callee_line > begin && callee_line[-1] != '\n'; callee_line--)
        continue;
    for (const char *q = callee; q < line; q++)
        use->line -= *q == '\n';
    use->column = (unsigned)(callee - callee_line) + 1;
    return true;
}

// Step 3: the macro by its name on a line, or else the line's first character.
static Spot use_on_line(const Place *place, const char *name) {
    size_t length;
    const char *line = diag_line(place->file, place->line, &length);
    if (!line)
        return (Spot){place->line, place->column};
    size_t n = strlen(name);
    for (size_t i = 0; n > 0 && i + n <= length; i++)
        if (memcmp(line + i, name, n) == 0 && (i == 0 || !is_word_char(line[i - 1])) &&
            (i + n == length || !is_word_char(line[i + n])))
            return (Spot){place->line, (unsigned)i + 1};
    return (Spot){place->line, (unsigned)(skip_space(line, line + length) - line) + 1};
}

static Spot macro_use(const Map *map, long index, const Place *place, const char *name) {
    const char *ignored;
    for (long i = index - 1; i >= 0 && i > index - 10000; i--) {
        const SpelledToken *before = &map->v[i];
        Place there = source_place(map->source, before->offset);
        if (in_macro_body(before, &there, &ignored))
            continue;
        Spot use;
        if (strcmp(before->file, place->file) == 0 && use_after(map->source, before, &use) &&
            use.line == place->line)
            return use;
        break;
    }
    return use_on_line(place, name);
}

// ---- the answer ---------------------------------------------------------------------------------

UserPlace diag_locate(const Source *s, size_t offset) {
    Place place = source_place(s, offset);
    UserPlace result = {
        .file = place.file, .line = place.line, .column = place.column, .system = place.system};
    const Map *map = map_of(s);
    long index = token_at(map, offset);
    if (index < 0)
        return result;
    const SpelledToken *t = &map->v[index];
    const char *name;
    if (!in_macro_body(t, &place, &name)) {
        // Behind the token, or inside it, columns go on; on a later line nothing is known but the
        // text's column.
        bool near =
            offset - t->offset < 4096 && !memchr(s->text + t->offset, '\n', offset - t->offset);
        if (near && strcmp(t->file, place.file) == 0) {
            result.line = t->line;
            result.column = t->column + (unsigned)(offset - t->offset);
        }
        return result;
    }
    Spot use = macro_use(map, index, &place, name);
    result.line = use.line;
    result.column = use.column;
    if (!is_virtual_file(t->file)) {
        result.macro = name;
        result.body_file = t->file;
        result.body_line = t->line;
        result.body_column = t->column + (unsigned)(offset - t->offset);
    }
    return result;
}
