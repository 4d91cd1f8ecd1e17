// command.c - how a document is compiled, in words that clangd understands.
//
// clangd takes the command for a .gc file from us, not from the compilation database: there it names gocc and a language that clang does not
// know. The words are the database's for that file, else those of another .gc file (of the same directory, if there is one), else
// compile_flags.txt, else the editor's fallback flags; without gocc's own options, with -x c and the prelude of the shadows.
#include "proxy.h"

#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

json_t *fallback_flags;
char *database_directory;

typedef struct Database {
    struct Database *next;
    char *path;
    long long modified;
    json_t *entries;
} Database;

// gocc's own is in the arena.
const char *installation(void) {
    static char *directory;
    if (!directory)
        directory = strdup(library_directory());
    return directory;
}

// ---- finding files ------------------------------------------------------------------------------

static char *format(const char *directory, const char *name) {
    size_t n = strlen(directory) + strlen(name) + 2;
    char *s = malloc(n);
    if (!s)
        abort();
    snprintf(s, n, "%s/%s", directory, name);
    return s;
}

static char *directory_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash > path ? strndup(path, (size_t)(slash - path)) : strdup("/");
}

// The first of the files in the directory of `path` or one above, malloc'ed.
static char *find_above(const char *path, const char *const names[2]) {
    char *directory = directory_of(path);
    for (;;) {
        for (int i = 0; i < 2 && names[i]; i++) {
            char *file = format(directory, names[i]);
            if (access(file, R_OK) == 0) {
                free(directory);
                return file;
            }
            free(file);
        }
        char *slash = strrchr(directory, '/');
        if (!slash || slash == directory)
            break;
        *slash = '\0';
    }
    free(directory);
    return NULL;
}

static long long file_time(const char *file) {
    struct stat status;
    return file && stat(file, &status) == 0 ? (long long)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec : -1;
}

static json_t *load_database(const char *file) {
    static Database *databases;
    Database *d = databases;
    while (d && strcmp(d->path, file))
        d = d->next;
    if (!d) {
        if (!(d = calloc(1, sizeof *d)))
            abort();
        d->path = strdup(file);
        d->next = databases;
        databases = d;
    }
    long long modified = file_time(file);
    if (d->modified != modified) {
        json_decref(d->entries);
        d->entries = json_load_file(file, 0, NULL);
        d->modified = modified;
    }
    return d->entries;
}

static const char *base_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// ---- entries of a database ----------------------------------------------------------------------

static const char *member(const json_t *entry, const char *key) {
    const char *s = json_string_value(json_object_get(entry, key));
    return s ? s : "";
}

static char *entry_path(const json_t *entry) {
    const char *file = member(entry, "file");
    return file[0] == '/' ? strdup(file) : format(member(entry, "directory"), file);
}

// The entry for the path; else one for a .gc file, rather one of the same directory.
static json_t *find_entry(json_t *entries, const char *path) {
    json_t *entry, *best = NULL;
    size_t i;
    char *directory = directory_of(path);
    int best_score = 0;
    json_array_foreach(entries, i, entry) {
        char *file = entry_path(entry), *beside = directory_of(file);
        char *real = strcmp(base_of(file), base_of(path)) ? NULL : realpath(file, NULL);
        int score = !strcmp(file, path) || (real && !strcmp(real, path)) ? 3 : !path_is_gc(file)        ? 0
                                                                           : !strcmp(beside, directory) ? 2
                                                                                                        : 1;
        if (score > best_score) {
            best = entry;
            best_score = score;
        }
        free(file);
        free(real);
        free(beside);
    }
    free(directory);
    return best;
}

// A command line as a shell takes it apart.
static json_t *split(const char *p) {
    json_t *words = json_array();
    Buffer word = {0};
    bool any = false;
    for (char quote = 0;; p++) {
        bool ends = !*p || (!quote && strchr(" \t\n", *p));
        if (ends && any)
            json_array_append_new(words, json_stringn(word.data ? word.data : "", word.length));
        if (!*p)
            break;
        if (ends) {
            any = false;
            word.length = 0;
        } else if (quote ? *p == quote : *p == '"' || *p == '\'') {
            quote = quote ? 0 : *p;
            any = true;
        } else {
            if (*p == '\\' && quote != '\'' && p[1])
                p++;
            buffer_append(&word, p, 1);
            any = true;
        }
    }
    free(word.data);
    return words;
}

static json_t *entry_words(const json_t *entry) {
    json_t *arguments = json_object_get(entry, "arguments");
    return json_is_array(arguments) ? json_copy(arguments) : split(member(entry, "command"));
}

// ---- words --------------------------------------------------------------------------------------

static const char *word_at(const json_t *words, size_t i) {
    const char *s = json_string_value(json_array_get(words, i));
    return s ? s : "";
}

static bool is_own_option(const char *word) {
    return !strncmp(word, "-fescape-report", 15) || !strncmp(word, "-fescape-summaries=", 19) || !strcmp(word, "-show");
}

static bool is_input(const char *word) {
    const char *dot = strrchr(word, '.');
    return word[0] != '-' && dot && (!strcmp(dot, ".gc") || !strcmp(dot, ".c"));
}

// The options among a command's words: without launchers and the compiler, the file, and gocc's own.
static json_t *options_of(json_t *words) {
    json_t *options = json_array();
    size_t i = 0;
    while (i + 1 < json_array_size(words) && strcmp(base_of(word_at(words, i)), "gocc") && word_at(words, i + 1)[0] != '-')
        i++; // ccache gocc
    for (i++; i < json_array_size(words); i++) {
        const char *word = word_at(words, i);
        if (!strcmp(word, "-d") || !strcmp(word, "-o") || !strcmp(word, "-MF") || !strcmp(word, "-MT") || !strcmp(word, "-MQ"))
            i++;
        else if (!is_own_option(word) && !is_input(word) && strcmp(word, "--") && strcmp(word, "-c"))
            json_array_append(options, json_array_get(words, i));
    }
    json_decref(words);
    return options;
}

static json_t *flags_from_file(const char *file) {
    json_t *options = json_array();
    Buffer text = {0};
    if (file_read(file, &text) && text.length)
        for (char *line = strtok(text.data, "\r\n"); line; line = strtok(NULL, "\r\n"))
            if (*line)
                json_array_append_new(options, json_string(line));
    free(text.data);
    return options;
}

// What was found for a path holds as long as the file that says it is the same.
typedef struct Found {
    struct Found *next;
    char *path, *file, *directory;
    long long modified;
    json_t *options;
} Found;

static json_t *find_options(Found *f) {
    size_t n = f->file ? strlen(f->file) : 0;
    if (n > 5 && !strcmp(f->file + n - 5, ".json")) {
        json_t *entry = find_entry(load_database(f->file), f->path);
        f->directory = strdup(entry ? member(entry, "directory") : "/");
        if (entry)
            return options_of(entry_words(entry));
        free(f->directory);
    } else if (f->file) {
        f->directory = directory_of(f->file);
        return flags_from_file(f->file);
    }
    f->directory = directory_of(f->path);
    return json_is_array(fallback_flags) ? json_copy(fallback_flags) : json_pack("[s]", "-std=gnu17");
}

// The file that tells how `path` is compiled, malloc'ed, or NULL.
static char *find_file(const char *path) {
    static const char *const databases[2] = {"compile_commands.json", "build/compile_commands.json"};
    static const char *const flags[2] = {"compile_flags.txt", NULL};
    char *file = database_directory ? format(database_directory, databases[0]) : find_above(path, databases);
    if (file && find_entry(load_database(file), path))
        return file;
    free(file);
    return find_above(path, flags);
}

json_t *command_options(const char *path, char **directory) {
    static Found *all;
    Found *f = all;
    while (f && strcmp(f->path, path))
        f = f->next;
    if (!f || file_time(f->file) != f->modified || !f->file) {
        if (!f) {
            if (!(f = calloc(1, sizeof *f)))
                abort();
            f->path = strdup(path);
            f->next = all;
            all = f;
        }
        free(f->file);
        free(f->directory);
        json_decref(f->options);
        f->file = find_file(path);
        f->modified = file_time(f->file);
        f->options = find_options(f);
    }
    *directory = strdup(f->directory);
    return json_copy(f->options);
}

char **command_files(const char *path, size_t *n) {
    char *database = find_file(path);
    size_t length = database ? strlen(database) : 0, i;
    json_t *entries = length > 5 && !strcmp(database + length - 5, ".json") ? load_database(database) : NULL, *entry;
    char **v = calloc(json_array_size(entries) + 1, sizeof *v);
    if (!v)
        abort();
    *n = 0;
    json_array_foreach(entries, i, entry) {
        char *named = entry_path(entry), *file = path_is_gc(named) ? realpath(named, NULL) : NULL;
        if (file)
            v[(*n)++] = file;
        free(named);
    }
    free(database);
    return v;
}

json_t *command_words(const char *path, char **directory) {
    json_t *options = command_options(path, directory);
    char *prelude = format(installation(), "clangd/prelude.h");
    json_t *words = json_pack("[s, s, s, s]", "clang", "-include", prelude, "-D__GOCC__=1");
    free(prelude);
    json_array_extend(words, options);
    json_decref(options);
    json_array_append_new(words, json_string(path_is_gc(path) ? "-xc" : "-xc-header"));
    json_array_append_new(words, json_string("--"));
    json_array_append_new(words, json_string(path));
    return words;
}

char **command_directories(const char *path, size_t *n) {
    static const char *const options[] = {"-I", "-iquote", "-isystem"};
    char *directory;
    json_t *words = command_words(path, &directory);
    char **v = calloc(json_array_size(words) + 2, sizeof *v);
    if (!v)
        abort();
    *n = 0;
    for (size_t i = 0; i < json_array_size(words); i++)
        for (int k = 0; k < 3; k++) {
            const char *word = word_at(words, i);
            size_t length = strlen(options[k]);
            if (strncmp(word, options[k], length))
                continue;
            const char *value = word[length] ? word + length : word_at(words, ++i);
            v[(*n)++] = value[0] == '/' ? strdup(value) : format(directory, value);
            break;
        }
    v[(*n)++] = format(installation(), "include");
    free(directory);
    json_decref(words);
    return v;
}

void command_send(const Document *d) {
    char *directory;
    if (!d->path)
        return;
    json_t *words = command_words(d->path, &directory);
    json_t *command = json_pack("{s:s, s:o}", "workingDirectory", directory, "compilationCommand", words);
    json_t *settings = json_pack("{s:{s:o}}", "compilationDatabaseChanges", d->path, command);
    free(directory);
    server_send_json(json_pack("{s:s, s:s, s:{s:o}}", "jsonrpc", "2.0", "method", "workspace/didChangeConfiguration", "params",
                               "settings", settings));
}
