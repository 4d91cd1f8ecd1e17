// translate.c - a unit from preprocessed text to final C. translate() is the map of the translator.

#include "translate.h"
#include "gocc.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *dump_list;
static Source *last_source;
static Edits *last_edits;
static const char *last_text;
static size_t last_length;

bool dump_wanted(const char *stage) {
    size_t n = strlen(stage);
    for (const char *p = dump_list; p && *p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
        if (!strncmp(p, stage, n) && (!p[n] || p[n] == ','))
            return true;
    return false;
}

static void dump_text(const char *stage, const char *text, size_t length) {
    if (dump_wanted(stage))
        fwrite(text, 1, length, stdout);
}

static void dump_time(const char *stage) {
    static struct timespec last;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (dump_wanted("time") && stage)
        printf("time: %-8s %6ld us\n", stage,
               (now.tv_sec - last.tv_sec) * 1000000 + (now.tv_nsec - last.tv_nsec) / 1000);
    last = now;
}

// Marker and facts, made anew while the facts correct the tree: a statement `a <- b;` that turns out to be a comparison, the type of
// `_Result`. Each correction is made once, so this ends.
static Facts *gather(Tree *tree, const TranslateOptions *options, Edits **marker) {
    Facts *facts = NULL;
    do {
        size_t length;
        *marker = marker_make(tree, facts);
        char *text = edits_apply(*marker, prelude_marker(), &length);
        dump_time("marker");
        facts = facts_gather(tree, *marker, text, length, options, facts);
        dump_time("facts");
        if (!facts->again)
            dump_text("marker", text, length);
    } while (facts->again);
    return facts;
}

bool translate(const char *text, size_t length, const char *main_file,
               const TranslateOptions *options, char **out, size_t *out_length) {
    int errors = diag_errors();
    *out = NULL;
    dump_list = options->dump;
    dump_time(NULL);
    last_source = source_new(text, length, main_file);
    Tree *tree = tree_read(last_source);
    dump_time("tree");
    if (dump_wanted("tokens"))
        dump_tokens(tree);
    if (dump_wanted("tree"))
        dump_tree(tree);
    if (!tree_needs_translation(tree) && (!options->analyse || tree->broken))
        return diag_errors() == errors;
    if (!check_args(tree))
        return false;
    Edits *marker;
    Facts *facts = gather(tree, options, &marker);
    if (dump_wanted("facts"))
        dump_facts(facts);
    check_facts(facts);
    if (diag_errors() > errors)
        return false;
    if (options->analyse) {
        escape_summarise(facts);
        return true;
    }
    escape_decide(facts);
    check_heap(facts);
    if (diag_errors() > errors)
        return false;
    const char *prelude = lower_unit(tree, facts, options, &last_edits);
    *out = edits_apply(last_edits, prelude, out_length);
    last_text = *out;
    last_length = *out_length;
    dump_time("lower");
    if (dump_wanted("edits"))
        edits_dump(last_edits);
    dump_text("final", *out, *out_length);
    return diag_errors() == errors;
}

// The compiler names a place of final C by presumed file and line, as the line markers say, and the column of the physical line. Several
// physical lines may carry the same presumed one (a macro call over several lines); the first that is long enough is taken.
bool translate_map(const char *file, unsigned line, unsigned column, const Source **source,
                   size_t *offset) {
    if (!last_text)
        return false;
    *source = last_source;
    for (size_t at = 0; at < last_length;) {
        const char *end = memchr(last_text + at, '\n', last_length - at);
        size_t next = end ? (size_t)(end - last_text) + 1 : last_length;
        if (last_text[at] != '#' && column <= next - at) {
            size_t where = edits_to_source(last_edits, at);
            Place p = source_place(last_source, where);
            if (p.line == line && !strcmp(p.file, file)) {
                *offset = edits_to_source(last_edits, at + column - 1);
                return true;
            }
        }
        at = next;
    }
    return false;
}
