// client.c - what the editor says.
//
// Notifications about documents keep our texts right; a request about a document of ours goes to clangd with the places of the shadow, and
// is remembered until the answer comes. Everything else, what cannot be read included, goes on byte for byte.
#include "proxy.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

json_t *initialize_message, *initialized_message;
static Request *requests;

// ---- requests that wait for their answer --------------------------------------------------------

static Request *request_new(json_t *id, const char *method) {
    Request *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    r->id = json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY);
    r->method = strdup(method);
    r->next = requests;
    requests = r;
    return r;
}

static void request_free(Request *r) {
    free(r->id);
    free(r->method);
    free(r);
}

Request *request_take(json_t *id) {
    static Request taken;
    char *text = json_dumps(id, JSON_COMPACT | JSON_ENCODE_ANY);
    Request **at = &requests, *found;
    while (*at && text && strcmp((*at)->id, text))
        at = &(*at)->next;
    free(text);
    free(taken.id);
    free(taken.method);
    taken = (Request){0};
    if (!(found = *at))
        return NULL;
    *at = found->next;
    taken = *found;
    free(found);
    return &taken;
}

void request_drop_document(const Document *d) {
    for (Request *r = requests; r; r = r->next)
        if (r->document == d)
            r->document = NULL;
}

static void answer(const char *id, const char *key, json_t *value) {
    json_t *json = json_loads(id, JSON_DECODE_ANY, NULL);
    json_t *message = json_pack("{s:s, s:o, s:o}", "jsonrpc", "2.0", "id", json ? json : json_null(), key, value);
    client_send_json(message);
}

void requests_fail(void) {
    for (Request *r; (r = requests);) {
        requests = r->next;
        enum { CONTENT_MODIFIED = -32801 }; // which editors do not show
        if (strcmp(r->method, "initialize"))
            answer(r->id, "error", json_pack("{s:i, s:s}", "code", CONTENT_MODIFIED, "message", "clangd was started again"));
        request_free(r);
    }
}

bool client_supports(const char *path) {
    json_t *at = json_object_get(json_object_get(initialize_message, "params"), "capabilities");
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, ".");
        at = json_object_get(at, arena_strndup(p, n));
        p += n + (p[n] == '.');
    }
    return json_is_true(at);
}

// ---- requests about a document of ours ----------------------------------------------------------

// A cursor behind a name belongs to the name.
static Side cursor_side(const Document *d, size_t offset) {
    char c = offset > 0 ? d->source.data[offset - 1] : ' ';
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '>' || (c & 0x80) ? SIDE_LEFT : SIDE_RIGHT;
}

// What is asked about the words of the language is answered here.
static bool answer_word(const Request *r) {
    const Document *d = r->document;
    json_t *value = NULL;
    if (!strcmp(r->method, "textDocument/hover")) {
        const Construct *c = shadow_word_at(&d->shadow, r->offset);
        if (c && !(c->kind == N_CALL && c->word == W_CLOSE) && word_documentation(c))
            value = word_hover(d, c);
    } else if (!strcmp(r->method, "textDocument/signatureHelp"))
        value = word_signature(d, r->offset);
    if (!value)
        return false;
    answer(r->id, "result", value);
    return true;
}

static void send_request(json_t *message, Request *r) {
    json_t *params = json_object_get(message, "params"), *position = json_object_get(params, "position");
    Document *d = r->document;
    Position p;
    Side side = SIDE_RIGHT;
    if (json_position(position, &p)) {
        r->offset = text_offset(&d->source, p);
        side = cursor_side(d, r->offset);
        if (answer_word(r)) {
            json_t *id = json_loads(r->id, JSON_DECODE_ANY, NULL);
            request_take(id);
            json_decref(id);
            return;
        }
    }
    json_range(json_object_get(params, "range"), &d->source, &r->range);
    if (!strcmp(r->method, "textDocument/codeAction"))
        diagnose_restore(d, json_object_get(json_object_get(params, "context"), "diagnostics"));
    if (!strcmp(r->method, "textDocument/semanticTokens/full/delta")) {
        json_object_set_new(message, "method", json_string("textDocument/semanticTokens/full"));
        json_object_del(params, "previousResultId");
    }
    json_t *context = json_object_get(params, "context");
    json_incref(context);
    json_object_del(params, "context");
    walk_to_shadow(params, d, side);
    if (context)
        json_object_set_new(params, "context", context);
    server_send_json(json_incref(message));
}

static Document *document_asked(json_t *params) {
    const char *uri = json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
    if (!uri)
        uri = json_string_value(json_object_get(json_object_get(params, "item"), "uri"));
    return uri ? document_ours(uri) : NULL;
}

static void request(json_t *message, json_t *id, const char *method, const char *bytes, size_t length) {
    json_t *params = json_object_get(message, "params");
    Request *r = request_new(id, method);
    r->document = document_asked(params);
    if (!strcmp(method, "initialize")) {
        json_t *options = json_object_get(params, "initializationOptions");
        const char *directory = json_string_value(json_object_get(options, "compilationDatabasePath"));
        json_decref(initialize_message);
        initialize_message = json_incref(message);
        fallback_flags = json_object_get(options, "fallbackFlags");
        if (directory)
            database_directory = strdup(directory);
        check_hints |= json_is_true(json_object_get(json_object_get(options, "gocc"), "escapeHints"));
    }
    if (r->document && !json_object_get(params, "item"))
        send_request(message, r);
    else
        server_send(bytes, length);
}

// ---- notifications ------------------------------------------------------------------------------

static void notification(json_t *message, const char *method, const char *bytes, size_t length) {
    if (!strcmp(method, "textDocument/didOpen"))
        document_open(message, bytes, length);
    else if (!strcmp(method, "textDocument/didChange"))
        document_change(message, bytes, length);
    else if (!strcmp(method, "textDocument/didClose"))
        document_close(message, bytes, length);
    else {
        if (!strcmp(method, "initialized"))
            initialized_message = json_incref(message);
        server_stopping |= !strcmp(method, "exit");
        json_t *settings = json_object_get(json_object_get(json_object_get(message, "params"), "settings"), "gocc");
        if (!strcmp(method, "workspace/didChangeConfiguration") && json_object_get(settings, "escapeHints"))
            check_hints = json_is_true(json_object_get(settings, "escapeHints"));
        if (!strcmp(method, "textDocument/didSave") || !strcmp(method, "workspace/didChangeWatchedFiles"))
            documents_refresh();
        server_send(bytes, length);
    }
}

// Half a surrogate pair, or a byte that is no UTF-8: some editors send them, and clangd takes them for U+FFFD. Nothing else is repaired.
static json_t *read_message(const char *bytes, size_t length) {
    json_t *message = json_loadb(bytes, length, JSON_ALLOW_NUL, NULL);
    if (message || !length)
        return message;
    char *copy = arena_strndup(bytes, length);
    text_make_valid(copy, length);
    for (char *p = copy; (p = strstr(p, "\\u")); p += 2) {
        bool escaped = false; // by a backslash before it
        for (char *q = p; q > copy && q[-1] == '\\'; q--)
            escaped = !escaped;
        bool high = strchr("dD", p[2]) && strchr("89abAB", p[3]), low = strchr("dD", p[2]) && strchr("cdefCDEF", p[3]);
        bool pair = high && p + 12 <= copy + length && p[6] == '\\' && p[7] == 'u' && strchr("dD", p[8]) && strchr("cdefCDEF", p[9]);
        if (!p[2] || !p[3] || escaped)
            continue;
        if (pair)
            p += 6;
        else if ((high || low) && p + 6 <= copy + length)
            memcpy(p + 2, "fffd", 4);
    }
    return json_loadb(copy, length, JSON_ALLOW_NUL, NULL);
}

void client_message(const char *bytes, size_t length) {
    json_t *message = read_message(bytes, length);
    json_t *id = json_object_get(message, "id");
    const char *method = json_string_value(json_object_get(message, "method"));
    bool usable = json_is_string(id) || json_is_integer(id);
    const char *own = json_string_value(id);
    if (!method && own && !strncmp(own, "gocc-clangd:", 12)) {
        json_decref(message);
        return; // the answer to a request of ours
    }
    if (method && usable)
        request(message, id, method, bytes, length);
    else if (method && !id)
        notification(message, method, bytes, length);
    else
        server_send(bytes, length);
    json_decref(message);
}
