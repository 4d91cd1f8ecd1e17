// summary.c - what functions do with their arguments, as text that other units can read.
//
// A summary says of each parameter of each function of a unit how the value it is given leaks: `h0` it is kept, `h1` what it points to
// is, `r0` it is the result, `-` not at all; in that form Go's compiler writes it into its export data. One line is one fact:
//
//     gocc-summary 1
//     source lib/b.gc                    as the command named it
//     path /home/me/project/lib/b.gc
//     function add h0r1 - | int (struct list *, int)
//     function say - +h0 | void (const char *, ...)        `+`: all that a variadic function gets behind its parameters
//     end 5d0f1b7a9c3e2846               hash of all before
//
// Between the units of one command there are also
//
//     file DIR/b.o-1f00c4....summary     where it will be written
//     use list_grow                      a function of another unit that is called
//
// What does not end in the right hash is no summary. The hash of a function (its name, leaks, type) is part of the
// name of a symbol, by which the linker sees to it that callers and callee mean the same summary (escape_summary.c).

#include "gocc.h"

#include <stdlib.h>
#include <string.h>

#define HEAD "gocc-summary 1\n"

uint64_t summary_hash(const char *text, size_t n) {    // FNV-1a
    uint64_t h = 0xcbf29ce484222325;
    for (size_t i = 0; i < n; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3;
    return h;
}

// ---- writing -----------------------------------------------------------------------------------
static void put_leaks(Buffer *out, const FunctionSummary *f) {
    for (int i = 0; i < f->n_leaks; i++) {
        const Leak *l = &f->leaks[i];
        buffer_puts(out, f->variadic && i + 1 == f->n_leaks ? " +" : " ");
        if (l->heap >= 0)
            buffer_printf(out, "h%d", l->heap);
        if (l->result >= 0)
            buffer_printf(out, "r%d", l->result);
        if (l->heap < 0 && l->result < 0)
            buffer_puts(out, "-");
    }
}

void summary_symbol(FunctionSummary *f) {
    Buffer text = {0};
    buffer_puts(&text, f->name);
    put_leaks(&text, f);
    buffer_printf(&text, " | %s", f->type);
    f->symbol = arena_format(SUMMARY_SYMBOL "%s_%016llx", f->name, (unsigned long long)summary_hash(text.data, text.length));
    free(text.data);
}

void summary_print(Buffer *out, const Summary *s, bool all) {
    size_t start = out->length;
    buffer_printf(out, HEAD "source %s\npath %s\n", s->source, s->path);
    if (all && s->file)
        buffer_printf(out, "file %s\n", s->file);
    for (size_t i = 0; i < s->n_functions; i++) {
        buffer_printf(out, "function %s", s->functions[i].name);
        put_leaks(out, &s->functions[i]);
        buffer_printf(out, " | %s\n", s->functions[i].type);
    }
    for (size_t i = 0; i < s->n_uses && all; i++)
        buffer_printf(out, "use %s\n", s->uses[i]);
    buffer_printf(out, "end %016llx\n", (unsigned long long)summary_hash(out->data + start, out->length - start));
}

// ---- reading -----------------------------------------------------------------------------------
// A number of at most two digits after `letter` at *p, or -1.
static int read_leak(const char **p, char letter) {
    if (**p != letter || (*p)[1] < '0' || (*p)[1] > '9')
        return -1;
    char *end;
    long n = strtol(*p + 1, &end, 10);
    *p = end;
    return n < 100 ? (int)n : 0;
}

static bool read_function(Summary *s, const char *line) {
    FunctionSummary f = {0};
    size_t cap = 0, n = 0, name = strcspn(line, " ");
    f.name = arena_strndup(line, name);
    const char *p = line + name;
    while (*p == ' ' && p[1] != '|') {
        p++;
        f.variadic = *p == '+';
        p += f.variadic;
        Leak l = {-1, -1};
        l.heap = read_leak(&p, 'h');
        l.result = read_leak(&p, 'r');
        p += *p == '-';
        *ARENA_PUSH(f.leaks, n, cap) = l;
    }
    if (strncmp(p, " | ", 3))
        return false;
    f.n_leaks = (int)n;
    f.type = p + 3;
    summary_symbol(&f);
    *ARENA_PUSH(s->functions, s->n_functions, s->cap_functions) = f;
    return true;
}

static bool read_line(Summary *s, const char *line) {
    const char *value = strchr(line, ' ');
    size_t n = value ? (size_t)(value++ - line) : 0;
    if (n == 6 && !memcmp(line, "source", n))
        s->source = value;
    else if (n == 4 && !memcmp(line, "path", n))
        s->path = value;
    else if (n == 4 && !memcmp(line, "file", n))
        s->file = value;
    else if (n == 8 && !memcmp(line, "function", n))
        return read_function(s, value);
    else if (n == 3 && !memcmp(line, "use", n))
        *ARENA_PUSH(s->uses, s->n_uses, s->cap_uses) = value;
    else
        return false;
    return true;
}

Summary *summary_read(const char **text) {
    const char *start = *text, *p = start + strlen(HEAD);
    if (strncmp(start, HEAD, strlen(HEAD)))
        return NULL;
    Summary *s = arena_alloc(sizeof *s);
    while (strncmp(p, "end ", 4)) {
        size_t n = strcspn(p, "\n");
        if (!p[n] || !read_line(s, arena_strndup(p, n)))
            return NULL;
        p += n + 1;
    }
    char *end;
    if (strtoull(p + 4, &end, 16) != summary_hash(start, (size_t)(p - start)) || end != p + 20 || *end != '\n')
        return NULL;
    *text = end + 1;
    return s->source && s->path ? s : NULL;
}

void summaries_read(Summaries *out, const char *text) {
    Summary *s;
    while ((s = summary_read(&text)))
        *ARENA_PUSH(out->v, out->n, out->cap) = s;
}
