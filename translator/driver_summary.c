// driver_summary.c - summaries of other units, and how they come to a unit.
//
// In one command that links, the units tell each other (driver_exchange.c). From one command to another they do so through files, and only
// with -fescape-summaries=DIR: otherwise objects would depend on what happens to lie around, and two commands that were cut differently
// would not make the same objects. Every compilation writes its summary to a file of its own in DIR, named after the object (the same
// source may be compiled twice, with different flags), and reads those of the others. What it reads may be
//   1. absent: not compiled yet;
//   2. damaged: the text does not end in its hash;
//   3. stale: the source that it was made from is not what the file holds now.
// Then it is not used, which costs only precision. The hash of the source is in a file beside the summary, `.current`, so that an edit which
// changes no function's leaks does not make all callers be compiled again. That a header or a flag has changed is not seen: the caller then relies on what is no
// longer true until the callee is compiled, and the linker refuses them (escape_summary.c).
//
// For make and ninja, what was consulted goes into the dependency file. They compare times, so
//   4. a summary's file is only written if its contents change, and by rename;
//   5. when the object is written, the files that were consulted are read again; if one has changed meanwhile, in a build with jobs, the
//      unit is compiled once more. So whatever changes later is newer than the object.

#include "driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const Unit *unit; // of this process
static Summaries read_from; // files; hashes[i] is what the file of v[i] had
static uint64_t *hashes;
static size_t n_hashes, cap_hashes;
static Buffer own_text; // empty: there is nothing to write
static uint64_t own_source;
static Summaries known; // all that was there to be consulted

// ---- names --------------------------------------------------------------------------------------

static const char *absolute(const char *path) {
    char here[4096];
    if (*path == '/' || !getcwd(here, sizeof here))
        return path;
    return arena_format("%s/%s", here, path);
}

static const char *own_file(void) {
    const Command *c = unit->command;
    const char *path = absolute(c->mode == MODE_LINK || !unit->output ? unit->input->word : unit->output);
    return arena_format("%s/%s-%016llx.summary", c->summaries, strrchr(path, '/') + 1,
                        (unsigned long long)summary_hash(path, strlen(path)));
}

static bool hash_of_file(const char *path, uint64_t *hash) {
    Buffer text = {0};
    bool ok = file_read(path, &text);
    *hash = ok ? summary_hash(text.data, text.length) : 0;
    free(text.data);
    return ok;
}

// What the stages do not know of the unit. False: nothing that others could find again.
static bool complete(Summary *own) {
    const char *word = unit->input->word;
    own->path = absolute(word);
    if (unit->command->summaries && unit->command->mode != MODE_LINK)
        own->file = own_file();
    return strcmp(word, "-") != 0 && !strpbrk(own->path, "\r\n") && hash_of_file(word, &own_source);
}

// ---- the directory ------------------------------------------------------------------------------

// What the file beside a summary says: the hash of the summary and that of its source.
static const char *current_text(uint64_t summary, uint64_t source) {
    return arena_format("%016llx %016llx\n", (unsigned long long)summary, (unsigned long long)source);
}

static const char *current_file(const char *summary) {
    return arena_format("%s.current", summary);
}

static bool is_current(const char *file, uint64_t summary, const char *source) {
    Buffer text = {0};
    uint64_t now;
    bool current = hash_of_file(source, &now) && file_read(current_file(file), &text) &&
                   strcmp(text.data, current_text(summary, now)) == 0;
    free(text.data);
    return current;
}

static bool defines_one_of(const Summary *s, const char *const *names, size_t n) {
    for (size_t i = 0; i < s->n_functions; i++)
        for (size_t k = 0; k < n; k++)
            if (strcmp(s->functions[i].name, names[k]) == 0)
                return true;
    return false;
}

static void read_one(const char *path, const Summary *own, Summaries *others) {
    Buffer text = {0};
    if (!file_read(path, &text))
        return;
    buffer_puts(&text, "");
    const char *p = text.data;
    Summary *s = summary_read(&p);
    uint64_t hash = summary_hash(text.data, text.length);
    if (s && p == text.data + text.length && strcmp(s->path, own->path) != 0 &&
        defines_one_of(s, own->uses, own->n_uses) && is_current(path, hash, s->path)) {
        s->file = path;
        *ARENA_PUSH(others->v, others->n, others->cap) = s;
        *ARENA_PUSH(read_from.v, read_from.n, read_from.cap) = s;
        *ARENA_PUSH(hashes, n_hashes, cap_hashes) = hash;
    }
    free(text.data);
}

static int is_summary(const struct dirent *entry) {
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".summary") == 0;
}

static void read_directory(const Summary *own, Summaries *others) {
    struct dirent **names;
    const char *directory = unit->command->summaries;
    int n = own->n_uses ? scandir(directory, &names, is_summary, alphasort) : 0;
    for (int i = 0; i < n; i++) {
        read_one(arena_format("%s/%s", directory, names[i]->d_name), own, others);
        free(names[i]);
    }
    if (n > 0)
        free(names);
}

static bool is_unchanged(const char *path, const char *data, size_t n) {
    Buffer old = {0};
    bool same = file_read(path, &old) && old.length == n && memcmp(old.data, data, n) == 0;
    free(old.data);
    return same;
}

static void write_if_new(const char *path, const char *data, size_t n) {
    const char *fresh = arena_format("%s.%ld", path, (long)getpid());
    if (is_unchanged(path, data, n) || (file_write(fresh, data, n) && rename(fresh, path) == 0))
        return;
    diag_plain(DIAG_WARNING, "cannot write %s: %s", path, strerror(errno));
    diag_flush();
    unlink(fresh);
}

static void make_directory(const char *path) {
    for (const char *p = path + 1; (p = strchr(p, '/')); p++)
        mkdir(arena_strndup(path, (size_t)(p - path)), 0777);
    mkdir(path, 0777);
}

static void write_own(void) {
    const char *path = own_file();
    if (!own_text.length)
        return;
    const char *current = current_text(summary_hash(own_text.data, own_text.length), own_source);
    make_directory(unit->command->summaries);
    write_if_new(path, own_text.data, own_text.length);
    write_if_new(current_file(path), current, strlen(current));
}

static bool consulted_have_changed(void) {
    for (size_t i = 0; i < read_from.n; i++) {
        uint64_t now;
        if (read_from.v[i]->consulted && (!hash_of_file(read_from.v[i]->file, &now) || now != hashes[i]))
            return true;
    }
    return false;
}

// ---- dependencies -------------------------------------------------------------------------------

static void put_name(Buffer *out, const char *name) {
    for (; *name; name++) {
        if (*name == ' ' || *name == '#')
            buffer_puts(out, "\\");
        if (*name == '$')
            buffer_puts(out, "$");
        buffer_append(out, name, 1);
    }
}

// Where the first rule ends: a line that does not go on.
static const char *end_of_rule(const char *text) {
    const char *p = strchr(text, '\n');
    while (p && p > text && p[-1] == '\\')
        p = strchr(p + 1, '\n');
    return p;
}

static void close_if(int fd) {
    if (fd >= 0)
        close(fd);
}

// A file that is named must be there. One of this command's may be written later: until then it is empty, which is damaged.
static void put_consulted(Buffer *out, const char *before, const char *after) {
    for (size_t i = 0; i < known.n; i++) {
        const char *file = known.v[i]->file;
        if (!known.v[i]->consulted || !file)
            continue;
        make_directory(unit->command->summaries);
        close_if(open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        buffer_puts(out, before);
        put_name(out, file);
        buffer_puts(out, after);
    }
}

static void add_dependencies(void) {
    const char *path = flags_dependency_file(unit);
    Buffer old = {0}, text = {0};
    const char *end = path && known.n && file_read(path, &old) ? end_of_rule(old.data) : NULL;
    if (!end)
        return;
    buffer_append(&text, old.data, (size_t)(end - old.data));
    put_consulted(&text, " \\\n ", "");
    buffer_puts(&text, end);
    if (args_has(unit->command, "-MP"))
        put_consulted(&text, "", ":\n");
    if (!file_write(path, text.data, text.length))
        diag_plain(DIAG_WARNING, "cannot write %s: %s", path, strerror(errno));
}

// ---- a unit -------------------------------------------------------------------------------------

static void exchange(Summaries *others, Summary *(*solve)(const Summaries *, void *), void *arg) {
    Summary *own = solve(NULL, arg);
    complete(own);
    bool replaced = unit->command->mode == MODE_LINK && flags_replace_functions(unit->command);
    if (unit->command->summaries && !unit->relies_on_none && !unit->analyse && !replaced)
        read_directory(own, others);
    exchange_talk(others, own, solve, arg);
}

static void summarised(const Summary *given, const Summaries *others) {
    Summary own = *given;
    known = *others;
    if (unit->command->summaries && complete(&own))
        summary_print(&own_text, &own, false);
}

void summary_options(const Unit *u, TranslateOptions *o) {
    const Command *c = u->command;
    unit = u;
    o->interposable = flags_interposable(c);
    o->analyse = u->analyse;
    o->summary_symbols = c->summaries != NULL;
    o->exchange = c->summaries || exchange_is_on() ? exchange : NULL;
    o->summarised = summarised;
}

bool summary_finish(const Unit *u) {
    const Command *c = u->command;
    if (!c->summaries || c->mode == MODE_SYNTAX)
        return true;
    if (consulted_have_changed())
        return false;
    add_dependencies();
    write_own();
    return true;
}
