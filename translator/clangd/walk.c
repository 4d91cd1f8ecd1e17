// walk.c - positions in JSON, from clangd's texts to the editor's and back.
//
// LSP's messages are many, but what carries a place has one shape everywhere: a position is an object with `line` and `character`, a
// range one with `start` and `end`, and the nearest `uri` around it says whose it is. So one walk serves all methods, those of tomorrow,
// too. What clangd says about text of ours means nothing to the editor and is dropped, with the object that it belongs to.
#include "proxy.h"

#include <string.h>

bool json_position(const json_t *value, Position *out) {
    json_t *line = json_object_get(value, "line"), *character = json_object_get(value, "character");
    if (!json_is_integer(line) || !json_is_integer(character))
        return false;
    json_int_t l = json_integer_value(line), c = json_integer_value(character);
    out->line = l < 0 ? 0 : (size_t)l;
    out->character = c < 0 ? 0 : (size_t)c;
    return true;
}

bool json_range(const json_t *value, const Text *t, Span *out) {
    Position start, end;
    if (!json_position(json_object_get(value, "start"), &start) || !json_position(json_object_get(value, "end"), &end))
        return false;
    *out = (Span){text_offset(t, start), text_offset(t, end)};
    return true;
}

static json_t *json_from_position(const Text *t, size_t offset) {
    Position p = text_position(t, offset);
    return json_pack("{s:I, s:I}", "line", (json_int_t)p.line, "character", (json_int_t)p.character);
}

json_t *json_from_range(const Text *t, Span s) {
    return json_pack("{s:o, s:o}", "start", json_from_position(t, s.start), "end", json_from_position(t, s.end));
}

static void replace_with(json_t *value, json_t *other) {
    json_object_update(value, other);
    json_decref(other);
}

// ---- to the source ------------------------------------------------------------------------------

static bool range_to_source(json_t *value, const Document *d) {
    Span s, out;
    if (!json_range(value, &d->shadow.text, &s) || !map_range_to_source(&d->shadow.map, s, &out))
        return false;
    replace_with(value, json_from_range(&d->source, out));
    return true;
}

static bool position_to_source(json_t *value, const Document *d) {
    Position p;
    size_t out;
    json_position(value, &p);
    if (!map_to_source(&d->shadow.map, text_offset(&d->shadow.text, p), SIDE_RIGHT, &out))
        return false;
    replace_with(value, json_from_position(&d->source, out));
    return true;
}

static bool edit_to_source(json_t *edit, const Document *d) {
    static const char *const ranges[] = {"range", "insert", "replace"};
    const char *text = json_string_value(json_object_get(edit, "newText"));
    for (int i = 0; d && i < 3; i++) {
        json_t *range = json_object_get(edit, ranges[i]);
        Span s;
        if (range && (!json_range(range, &d->shadow.text, &s) || !map_is_plain(&d->shadow.map, s.start, s.end) ||
                      !range_to_source(range, d)))
            return false;
    }
    if (text && mentions_ours(text))
        json_object_set_new(edit, "newText", json_string(clean_text(text)));
    text = json_string_value(json_object_get(edit, "newText"));
    return !text || !mentions_ours(text);
}

bool walk_edits(json_t *edits, const Document *d, bool all) {
    for (size_t i = 0; i < json_array_size(edits);) {
        if (edit_to_source(json_array_get(edits, i), d))
            i++;
        else if (all)
            return false;
        else
            json_array_remove(edits, i);
    }
    return true;
}

static bool walk_changes(json_t *changes, bool all) {
    const char *uri;
    json_t *edits;
    json_object_foreach(changes, uri, edits) if (!walk_edits(edits, document_ours(uri), all)) return false;
    return true;
}

static const Document *owner_of(json_t *object, const Document *d) {
    const char *uri = json_string_value(json_object_get(object, "uri"));
    uri = uri ? uri : json_string_value(json_object_get(json_object_get(object, "textDocument"), "uri"));
    uri = uri ? uri : json_string_value(json_object_get(json_object_get(object, "from"), "uri"));
    return uri ? document_ours(uri) : d;
}

static bool walk_link(json_t *link, const Document *d) {
    const Document *target = document_ours(json_string_value(json_object_get(link, "targetUri")));
    json_t *origin = json_object_get(link, "originSelectionRange"), *range = json_object_get(link, "targetRange");
    json_t *selection = json_object_get(link, "targetSelectionRange");
    if (origin && d && !range_to_source(origin, d))
        json_object_del(link, "originSelectionRange");
    if (!target)
        return true;
    bool found = selection && range_to_source(selection, target);
    if (range && !range_to_source(range, target) && found)
        json_object_set_new(link, "targetRange", json_deep_copy(selection));
    return found;
}

// What a member that means nothing does to the object that has it.
static bool is_essential(const char *key) {
    return !strcmp(key, "range") || !strcmp(key, "position") || !strcmp(key, "location") || !strcmp(key, "fromRanges");
}

static bool is_opaque(const char *key) {
    return !strcmp(key, "data") || !strcmp(key, "command") || !strcmp(key, "arguments");
}

static bool walk_member(json_t *object, const char *key, json_t *value, const Document *d) {
    // An edit that is offered is right as a whole or not at all; a rename mentions names in text of ours, which nobody misses.
    bool all = !json_object_get(object, "changes") && !json_object_get(object, "documentChanges");
    if (!strcmp(key, "changes"))
        return walk_changes(value, false);
    if (!strcmp(key, "edits") || !strcmp(key, "additionalTextEdits") || !strcmp(key, "textEdits"))
        return walk_edits(value, d, all && strcmp(key, "edits"));
    if (!strcmp(key, "textEdit"))
        return edit_to_source(value, d);
    return walk_to_source(value, d);
}

static bool walk_object(json_t *object, const Document *d) {
    void *next;
    const char *key;
    json_t *value;
    d = owner_of(object, d);
    json_object_foreach_safe(object, next, key, value) {
        bool calls = !strcmp(key, "fromRanges") && json_array_size(value);
        if (is_opaque(key) || (walk_member(object, key, value, d) && !(calls && !json_array_size(value))))
            continue;
        if (is_essential(key) || !strcmp(key, "textEdit") || !strcmp(key, "additionalTextEdits"))
            return false;
        json_object_del(object, key);
    }
    // A selection that is gone is the whole.
    json_t *range = json_object_get(object, "range");
    if (range && json_object_get(object, "kind") && json_object_get(object, "name") && !json_object_get(object, "selectionRange") &&
        !json_object_get(object, "location"))
        json_object_set_new(object, "selectionRange", json_deep_copy(range));
    return true;
}

bool walk_to_source(json_t *value, const Document *d) {
    Position p;
    if (json_is_array(value)) {
        for (size_t i = 0; i < json_array_size(value);)
            if (walk_to_source(json_array_get(value, i), d))
                i++;
            else
                json_array_remove(value, i);
        return true;
    }
    if (!json_is_object(value))
        return true;
    if (json_object_get(value, "targetUri"))
        return walk_link(value, d);
    if (json_object_get(value, "start") && json_object_get(value, "end"))
        return !d || range_to_source(value, d);
    if (json_position(value, &p))
        return !d || position_to_source(value, d);
    return walk_object(value, d);
}

// ---- to the shadow ------------------------------------------------------------------------------

void walk_to_shadow(json_t *value, const Document *d, Side side) {
    const char *key;
    json_t *member;
    size_t i;
    Position p;
    if (json_position(value, &p)) {
        size_t at = map_to_shadow(&d->shadow.map, text_offset(&d->source, p), side);
        replace_with(value, json_from_position(&d->shadow.text, at));
    } else if (json_is_object(value)) {
        json_object_foreach(value, key, member) if (!is_opaque(key))
            walk_to_shadow(member, d, !strcmp(key, "start") ? SIDE_RIGHT : !strcmp(key, "end") ? SIDE_LEFT
                                                                                               : side);
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member) walk_to_shadow(member, d, side);
    }
}
