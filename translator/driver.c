// driver.c - being gcc.
//
// Three kinds of commands, from cheap to dear:
//   1. No .gc file is compiled (no .gc input, or only -E or -M): the C compiler takes our place,
//      with the same arguments.
//   2. The .gc files are plain C, as the prescan can tell: likewise, with `-x c` before each of
//      them.
//   3. Otherwise each .gc file is compiled on its own (driver_unit.c), and what is left of the
//      command (other inputs, linking) goes to the C compiler with the objects in place of the .gc
//      files.
// A command that links gets the runtime library behind everything else, where an archive costs
// nothing if it is not needed.

#include "driver.h"

#include <stdlib.h>
#include <string.h>

// ---- commands that the C compiler does alone ----------------------------------------------------

static int show_or_become(const Command *c, Words *w) {
    if (!c->show && !(c->dry_run && c->n_gc))
        return run_instead(c, w);
    run_print(c->show ? stdout : stderr, w);
    return 0;
}

static const char version_text[] =
    "gocc " GOCC_VERSION
    ": C with goroutines, channels, defer and panics, through the compiler above\n";
static const char help_text[] =
    "\n"
    "Options of gocc (all others are the C compiler's):\n"
    "  -show                    Print the commands on standard output, and run nothing.\n"
    "  -###                     Print them quoted, on standard error, and run nothing.\n"
    "  -d <stages>              Print what the stages make of the inputs: tokens, tree, marker,\n"
    "                           facts, escape, edits, final, time.\n"
    "  --emit-c                 Write C for other compilers, to the file named by -o or to standard output;\n"
    "                           with -P without #line, and with short lines.\n"
    "  -fescape-report[=2]      Print which variables live on the heap and what functions keep of their\n"
    "                           arguments; with =2, also the assignments that make it so.\n"
    "  -fescape-summaries=DIR   Rely on what other units' functions do with their arguments, as DIR says.\n"
    "  -x gc                    Take the following inputs for .gc files.\n"
    "The environment variable GOCC_CC names the C compiler (default: gcc).\n";

// The compiler's own text stays as it is, at the beginning: configure scripts read it.
static int print_information(const Command *c, Words *w, const char *ours) {
    Run r = {0};
    int status = run(c, w, &r);
    if (status == 0)
        fputs(ours, stdout);
    return status < 0 ? 1 : status;
}

static int be_the_compiler(const Command *c) {
    Words w = words_compiler(c);
    for (int i = 0; i < c->argc; i++)
        words_add(&w, c->argv[i]);
    if (c->argc == 0 && !c->show) {
        fprintf(stderr, "gocc: fatal error: no input files\ncompilation terminated.\n");
        return 1;
    }
    if (c->mode == MODE_LINK && c->n_inputs > 0)
        link_add_runtime(&w, c, false);
    if (c->mode == MODE_LINK && !c->dry_run && stale_is_possible(c, NULL))
        return stale_link(c, &w);
    if (c->n_inputs == 0 && args_has(c, "--version"))
        return print_information(c, &w, version_text);
    if (c->n_inputs == 0 && args_has(c, "--help"))
        return print_information(c, &w, help_text);
    return show_or_become(c, &w);
}

// -x gc becomes -x c, and a .gc file without -x gets its own.
static void add_as_c(Words *w, const Arg *a) {
    if (a->kind == ARG_LANGUAGE && a->value && strcmp(a->value, "gc") == 0) {
        words_add(w, "-x");
        words_add(w, "c");
    } else if (a->is_gc && !a->language) {
        words_add(w, "-x");
        words_add(w, "c");
        words_add(w, a->word);
        words_add(w, "-x");
        words_add(w, "none");
    } else {
        words_arg(w, a);
    }
}

static int compile_all_as_c(const Command *c, bool define_gocc) {
    Words w = words_compiler(c);
    if (define_gocc)
        words_add(&w, "-D__GOCC__=1");
    for (size_t i = 0; i < c->n_args; i++)
        add_as_c(&w, &c->args[i]);
    if (c->mode == MODE_LINK)
        link_add_runtime(&w, c, false);
    return show_or_become(c, &w);
}

// ---- commands with constructs -------------------------------------------------------------------

static bool looks_like_source(const Arg *a) {
    static const char *const objects[] = {".o", ".a", ".so", ".lo", ".obj"};
    if (a->language)
        return true;
    const char *dot = strrchr(a->word, '.');
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (!dot || strcmp(dot, objects[i]) == 0)
            return false;
    return !strstr(a->word, ".so.");
}

// An input that is not ours, alone: with all options of the command, and `mode` instead of linking.
static int compile_other(const Command *c, const Arg *input, const char *mode) {
    Words w = words_compiler(c);
    if (mode)
        words_add(&w, mode);
    for (size_t i = 0; i < c->n_args; i++) {
        const Arg *a = &c->args[i];
        if (a == input && a->language) {
            words_add(&w, "-x");
            words_add(&w, a->language);
        }
        if (a == input ||
            (a->kind != ARG_INPUT && a->kind != ARG_LANGUAGE && a->kind != ARG_LIBRARY))
            words_arg(&w, a);
    }
    if (c->dry_run) {
        run_print(c->show ? stdout : stderr, &w);
        return 0;
    }
    return run(c, &w, &(Run){0});
}

static Unit *new_unit(const Command *c, const Arg *input) {
    Unit *u = arena_alloc(sizeof *u);
    *u = (Unit){
        .command = c, .input = input, .name = strcmp(input->word, "-") ? input->word : "<stdin>"};
    u->prescan.asks_for_gocc = true; // -d: all stages, whatever the unit is
    if (!c->dump)
        u->prescan = prescan(c, input);
    return u;
}

static void choose_output(Unit *u, size_t index) {
    const Command *c = u->command;
    if (c->mode == MODE_LINK) {
        u->output_is_temporary = true;
        u->output = unit_saved_name(u, ".o");
        if (!u->output)
            u->output = c->dry_run ? arena_format("/tmp/gocc/%zu.o", index)
                                   : temporary_file(arena_format("%zu.o", index));
    } else if (c->mode != MODE_SYNTAX) {
        u->output = c->output ? c->output : unit_default_output(c, u->input);
    }
}

static int do_unit(Unit *u) {
    if (!u->command->dry_run)
        return unit_compile(u);
    unit_show(u);
    return 0;
}

// The inputs that are not ours: gcc compiles them one by one, or (linking) with the link, unless
// that will not happen.
static int do_other(const Command *c, const Arg *input, bool failed) {
    if (c->dump)
        return 0;
    if (c->mode != MODE_LINK)
        return compile_other(c, input, NULL);
    return failed && looks_like_source(input) ? compile_other(c, input, "-fsyntax-only") : 0;
}

static int link_objects(const Command *c, Unit **units) {
    Words w = words_compiler(c);
    const char *language = NULL;
    for (size_t i = 0; i < c->n_args; i++) {
        const Arg *a = &c->args[i];
        if (a->kind == ARG_LANGUAGE)
            language = a->value;
        bool switch_language = units[i] && language && strcmp(language, "none") != 0;
        if (switch_language) {
            words_add(&w, "-x");
            words_add(&w, "none");
        }
        if (units[i])
            words_add(&w, units[i]->output);
        else if (a->kind != ARG_LANGUAGE || strcmp(a->value ? a->value : "", "gc") != 0)
            words_arg(&w, a);
        if (switch_language && strcmp(language, "gc") != 0) {
            words_add(&w, "-x");
            words_add(&w, language);
        }
    }
    link_add_runtime(&w, c, true);
    if (c->dry_run) {
        run_print(c->show ? stdout : stderr, &w);
        return 0;
    }
    return stale_is_possible(c, units) ? stale_link(c, &w) : run(c, &w, &(Run){0});
}

static int compile_each(const Command *c, Unit **units) {
    bool failed = false;
    for (size_t i = 0; i < c->n_args; i++)
        if (units[i])
            choose_output(units[i], i);
    exchange_begin(c, units);
    for (size_t i = 0; i < c->n_args; i++)
        if (units[i])
            failed |= do_unit(units[i]) != 0;
    for (size_t i = 0; i < c->n_args; i++)
        if (!units[i] && c->args[i].kind == ARG_INPUT)
            failed |= do_other(c, &c->args[i], failed) != 0;
    if (c->mode == MODE_LINK && !failed && !c->dump)
        failed = link_objects(c, units) != 0;
    temporary_cleanup();
    return failed ? 1 : 0;
}

static bool output_is_ambiguous(const Command *c) {
    size_t n = 0;
    for (size_t i = 0; i < c->n_args; i++)
        n += c->args[i].kind == ARG_INPUT && looks_like_source(&c->args[i]);
    return c->output && c->mode != MODE_LINK && c->mode != MODE_SYNTAX && n > 1;
}

// ---- all of it ----------------------------------------------------------------------------------

static int compile(const Command *c) {
    if (output_is_ambiguous(c)) {
        fprintf(
            stderr,
            "gocc: fatal error: cannot specify '-o' with '-c', '-S' or '-E' with multiple files\n"
            "compilation terminated.\n");
        return 1;
    }
    Unit **units = arena_alloc(c->n_args * sizeof *units);
    bool plain = true;
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].is_gc) {
            units[i] = new_unit(c, &c->args[i]);
            plain &= units[i]->prescan.plain && strcmp(c->args[i].word, "-") != 0;
        }
    if (plain)
        return compile_all_as_c(c, false);
    signals_catch();
    return compile_each(c, units);
}

int driver_main(int argc, char **argv) {
    Command *c = args_read(argc, argv);
    flags_diagnostics(c);
    if (args_has(c, "-m32") || args_has(c, "-mx32") || c->emit)
        c->summaries = NULL; // its symbols have eight bytes; a C file cannot be told to be made anew
    link_set_environment();
    if (c->emit && !c->dump)
        return emit_command(c);
    if (c->n_gc == 0)
        return be_the_compiler(c);
    if (c->mode == MODE_PREPROCESS || c->mode == MODE_DEPEND)
        return compile_all_as_c(c, true);
    return compile(c);
}
