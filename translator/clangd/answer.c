// answer.c - what clangd says: answers, notifications, and requests of its own.
//
// What touches no document of ours goes on byte for byte. Everything else is cleaned of our words and walked to the source; a few methods
// have a form of their own.
#define _GNU_SOURCE
#include "proxy.h"

#include <stdlib.h>
#include <string.h>

// Whether the text may speak of a document of ours: mentions its file's name.
static bool touches_ours(const char *bytes, size_t length) {
    for (const Document *d = documents; d; d = d->next) {
        const char *slash = d->ours ? strrchr(d->uri, '/') : NULL;
        if (slash && memmem(bytes, length, slash, strlen(slash)))
            return true;
    }
    return false;
}

// ---- answers with a form of their own -----------------------------------------------------------

static void set_encoding(json_t *capabilities) {
    const char *name = json_string_value(json_object_get(capabilities, "positionEncoding"));
    encoding = !name ? ENCODING_UTF16 : !strcmp(name, "utf-8") ? ENCODING_UTF8
                                    : !strcmp(name, "utf-32")  ? ENCODING_UTF32
                                                               : ENCODING_UTF16;
}

static json_t *answer_initialize(json_t *result, const Request *r) {
    json_t *capabilities = json_object_get(result, "capabilities");
    const char *offsets = json_string_value(json_object_get(result, "offsetEncoding")); // clangd's own extension
    (void)r;
    set_encoding(capabilities);
    if (offsets && !json_object_get(capabilities, "positionEncoding"))
        encoding = !strcmp(offsets, "utf-8") ? ENCODING_UTF8 : !strcmp(offsets, "utf-32") ? ENCODING_UTF32
                                                                                          : ENCODING_UTF16;
    semantic_legend(capabilities);
    return result;
}

// Lines that still mention us are those of macros: what one is defined as is cut off, what it expands to left out.
static char *drop_ours(char *text) {
    Buffer out = {0};
    if (!mentions_ours(text))
        return text;
    for (char *line = text, *next; *line; line = next) {
        size_t n = strcspn(line, "\n");
        next = line + n + (line[n] == '\n');
        char *one = arena_strndup(line, n), *parenthesis = strchr(one, ')');
        if (mentions_ours(one) && !strncmp(one, "#define ", 8))
            one[parenthesis ? (size_t)(parenthesis + 1 - one) : 8 + strcspn(one + 8, " ")] = '\0';
        else if (mentions_ours(one))
            continue;
        buffer_printf(&out, "%s\n", one);
    }
    char *kept = arena_strndup(out.data ? out.data : "", out.length ? out.length - 1 : 0);
    free(out.data);
    return kept;
}

static char *unwrap(char *text) {
    char *broken = strstr(text, " =\n    ");
    if (broken)
        memmove(broken + 3, broken + 7, strlen(broken + 7) + 1);
    if (broken)
        broken[2] = ' ';
    return text;
}

// `_Result` is declared with typeof; of what clangd says only the type that this is means something.
static char *result_text(const char *text) {
    const char *type = strstr(text, "(aka "), *end = type ? strchr(type, '\n') : NULL;
    while (end && end > type && *end != ')')
        end--;
    char *name = end ? arena_format("%.*s", (int)(end - type - 5), type + 5) : "";
    return arena_format("%s _Result%sWhat the function is about to return.", clean_text(name), "\n\n");
}

static json_t *answer_hover(json_t *result, const Request *r) {
    const Construct *c = shadow_word_at(&r->document->shadow, r->offset);
    const char *text = json_string_value(json_object_get(json_object_get(result, "contents"), "value"));
    if (c && c->word == W_CLOSE && (!text || strstr(text, "(const volatile void *"))) {
        json_decref(result);
        return word_hover(r->document, c);
    }
    if (c && c->kind == N_WORD && c->word == W_RESULT && text)
        json_object_set_new(json_object_get(result, "contents"), "value", json_string(result_text(text)));
    else if (text && mentions_ours(text)) // clangd wraps lines that are too long before they are cleaned
        json_object_set_new(json_object_get(result, "contents"), "value", json_string(drop_ours(unwrap(clean_text(text)))));
    json_t *range = json_object_get(result, "range");
    if (range && !walk_to_source(range, r->document))
        json_object_del(result, "range");
    return result;
}

static json_t *answer_semantic(json_t *result, const Request *r) {
    semantic_map(result, r->document);
    return result;
}

static bool folding_end(json_t *range, const char *const keys[2], const Document *d, Side side) {
    json_t *line = json_object_get(range, keys[0]), *character = json_object_get(range, keys[1]);
    size_t at;
    if (!json_is_integer(line) || !json_is_integer(character))
        return true;
    Position p = {(size_t)json_integer_value(line), (size_t)json_integer_value(character)};
    bool theirs = map_to_source(&d->shadow.map, text_offset(&d->shadow.text, p), side, &at);
    p = text_position(&d->source, at);
    json_object_set_new(range, keys[0], json_integer((json_int_t)p.line));
    json_object_set_new(range, keys[1], json_integer((json_int_t)p.character));
    return theirs;
}

static json_t *answer_folding(json_t *result, const Request *r) {
    static const char *const keys[][2] = {{"startLine", "startCharacter"}, {"endLine", "endCharacter"}};
    for (size_t i = 0; i < json_array_size(result);) {
        json_t *range = json_array_get(result, i);
        bool ours = false;
        for (int k = 0; k < 2; k++)
            ours |= !folding_end(range, keys[k], r->document, k ? SIDE_LEFT : SIDE_RIGHT);
        if (ours)
            json_array_remove(result, i);
        else
            i++;
    }
    return result;
}

static json_t *answer_format(json_t *result, const Request *r) {
    format_map(result, r->document);
    return result;
}

static json_t *answer_hints(json_t *result, const Request *r) {
    if (!json_is_array(result)) {
        json_decref(result);
        result = json_array();
    }
    clean_json(result);
    walk_to_source(result, r->document);
    check_add_hints(result, r->document, r->range);
    return result;
}

// Nested ranges that became the same are one.
static json_t *answer_selection(json_t *result, const Request *r) {
    size_t i;
    json_t *range;
    json_array_foreach(result, i, range) for (; range; range = json_object_get(range, "parent")) {
        json_t *parent;
        while ((parent = json_object_get(range, "parent"))) {
            json_t *copy = json_deep_copy(json_object_get(parent, "range"));
            bool gone = !walk_to_source(copy, r->document);
            json_decref(copy);
            if (!gone)
                break;
            json_t *outer = json_incref(json_object_get(parent, "parent"));
            json_object_del(range, "parent");
            if (outer)
                json_object_set_new(range, "parent", outer);
        }
    }
    walk_to_source(result, r->document);
    return result;
}

static json_t *answer_any(json_t *result, const Request *r) {
    clean_json(result);
    if (walk_to_source(result, r->document))
        return result;
    json_decref(result);
    return json_null();
}

// A code action whose edit lost something is not offered.
static json_t *answer_actions(json_t *result, const Request *r) {
    for (size_t i = 0; i < json_array_size(result);) {
        json_t *edit = json_object_get(json_array_get(result, i), "edit"), *changes = json_object_get(edit, "changes"), *edits;
        json_t *documents_changed = json_object_get(edit, "documentChanges"), *change;
        const char *uri;
        size_t k;
        bool whole = true;
        json_object_foreach(changes, uri, edits) whole &= walk_edits(edits, document_ours(uri), true);
        json_array_foreach(documents_changed, k, change) {
            uri = json_string_value(json_object_get(json_object_get(change, "textDocument"), "uri"));
            whole &= walk_edits(json_object_get(change, "edits"), uri ? document_ours(uri) : NULL, true);
        }
        json_t *diagnostics = json_object_get(json_array_get(result, i), "diagnostics");
        clean_json(json_array_get(result, i));
        walk_to_source(diagnostics, r->document);
        if (whole)
            i++;
        else
            json_array_remove(result, i);
    }
    return result;
}

static const struct {
    const char *method;
    bool always;                                       // also where no document of ours is asked about
    json_t *(*map)(json_t *result, const Request *r);   // takes the result, and returns what it became
} methods[] = {
    {"initialize", true, answer_initialize},
    {"textDocument/hover", false, answer_hover},
    {"textDocument/completion", false, complete_map},
    {"textDocument/semanticTokens/full", false, answer_semantic},
    {"textDocument/semanticTokens/full/delta", false, answer_semantic},
    {"textDocument/foldingRange", false, answer_folding},
    {"textDocument/formatting", false, answer_format},
    {"textDocument/rangeFormatting", false, answer_format},
    {"textDocument/rangesFormatting", false, answer_format},
    {"textDocument/onTypeFormatting", false, answer_format},
    {"textDocument/inlayHint", false, answer_hints},
    {"textDocument/selectionRange", false, answer_selection},
    {"textDocument/codeAction", false, answer_actions},
};

static void response(json_t *message, const char *bytes, size_t length) {
    json_t *id = json_object_get(message, "id"), *result = json_object_get(message, "result");
    const char *name = json_string_value(id);
    if (name && !strncmp(name, "gocc-clangd:", 12))
        return;
    Request *r = request_take(id);
    bool ours = r && r->document;
    json_t *(*map)(json_t *, const Request *) = answer_any;
    bool always = false;
    for (size_t i = 0; r && i < sizeof methods / sizeof *methods; i++)
        if (!strcmp(methods[i].method, r->method) && (ours || methods[i].always)) {
            map = methods[i].map;
            always = methods[i].always;
        }
    if (!r || !result || !(ours || always || touches_ours(bytes, length))) {
        output_add(&to_client, bytes, length);
        return;
    }
    json_object_set_new(message, "result", map(json_incref(result), r));
    client_send_json(json_incref(message));
}

// ---- notifications and requests -----------------------------------------------------------------

static void apply_edit(json_t *message) {
    json_t *edit = json_object_get(json_object_get(message, "params"), "edit"), *edits, *change;
    bool whole = true;
    const char *uri;
    size_t i;
    json_object_foreach(json_object_get(edit, "changes"), uri, edits) whole &= walk_edits(edits, document_ours(uri), true);
    json_array_foreach(json_object_get(edit, "documentChanges"), i, change) {
        uri = json_string_value(json_object_get(json_object_get(change, "textDocument"), "uri"));
        whole &= walk_edits(json_object_get(change, "edits"), uri ? document_ours(uri) : NULL, true);
    }
    if (whole) {
        client_send_json(json_incref(message));
        return;
    }
    json_t *result = json_pack("{s:b, s:s}", "applied", 0, "failureReason", "the change would touch a construct of gocc's");
    server_send_json(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", json_object_get(message, "id"), "result", result));
}

static void asked_or_told(json_t *message, const char *method, const char *bytes, size_t length) {
    json_t *params = json_object_get(message, "params");
    const char *uri = json_string_value(json_object_get(params, "uri"));
    uri = uri ? uri : json_string_value(json_object_get(json_object_get(params, "textDocument"), "uri"));
    Document *d = uri ? document_find(uri) : NULL;
    if (d && !d->open)
        return;
    if (!strcmp(method, "textDocument/publishDiagnostics") && d && d->ours)
        diagnose_publish(d, params);
    else if (!strcmp(method, "workspace/applyEdit") && touches_ours(bytes, length))
        apply_edit(message);
    else if (touches_ours(bytes, length) && walk_to_source(params, d && d->ours ? d : NULL)) {
        clean_json(params);
        client_send_json(json_incref(message));
    } else
        output_add(&to_client, bytes, length);
}

void server_message(const char *bytes, size_t length) {
    json_t *message = json_loadb(bytes, length, JSON_ALLOW_NUL, NULL);
    const char *method = json_string_value(json_object_get(message, "method"));
    if (!json_is_object(message))
        output_add(&to_client, bytes, length);
    else if (method)
        asked_or_told(message, method, bytes, length);
    else
        response(message, bytes, length);
    json_decref(message);
}
