// document.c - open files: their source, their shadow, and what clangd was told of them.
//
// A document is ours if clangd sees a shadow of it: every .gc file, and a header as soon as it uses the language. Whatever concerns the
// others goes to clangd as the editor sent it; their text is kept all the same, for a clangd that has to be started again.
#include "proxy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

Document *documents;

// ---- names --------------------------------------------------------------------------------------

static int hex(char c) {
    return isdigit((unsigned char)c) ? c - '0' : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
                                                                            : -1;
}

char *uri_to_path(const char *uri) {
    if (strncmp(uri, "file://", 7))
        return NULL;
    const char *p = strchr(uri + 7, '/'); // behind the host
    if (!p)
        return NULL;
    char *path = malloc(strlen(p) + 1), *out = path;
    for (; path && *p; p++) {
        if (*p == '%' && hex(p[1]) >= 0 && hex(p[2]) >= 0) {
            *out++ = (char)(hex(p[1]) * 16 + hex(p[2]));
            p += 2;
        } else
            *out++ = *p;
    }
    if (path)
        *out = '\0';
    return path;
}

char *path_to_uri(const char *path) {
    Buffer b = {0};
    buffer_puts(&b, "file://");
    for (const char *p = path; *p; p++)
        buffer_printf(&b, isalnum((unsigned char)*p) || strchr("/-._~", *p) ? "%c" : "%%%02X", (unsigned char)*p);
    return b.data;
}

static bool ends_with(const char *path, const char *ending) {
    size_t n = strlen(path), m = strlen(ending);
    return n > m && !strcmp(path + n - m, ending);
}

bool path_is_gc(const char *path) {
    return path && ends_with(path, ".gc");
}

static bool is_header(const char *path) {
    return path && (ends_with(path, ".h") || ends_with(path, ".gh") || ends_with(path, ".inc"));
}

// ---- the table ----------------------------------------------------------------------------------

// The editor and clangd may spell a name with other escapes.
static bool same_name(const Document *d, const char *uri) {
    if (!strcmp(d->uri, uri))
        return true;
    if (!strchr(uri, '%') && !strchr(d->uri, '%'))
        return false;
    char *path = uri_to_path(uri);
    bool same = path && d->path && !strcmp(path, d->path);
    free(path);
    return same;
}

Document *document_find(const char *uri) {
    for (Document *d = documents; uri && d; d = d->next)
        if (same_name(d, uri))
            return d;
    return NULL;
}

Document *document_ours(const char *uri) {
    Document *d = document_find(uri);
    return d && d->ours ? d : NULL;
}

Document *document_at_path(const char *path) {
    for (Document *d = documents; d; d = d->next)
        if (d->path && !strcmp(d->path, path))
            return d;
    return NULL;
}

static Document *document_new(const char *uri) {
    Document *d = calloc(1, sizeof *d);
    if (!d)
        abort();
    d->uri = strdup(uri);
    d->path = uri_to_path(uri);
    d->next = documents;
    documents = d;
    return d;
}

static void document_free(Document *d) {
    Document **at = &documents;
    while (*at != d)
        at = &(*at)->next;
    *at = d->next;
    request_drop_document(d);
    check_drop_document(d);
    text_free(&d->source);
    shadow_free(&d->shadow);
    json_decref(d->language);
    json_decref(d->clangd_diagnostics);
    json_decref(d->shown);
    json_decref(d->checked);
    json_decref(d->homes);
    free(d->uri);
    free(d->path);
    free(d);
}

// ---- telling clangd -----------------------------------------------------------------------------

static void notify(const char *method, json_t *params) {
    server_send_json(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", method, "params", params));
}

static json_t *text_json(const Document *d) {
    const Text *t = d->ours ? &d->shadow.text : &d->source;
    return json_stringn_nocheck(t->data ? t->data : "", t->length);
}

static void send_open(Document *d) {
    if (d->ours)
        command_send(d);
    json_t *language = d->ours ? json_string("c") : d->language ? json_incref(d->language)
                                                                : json_string("c");
    json_t *item = json_pack("{s:s, s:o, s:I, s:o}", "uri", d->uri, "languageId", language, "version", (json_int_t)d->version,
                             "text", text_json(d));
    notify("textDocument/didOpen", json_pack("{s:o}", "textDocument", item));
    d->told = true;
}

static void send_close(Document *d) {
    notify("textDocument/didClose", json_pack("{s:{s:s}}", "textDocument", "uri", d->uri));
    d->told = false;
}

// Where two texts begin to differ, and where they end to: at the borders of lines, whose lengths both ends count alike.
static json_t *difference(const Text *old, const Text *now) {
    size_t same = 0, least = old->n_lines < now->n_lines ? old->n_lines : now->n_lines, tail = 0;
    for (; same + 1 < least; same++) {
        size_t from = old->starts[same], n = old->starts[same + 1] - from;
        if (now->starts[same] != from || now->starts[same + 1] - from != n || memcmp(old->data + from, now->data + from, n))
            break;
    }
    for (; tail + same + 1 < least; tail++) {
        size_t a = old->starts[old->n_lines - 1 - tail], b = now->starts[now->n_lines - 1 - tail];
        if (old->length - a != now->length - b || memcmp(old->data + a, now->data + b, old->length - a))
            break;
    }
    size_t start = old->starts[same], end = tail ? old->starts[old->n_lines - tail] : old->length;
    size_t now_end = tail ? now->starts[now->n_lines - tail] : now->length;
    return json_pack("{s:o, s:o}", "range", json_from_range(old, (Span){start, end}), "text",
                     json_stringn_nocheck(now->data + start, now_end - start));
}

static void send_change(Document *d, const Text *old, json_t *wants) {
    json_t *change = difference(old, d->ours ? &d->shadow.text : &d->source);
    json_t *params = json_pack("{s:{s:s, s:I}, s:[o]}", "textDocument", "uri", d->uri, "version", (json_int_t)d->version,
                               "contentChanges", change);
    if (wants)
        json_object_set(params, "wantDiagnostics", wants);
    notify("textDocument/didChange", params);
}

// ---- the shadow ---------------------------------------------------------------------------------

// Makes the shadow anew. True if clangd sees the document in another way than before.
static bool translate_document(Document *d) {
    bool was = d->ours;
    if (!path_is_gc(d->path) && !is_header(d->path))
        return false;
    const RawNames *given = include_names(d->path, d->source.data, d->source.length);
    shadow_make(&d->shadow, d->source.data, d->source.length, given, NULL);
    d->ours = d->ours || path_is_gc(d->path) || d->shadow.extends;
    if (d->ours)
        include_open();
    else
        shadow_free(&d->shadow);
    return d->ours && !was;
}

static json_t *item_of(json_t *message) {
    return json_object_get(json_object_get(message, "params"), "textDocument");
}

static const char *string_at(json_t *object, const char *key) {
    return json_string_value(json_object_get(object, key));
}

void document_open(json_t *message, const char *bytes, size_t length) {
    json_t *item = item_of(message), *text = json_object_get(item, "text");
    const char *uri = string_at(item, "uri");
    if (!uri || !json_is_string(text)) {
        server_send(bytes, length);
        return;
    }
    Document *d = document_find(uri);
    if (d && d->told) // hidden until now, or opened twice
        send_close(d);
    d = d ? d : document_new(uri);
    d->open = true;
    d->version = (long)json_integer_value(json_object_get(item, "version"));
    json_decref(d->language);
    d->language = json_incref(json_object_get(item, "languageId"));
    text_set(&d->source, json_string_value(text), json_string_length(text));
    translate_document(d);
    if (d->ours)
        send_open(d);
    else
        server_send(bytes, length);
    d->told = true;
}

static void apply_change(Document *d, json_t *change) {
    json_t *text = json_object_get(change, "text"), *range = json_object_get(change, "range");
    Span s = {0, d->source.length};
    if (!json_is_string(text) || (range && !json_range(range, &d->source, &s)))
        return;
    if (s.end < s.start)
        s.end = s.start;
    text_splice(&d->source, s.start, s.end, json_string_value(text), json_string_length(text));
}

void document_change(json_t *message, const char *bytes, size_t length) {
    json_t *item = item_of(message), *params = json_object_get(message, "params");
    Document *d = document_find(string_at(item, "uri"));
    if (!d || !d->open) {
        server_send(bytes, length);
        return;
    }
    size_t i;
    json_t *change;
    Text old = {0};
    if (d->ours) {
        old = d->shadow.text;
        d->shadow.text = (Text){0};
    }
    json_array_foreach(json_object_get(params, "contentChanges"), i, change)
        apply_change(d, change);
    d->version = (long)json_integer_value(json_object_get(item, "version"));
    bool changed = translate_document(d);
    if (changed) {
        send_close(d);
        send_open(d);
    } else if (d->ours)
        send_change(d, &old, json_object_get(params, "wantDiagnostics"));
    else
        server_send(bytes, length);
    text_free(&old);
}

void document_close(json_t *message, const char *bytes, size_t length) {
    Document *d = document_find(string_at(item_of(message), "uri"));
    server_send(bytes, length);
    if (d)
        document_free(d);
    documents_refresh();
    for (d = documents; d; d = d->next) // what it was included by needs it on
        if (d->open && d->ours) {
            include_names(d->path, d->source.data, d->source.length);
            include_open();
        }
}

void document_reopen_all(void) {
    for (Document *d = documents; d; d = d->next)
        send_open(d);
}

// ---- hidden ones --------------------------------------------------------------------------------

static long long modified(const char *path) {
    struct stat status;
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode))
        return -1;
    return (long long)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
}

Document *document_hidden(const char *path) {
    Document *d = document_at_path(path);
    Buffer text = {0};
    if (d || !file_read(path, &text)) {
        free(text.data);
        return d;
    }
    char *uri = path_to_uri(path);
    d = document_new(uri);
    free(uri);
    text_make_valid(text.data, text.length);
    text_set(&d->source, text.data ? text.data : "", text.length);
    free(text.data);
    d->modified = modified(path);
    d->ours = true;
    translate_document(d);
    send_open(d);
    return d;
}

// clangd's index knows what a .gc file declares and mentions only while it has its shadow.
void document_open_project(const Document *d) {
    enum { FILES_MAX = 64 };
    static bool done;
    size_t n;
    if (done)
        return;
    done = true;
    char **files = command_files(d->path, &n);
    for (size_t i = 0; i < n; i++) {
        if (i < FILES_MAX)
            document_hidden(files[i]);
        free(files[i]);
    }
    free(files);
}

void documents_refresh(void) {
    for (Document *d = documents, *next; d; d = next) {
        next = d->next;
        Buffer text = {0};
        if (d->open || modified(d->path) == d->modified)
            continue;
        if (!file_read(d->path, &text)) {
            send_close(d);
            document_free(d);
            continue;
        }
        Text old = d->shadow.text;
        d->shadow.text = (Text){0};
        d->modified = modified(d->path);
        d->version++;
        text_make_valid(text.data, text.length);
        text_set(&d->source, text.data ? text.data : "", text.length);
        translate_document(d);
        send_change(d, &old, NULL);
        text_free(&old);
        free(text.data);
    }
}
