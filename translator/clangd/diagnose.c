// diagnose.c - what is wrong with a document, as the editor is told.
//
// clangd's messages about the shadow lose what only the shadow has: warnings about text of ours, a `return;` of a go block in a function that
// returns something. To them come those about the form of constructs, and what gocc itself says (check.c). Both lists are kept, so that a
// code action can name clangd's own message.
#include "proxy.h"

#include <string.h>

static bool in_block(const Document *d, size_t source) {
    for (size_t i = 0; i < d->shadow.n_blocks; i++)
        if (d->shadow.blocks[i].start <= source && source < d->shadow.blocks[i].end)
            return true;
    return false;
}

static bool source_has(const Document *d, Span s, const char *word) {
    size_t line = text_line(&d->source, s.start), end = line + 1 < d->source.n_lines ? d->source.starts[line + 1] : d->source.length;
    const char *found = strstr(d->source.data + d->source.starts[line], word);
    return found && found < d->source.data + end;
}

// Right in .gc, wrong in the shadow.
static bool is_false(const Document *d, const char *message, Span source) {
    if (strstr(message, "should return a value") && in_block(d, source.start))
        return true;
    if (strstr(message, "not used directly") && source_has(d, source, "<go/"))
        return true;
    if (strstr(message, "ddress of stack memory associated with")) // it moves to the heap
        return true;
    return strstr(message, "address of bit-field requested") || strstr(message, "address of register variable requested");
}

// As the editor is to see it, or NULL.
static json_t *shown(const Document *d, json_t *diagnostic) {
    const char *message = json_string_value(json_object_get(diagnostic, "message"));
    json_int_t severity = json_integer_value(json_object_get(diagnostic, "severity"));
    Span shadow, source;
    if (!message || !json_range(json_object_get(diagnostic, "range"), &d->shadow.text, &shadow))
        return NULL;
    bool theirs = map_range_to_source(&d->shadow.map, shadow, &source);
    bool starts = map_is_plain(&d->shadow.map, shadow.start, shadow.start + 1);
    if (!theirs && strstr(message, "ssigning to ")) { // what is sent does not fit: said at the arrow
        while (source.end > source.start && strchr(" \t\n", d->source.data[source.end - 1]))
            source.end--;
        while (source.start < source.end && strchr(" \t\n", d->source.data[source.start]))
            source.start++;
        theirs = starts = source.start < source.end;
    }
    if (is_false(d, message, source) || (severity > 1 && !starts) || mentions_ours(clean_text(message)) || !theirs)
        return NULL;
    json_t *copy = json_deep_copy(diagnostic), *related = json_object_get(copy, "relatedInformation");
    clean_json(copy);
    json_object_set_new(copy, "range", json_from_range(&d->source, source));
    if (related)
        walk_to_source(related, d);
    return copy;
}

json_t *diagnose_make(const Document *d, size_t offset, const char *message) {
    size_t end = offset;
    while (end < d->source.length && strchr(" \n\r\t", d->source.data[end]) == NULL && end < offset + 32 &&
           (end == offset || (d->source.data[end] != '(' && d->source.data[end] != ')' && d->source.data[end] != ';')))
        end++;
    return json_pack("{s:o, s:i, s:s, s:s}", "range", json_from_range(&d->source, (Span){offset, end}), "severity", 1, "source",
                     "gocc", "message", message);
}

// Said already, at the same place.
static bool is_in(const json_t *list, const json_t *diagnostic) {
    size_t i;
    json_t *other, *start = json_object_get(json_object_get(diagnostic, "range"), "start");
    json_array_foreach((json_t *)list, i, other) if (json_equal(json_object_get(json_object_get(other, "range"), "start"), start) &&
                                                     json_equal(json_object_get(other, "message"), json_object_get(diagnostic, "message"))) return true;
    return false;
}

static json_int_t line_of(const json_t *diagnostic) {
    return json_integer_value(json_object_get(json_object_get(json_object_get(diagnostic, "range"), "start"), "line"));
}

static bool has_error_on_line(const json_t *list, const json_t *diagnostic) {
    size_t i;
    json_t *other;
    json_array_foreach((json_t *)list, i, other) if (line_of(other) == line_of(diagnostic) &&
                                                     (json_integer_value(json_object_get(other, "severity")) == 1) &&
                                                     strcmp(json_string_value(json_object_get(other, "source")) ? json_string_value(json_object_get(other, "source")) : "", "gocc")) return true;
    return is_in(list, diagnostic);
}

// What gocc said of an earlier text holds as long as its line is the same.
static bool is_current(const Document *d, const json_t *checked) {
    json_t *text = json_object_get(checked, "line");
    json_int_t line = line_of(json_object_get(checked, "diagnostic"));
    if ((size_t)line >= d->source.n_lines)
        return false;
    size_t start = d->source.starts[line], n = json_string_length(text);
    return start + n <= d->source.length && !memcmp(d->source.data + start, json_string_value(text), n);
}

static void send_shown(Document *d) {
    json_t *all = json_copy(d->shown), *one;
    size_t i;
    for (i = 0; i < d->shadow.n_troubles; i++) {
        one = diagnose_make(d, d->shadow.troubles[i].offset, d->shadow.troubles[i].message);
        if (!is_in(all, one))
            json_array_append(all, one);
        json_decref(one);
    }
    json_array_foreach(d->checked, i, one) if (is_current(d, one) && !has_error_on_line(all, json_object_get(one, "diagnostic")))
        json_array_append(all, json_object_get(one, "diagnostic"));
    json_t *params = json_pack("{s:s, s:I, s:o}", "uri", d->uri, "version", (json_int_t)d->version, "diagnostics", all);
    client_send_json(json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "textDocument/publishDiagnostics", "params", params));
}

void diagnose_publish(Document *d, json_t *params) {
    json_t *list = json_object_get(params, "diagnostics"), *diagnostic, *version = json_object_get(params, "version");
    size_t i;
    if (json_is_integer(version) && json_integer_value(version) != d->version)
        return; // of a text that is gone: its places mean nothing now, and the next ones are on their way
    json_decref(d->clangd_diagnostics);
    json_decref(d->shown);
    d->clangd_diagnostics = json_array();
    d->shown = json_array();
    d->shown_of = summary_hash(d->shadow.text.data, d->shadow.text.length);
    json_array_foreach(list, i, diagnostic) {
        json_t *copy = shown(d, diagnostic);
        if (!copy || is_in(d->shown, copy)) {
            json_decref(copy);
            continue;
        }
        json_array_append(d->clangd_diagnostics, diagnostic);
        json_array_append_new(d->shown, copy);
    }
    send_shown(d);
    check_start(d);
    document_open_project(d);
}

void diagnose_shown(Document *d) {
    if (d->shown && d->open && d->shown_of == summary_hash(d->shadow.text.data, d->shadow.text.length)) // else clangd has yet to speak, and then all is sent
        send_shown(d);
}

void diagnose_restore(const Document *d, json_t *diagnostics) {
    for (size_t i = 0; i < json_array_size(diagnostics); i++) {
        json_t *given = json_array_get(diagnostics, i), *one;
        size_t k;
        json_array_foreach(d->shown, k, one) if (json_equal(json_object_get(one, "range"), json_object_get(given, "range")) &&
                                                 json_equal(json_object_get(one, "message"), json_object_get(given, "message"))) {
            json_array_set(diagnostics, i, json_array_get(d->clangd_diagnostics, k));
            break;
        }
    }
}
