// words.c - the words of the language, as an editor explains and completes them.
#include "proxy.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

typedef enum Where { AT_STATEMENT = 1,
                     IN_EXPRESSION = 2,
                     IN_TYPE = 4 } Where;

static const struct {
    const char *word;
    int where;
    const char *form;                                  // what it looks like
    const char *snippet;
    const char *text;
} words[] = {
    {"go", AT_STATEMENT, "go f(x);", "go ${1:function}($2);$0", "Starts a call, or a block, as a goroutine. Callee and arguments are evaluated now; a block shares the variables around it, `go (int id = i) { ... }` takes copies."},
    {"go", AT_STATEMENT, "go { ... }", "go {\n\t$0\n}", "Starts a block as a goroutine. It shares the variables around it."},
    {"defer", AT_STATEMENT, "defer f(x);", "defer ${1:function}($2);$0", "Puts off a call, or a block, to the end of the function, whichever way it ends; last deferred first. Arguments are evaluated now."},
    {"defer", AT_STATEMENT, "defer { ... }", "defer {\n\t$0\n}", "Puts off a block to the end of the function, whichever way it ends; last deferred first."},
    {"select", AT_STATEMENT, "select { case v = <-c: ... case c <- v: ... default: ... }", "select {\ncase ${1:int v} = <-${2:channel}:\n\t$0\n}", "Waits until one of its channel operations can go on, and performs it; one at random where several can, `default` where none can."},
    {"for", AT_STATEMENT, "for (T v : channel)", "for (${1:int v} : ${2:channel}) {\n\t$0\n}", "Receives until the channel is closed and empty."},
    {"chan", IN_TYPE | IN_EXPRESSION | AT_STATEMENT, "chan(T)", "chan(${1:int})$0", "A channel of T. `chan<-(T)` can only be sent to, `<-chan(T)` only received from."},
    {"make", IN_EXPRESSION, "make(chan(T), n)", "make(chan(${1:int})$2)$0", "Makes a channel that holds up to n values; without n, sender and receiver meet."},
    {"new", IN_EXPRESSION, "new(T)", "new(${1:T})$0", "Zeroed memory for one T, which lives as long as something refers to it."},
    {"len", IN_EXPRESSION, "len(channel)", "len(${1:channel})$0", "How many values a channel holds now."},
    {"cap", IN_EXPRESSION, "cap(channel)", "cap(${1:channel})$0", "How many values a channel can hold."},
    {"close", AT_STATEMENT | IN_EXPRESSION, "close(channel)", "close(${1:channel})$0", "Closes a channel: receivers get what it holds, then zero values. Of an int it is POSIX's close."},
    {"panic", AT_STATEMENT, "panic(value)", "panic(${1:value});$0", "Stops the function; deferred calls run, then those of its caller, and so on up, until one recovers."},
    {"panicf", AT_STATEMENT, "panicf(format, ...)", "panicf(\"$1\"$2);$0", "Panics with a formatted message."},
    {"recover", IN_EXPRESSION, "recover()", "recover()$0", "In a deferred function or block: ends the panic, and gives its value; nil where nothing panics."},
    {"any", IN_TYPE | AT_STATEMENT, "any", "any $0", "A value of any type: `.type` is NULL when there is none."},
    {"any_is", IN_EXPRESSION, "any_is(value, T)", "any_is(${1:value}, ${2:T})$0", "Whether an any holds a T."},
    {"any_as", IN_EXPRESSION, "any_as(value, T)", "any_as(${1:value}, ${2:T})$0", "The T in an any; panics if it holds another type."},
    {"any_string", IN_EXPRESSION, "any_string(value)", "any_string(${1:value})$0", "The value of an any as text, as panic prints it."},
    {"_Result", IN_EXPRESSION, "_Result", "_Result$0", "In a deferred block: what the function is about to return."},
};
enum { N_WORDS = sizeof words / sizeof *words };

static int find_word(const char *s, size_t n) {
    for (int i = 0; i < N_WORDS; i++)
        if (strlen(words[i].word) == n && !memcmp(words[i].word, s, n))
            return i;
    return -1;
}

static int word_index(const Construct *c) {
    static const char *const calls[] = {[W_MAKE] = "make", [W_NEW] = "new", [W_LEN] = "len", [W_CAP] = "cap", [W_CLOSE] = "close", [W_PANIC] = "panic", [W_PANICF] = "panicf", [W_RECOVER] = "recover", [W_ANY_IS] = "any_is", [W_ANY_AS] = "any_as", [W_ANY_STRING] = "any_string", [W_ANY] = "any", [W_RESULT] = "_Result"};
    const char *name = c->kind == N_GO ? "go" : c->kind == N_DEFER ? "defer"
                                            : c->kind == N_SELECT  ? "select"
                                            : c->kind == N_CHAN    ? "chan"
                                                                   : NULL;
    if ((c->kind == N_CALL || c->kind == N_WORD) && c->word > 0 && c->word <= W_RESULT)
        name = calls[c->word];
    return name ? find_word(name, strlen(name)) : -1;
}

const char *word_documentation(const Construct *c) {
    int i = word_index(c);
    return i >= 0 && strcmp(words[i].word, "_Result") ? words[i].text : NULL;
}

static bool likes_markdown(const char *capability) {
    json_t *formats = json_object_get(json_object_get(initialize_message, "params"), "capabilities");
    formats = json_object_get(json_object_get(json_object_get(formats, "textDocument"), capability), "contentFormat");
    return json_is_string(json_array_get(formats, 0)) && !strcmp(json_string_value(json_array_get(formats, 0)), "markdown");
}

json_t *word_hover(const Document *d, const Construct *c) {
    int i = word_index(c);
    if (i < 0)
        return json_null();
    bool markdown = likes_markdown("hover");
    const char *text = arena_format(markdown ? "```c\n%s\n```\n%s" : "%s\n\n%s", words[i].form, words[i].text);
    return json_pack("{s:{s:s, s:s}, s:o}", "contents", "kind", markdown ? "markdown" : "plaintext", "value", text, "range",
                     json_from_range(&d->source, c->span));
}

// The innermost word whose parentheses contain the offset, unless another call in them does.
static const Construct *call_around(const Document *d, size_t offset, int *argument) {
    int depth = 0;
    *argument = 0;
    for (size_t at = offset; at > 0; at--) {
        char c = d->source.data[at - 1];
        if (c == ';' || c == '{' || c == '}')
            return NULL;
        depth += c == ')' || c == ']';
        *argument += c == ',' && depth == 0;
        if ((c == '(' || c == '[') && depth-- == 0) {
            size_t end = at - 1;
            while (end > 0 && d->source.data[end - 1] == ' ')
                end--;
            const Construct *word = end > 0 ? shadow_word_at(&d->shadow, end - 1) : NULL;
            return word && word->kind == N_CALL && word->word != W_CLOSE ? word : NULL;
        }
    }
    return NULL;
}

json_t *word_signature(const Document *d, size_t offset) {
    int argument, i;
    const Construct *c = call_around(d, offset, &argument);
    if (!c || (i = word_index(c)) < 0)
        return NULL;
    json_t *parameters = json_array();
    const char *p = strchr(words[i].form, '(') + 1;
    while (*p && *p != ')') {
        int depth = 0;
        size_t n = 0;
        for (; p[n] && !(depth == 0 && (p[n] == ',' || p[n] == ')')); n++)
            depth += (p[n] == '(') - (p[n] == ')');
        json_array_append_new(parameters, json_pack("{s:s}", "label", arena_strndup(p, n)));
        p += n + (p[n] == ',');
        p += *p == ' ';
    }
    json_t *signature = json_pack("{s:s, s:s, s:o}", "label", words[i].form, "documentation", words[i].text, "parameters", parameters);
    return json_pack("{s:[o], s:i, s:i}", "signatures", signature, "activeSignature", 0, "activeParameter", argument);
}

// ---- completion ---------------------------------------------------------------------------------

static bool is_name(char c) {
    return isalnum((unsigned char)c) || c == '_' || (c & 0x80);
}

// What may stand at `at`, from the text before it.
static int where(const Document *d, size_t at) {
    const char *t = d->source.data;
    for (;;) {
        size_t end = at;
        while (at > 0 && isspace((unsigned char)t[at - 1]))
            at--;
        if (at > 3 && t[at - 1] == '/' && t[at - 2] == '*') // a comment
            for (at -= 3; at > 0 && (t[at] != '*' || t[at - 1] != '/'); at--) {}
        at -= at > 0 && end > at && t[at] == '*';
        if (at == end)
            break;
    }
    if (at == 0)
        return IN_TYPE;
    char c = t[at - 1];
    if (c == '.' || (c == '>' && at > 1 && t[at - 2] == '-') || c == '"' || c == '\'')
        return 0;
    if (c == ';' || c == '{' || c == '}' || c == ':')
        return AT_STATEMENT | IN_TYPE;
    if (c == ')')
        return AT_STATEMENT;
    return is_name(c) ? 0 : IN_EXPRESSION | IN_TYPE;
}

static json_t *completion(int i, json_t *range, bool snippets) {
    json_t *item = json_pack("{s:s, s:i, s:s, s:s, s:s}", "label", snippets && strchr(words[i].form, ' ') ? words[i].form : words[i].word, "kind",
                             snippets ? 15 : 14, "detail", words[i].form, "filterText", words[i].word, "documentation", words[i].text);
    json_object_set_new(item, "sortText", json_string(arena_format("3f000000%s", words[i].word)));
    json_object_set_new(item, "insertTextFormat", json_integer(snippets ? 2 : 1));
    json_object_set_new(item, "textEdit", json_pack("{s:O, s:s}", "range", range, "newText", snippets ? words[i].snippet : words[i].word));
    return item;
}

void word_completions(json_t *items, const Document *d, size_t offset) {
    size_t start = offset;
    while (start > 0 && is_name(d->source.data[start - 1]))
        start--;
    int places = where(d, start);
    bool snippets = client_supports("textDocument.completion.completionItem.snippetSupport");
    json_t *range = json_from_range(&d->source, (Span){start, offset});
    for (int i = 0; i < N_WORDS; i++)
        if (words[i].where & places && !strncasecmp(words[i].word, d->source.data + start, offset - start) &&
            (snippets || i == 0 || strcmp(words[i].word, words[i - 1].word)))
            json_array_append_new(items, completion(i, range, snippets));
    json_decref(range);
}
