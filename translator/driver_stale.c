// driver_stale.c - links of objects that rely on summaries of functions of other units.
//
// Such an object has notes (escape_summary.c) with the name of a symbol, of its source and of the source that it relies on. If the
// symbol is missing, the linker says so in its own words, from which nobody could guess what happened: they are replaced by one line. A
// function that the linker is told to replace (--wrap) is another one than what was relied on, which the linker alone does not notice.
//
// Objects are searched for the notes as bytes, archives with them; those of -flto are compressed, and what is said of them names only the function. A link without any goes on as if nothing had been asked.

#define _GNU_SOURCE // memmem
#include "driver.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Note {
    const char *object;           // the file; NULL: of this command, and gone after it
    const char *symbol, *caller, *callee;
    const char *function;
    bool reported;
} Note;

static Note *notes;
static size_t n_notes, cap_notes;
static Words symbols; // of all inputs

// ---- the notes of a file ------------------------------------------------------------------------

static const char *text_at(const char **p, const char *end) {
    const char *start = *p, *nul = memchr(start, '\0', (size_t)(end - start));
    *p = nul ? nul + 1 : end;
    return nul ? arena_strndup(start, (size_t)(nul - start)) : "";
}

// go__escape_NAME_0123456789abcdef
static const char *function_in(const char *symbol) {
    size_t head = strlen(SUMMARY_SYMBOL), n = strlen(symbol);
    return n > head + 17 ? arena_strndup(symbol + head, n - head - 17) : "";
}

static void add_note(const char *object, const char *p, const char *end) {
    Note n = {.object = object};
    n.symbol = text_at(&p, end);
    n.caller = text_at(&p, end);
    n.callee = text_at(&p, end);
    n.function = function_in(n.symbol);
    if (*n.function)
        *ARENA_PUSH(notes, n_notes, cap_notes) = n;
}

static void search(const char *object, const char *data, size_t size) {
    static const char head[16] = "gocc"; // the owner, and the symbol's value, which is yet to come
    static const char begin[] = SUMMARY_SYMBOL;
    const char *end = data + size, *next;
    for (const char *p = data; (p = memmem(p, (size_t)(end - p), begin, sizeof begin - 1)); p = next) {
        next = p;
        if (p >= data + sizeof head && memcmp(p - sizeof head, head, sizeof head) == 0)
            add_note(object, p, end);
        words_add(&symbols, text_at(&next, end));
    }
}

static void search_file(const char *path, const char *object) {
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    void *data = MAP_FAILED;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        data = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (data == MAP_FAILED)
        return;
    search(object, data, (size_t)status.st_size);
    munmap(data, (size_t)status.st_size);
}

bool stale_is_possible(const Command *c, Unit **units) {
    for (size_t i = 0; i < c->n_args; i++)
        if (units && units[i])
            search_file(units[i]->output, NULL);
        else if (c->args[i].kind == ARG_INPUT && !c->args[i].language)
            search_file(c->args[i].word, c->args[i].word);
    return n_notes > 0 || args_has(c, "-flto") || args_value(c, "-flto=");
}

// ---- functions that are replaced ----------------------------------------------------------------

// The name that an option of the linker's gives another meaning, behind the option.
static const char *name_behind(const char *word) {
    static const char *const options[] = {"--wrap=", "-wrap=", "--defsym=", "-defsym="};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (strncmp(word, options[i], strlen(options[i])) == 0)
            return word + strlen(options[i]);
    return "";
}

static bool takes_name(const char *word) {
    word += strspn(word, "-");
    return strcmp(word, "wrap") == 0 || strcmp(word, "defsym") == 0;
}

// -Wl,--wrap=NAME and -Wl,--wrap,NAME, --defsym, also by -Xlinker; and whatever allows two functions of one name.
static bool is_replaced(const Command *c, const char *function) {
    bool next = false;
    size_t n = strlen(function);
    for (size_t i = 0; i < c->n_args; i++) {
        if (c->args[i].kind != ARG_LINK || !c->args[i].value)
            continue;
        char *words = arena_strndup(c->args[i].value, strlen(c->args[i].value));
        for (char *word = strtok(words, ","); word; word = strtok(NULL, ",")) {
            const char *name = next ? word : name_behind(word);
            if ((strncmp(name, function, n) == 0 && (!name[n] || name[n] == '=')) || strcmp(word, "muldefs") == 0 ||
                strstr(word, "allow-multiple-definition"))
                return true;
            next = takes_name(word);
        }
    }
    return false;
}

static bool relies_on_replaced(const Command *c) {
    bool found = false;
    for (size_t i = 0; i < n_notes; i++) {
        const Note *n = &notes[i];
        if (!is_replaced(c, n->function))
            continue;
        diag_plain(DIAG_ERROR, "%s relies on what %s (%s) does with its arguments, but the linker may call another function: compile %s without -fescape-summaries",
                   n->object ? n->object : n->caller, n->function, n->callee, n->caller);
        found = true;
    }
    diag_flush();
    return found;
}

// ---- what the linker says -----------------------------------------------------------------------

// Is the function that is linked one with a summary, but another?
static bool has_another_summary(const Note *n) {
    size_t length = strlen(n->symbol);
    for (size_t i = 0; i < symbols.n; i++)
        if (strlen(symbols.v[i]) == length && strncmp(symbols.v[i], n->symbol, length - 16) == 0 &&
            strcmp(symbols.v[i], n->symbol) != 0)
            return true;
    return false;
}

static void report(Note *n) {
    const char *object = n->object ? n->object : n->caller;
    n->reported = true;
    if (!has_another_summary(n))
        diag_plain(DIAG_ERROR, "%s relies on what %s (%s) does with its arguments, but is linked with one that was compiled without -fescape-summaries",
                   object, n->function, n->callee);
    else if (n->object)
        diag_plain(DIAG_ERROR, "%s relies on what %s (%s) did with its arguments when %s was compiled: compile %s again",
                   object, n->function, n->callee, n->caller, n->caller);
    else
        diag_plain(DIAG_ERROR, "%s relies on what %s (%s) does with its arguments, but is linked with an older one: compile %s again",
                   object, n->function, n->callee, n->callee);
}

// The function itself is missing, which the linker says, too.
static bool is_missing(const char *errors, const char *function) {
    return strstr(errors, arena_format("`%s'", function)) || strstr(errors, arena_format("'%s'", function)) ||
           strstr(errors, arena_format("symbol: %s\n", function));
}

// The symbol is in no note: of an object that was compiled with -flto.
static void report_unknown(const char *symbol) {
    static const char letters[] = "\"'` \t,;:<>";
    const char *function = function_in(arena_strndup(symbol, strcspn(symbol, letters)));
    for (size_t i = 0; i < n_notes; i++)
        if (strcmp(notes[i].function, function) == 0)
            return;
    *ARENA_PUSH(notes, n_notes, cap_notes) = (Note){.symbol = symbol, .function = function, .reported = true};
    diag_plain(DIAG_ERROR, "an object relies on what %s did with its arguments when the object was compiled: compile those that call %s again",
               function, function);
}

static void report_symbol(const char *symbol, const char *errors) {
    bool known = false;
    for (size_t i = 0; i < n_notes; i++) {
        if (strncmp(symbol, notes[i].symbol, strlen(notes[i].symbol)) != 0)
            continue;
        known = true;
        if (!notes[i].reported && !is_missing(errors, notes[i].function))
            report(&notes[i]);
    }
    if (!known)
        report_unknown(symbol);
}

// Says that there was an error, and no more; or what comes of it.
static bool is_empty(const char *line) {
    return strstr(line, "final link failed") || strstr(line, "ld returned 1 exit status") || strstr(line, "creating DT_TEXTREL");
}

static void print_errors(char *errors) {
    const char *all = arena_strndup(errors, strlen(errors));
    Words others = {0};
    bool ours = false, other = false;
    for (char *line = strtok(errors, "\n"); line; line = strtok(NULL, "\n")) {
        const char *symbol = strstr(line, SUMMARY_SYMBOL);
        if (ours && strncmp(line, ">>>", 3) == 0) // lld's
            continue;
        ours = symbol != NULL;
        if (ours) {
            report_symbol(symbol, all);
            continue;
        }
        words_add(&others, line);
        other |= !is_empty(line);
    }
    bool reported = diag_errors() > 0;
    diag_flush();
    for (size_t i = 0; i < others.n && (other || !reported); i++)
        fprintf(stderr, "%s\n", others.v[i]);
}

int stale_link(const Command *c, Words *w) {
    Buffer errors = {0};
    if (relies_on_replaced(c))
        return 1;
    int status = run(c, w, &(Run){.errors = &errors});
    buffer_puts(&errors, "");
    if (status == 0)
        fwrite(errors.data, 1, errors.length, stderr);
    else
        print_errors(errors.data);
    return status < 0 ? 1 : status;
}
