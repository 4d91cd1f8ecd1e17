// driver_emit.c - gocc --emit-c: .gc files become C files, which need gocc's headers and runtime, but no gocc.
//
// emit.c puts the system's headers back by name. What it makes is preprocessed once more and compared with final C, token by token; if that is
// not the same (a macro of a header's stands for a text with its own name in it, say), macros are undefined behind the headers; then
// more are defined before them; and at last nothing is left out: such a file has all headers in it, as they are on this machine.

#include "driver.h"

#include "emit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATUS_EXPAND = 124 }; // of a unit's process: only with everything in it

static const char head_format[] =
    "/* Made from %s by gocc " GOCC_VERSION " --emit-c. Compile with\n"
    "   -fno-delete-null-pointer-checks -fstack-clash-protection, link with gocc's runtime\n"
    "   (pkg-config --cflags --libs gocc). */\n"
    "#pragma GCC diagnostic ignored \"-Wattributes\" // noescape, in <go/...>\n"
    "#define __GOCC__ 1\n";

// ---- directives on their way through the stages --------------------------------------------------
// The text was preprocessed, and clang must not do so again: what -dD and -dI left in it becomes pragmas that nobody knows.

static const char pragma_start[] = "#pragma gocc ";

static void replace_line_starts(Buffer *text, const char *old, const char *new) {
    size_t n = strlen(old);
    Buffer out = {0};
    buffer_puts(&out, "");
    for (const char *p = text->data, *end = p + text->length; p < end;) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        stop = stop ? stop + 1 : end;
        bool found = (size_t)(stop - p) >= n && memcmp(p, old, n) == 0;
        buffer_puts(&out, found ? new : "");
        p += found ? n : 0;
        buffer_append(&out, p, (size_t)(stop - p));
        p = stop;
    }
    free(text->data);
    *text = out;
}

void emit_hide_directives(Buffer *text) {
    static const char *const words[] = {"define ", "undef ", "include ", "include_next ", "import "};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        replace_line_starts(text, arena_format("#%s", words[i]), arena_format("%s%s", pragma_start, words[i]));
}

// ---- one unit -----------------------------------------------------------------------------------

// Does the C file preprocess to what final C is? With the directories of system headers, and nothing that the file itself says.
static bool means_the_same(const Unit *u, const char *made, size_t made_length, const char *final,
                           size_t final_length) {
    static const char *const directories[] = {"-isystem", "-idirafter", "-iwithprefix", "-iprefix",
                                              "-isysroot", "-imultilib", "-nostdinc", NULL};
    const Command *c = u->command;
    Words w = words_compiler(c);
    words_add(&w, "-E");
    for (size_t i = 0; i < c->n_args; i++) {
        const Arg *a = &c->args[i];
        bool wanted = a->kind == ARG_OTHER && flags_for_preprocessing(a);
        for (const char *const *d = directories; *d && a->kind == ARG_PREPROCESS; d++)
            wanted |= strncmp(a->word, *d, strlen(*d)) == 0;
        if (wanted)
            words_arg(&w, a);
    }
    words_add(&w, "-x");
    words_add(&w, "c");
    words_add(&w, RUN_BODY);
    Buffer out = {0}, errors = {0};
    Run r = {.body = made, .body_length = made_length, .out = &out, .errors = &errors};
    bool same = run(c, &w, &r) == 0 && emit_same(out.data ? out.data : "", out.length, final, final_length);
    free(out.data);
    free(errors.data);
    return same;
}

static int write_out(const Unit *u, const char *text, size_t length) {
    if (!u->command->output || strcmp(u->command->output, "-") == 0)
        return fwrite(text, 1, length, stdout) == length && fflush(stdout) == 0 ? 0 : 1;
    if (file_write(u->command->output, text, length))
        return 0;
    diag_plain(DIAG_ERROR, "cannot write %s: %s", u->command->output, strerror(errno));
    diag_flush();
    return 1;
}

int unit_emit(const Unit *u, const char *text, size_t text_length) {
    Buffer shown = {0};
    buffer_append(&shown, text, text_length);
    replace_line_starts(&shown, pragma_start, "#");
    const char *final = shown.data;
    size_t length = shown.length;
    EmitOptions options = {.name = u->name,
                           .head = arena_format(head_format, u->name),
                           .lines = !args_has(u->command, "-P"),
                           .expand = u->emits_all};
    for (int attempt = 0; attempt < 3; attempt++) {
        size_t n;
        options.undefine = attempt >= 1;
        options.all_macros = attempt >= 2;
        char *made = emit_make(final, length, &options, &n);
        bool good = u->emits_all || means_the_same(u, made, n, final, length);
        int status = good ? write_out(u, made, n) : 0;
        free(made);
        if (good)
            return status;
    }
    return STATUS_EXPAND;
}

static int work(void *unit) {
    return unit_work(unit);
}

static int emit_file(const Command *c, const Arg *input) {
    Unit u = {.command = c,
              .input = input,
              .name = strcmp(input->word, "-") ? input->word : "<stdin>",
              .output = c->output};
    u.prescan.asks_for_gocc = true;
    int status = run_child(work, &u);
    if (status == STATUS_EXPAND) {
        u.emits_all = true;
        status = run_child(work, &u);
    }
    if (status > 128 && status != 128 + SIGPIPE)
        diag_plain(DIAG_FATAL, "internal error: the translation of %s was killed by signal %d (%s)", u.name,
                   status - 128, strsignal(status - 128));
    diag_flush();
    if (status != 0)
        unit_remove_output(&u);
    return status == 0 ? 0 : 1;
}

int emit_command(const Command *c) {
    bool failed = c->n_gc == 0;
    if (failed)
        diag_plain(DIAG_FATAL, "no .gc file to make C of");
    if (c->output && c->n_gc > 1)
        diag_plain(DIAG_FATAL, "cannot specify '-o' with '--emit-c' and several files");
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_INPUT && !c->args[i].is_gc)
            diag_plain(DIAG_FATAL, "%s: not a .gc file", c->args[i].word);
    failed |= diag_errors() > 0;
    diag_flush();
    signals_catch();
    for (size_t i = 0; i < c->n_args && !failed; i++)
        if (c->args[i].kind == ARG_INPUT)
            failed |= emit_file(c, &c->args[i]) != 0;
    return failed ? 1 : 0;
}
