// include.c - what a document includes: names that its reading depends on, and headers that use the language.
//
// `(T)<-c` is a cast where T is a type, and `len` is no word where a header declares one: so headers are read for the names that they
// declare, once each as long as they stay the same. A header of the program that uses the language is opened in clangd as a shadow
// (it reads open files instead of those on disk: --use-dirty-headers); headers of the system are C.
//
// Reading one empties the arena: callers hold nothing in it.
#include "proxy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    HEADER_BYTES_MAX = 4 << 20,
    DEPTH_MAX = 60,
    NAMES_MAX = 100000
};

typedef struct Header {
    struct Header *next;
    char *path;
    long long modified;
    char **types, **others;                            // that it declares
    size_t n_types, n_others;
    char **includes;                                   // paths
    size_t n_includes;
    bool extends, visited;
} Header;
static Header *headers;
static char **directories;                             // where the document at hand looks
static size_t n_directories;

static char **copy_names(const char *const *v, size_t n) {
    char **copy = calloc(n + 1, sizeof *copy);
    for (size_t i = 0; copy && i < n; i++)
        copy[i] = strdup(v[i]);
    if (!copy)
        abort();
    return copy;
}

static void free_names(char **v, size_t n) {
    for (size_t i = 0; i < n; i++)
        free(v[i]);
    free(v);
}

static bool is_file(const char *path, struct stat *status) {
    return stat(path, status) == 0 && S_ISREG(status->st_mode);
}

// The file that `name` includes from `path`, malloc'ed, or NULL.
static char *resolve(const char *path, const char *name, bool quotes) {
    static const char *const system[] = {"/usr/local/include", "/usr/include/x86_64-linux-gnu", "/usr/include"};
    const char *slash = strrchr(path, '/');
    struct stat status;
    if (name[0] == '/')
        return is_file(name, &status) ? strdup(name) : NULL;
    const char *file = arena_format("%.*s/%s", slash ? (int)(slash - path) : 1, slash ? path : ".", name);
    if (quotes && is_file(file, &status))
        return strdup(file);
    for (size_t i = 0; i < n_directories; i++)
        if (is_file(file = arena_format("%s/%s", directories[i], name), &status))
            return strdup(file);
    for (size_t i = 0; i < 3; i++)
        if (is_file(file = arena_format("%s/%s", system[i], name), &status))
            return strdup(file);
    return NULL;
}

// The files that a text includes, malloc'ed.
static char **find_includes(const char *path, const char *text, size_t length, size_t *n) {
    const Raw *raw = raw_read(text, length);
    char **v = calloc(raw->n_includes + 1, sizeof *v);
    if (!v)
        abort();
    *n = 0;
    for (size_t i = 0; i < raw->n_includes; i++) {
        Span s = raw->includes[i].name;
        char *file = resolve(path, arena_strndup(text + s.start, s.end - s.start), raw->includes[i].quotes);
        if (file)
            v[(*n)++] = file;
    }
    return v;
}

// What is installed, gocc's own headers included, is C.
static bool is_system(const char *path) {
    return !strncmp(path, "/usr/", 5) || !strncmp(path, installation(), strlen(installation()));
}

static void header_read(Header *h) {
    Buffer text = {0};
    RawNames declared = {0};
    Shadow shadow = {0};
    free_names(h->types, h->n_types);
    free_names(h->others, h->n_others);
    free_names(h->includes, h->n_includes);
    h->types = h->others = h->includes = NULL;
    h->n_types = h->n_others = h->n_includes = 0;
    const Document *open = document_at_path(h->path);
    if (open)
        buffer_append(&text, open->source.data, open->source.length);
    else if (!file_read(h->path, &text) || text.length > HEADER_BYTES_MAX)
        text.length = 0;
    buffer_puts(&text, "");
    h->includes = find_includes(h->path, text.data, text.length, &h->n_includes);
    shadow_make(&shadow, text.data, text.length, NULL, &declared);
    h->types = copy_names(declared.types, h->n_types = declared.n_types);
    h->others = copy_names(declared.others, h->n_others = declared.n_others);
    h->extends = shadow.extends && !is_system(h->path);
    shadow_free(&shadow);
    free(text.data);
    arena_release();
}

static Header *header_at(const char *path) {
    Header *h = headers;
    struct stat status;
    while (h && strcmp(h->path, path))
        h = h->next;
    if (!is_file(path, &status))
        return h;
    long long modified = (long long)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
    const Document *open = document_at_path(path);
    if (open && open->open)
        modified = -1 - open->version;
    if (h && h->modified == modified)
        return h;
    if (!h) {
        if (!(h = calloc(1, sizeof *h)))
            abort();
        h->path = strdup(path);
        h->next = headers;
        headers = h;
    }
    h->modified = modified;
    header_read(h);
    return h;
}

// ---- all that a document includes ---------------------------------------------------------------

static RawNames found;                                 // of the last document; borrowed from its headers

static void add(const char ***v, size_t *n, size_t *cap, char **from, size_t count) {
    if (*n + count > *cap && !(*v = realloc(*v, (*cap = (*n + count) * 2 + 64) * sizeof **v)))
        abort();
    for (size_t i = 0; i < count && *n < NAMES_MAX; i++)
        (*v)[(*n)++] = from[i];
}

static void visit(const char *path, int depth) {
    Header *h = depth < DEPTH_MAX ? header_at(path) : NULL;
    if (!h || h->visited)
        return;
    h->visited = true;
    for (size_t i = 0; i < h->n_includes; i++)
        visit(h->includes[i], depth + 1);
    add(&found.types, &found.n_types, &found.cap_types, h->types, h->n_types);
    add(&found.others, &found.n_others, &found.cap_others, h->others, h->n_others);
}

const RawNames *include_names(const char *path, const char *text, size_t length) {
    size_t n;
    free_names(directories, n_directories);
    directories = command_directories(path, &n_directories);
    char **includes = find_includes(path, text, length, &n);
    found.n_types = found.n_others = 0;
    for (Header *h = headers; h; h = h->next)
        h->visited = false;
    for (size_t i = 0; i < n; i++)
        visit(includes[i], 0);
    free_names(includes, n);
    return &found;
}

void include_open(void) {
    char **paths = NULL;
    size_t n = 0;
    for (Header *h = headers; h; h = h->next) {
        if (!h->visited || !h->extends || document_at_path(h->path))
            continue;
        char **grown = realloc(paths, (n + 1) * sizeof *paths);
        if (!grown)
            abort();
        paths = grown;
        paths[n++] = h->path;
    }
    for (size_t i = 0; i < n; i++)
        document_hidden(paths[i]);
    free(paths);
}
