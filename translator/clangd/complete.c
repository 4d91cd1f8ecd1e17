// complete.c - completion: clangd's items without ours, and the words of the language.
#include "proxy.h"

#include <string.h>

static const char *string_at(const json_t *item, const char *key) {
    const char *text = json_string_value(json_object_get(item, key));
    return text ? text : "";
}

// A name that only the shadow knows.
static bool is_hidden(const json_t *item) {
    const char *name = string_at(item, "filterText"), *label = string_at(item, "label");
    while (*label == ' ')
        label++;
    return !strncmp(name, "gocc_", 5) || !strncmp(name, "go__", 4) || !strncmp(name, "GOCC_CLANGD", 11) || !strncmp(name, "GO_ABI_H", 8) ||
           !strncmp(name, "GO__", 4) || strstr(label, "(const volatile void *");
}

// Comments, strings and directives are no place for words.
static bool in_code(const Document *d, size_t offset) {
    const Raw *raw = raw_read(d->source.data, d->source.length);
    const char *t = raw->masked;
    size_t line = d->source.starts[text_line(&d->source, offset)], i = line;
    if (memcmp(t + line, d->source.data + line, offset - line))
        return false;
    for (char quote = 0; i < offset; i++) {
        if (quote ? t[i] == quote : t[i] == '"' || t[i] == '\'')
            quote = quote ? 0 : t[i];
        else if (!quote && t[i] == '/' && i + 1 < offset && t[i + 1] == '/')
            return false;
        else if (quote && t[i] == '\\')
            i++;
        if (quote && i + 1 == offset)
            return false;
    }
    const char *open = NULL, *end = t + offset;
    for (const char *p = t; (p = strstr(p, "/*")) && p < end; p = open + 2) {
        const char *close = strstr(p + 2, "*/");
        open = p;
        if (!close || close + 2 > end)
            return false;
        open = close;
    }
    return true;
}

// An edit that does not touch the place where it was asked for: clangd completed something else, left of a construct.
static bool is_elsewhere(const json_t *item, const Request *r) {
    json_t *range = json_object_get(json_object_get(item, "textEdit"), "range");
    Position start, end;
    if (!json_position(json_object_get(range, "start"), &start) || !json_position(json_object_get(range, "end"), &end))
        return false;
    return r->offset < text_offset(&r->document->source, start) || text_offset(&r->document->source, end) < r->offset;
}

json_t *complete_map(json_t *result, const Request *r) {
    const Document *d = r->document;
    json_t *items = json_is_array(result) ? result : json_object_get(result, "items");
    if (!items) {
        json_decref(result);
        result = json_pack("{s:b, s:[]}", "isIncomplete", 0, "items");
        items = json_object_get(result, "items");
    }
    for (size_t i = 0; i < json_array_size(items);) {
        json_t *item = json_array_get(items, i);
        bool hidden = is_hidden(item) || !walk_to_source(item, d) || is_elsewhere(item, r);
        if (!hidden)
            clean_json(item);
        if (hidden || mentions_ours(string_at(item, "label")))
            json_array_remove(items, i);
        else
            i++;
    }
    if (in_code(d, r->offset))
        word_completions(items, d, r->offset);
    return result;
}
