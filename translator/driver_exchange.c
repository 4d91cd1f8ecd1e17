// driver_exchange.c - the units of one command that links tell each other what their functions do with their arguments.
//
// Each unit is translated in a process of its own, up to where decisions are made. There it says what it calls, and waits. Then the command
// goes round: it hands to each unit what the others say, the unit's process forks a copy that solves the unit with that and says what
// comes out, until nothing changes. The first answers are that nothing leaks, so the rounds climb from below to the least fixpoint, which is
// the precise and sound one, for recursion across files, too; each round only adds leaks, of which there are finitely many. If it takes
// too long, nobody is told anything. At last the units go on, one after the other, with what has been found, and print, compile and end.
//
// A unit that is plain C goes to gcc as ever. It is looked at only if it mentions a function that another unit wants to know of, by a process
// that says what it finds, and makes nothing. Messages come in the order of the units, as without all this.
//
// A command that does not link makes objects that may be linked with others than these: with a newer one of the callee, after an edit. So it
// does nothing of the kind, and an object does not depend on which files a command names; but with -fescape-summaries the linker sees to
// it, and the units are told. Plain C they are not told of, then: an object of plain C is gcc's, without symbols of ours.
//
// All processes are alive at one time, each with its unit's facts (7 MB for a small one); so a command of very many units does without.
//
// What is sent: `S` (solve) or `E` (end) and a text, down; a text, up. A process whose command is gone reads the end of its pipe and ends.

#define _GNU_SOURCE // pipe2
#include "driver.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { UNITS_MAX = 64,
       ROUNDS_MAX = 40 };

typedef struct Member {
    Unit *unit;
    pid_t pid;
    int down, up;      // the command's ends
    char *says;        // its summary, as text; "": it has none
    char *was_told;
    Summary *summary;  // what it says, read
    bool ended;
} Member;

static Member members[2 * UNITS_MAX];
static size_t n_members;
static int told = -1, say = -1; // the ends of a member's process

// ---- texts through pipes ------------------------------------------------------------------------

static bool write_all(int fd, const void *data, size_t n) {
    for (const char *p = data; n > 0;) {
        ssize_t written = write(fd, p, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        p += written;
        n -= (size_t)written;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t n) {
    for (char *p = data; n > 0;) {
        ssize_t got = read(fd, p, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
    }
    return true;
}

static bool send_text(int fd, const char *text) {
    size_t n = strlen(text);
    return write_all(fd, &n, sizeof n) && write_all(fd, text, n);
}

// To a unit's process, which may have died: that is for child_wait to report.
static bool tell(const Member *m, const char *what, const char *text) {
    void (*before)(int) = signal(SIGPIPE, SIG_IGN);
    bool ok = write_all(m->down, what, 1) && send_text(m->down, text);
    signal(SIGPIPE, before);
    return ok;
}

static char *receive_text(int fd) {
    size_t n;
    if (!read_all(fd, &n, sizeof n))
        return NULL;
    char *text = arena_alloc(n + 1);
    return read_all(fd, text, n) ? text : NULL;
}

// ---- a unit's process ---------------------------------------------------------------------------

bool exchange_is_on(void) {
    return say >= 0;
}

static void leave_if(bool broken) {
    if (broken)
        _exit(1);
}

static void add_told(Summaries *out, const Summaries *files, const char *text) {
    Summaries told_of = {0};
    summaries_read(&told_of, text);
    *out = told_of;
    for (size_t i = 0; i < files->n; i++) {
        bool fresh = false; // the command has what the file was made from
        for (size_t k = 0; k < told_of.n; k++)
            fresh |= strcmp(files->v[i]->path, told_of.v[k]->path) == 0;
        if (!fresh)
            *ARENA_PUSH(out->v, out->n, out->cap) = files->v[i];
    }
}

static const char *print(const Summary *s) {
    Buffer text = {0};
    summary_print(&text, s, true);
    return text.data;
}

// In a copy of this process: solving changes what it works on.
static void answer(const Summaries *others, const Summary *own, Summary *(*solve)(const Summaries *, void *), void *arg) {
    pid_t pid = fork();
    if (pid == 0) {
        Summary *s = solve(others, arg);
        s->path = own->path;
        s->file = own->file;
        _exit(send_text(say, print(s)) ? 0 : 1);
    }
    int status = 1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    leave_if(pid < 0 || status != 0);
}

// `others` come with what files say. solve NULL: this unit has no part in it, and waits for its turn.
void exchange_talk(Summaries *others, const Summary *own, Summary *(*solve)(const Summaries *, void *), void *arg) {
    if (say < 0)
        return;
    Summaries files = *others;
    leave_if(!send_text(say, solve ? print(own) : ""));
    for (;;) {
        char what;
        leave_if(!read_all(told, &what, 1));
        const char *text = receive_text(told);
        leave_if(!text);
        if (what == 'E')
            add_told(others, &files, text);
        if (what == 'E')
            break;
        Summaries now;
        add_told(&now, &files, text);
        answer(&now, own, solve, arg);
    }
    close(say), close(told);
    say = told = -1;
}

void exchange_settle(void) {
    Summaries none = {0};
    exchange_talk(&none, NULL, NULL, NULL);
}

// ---- the command: members -----------------------------------------------------------------------

static int member_main(void *arg) {
    Member *m = arg;
    for (size_t i = 0; i < n_members; i++)
        close(members[i].down), close(members[i].up);
    return unit_work(m->unit);
}

static void listen_to(Member *m) {
    char *text = receive_text(m->up);
    m->says = text ? text : arena_strndup("", 0);
    const char *p = m->says;
    m->summary = summary_read(&p);
}

static bool make_pipes(int down[2], int up[2]) {
    if (pipe2(down, O_CLOEXEC) != 0)
        return false;
    if (pipe2(up, O_CLOEXEC) == 0)
        return true;
    close(down[0]), close(down[1]);
    return false;
}

static Member *start(Unit *u) {
    int down[2], up[2];
    if (!make_pipes(down, up))
        return NULL;
    Member *m = &members[n_members++];
    *m = (Member){.unit = u, .down = down[1], .up = up[0]};
    told = down[0];
    say = up[1];
    m->pid = child_start(member_main, m);
    close(told), close(say);
    told = say = -1;
    listen_to(m);
    child_rests();
    return m;
}

static int finish(Member *m, const char *text) {
    m->ended = true;
    child_resumes(m->pid);
    tell(m, "E", text);
    close(m->down), close(m->up);
    m->down = m->up = -1;
    return child_wait(m->pid);
}

// ---- the command: rounds ------------------------------------------------------------------------

static bool defines(const Summary *s, const char *name) {
    for (size_t i = 0; i < s->n_functions; i++)
        if (strcmp(s->functions[i].name, name) == 0)
            return true;
    return false;
}

static bool concerns(const Summary *asks, const Summary *answers) {
    for (size_t i = 0; i < asks->n_uses; i++)
        if (defines(answers, asks->uses[i]))
            return true;
    return false;
}

// What the others say that it may want to know.
static char *text_for(const Member *m) {
    Buffer text = {0};
    buffer_puts(&text, "");
    for (size_t i = 0; i < n_members && m->summary; i++)
        if (&members[i] != m && members[i].summary && concerns(m->summary, members[i].summary))
            buffer_puts(&text, members[i].says);
    char *copy = arena_strndup(text.data, text.length);
    free(text.data);
    return copy;
}

// Did it have something new to say?
static bool ask(Member *m) {
    char *text = m->summary ? text_for(m) : NULL;
    if (!text || (m->was_told && strcmp(text, m->was_told) == 0))
        return false;
    m->was_told = text;
    char *before = m->says;
    child_resumes(m->pid);
    tell(m, "S", text);
    listen_to(m);
    child_rests();
    return strcmp(before, m->says) != 0;
}

static void go_round(void) {
    bool changed = true;
    int rounds = 0;
    for (; changed && rounds < ROUNDS_MAX; rounds++) {
        changed = false;
        for (size_t i = 0; i < n_members; i++)
            changed |= ask(&members[i]);
    }
    for (size_t i = 0; changed && i < n_members; i++)
        members[i].summary = NULL;
}

// ---- the command: units that are plain C --------------------------------------------------------

static bool mentions(const char *text, const char *name) {
    size_t n = strlen(name);
    for (const char *p = text; (p = strstr(p, name)); p += n) {
        bool starts = p == text || (!isalnum((unsigned char)p[-1]) && p[-1] != '_');
        if (starts && !isalnum((unsigned char)p[n]) && p[n] != '_')
            return true;
    }
    return false;
}

static bool is_known(const char *name) {
    for (size_t i = 0; i < n_members; i++)
        if (members[i].summary && defines(members[i].summary, name))
            return true;
    return false;
}

static bool may_define_what_is_asked(const Unit *u) {
    Buffer text = {0};
    bool found = false;
    if (strcmp(u->input->word, "-") == 0 || u->prescan.only_once || !file_read(u->input->word, &text))
        return false;
    buffer_puts(&text, "");
    for (size_t i = 0; i < n_members && !found; i++)
        for (size_t k = 0; members[i].summary && k < members[i].summary->n_uses && !found; k++)
            found = !is_known(members[i].summary->uses[k]) && mentions(text.data, members[i].summary->uses[k]);
    free(text.data);
    return found;
}

static const Member *member_of(const Unit *u) {
    for (size_t i = 0; i < n_members; i++)
        if (members[i].unit == u)
            return &members[i];
    return NULL;
}

static void analyse_plain(const Command *c, Unit **units) {
    bool more = true;
    while (more) { // one that is looked at may ask for another
        more = false;
        for (size_t i = 0; i < c->n_args; i++) {
            const Member *m = units[i] ? member_of(units[i]) : NULL;
            if (!units[i] || units[i]->analysed || (m && m->summary) || !may_define_what_is_asked(units[i]))
                continue;
            Unit *copy = arena_alloc(sizeof *copy);
            *copy = *units[i];
            copy->analyse = units[i]->analysed = true;
            more |= start(copy) != NULL;
        }
    }
}

// ---- the command --------------------------------------------------------------------------------

static bool is_wanted(const Command *c, Unit **units) {
    size_t n = 0, n_constructs = 0;
    for (size_t i = 0; i < c->n_args; i++) {
        n += units[i] != NULL;
        n_constructs += units[i] && !units[i]->prescan.plain;
    }
    bool sound = c->mode == MODE_LINK ? !flags_replace_functions(c) : c->summaries && c->mode != MODE_SYNTAX;
    return n > 1 && n <= UNITS_MAX && n_constructs > 0 && !c->dry_run && sound;
}

void exchange_begin(const Command *c, Unit **units) {
    if (!is_wanted(c, units))
        return;
    for (size_t i = 0; i < c->n_args; i++)
        if (units[i] && !units[i]->prescan.plain)
            start(units[i]);
    if (c->mode == MODE_LINK)
        analyse_plain(c, units);
    go_round();
    for (size_t i = 0; i < n_members; i++)
        if (members[i].unit->analyse)
            finish(&members[i], "");
}

bool exchange_end(const Unit *u, int *status) {
    for (size_t i = 0; i < n_members; i++)
        if (members[i].unit == u && !members[i].ended) {
            *status = finish(&members[i], text_for(&members[i]));
            return true;
        }
    return false;
}
