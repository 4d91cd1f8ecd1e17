// driver_args.c - gcc's command line, sorted into what each stage needs.
//
// gocc does not check options: gcc does. It only has to know which words are inputs, so which
// options take the next word as their argument, and which options mean something to one stage only.
// What it does not know goes to every stage. The table is of options with arguments; an option that
// matches none of it is one word.

#include "driver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef enum Form {
    JOINED,   // -DX: the value is the rest of the word, which must not be empty
    SEPARATE, // -include X: the value is the next word; the word is the option alone
    EITHER    // -DX or -D X
} Form;

static const struct OptionForm {
    const char *name;
    Form form;
    ArgKind kind;
} option_forms[] = {
    {"-o", EITHER, ARG_OUTPUT},
    {"--output", SEPARATE, ARG_OUTPUT},
    {"--output=", JOINED, ARG_OUTPUT},
    {"-x", EITHER, ARG_LANGUAGE},
    {"--language", SEPARATE, ARG_LANGUAGE},
    {"--language=", JOINED, ARG_LANGUAGE},
    // the preprocessor's
    {"-I", EITHER, ARG_PREPROCESS},
    {"-D", EITHER, ARG_PREPROCESS},
    {"-U", EITHER, ARG_PREPROCESS},
    {"-A", EITHER, ARG_PREPROCESS},
    {"-include", SEPARATE, ARG_PREPROCESS},
    {"-imacros", SEPARATE, ARG_PREPROCESS},
    {"-isystem", EITHER, ARG_PREPROCESS},
    {"-iquote", EITHER, ARG_PREPROCESS},
    {"-idirafter", EITHER, ARG_PREPROCESS},
    {"-iprefix", EITHER, ARG_PREPROCESS},
    {"-iwithprefixbefore", EITHER, ARG_PREPROCESS},
    {"-iwithprefix", EITHER, ARG_PREPROCESS},
    {"-include-pch", SEPARATE, ARG_PREPROCESS},
    {"-ivfsoverlay", EITHER, ARG_PREPROCESS},
    {"-imultilib", SEPARATE, ARG_PREPROCESS},
    {"-imultiarch", SEPARATE, ARG_PREPROCESS},
    {"-isysroot", EITHER, ARG_OTHER},
    {"--include", SEPARATE, ARG_PREPROCESS},
    {"--include-directory", SEPARATE, ARG_PREPROCESS},
    {"--define-macro", SEPARATE, ARG_PREPROCESS},
    {"--undefine-macro", SEPARATE, ARG_PREPROCESS},
    {"-Xpreprocessor", SEPARATE, ARG_PREPROCESS},
    {"-Wp,", JOINED, ARG_PREPROCESS},
    {"-MF", EITHER, ARG_DEPEND},
    {"-MT", EITHER, ARG_DEPEND},
    {"-MQ", EITHER, ARG_DEPEND},
    {"-MJ", EITHER, ARG_OTHER},
    // the linker's
    {"-l", EITHER, ARG_LIBRARY},
    {"-L", EITHER, ARG_LINK},
    {"-T", EITHER, ARG_LINK},
    {"-Tbss", SEPARATE, ARG_LINK},
    {"-Tdata", SEPARATE, ARG_LINK},
    {"-Ttext", SEPARATE, ARG_LINK},
    {"-u", EITHER, ARG_LINK},
    {"-z", SEPARATE, ARG_LINK},
    {"-e", SEPARATE, ARG_LINK},
    {"-h", SEPARATE, ARG_LINK},
    {"-R", SEPARATE, ARG_LINK},
    {"-Xlinker", SEPARATE, ARG_LINK},
    {"-Wl,", JOINED, ARG_LINK},
    {"--entry", SEPARATE, ARG_LINK},
    {"--library-directory", SEPARATE, ARG_LINK},
    // everybody's
    {"-B", EITHER, ARG_OTHER},
    {"-G", SEPARATE, ARG_OTHER},
    {"-arch", SEPARATE, ARG_OTHER},
    {"-target", SEPARATE, ARG_OTHER},
    {"-mllvm", SEPARATE, ARG_OTHER},
    {"-Xassembler", SEPARATE, ARG_OTHER},
    {"-Xclang", SEPARATE, ARG_OTHER},
    {"-param", SEPARATE, ARG_OTHER},
    {"--param", SEPARATE, ARG_OTHER},
    {"--sysroot", SEPARATE, ARG_OTHER},
    {"--prefix", SEPARATE, ARG_OTHER},
    {"-aux-info", SEPARATE, ARG_OTHER},
    {"-wrapper", SEPARATE, ARG_OTHER},
    {"-specs", SEPARATE, ARG_OTHER},
    {"--specs", SEPARATE, ARG_OTHER},
    {"-dumpbase", SEPARATE, ARG_OTHER},
    {"-dumpbase-ext", SEPARATE, ARG_OTHER},
    {"-dumpdir", SEPARATE, ARG_OTHER},
};

// Options of one word that do not go to every stage. A name that ends in `*` stands for all that
// begin so.
static const struct OptionKind {
    const char *name;
    ArgKind kind;
} option_kinds[] = {
    {"-c", ARG_MODE},
    {"-S", ARG_MODE},
    {"-E", ARG_MODE},
    {"-M", ARG_MODE},
    {"-MM", ARG_MODE},
    {"-fsyntax-only", ARG_MODE},
    {"--compile", ARG_MODE},
    {"--assemble", ARG_MODE},
    {"--preprocess", ARG_MODE},
    {"-MD", ARG_DEPEND},
    {"-MMD", ARG_DEPEND},
    {"-MP", ARG_DEPEND},
    {"-MG", ARG_DEPEND},
    {"-MV", ARG_DEPEND},
    {"-C", ARG_PREPROCESS},
    {"-CC", ARG_PREPROCESS},
    {"-P", ARG_PREPROCESS},
    {"-H", ARG_PREPROCESS},
    {"-dD", ARG_PREPROCESS},
    {"-dM", ARG_PREPROCESS},
    {"-dN", ARG_PREPROCESS},
    {"-dI", ARG_PREPROCESS},
    {"-dU", ARG_PREPROCESS},
    {"-undef", ARG_PREPROCESS},
    {"-nostdinc", ARG_PREPROCESS},
    {"-fdirectives-only", ARG_PREPROCESS},
    {"-fworking-directory", ARG_PREPROCESS},
    {"-fno-working-directory", ARG_PREPROCESS},
    {"--include=*", ARG_PREPROCESS},
    {"--include-directory=*", ARG_PREPROCESS},
    {"--define-macro=*", ARG_PREPROCESS},
    {"--undefine-macro=*", ARG_PREPROCESS},
    {"-shared", ARG_LINK},
    {"-shared-libgcc", ARG_LINK},
    {"-static*", ARG_LINK},
    {"-pie", ARG_LINK},
    {"-no-pie", ARG_LINK},
    {"-rdynamic", ARG_LINK},
    {"-r", ARG_LINK},
    {"-s", ARG_LINK},
    {"-symbolic", ARG_LINK},
    {"-nostartfiles", ARG_LINK},
    {"-nodefaultlibs", ARG_LINK},
    {"-nolibc", ARG_LINK},
    {"-nostdlib", ARG_LINK},
    {"-fuse-ld=*", ARG_LINK},
};

static bool starts_with(const char *s, const char *prefix) {
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

static const struct OptionKind *kind_of_word(const char *word) {
    for (size_t i = 0; i < sizeof option_kinds / sizeof *option_kinds; i++) {
        const char *name = option_kinds[i].name;
        size_t n = strlen(name);
        if (name[n - 1] == '*' ? strncmp(word, name, n - 1) == 0 : strcmp(word, name) == 0)
            return &option_kinds[i];
    }
    return NULL;
}

// The form that the word has, or NULL. Longer names win: -include is not -i..., -MF is not -M.
static const struct OptionForm *form_of(const char *word) {
    const struct OptionForm *best = NULL;
    for (size_t i = 0; i < sizeof option_forms / sizeof *option_forms; i++) {
        const struct OptionForm *o = &option_forms[i];
        bool equal = strcmp(word, o->name) == 0;
        bool longer = !equal && starts_with(word, o->name);
        bool fits = (equal && o->form != JOINED) || (longer && o->form != SEPARATE);
        if (fits && (!best || strlen(o->name) > strlen(best->name)))
            best = o;
    }
    return best;
}

// ---- response files -----------------------------------------------------------------------------

// One word of a response file as gcc reads it: quotes of both kinds, backslash escapes any
// character. NULL: no more words.
static char *next_word(const char **p) {
    while (isspace((unsigned char)**p))
        ++*p;
    if (!**p)
        return NULL;
    Buffer b = {0};
    buffer_puts(&b, "");
    for (char quote = 0; **p && (quote || !isspace((unsigned char)**p)); ++*p) {
        char c = **p;
        if (c == '\\' && (*p)[1])
            buffer_append(&b, ++*p, 1);
        else if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? 0 : c;
        else
            buffer_append(&b, *p, 1);
    }
    return b.data;
}

enum { MAX_RESPONSE_DEPTH = 2000 }; // gcc's own limit against files that name themselves

static void expand(Words *out, const char *word, int depth) {
    Buffer text = {0};
    if (word[0] != '@' || !file_read(word + 1, &text)) {
        words_add(out, word);
        return;
    }
    if (depth > MAX_RESPONSE_DEPTH) {
        diag_plain(DIAG_FATAL, "too many @-files encountered");
        diag_flush();
        exit(1);
    }
    const char *p = text.data;
    for (char *inner; (inner = next_word(&p));)
        expand(out, inner, depth + 1);
    free(text.data);
}

// ---- sorting ------------------------------------------------------------------------------------

static bool has_suffix(const char *name, const char *suffix) {
    size_t n = strlen(name), m = strlen(suffix);
    return n > m && strcmp(name + n - m, suffix) == 0;
}

static void add_input(Command *c, const char *word, const char *language) {
    bool is_gc = language ? strcmp(language, "gc") == 0 : has_suffix(word, ".gc");
    *ARENA_PUSH(c->args, c->n_args, c->cap_args) =
        (Arg){.kind = ARG_INPUT, .word = word, .value = word, .is_gc = is_gc, .language = language};
    c->n_inputs++;
    c->n_gc += is_gc;
}

static void set_mode(Command *c, const char *word) {
    static const struct {
        const char *word;
        Mode mode;
    } modes[] = {
        {"-E", MODE_PREPROCESS},
        {"--preprocess", MODE_PREPROCESS},
        {"-M", MODE_DEPEND},
        {"-MM", MODE_DEPEND},
        {"-S", MODE_ASSEMBLE},
        {"--assemble", MODE_ASSEMBLE},
        {"-c", MODE_COMPILE},
        {"--compile", MODE_COMPILE},
        {"-fsyntax-only", MODE_SYNTAX},
    };
    // The stage where gcc stops first wins, whatever the order.
    static const int rank[] = {[MODE_LINK] = 0, [MODE_COMPILE] = 1, [MODE_ASSEMBLE] = 2, [MODE_SYNTAX] = 3, [MODE_PREPROCESS] = 4, [MODE_DEPEND] = 5};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (strcmp(word, modes[i].word) == 0 && rank[modes[i].mode] > rank[c->mode])
            c->mode = modes[i].mode;
}

static bool is_informational(const char *w) {
    static const char *const words[] = {
        "-dumpversion",
        "-dumpmachine",
        "-dumpspecs",
        "-dumpfullversion",
        "--target-help",
        "--version",
        "-v",
        "--verbose",
        "-help",
        "-###",
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(w, words[i]) == 0)
            return true;
    return starts_with(w, "-print-") || starts_with(w, "--print-") || starts_with(w, "--help");
}

// Reads the option at words[i]; returns how many words it took.
static size_t read_option(Command *c, const Words *words, size_t i, const char **language) {
    const char *word = words->v[i];
    const struct OptionKind *kind = kind_of_word(word); // first: -undef is not -u ndef
    const struct OptionForm *form = kind ? NULL : form_of(word);
    Arg a = {.kind = kind ? kind->kind : form ? form->kind
                                              : ARG_OTHER,
             .word = word};
    if (form && strlen(word) > strlen(form->name))
        a.value = word + strlen(form->name);
    else if (form && i + 1 < words->n)
        a.value = a.second = words->v[i + 1];
    if (a.kind == ARG_MODE)
        set_mode(c, word);
    if (a.kind == ARG_OUTPUT)
        c->output = a.value;
    if (a.kind == ARG_LANGUAGE)
        *language = a.value && strcmp(a.value, "none") != 0 ? a.value : NULL;
    if (a.kind == ARG_LIBRARY)
        c->n_inputs++;
    c->informational |= is_informational(word);
    c->verbose |= strcmp(word, "-v") == 0;
    if (strcmp(word, "-###") != 0)
        *ARENA_PUSH(c->args, c->n_args, c->cap_args) = a;
    return a.second ? 2 : 1;
}

static int report_level(const char *text) {
    if ((*text != '0' && *text != '1' && *text != '2') || text[1]) {
        diag_plain(DIAG_ERROR, "argument to '-fescape-report=' should be 0, 1 or 2: '%s'", text);
        return 0;
    }
    return *text - '0';
}

// gocc's own options, which gcc must not see. Returns how many words they took, 0 if it is none.
static int read_own(Command *c, int argc, char **argv, int i) {
    if (strcmp(argv[i], "-show") == 0)
        c->show = c->dry_run = true;
    else if (strcmp(argv[i], "--emit-c") == 0)
        c->emit = true;
    else if (strcmp(argv[i], "-###") == 0)
        return c->dry_run = true, 0;
    else if (strcmp(argv[i], "-d") == 0 && i + 1 < argc)
        return c->dump = argv[i + 1], 2;
    else if (strcmp(argv[i], "-fescape-report") == 0)
        c->escape_report = 1;
    else if (strncmp(argv[i], "-fescape-report=", 16) == 0)
        c->escape_report = report_level(argv[i] + 16);
    else if (strncmp(argv[i], "-fescape-summaries=", 19) == 0)
        c->summaries = argv[i][19] ? argv[i] + 19 : NULL;
    else
        return 0;
    return 1;
}

static void read_compiler(Command *c) {
    const char *p = getenv("GOCC_CC");
    if (!p || !p[strspn(p, " \t")])
        p = "gcc";
    Words words = {0};
    while (*(p += strspn(p, " \t"))) {
        size_t n = strcspn(p, " \t");
        words_add(&words, arena_strndup(p, n));
        p += n;
    }
    c->compiler = words.v;
    c->n_compiler = (int)words.n;
    const char *last = words.v[words.n - 1], *slash = strrchr(last, '/');
    c->clang = strstr(slash ? slash : last, "clang") != NULL;
}

Command *args_read(int argc, char **argv) {
    Command *c = arena_alloc(sizeof *c);
    read_compiler(c);
    Words words = {0}, given = {0};
    for (int i = 1; i < argc; i++) {
        int own = read_own(c, argc, argv, i);
        if (own > 0) {
            i += own - 1;
            continue;
        }
        words_add(&given, argv[i]);
        expand(&words, argv[i], 0);
    }
    c->argv = given.v;
    c->argc = (int)given.n;
    const char *language = NULL;
    for (size_t i = 0; i < words.n;) {
        if (words.v[i][0] != '-' || !words.v[i][1])
            add_input(c, words.v[i++], language);
        else
            i += read_option(c, &words, i, &language);
    }
    if (c->emit)
        c->mode = MODE_ASSEMBLE; // what is made of one file has the name of -o
    return c;
}

// ---- asking -------------------------------------------------------------------------------------

bool args_has(const Command *c, const char *word) {
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind != ARG_INPUT && strcmp(c->args[i].word, word) == 0)
            return true;
    return false;
}

bool args_last(const Command *c, const char *yes, const char *no, bool otherwise) {
    for (size_t i = c->n_args; i > 0; i--) {
        const Arg *a = &c->args[i - 1];
        if (a->kind != ARG_INPUT && strcmp(a->word, yes) == 0)
            return true;
        if (a->kind != ARG_INPUT && strcmp(a->word, no) == 0)
            return false;
    }
    return otherwise;
}

const char *args_value(const Command *c, const char *prefix) {
    for (size_t i = c->n_args; i > 0; i--) {
        const Arg *a = &c->args[i - 1];
        if (a->kind != ARG_INPUT && starts_with(a->word, prefix))
            return a->word + strlen(prefix);
    }
    return NULL;
}
