// check.c - gocc's own judgement of a document: what only it knows to be wrong, and where variables live.
//
// gocc itself reads the text, as `-d time` does: all stages but the C compiler. That takes longer than a keystroke, so it runs beside
// us, one document at a time, once clangd has spoken about the same text; clangd never waits for it. Its messages are shown where clangd has no
// error of its own on the line. Until the next run they stay on lines that are as they were.
#define _GNU_SOURCE
#include "proxy.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OUTPUT_BYTES_MAX = 4 << 20 };

int check_fd = -1;
bool check_hints;
static Document *checking;                             // NULL: it was closed meanwhile
static long checking_version;
static pid_t child;
static Buffer output;

// ---- running gocc -------------------------------------------------------------------------------

static void add_word(char ***v, size_t *n, const char *word) {
    if (!(*v = realloc(*v, (*n + 2) * sizeof **v)))
        abort();
    (*v)[(*n)++] = strdup(word);
    (*v)[*n] = NULL;
}

static char **gocc_words(const Document *d, char **directory) {
    static const char *const own[] = {"-x", "gc", "-d", "time", "-fescape-report=2", "-fdiagnostics-column-unit=byte", "-fno-diagnostics-show-caret", "-fdiagnostics-color=never", "-w", "-"};
    char **v = NULL;
    size_t n = 0, i;
    json_t *options = command_options(d->path, directory), *option;
    add_word(&v, &n, arena_format("%s/../../bin/gocc", installation()));
    json_array_foreach(options, i, option) add_word(&v, &n, json_string_value(option) ? json_string_value(option) : "");
    json_decref(options);
    const char *slash = strrchr(d->path, '/');
    add_word(&v, &n, "-iquote");
    add_word(&v, &n, arena_strndup(d->path, (size_t)(slash - d->path) + 1));
    for (i = 0; i < sizeof own / sizeof *own; i++)
        add_word(&v, &n, own[i]);
    return v;
}

static void become_gocc(const Document *d, int in, int out) {
    char *directory;
    char **words = gocc_words(d, &directory);
    int null = open("/dev/null", O_WRONLY);
    if (chdir(directory) < 0)
        _exit(127);
    dup2(in, 0);
    dup2(null, 1);
    dup2(out, 2);
    nice(5);
    execv(words[0], words);
    _exit(127);
}

// The text as a file that begins at its start.
static int text_file(const Text *t) {
    int fd = memfd_create("gocc-clangd", MFD_CLOEXEC);
    for (size_t done = 0; fd >= 0 && done < t->length;) {
        ssize_t n = write(fd, t->data + done, t->length - done);
        if (n <= 0)
            break;
        done += (size_t)n;
    }
    if (fd >= 0)
        lseek(fd, 0, SEEK_SET);
    return fd;
}

static void run(Document *d) {
    int out[2], in = text_file(&d->source);
    d->check_wanted = false;
    if (in < 0 || pipe2(out, O_CLOEXEC) < 0)
        return;
    child = fork();
    if (child == 0)
        become_gocc(d, in, out[1]);
    close(in);
    close(out[1]);
    check_fd = out[0];
    output.length = 0;
    checking = d;
    checking_version = d->version;
}

static void next(void) {
    for (Document *d = documents; d && check_fd < 0; d = d->next)
        if (d->check_wanted)
            run(d);
}

void check_start(Document *d) {
    d->check_wanted = d->open && path_is_gc(d->path) && access(arena_format("%s/../../bin/gocc", installation()), X_OK) == 0;
    next();
}

void check_drop_document(const Document *d) {
    if (checking == d)
        checking = NULL;
}

// ---- what it says -------------------------------------------------------------------------------

// `<stdin>:LINE:COLUMN: TEXT`: the offset, and the text. NULL: another line.
static char *read_line(const Document *d, char *line, size_t *offset) {
    static const char name[] = "<stdin>:";
    char *end;
    if (strncmp(line, name, sizeof name - 1))
        return NULL;
    unsigned long row = strtoul(line + sizeof name - 1, &end, 10), column = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
    if (row < 1 || column < 1 || row > d->source.n_lines || strncmp(end, ": ", 2))
        return NULL;
    size_t start = d->source.starts[row - 1], limit = row < d->source.n_lines ? d->source.starts[row] : d->source.length;
    *offset = start + column - 1 < limit ? start + column - 1 : limit;
    return end + 2;
}

static void note_error(Document *d, size_t offset, const char *message) {
    json_t *one = diagnose_make(d, offset, message);
    size_t line = text_line(&d->source, offset), end = line + 1 < d->source.n_lines ? d->source.starts[line + 1] : d->source.length;
    json_t *text = json_stringn_nocheck(d->source.data + d->source.starts[line], end - d->source.starts[line]);
    json_array_append_new(d->checked, json_pack("{s:o, s:o}", "diagnostic", one, "line", text));
}

static void note_home(Document *d, size_t offset, const char *text, const char *reason) {
    size_t end = offset + strlen(text);
    if (end > d->source.length || memcmp(d->source.data + offset, text, strlen(text)))
        return; // from a macro
    reason += strspn(reason, " ");
    json_array_append_new(d->homes, json_pack("{s:I, s:s%}", "at", (json_int_t)end, "reason", reason, strcspn(reason, "\n")));
}

static void read_output(Document *d) {
    static const char error[] = "error: ", moved[] = "moved to heap: ";
    json_decref(d->checked);
    json_decref(d->homes);
    d->checked = json_array();
    d->homes = json_array();
    for (char *line = output.data, *next_line; line && *line; line = next_line) {
        size_t offset, n = strcspn(line, "\n");
        next_line = line + n + (line[n] == '\n');
        line[n] = '\0';
        char *text = read_line(d, line, &offset);
        if (text && !strncmp(text, error, sizeof error - 1))
            note_error(d, offset, text + sizeof error - 1);
        else if (text && !strncmp(text, moved, sizeof moved - 1))
            note_home(d, offset, text + sizeof moved - 1, *next_line == ' ' ? next_line : "");
    }
}

static void refresh_hints(void) {
    static long long number;
    if (check_hints && client_supports("workspace.inlayHint.refreshSupport"))
        client_send_json(json_pack("{s:s, s:s, s:s}", "jsonrpc", "2.0", "id", arena_format("gocc-clangd:%lld", ++number), "method",
                                   "workspace/inlayHint/refresh"));
}

static void finish(void) {
    close(check_fd);
    check_fd = -1;
    waitpid(child, NULL, 0);
    buffer_puts(&output, "");
    if (checking && checking->version == checking_version && checking->open) {
        read_output(checking);
        diagnose_shown(checking);
        refresh_hints();
    } else if (checking && checking->open)
        checking->check_wanted = true; // clangd says nothing of a change that is undone at once
    checking = NULL;
    next();
}

void check_read(void) {
    char piece[4096];
    ssize_t n = read(check_fd, piece, sizeof piece);
    if (n <= 0)
        finish();
    else if (output.length < OUTPUT_BYTES_MAX)
        buffer_append(&output, piece, (size_t)n);
}

// ---- hints --------------------------------------------------------------------------------------

void check_add_hints(json_t *hints, const Document *d, Span range) {
    size_t i;
    json_t *home;
    json_array_foreach(d->homes, i, home) {
        size_t at = (size_t)json_integer_value(json_object_get(home, "at"));
        if (!check_hints || at < range.start || at > range.end)
            continue;
        json_t *position = json_incref(json_object_get(json_from_range(&d->source, (Span){at, at}), "start"));
        json_array_append_new(hints, json_pack("{s:o, s:s, s:b, s:s}", "position", position, "label", "moved to heap", "paddingLeft", 1,
                                               "tooltip", json_string_value(json_object_get(home, "reason"))));
    }
}
