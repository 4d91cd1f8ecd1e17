// driver_prescan.c - a quick look at the raw text: can this unit have a construct at all?
//
// Most units of a build are plain C, and a run of the preprocessor just to find that out would cost
// a third of compiling a small one. So before that, the main file and the files that it includes
// from the user's own directories are read as they are, without macros and conditions, for the
// words and signs that every construct needs. None of them there: the unit is plain C, and goes to
// the compiler at once. A word in a comment or in a string does not count; one in a branch that is
// not compiled does, which only costs time.
//
// The answer "plain" must be right, "not plain" need not be. So whatever this file does not
// understand is not plain: a computed #include, a word that is spliced over two lines, pasted by
// ##, spelled with \u or trigraphs; options that change where headers come from or what characters
// mean. Headers that are found nowhere in the user's directories are the system's, and cannot
// contain constructs.
//
// close, len, cap and make are words of C programs, too, and so is a<-1. They are ours only with a
// channel at hand, and the type of one is written with `chan`, or comes from a <go/...> header: so
// these alone do not count until such a header is included.

#define _GNU_SOURCE // memmem
#include "driver.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct Scan {
    const Command *command;
    Words directories; // where #include looks, in order; system directories are not among them
    size_t n_quote_directories; // the first ones are for "..." only
    Words seen;                 // files read or to be read
    bool found;                 // a construct is possible, or we do not understand
    bool weak;                  // a word that needs a <go/...> header
    bool go_header;
    bool gocc_macro; // __GOCC__ is mentioned
} Scan;

// ---- words --------------------------------------------------------------------------------------

static bool is_word_start(unsigned char c) {
    return isalpha(c) || c == '_' || c == '$' || c >= 0x80;
}

static bool is_word_char(unsigned char c) {
    return is_word_start(c) || isdigit(c);
}

static char next_visible(const char *p, const char *end) {
    while (p < end && isspace((unsigned char)*p))
        p++;
    return p < end ? *p : '\0';
}

static bool equals(const char *word, size_t n, const char *text) {
    return strlen(text) == n && memcmp(word, text, n) == 0;
}

static void see_word(Scan *s, const char *word, size_t n, const char *end) {
    static const char *const strong[] = {
        "go",
        "chan",
        "defer",
        "panic",
        "panicf",
        "recover",
        "any",
        "any_is",
        "any_as",
        "any_string",
        "_Result",
        "noescape",
        "__noescape__",
    };
    static const char *const weak[] = {"make", "len", "cap", "close"};
    if (n < 2 || n > 12)
        return;
    for (size_t i = 0; i < sizeof strong / sizeof *strong; i++)
        s->found |= equals(word, n, strong[i]);
    for (size_t i = 0; i < sizeof weak / sizeof *weak; i++)
        s->weak |= equals(word, n, weak[i]);
    // A macro's argument may put the brace or parenthesis elsewhere; then the word stands before
    // something else than these.
    if (equals(word, n, "select"))
        s->found |= next_visible(word + n, end) != '(';
    if (equals(word, n, "new"))
        s->found |= next_visible(word + n, end) == '(' || next_visible(word + n, end) == '\\';
    s->gocc_macro |= equals(word, n, "__GOCC__");
}

// ---- the text of one file -----------------------------------------------------------------------

static void scan_file(Scan *s, const char *path, const char *text, size_t length);

// Behind the closing quote, or at the end of the line if there is none (an apostrophe in a skipped
// branch).
static const char *skip_literal(const char *p, const char *end) {
    char quote = *p++;
    for (; p < end && *p != '\n'; p++) {
        if (*p == '\\') {
            while (p + 1 < end && (p[1] == ' ' || p[1] == '\t' || p[1] == '\r'))
                p++; // a line may go on behind a backslash and blanks
            p += p + 1 < end;
        } else if (*p == quote) {
            return p + 1;
        }
    }
    return p;
}

static const char *skip_block_comment(const char *p, const char *end) {
    const char *close = memmem(p + 2, (size_t)(end - p) - 2, "*/", 2);
    return close ? close + 2 : end;
}

// A comment of one line goes on behind a backslash.
static const char *skip_line_comment(const char *p, const char *end) {
    for (; p < end && *p != '\n'; p++)
        if (*p == '\\' && p + 1 < end && p[1] == '\n')
            p++;
    return p;
}

static bool is_raw_string(const char *word, size_t n, const char *end) {
    return word + n < end && word[n] == '"' && word[n - 1] == 'R' && n <= 3;
}

// A backslash: ends a line between two tokens, or else we do not understand.
static void see_backslash(Scan *s, const char *p, const char *begin, const char *end) {
    const char *after = p + 1;
    while (after < end && (*after == ' ' || *after == '\t' || *after == '\r'))
        after++;
    bool splice = after < end && *after == '\n';
    bool tight_before = p > begin && !isspace((unsigned char)p[-1]);
    bool tight_after = after + 1 < end && !isspace((unsigned char)after[1]);
    if (!splice || (tight_before && tight_after))
        s->found = true;
}

// Does an operand end with this character? Then what follows is an infix operator.
static bool ends_operand(char c) {
    return is_word_char((unsigned char)c) || c == ')' || c == ']' || c == '"';
}

// A sign that starts at p (or a pair). `last` is the token before it. Infix <- is a comparison with
// a negative number as long as there is no channel.
static void see_sign(Scan *s, const char *p, const char *begin, const char *end, char last) {
    char next = p + 1 < end ? p[1] : '\0';
    if (*p == '<' && next == '-' && ends_operand(last))
        s->weak = true;
    else if (*p == '<' && next == '-')
        s->found = true;
    else if ((*p == '#' && next == '#') || (*p == '%' && next == ':') || (*p == '?' && next == '?'))
        s->found = true;
    else if (*p == '\\')
        see_backslash(s, p, begin, end);
}

static const char *see_include(Scan *s, const char *path, const char *p, const char *end);

// At a # that begins a line: looks after #include; everything else is scanned as text.
static const char *see_directive(Scan *s, const char *path, const char *p, const char *end) {
    const char *word = p + 1;
    while (word < end && (*word == ' ' || *word == '\t'))
        word++;
    size_t n = 0;
    while (word + n < end && is_word_char((unsigned char)word[n]))
        n++;
    if (equals(word, n, "include") || equals(word, n, "import"))
        return see_include(s, path, word + n, end);
    if (equals(word, n, "include_next") ||
        (n == 0 && word < end && (*word == '/' || *word == '\\')))
        s->found = true;
    return n ? word + n : p + 1;
}

typedef struct Text {
    const char *path;
    const char *begin, *end;
    bool line_start; // only blanks and comments so far on this line
    char last;       // the last character of the token before
} Text;

static const char *skip_space(Text *t, const char *p) {
    for (;; p++) {
        if (p < t->end && *p == '\n')
            t->line_start = true;
        else if (t->end - p > 1 && p[0] == '/' && p[1] == '*')
            p = skip_block_comment(p, t->end) - 1;
        else if (t->end - p > 1 && p[0] == '/' && p[1] == '/')
            p = skip_line_comment(p, t->end) - 1;
        else if (p == t->end || (*p != ' ' && *p != '\t' && *p != '\r'))
            return p;
    }
}

// Behind a number; 1'000 of C23 is one, too.
static const char *skip_number(const char *p, const char *end) {
    while (p < end && (is_word_char((unsigned char)*p) || *p == '.' ||
                       (*p == '\'' && p + 1 < end && isalnum((unsigned char)p[1]))))
        p++;
    return p;
}

static const char *scan_word(Scan *s, const char *word, const char *end) {
    const char *p = word;
    while (p < end && is_word_char((unsigned char)*p))
        p++;
    see_word(s, word, (size_t)(p - word), end);
    s->found |= is_raw_string(word, (size_t)(p - word), end);
    return p;
}

// Looks at the token at p, which is no blank, and returns where it ends.
static const char *scan_token(Scan *s, const Text *t, const char *p) {
    unsigned char c = (unsigned char)*p;
    if (is_word_start(c))
        return scan_word(s, p, t->end);
    if (isdigit(c))
        return skip_number(p, t->end);
    if (c == '"' || c == '\'')
        return skip_literal(p, t->end);
    if (c == '#' && t->line_start && !(p + 1 < t->end && p[1] == '#'))
        return see_directive(s, t->path, p, t->end);
    see_sign(s, p, t->begin, t->end, t->last);
    return p + 1;
}

static void scan_text(Scan *s, const char *path, const char *text, const char *end) {
    Text t = {.path = path, .begin = text, .end = end, .line_start = true};
    for (const char *p = skip_space(&t, text); p < end && !s->found; p = skip_space(&t, p)) {
        p = scan_token(s, &t, p);
        t.line_start = false;
        t.last = p[-1] == '\'' ? '"' : p[-1];
    }
}

// ---- includes -----------------------------------------------------------------------------------

static bool seen_before(Scan *s, const char *path) {
    for (size_t i = 0; i < s->seen.n; i++)
        if (strcmp(s->seen.v[i], path) == 0)
            return true;
    words_add(&s->seen, path);
    return false;
}

// Scans the file if it is there and was not scanned yet. False: it is not there.
static bool scan_path(Scan *s, const char *path) {
    for (size_t i = 0; i < s->seen.n; i++)
        if (strcmp(s->seen.v[i], path) == 0)
            return true;
    Buffer text = {0};
    if (!file_read(path, &text))
        return false;
    seen_before(s, path);
    scan_file(s, path, text.data, text.length);
    free(text.data);
    return true;
}

static void scan_included(Scan *s, const char *from, const char *name, bool quotes) {
    s->go_header |= strncmp(name, "go/", 3) == 0;
    if (name[0] == '/') {
        scan_path(s, name);
        return;
    }
    const char *slash = strrchr(from, '/');
    if (quotes &&
        scan_path(s, slash ? arena_format("%.*s/%s", (int)(slash - from), from, name) : name))
        return;
    for (size_t i = quotes ? 0 : s->n_quote_directories; i < s->directories.n; i++)
        if (scan_path(s, arena_format("%s/%s", s->directories.v[i], name)))
            return;
}

// p is behind the word `include`. Returns where scanning goes on.
static const char *see_include(Scan *s, const char *path, const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    char close = p < end && *p == '"' ? '"' : p < end && *p == '<' ? '>'
                                                                   : '\0';
    const char *stop = close ? memchr(p + 1, close, (size_t)(end - p) - 1) : NULL;
    if (!stop || memchr(p, '\n', (size_t)(stop - p))) {
        s->found = true; // a macro, or something stranger
        return end;
    }
    scan_included(s, path, arena_strndup(p + 1, (size_t)(stop - p) - 1), close == '"');
    return stop + 1;
}

static void scan_file(Scan *s, const char *path, const char *text, size_t length) {
    enum { MAX_FILES = 10000 }; // gcc stops at a depth of 200; a tree wider than this is not for us
    if (s->seen.n > MAX_FILES || memchr(text, '\0', length))
        s->found = true;
    else
        scan_text(s, path, text, text + length);
}

// ---- options ------------------------------------------------------------------------------------

static void add_directories(Scan *s, const Command *c, const char *option) {
    size_t n = strlen(option);
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_PREPROCESS && c->args[i].value &&
            strncmp(c->args[i].word, option, n) == 0 &&
            (c->args[i].second || c->args[i].word + n == c->args[i].value))
            words_add(&s->directories, c->args[i].value);
}

static void add_path_variable(Scan *s, const char *name) {
    const char *p = getenv(name);
    if (!p || !*p)
        return;
    for (;; p++) { // an empty name, also at the end, is the current directory
        size_t n = strcspn(p, ":");
        words_add(&s->directories, n ? arena_strndup(p, n) : ".");
        p += n;
        if (!*p)
            return;
    }
}

// Our own directory stands in C_INCLUDE_PATH, too, but its headers are not read: s->go_header says
// what they mean.
static void collect_directories(Scan *s, const Command *c) {
    add_directories(s, c, "-iquote");
    s->n_quote_directories = s->directories.n;
    add_directories(s, c, "-I");
    add_path_variable(s, "CPATH");
    add_directories(s, c, "-isystem");
    const char *own = arena_format("%s/include", library_directory());
    Words before = s->directories;
    add_path_variable(s, "C_INCLUDE_PATH");
    size_t kept = before.n;
    for (size_t i = before.n; i < s->directories.n; i++)
        if (strcmp(s->directories.v[i], own) != 0)
            s->directories.v[kept++] = s->directories.v[i];
    s->directories.n = kept;
    add_directories(s, c, "-idirafter");
}

// Options that this file does not model.
static bool is_strange(const Arg *a) {
    static const char *const prefixes[] = {
        "-I-",
        "-Xpreprocessor",
        "-iprefix",
        "-iwithprefix",
        "-imultilib",
        "-isysroot",
        "--sysroot",
        "-trigraphs",
        "-finput-charset",
        "--include",
        "--define-macro",
        "-fplugin",
        "-B",
        "-specs",
        "--specs",
        "-ivfsoverlay",
    };
    if (strncmp(a->word, "-Wp,", 4) == 0) // -Wp,-D... and -Wp,-M... are common and harmless
        return a->word[4] != '-' || !strchr("DUM", a->word[5]) || strstr(a->word, ",-I");
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (a->kind != ARG_INPUT && strncmp(a->word, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void scan_option(Scan *s, const Arg *a) {
    if (is_strange(a))
        s->found = true;
    if (a->kind != ARG_PREPROCESS || !a->value)
        return;
    if (strncmp(a->word, "-D", 2) == 0 || strncmp(a->word, "-Wp,", 4) == 0)
        scan_text(s, "", a->value, a->value + strlen(a->value));
    if (strcmp(a->word, "-include") == 0 || strcmp(a->word, "-imacros") == 0)
        scan_included(s, "", a->value, true);
}

// A pipe with a name (`<(...)` of a shell, too) is left to the preprocessor.
static bool is_pipe(const Arg *input) {
    struct stat status;
    return strcmp(input->word, "-") != 0 && stat(input->word, &status) == 0 &&
           (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISSOCK(status.st_mode));
}

Prescan prescan(const Command *c, const Arg *input) {
    if (is_pipe(input))
        return (Prescan){.only_once = true, .asks_for_gocc = true};
    Scan s = {.command = c};
    collect_directories(&s, c);
    for (size_t i = 0; i < c->n_args && !s.found; i++)
        scan_option(&s, &c->args[i]);
    if (strcmp(input->word, "-") == 0)
        scan_file(&s, "", standard_input()->data, standard_input()->length);
    else if (!s.found)
        scan_path(&s, input->word); // one that cannot be read is plain: the compiler says why
    bool plain = !s.found && !(s.weak && s.go_header);
    return (Prescan){.plain = plain && !s.gocc_macro, .asks_for_gocc = !plain || s.gocc_macro};
}
