// driver_flags.c - which of the user's flags go to which stage, and what gocc adds.
//
// A unit with constructs takes two runs of the compiler: one that preprocesses, with the flags of
// the preprocessor, and one that compiles the final C, where the macros and headers are spent. A
// unit without takes one, with the user's flags and nothing else. Every name that the compiler
// derives from the input's (dependencies, .su, .gcno, .dwo) must come out as if it had compiled the
// .gc file itself.

#include "driver.h"

#include "diag.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- names --------------------------------------------------------------------------------------

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// The path with its suffix, if it has one, replaced.
static const char *with_suffix(const char *path, const char *suffix) {
    const char *dot = strrchr(base_name(path), '.');
    return arena_format("%.*s%s",
                        (int)(dot && dot > base_name(path) ? dot - path : (long)strlen(path)), path,
                        suffix);
}

const char *unit_default_output(const Command *c, const Arg *input) {
    return with_suffix(base_name(input->word), c->mode == MODE_ASSEMBLE ? ".s" : ".o");
}

static size_t count_files(const Command *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_args; i++)
        n += c->args[i].kind == ARG_INPUT;
    return n;
}

// When gcc links (or only checks), it puts the program's name before the names that it makes of an
// input's: prog-input.su; not if the program is made of one input and called like it.
static const char *auxiliary_prefix(const Unit *u) {
    const Command *c = u->command;
    if (c->mode != MODE_LINK && c->mode != MODE_SYNTAX)
        return "";
    const char *program = c->output ? c->output : "a",
               *stem = with_suffix(base_name(u->input->word), "");
    if (count_files(c) == 1 && strcmp(base_name(program), stem) == 0)
        return arena_strndup(program, (size_t)(base_name(program) - program));
    return arena_format("%s-", program);
}

// ---- dependencies -------------------------------------------------------------------------------

// gcc names the rule and its file after -o, whatever -o is, and after the input where there is
// none.
static void add_dependencies(Words *w, const Unit *u, bool always_named) {
    const Command *c = u->command;
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_DEPEND)
            words_arg(w, &c->args[i]);
    if (!always_named || !(args_has(c, "-MD") || args_has(c, "-MMD")))
        return;
    const char *base = base_name(u->input->word);
    if (!args_value(c, "-MF")) {
        words_add(w, "-MF");
        words_add(w, c->output
                         ? with_suffix(c->output, ".d")
                         : arena_format("%s%s", auxiliary_prefix(u), with_suffix(base, ".d")));
    }
    if (!args_value(c, "-MT") && !args_value(c, "-MQ")) {
        words_add(w, "-MQ");
        words_add(w, c->output ? c->output : with_suffix(base, ".o"));
    }
}

const char *flags_dependency_file(const Unit *u) {
    const Command *c = u->command;
    if (!args_has(c, "-MD") && !args_has(c, "-MMD"))
        return NULL;
    const char *given = args_value(c, "-MF");
    for (size_t i = 0; i < c->n_args && given; i++)
        if (c->args[i].kind == ARG_DEPEND && strncmp(c->args[i].word, "-MF", 3) == 0)
            given = c->args[i].value;
    if (given)
        return strcmp(given, "-") != 0 ? given : NULL;
    return c->output ? with_suffix(c->output, ".d")
                     : arena_format("%s%s", auxiliary_prefix(u), with_suffix(base_name(u->input->word), ".d"));
}

// ---- the stages ---------------------------------------------------------------------------------

static bool has_prefix_of(const char *word, const char *const *prefixes) {
    for (; *prefixes; prefixes++)
        if (strncmp(word, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

// Others would disturb the first stage, or do its work twice.
bool flags_for_preprocessing(const Arg *a) {
    static const char *const words[] = {"-save-temps", "-ftime-report", "-fdump-", "-aux-info",
                                        "-dumpbase", "-dumpdir", "-P", "-C",
                                        "-dD", "-dM", "-dN", "-dI",
                                        "-dU", "-pipe", "-time", NULL};
    return !has_prefix_of(a->word, words) || strncmp(a->word, "-Pr", 3) == 0;
}

static void add_input(Words *w, const Unit *u, const char *language) {
    words_add(w, "-x");
    words_add(w, language);
    words_add(w, u->input->word);
}

void flags_preprocess(Words *w, const Unit *u, bool dependencies) {
    const Command *c = u->command;
    words_add(w, "-E");
    words_add(w, "-D__GOCC__=1");
    for (size_t i = 0; i < c->n_args; i++) {
        const Arg *a = &c->args[i];
        if ((a->kind == ARG_PREPROCESS || a->kind == ARG_OTHER) && flags_for_preprocessing(a))
            words_arg(w, a);
    }
    if (c->emit && !u->emits_all)
        for (const char *const *flag = (const char *const[]){"-C", "-dD", "-dI", NULL}; *flag; flag++)
            words_add(w, *flag);
    if (diag_options.color)
        words_add(w, "-fdiagnostics-color=always");
    if (dependencies)
        add_dependencies(w, u, true);
    add_input(w, u, "c");
}

static bool named_after_output(const Command *c) {
    return c->output && (c->mode == MODE_COMPILE || c->mode == MODE_ASSEMBLE);
}

const char *unit_auxiliary_name(const Unit *u, const char *suffix) {
    if (named_after_output(u->command))
        return with_suffix(u->command->output, suffix);
    return arena_format("%s%s", auxiliary_prefix(u),
                        with_suffix(base_name(u->input->word), suffix));
}

const char *unit_saved_name(const Unit *u, const char *suffix) {
    const Command *c = u->command;
    const char *how = args_value(c, "-save-temps");
    if (!how)
        return NULL;
    const char *name = unit_auxiliary_name(u, suffix);
    return strcmp(how, "=obj") == 0 ? name : base_name(name);
}

// The compiler sees neither the input's name nor, in a command that links, the output's: tells it
// what gcc would make of them.
static void add_dump_names(Words *w, const Unit *u) {
    const Command *c = u->command;
    // Named after the output, the compiler finds them by itself, but for the suffix of -fdump's
    // files. Less to hash for a cache.
    if (c->clang || (named_after_output(c) && !args_value(c, "-fdump-")))
        return;
    const char *base = base_name(u->input->word), *dot = strrchr(base, '.'),
               *prefix = auxiliary_prefix(u);
    if (named_after_output(c)) {
        prefix = arena_strndup(c->output, (size_t)(base_name(c->output) - c->output));
        base = with_suffix(base_name(c->output), dot ? dot : "");
    }
    words_add(w, "-dumpdir");
    words_add(w, prefix);
    words_add(w, "-dumpbase");
    words_add(w, base);
    if (dot) {
        words_add(w, "-dumpbase-ext");
        words_add(w, dot);
    }
}

static void add_mode_and_output(Words *w, const Unit *u, const char *output) {
    static const char *const modes[] = {[MODE_LINK] = "-c",
                                        [MODE_COMPILE] = "-c",
                                        [MODE_ASSEMBLE] = "-S",
                                        [MODE_SYNTAX] = "-fsyntax-only"};
    words_add(w, modes[u->command->mode]);
    if (output) {
        words_add(w, "-o");
        words_add(w, output);
    }
}

// What the constructs need of the compiler; what the user says of one of these flags stands.
static void add_needed(Words *w, const Command *c) {
    static const struct {
        const char *flag, *opposite;
    } needed[] = {
        {"-fno-delete-null-pointer-checks", "-fdelete-null-pointer-checks"},
        {"-fstack-clash-protection", "-fno-stack-clash-protection"}, // no frame steps over a guard
        // What these say of generated code is not printed, so it must not fail the compilation.
        {"-Wno-error=shadow", "-Werror=shadow"},
        {"-Wno-error=pedantic", "-pedantic-errors"},
    };
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (!args_has(c, needed[i].opposite))
            words_add(w, needed[i].flag);
    if (c->clang)
        words_add(w, "-fblocks");
}

// Messages in a form that can be read back: driver_messages.c prints them again.
static void add_plain_messages(Words *w, const Command *c) {
    static const char *const gcc[] = {"-fno-diagnostics-show-caret", "-fdiagnostics-color=never",
                                      "-fdiagnostics-column-unit=byte",
                                      "-fdiagnostics-column-origin=1", NULL};
    static const char *const clang[] = {"-fno-caret-diagnostics", "-fno-color-diagnostics", NULL};
    for (const char *const *flag = c->clang ? clang : gcc; *flag; flag++)
        words_add(w, *flag);
}

void flags_compile_final(Words *w, const Unit *u) {
    const Command *c = u->command;
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_OTHER)
            words_arg(w, &c->args[i]);
    add_needed(w, c);
    add_plain_messages(w, c);
    add_dump_names(w, u);
    add_mode_and_output(w, u, u->output);
    if (c->clang) // it does not believe the line marker
        words_add(w, arena_format("-ffile-prefix-map=%s=%s", RUN_BODY, u->name));
    words_add(w, "-x");
    words_add(w, "cpp-output");
    words_add(w, RUN_BODY);
}

void flags_verbatim(Words *w, const Unit *u) {
    const Command *c = u->command;
    if (u->prescan.asks_for_gocc)
        words_add(w, "-D__GOCC__=1");
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_PREPROCESS || c->args[i].kind == ARG_OTHER)
            words_arg(w, &c->args[i]);
    add_dependencies(w, u, u->output_is_temporary);
    if (u->output_is_temporary)
        add_dump_names(w, u);
    add_mode_and_output(w, u, u->output_is_temporary ? u->output : c->output);
    add_input(w, u, "c");
}

// ---- messages -----------------------------------------------------------------------------------

static bool terminal_has_colors(void) {
    const char *term = getenv("TERM"), *colors = getenv("GCC_COLORS");
    return isatty(2) && term && strcmp(term, "dumb") != 0 && !(colors && !*colors);
}

static bool wants_color(const Command *c) {
    bool color = terminal_has_colors();
    for (size_t i = 0; i < c->n_args; i++) {
        const char *word = c->args[i].word;
        if (strcmp(word, "-fdiagnostics-color") == 0 ||
            strcmp(word, "-fdiagnostics-color=always") == 0 ||
            strcmp(word, "-fcolor-diagnostics") == 0)
            color = true;
        else if (strcmp(word, "-fno-diagnostics-color") == 0 ||
                 strcmp(word, "-fdiagnostics-color=never") == 0 ||
                 strcmp(word, "-fno-color-diagnostics") == 0 ||
                 strcmp(word, "-fdiagnostics-plain-output") == 0)
            color = false;
        else if (strcmp(word, "-fdiagnostics-color=auto") == 0)
            color = terminal_has_colors();
    }
    return color;
}

static int number(const char *text, int otherwise) {
    return text && *text >= '0' && *text <= '9' ? atoi(text) : otherwise;
}

void flags_diagnostics(const Command *c) {
    bool plain = args_has(c, "-fdiagnostics-plain-output");
    const char *unit = args_value(c, "-fdiagnostics-column-unit=");
    diag_options = (DiagOptions){
        .caret = args_last(c, "-fdiagnostics-show-caret", "-fno-diagnostics-show-caret", !plain) &&
                 args_last(c, "-fcaret-diagnostics", "-fno-caret-diagnostics", true),
        .color = wants_color(c),
        .line_numbers = args_last(c, "-fdiagnostics-show-line-numbers",
                                  "-fno-diagnostics-show-line-numbers", !plain),
        .column = args_last(c, "-fshow-column", "-fno-show-column", true),
        .byte_columns = c->clang ? !unit : unit && strcmp(unit, "byte") == 0,
        .column_origin = number(args_value(c, "-fdiagnostics-column-origin="), 1),
        .tab_stop = number(args_value(c, "-ftabstop="), 8),
        .warnings = !args_has(c, "-w"),
        .warnings_are_errors = args_last(c, "-Werror", "-Wno-error", false),
        .max_errors = args_has(c, "-Wfatal-errors") ? 1 : number(args_value(c, "-fmax-errors="), 0),
    };
}

// ---- stores of pointers -------------------------------------------------------------------------

bool flags_sanitize(const Command *c, const char *what) {
    for (size_t i = 0; i < c->n_args; i++)
        if (strncmp(c->args[i].word, "-fsanitize=", 11) == 0 && strstr(c->args[i].word, what))
            return true;
    return false;
}

// Not x86-64, as far as the command line tells.
bool flags_other_target(const Command *c) {
#ifndef __x86_64__
    return true;
#endif
    for (size_t i = 0; i < c->n_args; i++)
        if (strncmp(c->args[i].word, "--target=", 9) == 0 || strcmp(c->args[i].word, "-target") == 0)
            return true;
    return args_has(c, "-m32") || args_has(c, "-mx32");
}

// The short form is in AT&T's or gcc's double syntax; the sanitizers that look at memory accesses
// would not see into it.
bool flags_plain_stores(const Command *c) {
    return flags_other_target(c) || flags_sanitize(c, "address") || flags_sanitize(c, "thread") ||
           flags_sanitize(c, "memory") || (c->clang && args_has(c, "-masm=intel"));
}

// ---- functions that may be replaced -------------------------------------------------------------

bool flags_interposable(const Command *c) {
    static const char *const yes[] = {"-fPIC", "-fpic"}, *const no[] = {"-fPIE", "-fpie", "-fno-PIC", "-fno-pic", "-fno-PIE", "-fno-pie"};
    bool pic = false;
    for (size_t i = 0; i < c->n_args; i++) {
        for (size_t k = 0; k < sizeof yes / sizeof *yes; k++)
            pic |= strcmp(c->args[i].word, yes[k]) == 0;
        for (size_t k = 0; k < sizeof no / sizeof *no; k++)
            pic &= strcmp(c->args[i].word, no[k]) != 0;
    }
    return (pic || args_has(c, "-shared")) && args_last(c, "-fsemantic-interposition", "-fno-semantic-interposition", true);
}

bool flags_replace_functions(const Command *c) {
    static const char *const words[] = {"wrap", "defsym", "muldefs", "multiple-definition", "@"};
    for (size_t i = 0; i < c->n_args; i++)
        for (size_t k = 0; k < sizeof words / sizeof *words; k++)
            if (c->args[i].kind == ARG_LINK && c->args[i].value && strstr(c->args[i].value, words[k]))
                return true;
    return false;
}

// ---- libclang -----------------------------------------------------------------------------------

// Only what changes the meaning of types and words in preprocessed text, in spellings that clang
// knows: an argument that it does not know would make it refuse the unit.
void flags_clang(const Command *c, TranslateOptions *o) {
    static const char *const passed[] = {
        "-m32",
        "-m64",
        "-mx32",
        "-mlong-double-64",
        "-mlong-double-80",
        "-mlong-double-128",
        "-ansi",
        "-fshort-enums",
        "-fno-short-enums",
        "-fshort-wchar",
        "-fno-short-wchar",
        "-funsigned-char",
        "-fno-unsigned-char",
        "-fsigned-char",
        "-fno-signed-char",
        "-fpack-struct",
        "-fms-extensions",
        "-fgnu89-inline",
        "-fno-gnu89-inline",
        "-fno-asm",
        "-fno-builtin",
        "-ffreestanding",
    };
    static const char *const prefixes[] = {"-std=", "--std=", "-fpack-struct=", "-fno-builtin-",
                                           "-fvisibility=", NULL};
    Words w = {0};
    for (size_t i = 0; i < c->n_args; i++) {
        const char *word = c->args[i].word;
        bool pass = c->args[i].kind != ARG_INPUT && has_prefix_of(word, prefixes);
        for (size_t k = 0; k < sizeof passed / sizeof *passed; k++)
            pass |= c->args[i].kind != ARG_INPUT && strcmp(word, passed[k]) == 0;
        if (pass)
            words_add(&w, word);
    }
    if (!args_value(c, "-std=") && !args_value(c, "--std=") && !args_has(c, "-ansi"))
        words_add(&w, "-std=gnu17");
    o->clang_args = w.v;
    o->n_clang_args = (int)w.n;
}
