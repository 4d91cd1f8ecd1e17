// driver_unit.c - one .gc file: preprocessed, translated, compiled.
//
// Each unit is done in a process of its own. The stages keep their state in statics and one arena,
// and their end frees it; two inputs of one command cannot disturb each other; and if something in
// the translator or in libclang crashes on hostile input, a message is printed and the next input
// is compiled.
//
// The compiler judges the unit twice, first as preprocessor. What that run says is held back until
// it is known whether the unit goes to the compiler verbatim, which then says it again.

#include "driver.h"

#include "diag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    STATUS_AGAIN = 125, // of a unit's process: what it relied on has changed while it worked
    TIMES_MAX = 4
};

static Unit *current; // the unit of this process

static bool is_standard_input(const Unit *u) {
    return strcmp(u->input->word, "-") == 0;
}

// ---- identifiers in UTF-8 -----------------------------------------------------------------------

static size_t put_utf8(char *out, unsigned c) {
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    size_t n = c < 0x10000 ? 3 : 4;
    out[0] = (char)((n == 3 ? 0xe0 : 0xf0) | c >> 6 * (n - 1));
    for (size_t i = 1; i < n; i++)
        out[i] = (char)(0x80 | (c >> 6 * (n - 1 - i) & 0x3f));
    return n;
}

// \U000000e9 at p, as the preprocessor prints a character of an identifier; 0 if it is none.
static unsigned read_ucn(const char *p) {
    if (p[0] != '\\' || p[1] != 'U' || strspn(p + 2, "0123456789abcdef") < 8)
        return 0;
    unsigned c = (unsigned)strtoul(arena_strndup(p + 2, 8), NULL, 16);
    return c >= 0x80 && c < 0x110000 ? c : 0;
}

// The preprocessor spells identifiers in ASCII; the stages and the messages want them as they were
// written.
static void restore_utf8(Buffer *b) {
    if (!strstr(b->data, "\\U"))
        return;
    char *out = b->data, quote = 0;
    for (const char *p = b->data, *end = p + b->length; p < end;) {
        unsigned c = quote ? 0 : read_ucn(p);
        if (c) {
            out += put_utf8(out, c);
            p += 10;
            continue;
        }
        if (quote && *p == '\\' && p + 1 < end)
            *out++ = *p++;
        else if (quote ? *p == quote || *p == '\n' : *p == '"' || *p == '\'')
            quote = quote ? 0 : *p;
        *out++ = *p++;
    }
    b->length = (size_t)(out - b->data);
    *out = '\0';
}

// ---- runs of the compiler -----------------------------------------------------------------------

static int run_on_input(Words *w, Buffer *out, Buffer *errors) {
    Run r = {.out = out, .errors = errors};
    if (is_standard_input(current)) {
        r.input = standard_input()->data;
        r.input_length = standard_input()->length;
    }
    return run(current->command, w, &r);
}

// For diag_debug_cpp: the text with a note before each token. The user has seen what this run says
// on stderr.
static char *debug_cpp(size_t *length) {
    if (current->command->clang || current->prescan.only_once)
        return NULL;
    Words w = words_compiler(current->command);
    words_add(&w, "-fdebug-cpp");
    flags_preprocess(&w, current, false);
    Buffer out = {0}, errors = {0};
    bool quiet = current->command->verbose;
    ((Command *)current->command)->verbose = false;
    int status = run_on_input(&w, &out, &errors);
    ((Command *)current->command)->verbose = quiet;
    buffer_puts(&out, "");
    restore_utf8(&out);
    *length = out.length;
    return status == 0 ? out.data : NULL;
}

static int preprocess(Buffer *text, Buffer *errors) {
    Words w = words_compiler(current->command);
    flags_preprocess(&w, current, !current->analyse);
    return run_on_input(&w, text, errors);
}

static int compile_verbatim(void) {
    Words w = words_compiler(current->command);
    flags_verbatim(&w, current);
    return run_on_input(&w, NULL, NULL);
}

// The compiler takes the unit's name from the line marker that the text begins with. What the
// translator puts before the text is ours, not the user's: as a system header it earns no warnings.
static void begin_with_name(Buffer *body, const char *name) {
    buffer_puts(body, "# 1 \"");
    for (const char *p = name; *p; p++) {
        if (*p == '"' || *p == '\\')
            buffer_puts(body, "\\");
        buffer_append(body, p, 1);
    }
    buffer_puts(body, "\"\n# 1 \"<gocc>\" 3\n");
}

// -save-temps: the final C.
static void save_intermediate(const Buffer *body) {
    const char *name = unit_saved_name(current, ".i");
    if (name && !file_write(name, body->data, body->length))
        diag_plain(DIAG_WARNING, "cannot write %s: %s", name, strerror(errno));
}

static int compile_final(const char *text, size_t length) {
    Buffer body = {0}, errors = {0};
    begin_with_name(&body, current->name);
    buffer_append(&body, text, length);
    save_intermediate(&body);
    Words w = words_compiler(current->command);
    flags_compile_final(&w, current);
    Run r = {.body = body.data, .body_length = body.length, .errors = &errors};
    int status = run(current->command, &w, &r);
    messages_print(errors.data, errors.length, text, length);
    return status;
}

static bool uses_lto(const Command *c) {
    return (args_has(c, "-flto") || args_value(c, "-flto=")) && !args_has(c, "-fno-lto");
}

static int translate_and_compile(const Buffer *text, const Buffer *errors) {
    TranslateOptions options = {.dump = current->command->dump,
                                .compiler_is_clang = current->command->clang,
                                .other_target = flags_other_target(current->command),
                                .plain_stores = flags_plain_stores(current->command),
                                .thread_sanitizer = flags_sanitize(current->command, "thread"),
                                .lto = uses_lto(current->command),
                                .function_sections = args_has(current->command, "-ffunction-sections") &&
                                                     !args_has(current->command, "-fno-function-sections"),
                                .escape_report = current->command->escape_report};
    flags_clang(current->command, &options);
    summary_options(current, &options);
    diag_debug_cpp = debug_cpp;
    char *out = NULL;
    size_t length = 0;
    bool ok = translate(text->data, text->length, current->name, &options, &out, &length);
    exchange_settle();
    if (current->analyse)
        return 0;
    if (current->command->emit && ok && diag_errors() == 0 && !options.dump) {
        fwrite(errors->data, 1, errors->length, stderr);
        diag_flush();
        return unit_emit(current, out ? out : text->data, out ? length : text->length);
    }
    bool verbatim = ok && !out;
    if (!verbatim || options.dump || current->prescan.only_once)
        fwrite(errors->data, 1, errors->length, stderr);
    diag_flush();
    if (!ok || diag_errors() > 0)
        return 1;
    if (options.dump)
        return 0;
    if (verbatim && current->prescan.only_once)
        return compile_final(text->data, text->length);
    if (verbatim)
        return compile_verbatim();
    int status = compile_final(out, length);
    return status == 0 && !summary_finish(current) ? STATUS_AGAIN : status;
}

int unit_work(Unit *u) {
    current = u;
    Buffer text = {0}, errors = {0};
    int status = preprocess(&text, &errors);
    buffer_puts(&text, "");
    buffer_puts(&errors, "");
    if (status != 0) {
        exchange_settle();
        if (u->analyse)
            return 0;
        fwrite(errors.data, 1, errors.length, stderr);
        return status < 0 ? 1 : status;
    }
    restore_utf8(&text);
    if (u->command->emit && !u->emits_all)
        emit_hide_directives(&text);
    return translate_and_compile(&text, &errors);
}

static int compile_in_child(void *unit) {
    return unit_work(unit);
}

void unit_remove_output(const Unit *u) {
    struct stat status;
    if (u->output && lstat(u->output, &status) == 0 && S_ISREG(status.st_mode))
        unlink(u->output);
}

int unit_compile(Unit *u) {
    current = u;
    int status;
    if (!exchange_end(u, &status))
        status = u->prescan.plain ? compile_verbatim() : run_child(compile_in_child, u);
    for (int times = 1; status == STATUS_AGAIN; times++) {
        u->relies_on_none = times == TIMES_MAX;
        status = run_child(compile_in_child, u);
    }
    if (status > 128) {
        diag_plain(DIAG_FATAL, "internal error: the translation of %s was killed by signal %d (%s)",
                   u->name, status - 128, strsignal(status - 128));
        diag_flush();
    }
    if (status != 0 && !u->command->dump)
        unit_remove_output(u);
    return status < 0 || status > 128 ? 1 : status;
}

void unit_show(Unit *u) {
    FILE *out = u->command->show ? stdout : stderr;
    Words w = words_compiler(u->command);
    if (u->prescan.plain) {
        flags_verbatim(&w, u);
        run_print(out, &w);
        return;
    }
    flags_preprocess(&w, u, true);
    run_print(out, &w);
    w = words_compiler(u->command);
    flags_compile_final(&w, u);
    run_print(out, &w);
}
