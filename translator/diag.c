// diag.c - messages: collected while the stages run, printed once, in the order of the text.
//
// The stages find errors in the order that suits them; a person reads a file from top to bottom. So
// messages are kept until diag_flush, which sorts them by position. A note belongs to the message
// before it and moves with it. What is said twice about the same place (a construct that two passes
// look at) is printed once.
//
// Only flushing asks for columns (diag_columns.c), which costs a run of the preprocessor: a unit
// without messages never pays.

#include "gocc.h"

#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

DiagOptions diag_options = {
    .caret = true,
    .line_numbers = true,
    .column = true,
    .column_origin = 1,
    .tab_stop = 8,
    .warnings = true,
};

typedef struct Message {
    const Source *source; // NULL: without a place
    size_t offset;
    Severity severity;
    const char *text;
    size_t lead; // index of the message that this note belongs to, or its own index
} Message;

static Message *messages;
static size_t n_messages, cap_messages;
static int n_errors;

// ---- collecting ---------------------------------------------------------------------------------

enum {
    REMEMBERED = 256
}; // repetitions are close to each other; a text full of errors must not take for ever

static bool said_before(const Message *m) {
    for (size_t i = n_messages; i > 0 && i + REMEMBERED > n_messages; i--) {
        const Message *old = &messages[i - 1];
        if (old->offset == m->offset && old->source == m->source && old->severity == m->severity &&
            strcmp(old->text, m->text) == 0)
            return true;
    }
    return false;
}

// Warnings obey -w and -Werror, and are not given for system headers.
static bool wanted(Message *m) {
    if (m->severity != DIAG_WARNING)
        return true;
    if (!diag_options.warnings || (m->source && source_place(m->source, m->offset).system))
        return false;
    if (diag_options.warnings_are_errors) {
        m->severity = DIAG_ERROR;
        m->text = arena_format("%s [-Werror]", m->text);
    }
    return true;
}

static void collect(Message m) {
    m.text = diag_user_types(m.text);
    static bool last_dropped; // a note follows its message into the void
    if (m.severity == DIAG_NOTE ? last_dropped : !wanted(&m) || said_before(&m)) {
        last_dropped = true;
        return;
    }
    last_dropped = false;
    m.lead = m.severity == DIAG_NOTE && n_messages > 0 ? messages[n_messages - 1].lead : n_messages;
    if (m.severity >= DIAG_ERROR)
        n_errors++;
    *ARENA_PUSH(messages, n_messages, cap_messages) = m;
}

static const char *format_text(const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = arena_alloc((size_t)(n > 0 ? n : 0) + 1);
    vsnprintf(text, (size_t)(n > 0 ? n : 0) + 1, format, args);
    return text;
}

void diag_at(const Source *s, size_t offset, Severity severity, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = format_text(format, args);
    va_end(args);
    collect((Message){.source = s, .offset = offset, .severity = severity, .text = text});
}

void diag_plain(Severity severity, const char *format, ...) {
    va_list args;
    va_start(args, format);
    const char *text = format_text(format, args);
    va_end(args);
    collect((Message){.severity = severity, .text = text});
}

int diag_errors(void) {
    return n_errors;
}

void diag_drain(void (*each)(void *arg, size_t offset, Severity severity, const char *text), void *arg) {
    for (size_t i = 0; i < n_messages; i++)
        each(arg, messages[i].offset, messages[i].severity, messages[i].text);
    messages = NULL;
    n_messages = cap_messages = 0;
    n_errors = 0;
}

// ---- printing -----------------------------------------------------------------------------------

// By the place of the leading message; messages without a place come last, as a summary does.
// Stable by index.
static int compare(const void *a, const void *b) {
    const Message *x = *(Message *const *)a, *y = *(Message *const *)b;
    const Message *p = &messages[x->lead], *q = &messages[y->lead];
    if (!p->source != !q->source)
        return !p->source - !q->source;
    if (p->source && p->offset != q->offset)
        return p->offset < q->offset ? -1 : 1;
    return x < y ? -1 : x > y;
}

static const char *kind_name(Severity severity) {
    static const char *const names[] = {"note", "warning", "error", "fatal error"};
    return names[severity];
}

typedef struct Printed {
    UserPlace place;
    const char *text;
} Printed;

// Two places of the text can be one place of the file: the argument that a macro uses twice.
static bool printed_before(const UserPlace *p, const char *text) {
    static Printed *printed;
    static size_t n, cap;
    for (size_t i = n > REMEMBERED ? n - REMEMBERED : 0; i < n; i++) {
        const UserPlace *q = &printed[i].place;
        if (q->line == p->line && q->column == p->column && strcmp(q->file, p->file) == 0 &&
            strcmp(printed[i].text, text) == 0)
            return true;
    }
    *ARENA_PUSH(printed, n, cap) = (Printed){*p, text};
    return false;
}

// False: this has been said.
static bool print(const Message *m) {
    static bool repeated; // a note shares the fate of its message
    if (!m->source) {
        diag_print_plain(stderr, kind_name(m->severity), m->text);
        return true;
    }
    UserPlace place = diag_locate(m->source, m->offset);
    if (m->severity != DIAG_NOTE)
        repeated = printed_before(&place, m->text);
    if (repeated)
        return false;
    diag_print_includes(stderr, m->source, m->offset);
    diag_print(stderr, &place, kind_name(m->severity), m->text);
    return true;
}

static bool limit_reached(int printed_errors) {
    if (!diag_options.max_errors || printed_errors < diag_options.max_errors)
        return false;
    fprintf(stderr, "compilation terminated due to -fmax-errors=%d.\n", diag_options.max_errors);
    return true;
}

void diag_flush(void) {
    int printed_errors = 0;
    Message **sorted = arena_alloc((n_messages + 1) * sizeof *sorted);
    for (size_t i = 0; i < n_messages; i++)
        sorted[i] = &messages[i];
    qsort(sorted, n_messages, sizeof *sorted, compare);
    for (size_t i = 0; i < n_messages; i++) {
        if (sorted[i]->severity != DIAG_NOTE && limit_reached(printed_errors))
            break;
        if (print(sorted[i]))
            printed_errors += sorted[i]->severity >= DIAG_ERROR;
    }
    n_messages = 0;
    fflush(stderr);
}
