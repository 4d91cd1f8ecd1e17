// driver_run.c - processes, temporary files and signals.
//
// Text goes to the C compiler in memory (RUN_BODY): its name is always the same, so a compiler
// cache sees the same command for the same input, and nothing is left behind. Only the objects of a
// command that also links are files: in one private directory, removed when this process ends, and
// by the signal handler when it is killed.
//
// Signals: a handler may run between any two instructions, so
//   1. it touches only what is written before the signals are caught, or with a single store
//      (`child`, `directory`);
//   2. it passes the signal on to the child, removes the directory's files by their numbered names,
//      and dies of the same signal, so that make sees what happened.
//   3. A forked child forgets the directory: it is its parent's to remove.

#define _GNU_SOURCE
#include "driver.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// ---- command lines ------------------------------------------------------------------------------

void words_add(Words *w, const char *word) {
    *ARENA_PUSH(w->v, w->n, w->cap) = word;
}

void words_arg(Words *w, const Arg *a) {
    words_add(w, a->word);
    if (a->second)
        words_add(w, a->second);
}

Words words_compiler(const Command *c) {
    Words w = {0};
    for (int i = 0; i < c->n_compiler; i++)
        words_add(&w, c->compiler[i]);
    return w;
}

static void print_word(FILE *out, const char *word) {
    static const char safe[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=+,:@%^";
    if (*word && word[strspn(word, safe)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){*word, 0}, out);
    fputc('\'', out);
}

void run_print(FILE *out, const Words *words) {
    for (size_t i = 0; i < words->n; i++) {
        if (i > 0 || out == stderr)
            fputc(' ', out);
        print_word(out, words->v[i]);
    }
    fputc('\n', out);
    fflush(out);
}

// ---- temporary files and signals ----------------------------------------------------------------

static volatile pid_t child;
static char directory[4096];
static volatile sig_atomic_t have_directory;
static char *temporary_names[4096];
static volatile sig_atomic_t n_temporary;

void temporary_cleanup(void) {
    if (!have_directory)
        return;
    have_directory = 0;
    for (int i = 0; i < n_temporary; i++)
        unlink(temporary_names[i]);
    rmdir(directory);
}

static void die_of(int signal_number) {
    if (child > 0)
        kill(child, signal_number);
    temporary_cleanup();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static const int deadly[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE};

// Signals that the caller ignores (nohup) stay ignored.
void signals_catch(void) {
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        if (signal(deadly[i], die_of) == SIG_IGN)
            signal(deadly[i], SIG_IGN);
}

static void make_directory(void) {
    const char *base = getenv("TMPDIR");
    if (!base || !*base || access(base, W_OK) != 0)
        base = "/tmp";
    snprintf(directory, sizeof directory, "%s/goccXXXXXX", base);
    if (!mkdtemp(directory)) {
        diag_plain(DIAG_FATAL, "cannot make a directory in %s: %s", base, strerror(errno));
        diag_flush();
        exit(1);
    }
    have_directory = 1;
}

const char *temporary_file(const char *name) {
    if (!have_directory)
        make_directory();
    char *path = arena_format("%s/%s", directory, name);
    if ((size_t)n_temporary == sizeof temporary_names / sizeof *temporary_names) {
        diag_plain(DIAG_FATAL, "too many inputs");
        diag_flush();
        temporary_cleanup();
        exit(1);
    }
    temporary_names[n_temporary] = path;
    n_temporary = n_temporary + 1;
    return path;
}

// ---- files in memory ----------------------------------------------------------------------------

static int memory_file(const char *data, size_t n) {
    int fd = memfd_create("gocc", MFD_CLOEXEC);
    while (fd >= 0 && n > 0) {
        ssize_t written = write(fd, data, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            break;
        data += written;
        n -= (size_t)written;
    }
    if (fd < 0 || n > 0) {
        diag_plain(DIAG_FATAL, "cannot keep a file in memory: %s", strerror(errno));
        diag_flush();
        exit(1);
    }
    lseek(fd, 0, SEEK_SET);
    return fd;
}

const Buffer *standard_input(void) {
    static Buffer text;
    static bool read;
    if (!read)
        file_read("/dev/stdin", &text);
    read = true;
    buffer_puts(&text, "");
    return &text;
}

// ---- running ------------------------------------------------------------------------------------

enum {
    LONG_COMMAND =
        96 << 10, // bytes; longer ones go through an @file: one word may have 128 KiB, all 2 MiB
    RESPONSE_FD = 58
};
#define RESPONSE_FILE "@/proc/self/fd/58"

// The words as a response file, where they are too long for the kernel. -1: they are not.
static int shorten(const Command *c, Words *words) {
    size_t bytes = 0;
    for (size_t i = 0; i < words->n; i++)
        bytes += strlen(words->v[i]) + 1;
    if (bytes < LONG_COMMAND)
        return -1;
    Buffer text = {0};
    for (size_t i = (size_t)c->n_compiler; i < words->n; i++) {
        for (const char *p = words->v[i]; *p; p++)
            buffer_printf(&text, "\\%c", *p);
        buffer_puts(&text, words->v[i][0] ? "\n" : "\"\"\n");
    }
    int fd = memory_file(text.data, text.length);
    free(text.data);
    words->n = (size_t)c->n_compiler;
    words_add(words, RESPONSE_FILE);
    return fd;
}

static int cannot_run(const char *program, int error) {
    diag_plain(DIAG_ERROR, "the C compiler '%s' cannot be run: %s", program, strerror(error));
    diag_flush();
    return -1;
}

typedef struct Pipes {
    int out[2], errors[2];
    int input, body, response;
} Pipes;

static void open_pipe(int ends[2], const Buffer *wanted) {
    ends[0] = ends[1] = -1;
    if (wanted && pipe2(ends, O_CLOEXEC) != 0) {
        diag_plain(DIAG_FATAL, "cannot make a pipe: %s", strerror(errno));
        diag_flush();
        exit(1);
    }
}

static void add_dup(posix_spawn_file_actions_t *actions, int from, int to) {
    if (from >= 0)
        posix_spawn_file_actions_adddup2(actions, from, to);
}

static int spawn(Words *words, const Pipes *p, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    add_dup(&actions, p->input, 0);
    add_dup(&actions, p->out[1], 1);
    add_dup(&actions, p->errors[1], 2);
    add_dup(&actions, p->body, RUN_BODY_FD);
    add_dup(&actions, p->response, RESPONSE_FD);
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    int error =
        posix_spawnp(pid, words->v[0], &actions, &attributes, (char *const *)words->v, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static void close_if(int fd) {
    if (fd >= 0)
        close(fd);
}

// Reads what there is; false at the end.
static bool drain(int fd, Buffer *b) {
    char chunk[64 << 10];
    ssize_t n = read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR)
        return true;
    if (n > 0)
        buffer_append(b, chunk, (size_t)n);
    return n > 0;
}

// Collects both pipes until both are closed by their last writer.
static void collect(const Pipes *p, Run *r) {
    struct pollfd fds[2] = {{.fd = p->out[0], .events = POLLIN},
                            {.fd = p->errors[0], .events = POLLIN}};
    Buffer *buffers[2] = {r->out, r->errors};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        for (int i = 0; i < 2; i++)
            if (fds[i].fd >= 0 && fds[i].revents && !drain(fds[i].fd, buffers[i]))
                fds[i].fd = -1;
    }
}

static int wait_for(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    child = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run(const Command *c, Words *words, Run *r) {
    if (c->verbose)
        run_print(stderr, words);
    fflush(stdout);
    fflush(stderr);
    Pipes p = {.input = r->input ? memory_file(r->input, r->input_length) : -1,
               .body = r->body ? memory_file(r->body, r->body_length) : -1,
               .response = shorten(c, words)};
    open_pipe(p.out, r->out);
    open_pipe(p.errors, r->errors);
    words_add(words, NULL);
    words->n--;
    pid_t pid;
    int error = spawn(words, &p, &pid);
    child = error ? 0 : pid;
    close_if(p.out[1]), close_if(p.errors[1]);
    close_if(p.input), close_if(p.body), close_if(p.response);
    if (!error)
        collect(&p, r);
    close_if(p.out[0]), close_if(p.errors[0]);
    return error ? cannot_run(words->v[0], error) : wait_for(pid);
}

int run_instead(const Command *c, Words *words) {
    if (c->verbose && c->n_gc)
        run_print(stderr, words);
    fflush(stdout);
    int response = shorten(c, words);
    if (response >= 0)
        dup2(response, RESPONSE_FD);
    words_add(words, NULL);
    execvp(words->v[0], (char *const *)words->v);
    cannot_run(words->v[0], errno);
    return 1;
}

pid_t child_start(int (*fn)(void *), void *arg) {
    fflush(stdout);
    fflush(stderr);
    pid_t pid = fork();
    if (pid == 0) {
        have_directory = 0;
        child = 0;
        int status = fn(arg);
        fflush(stdout);
        fflush(stderr);
        _exit(status);
    }
    child = pid > 0 ? pid : 0;
    return pid;
}

void child_rests(void) {
    child = 0;
}

void child_resumes(pid_t pid) {
    child = pid > 0 ? pid : 0;
}

int child_wait(pid_t pid) {
    if (pid < 0) {
        diag_plain(DIAG_FATAL, "cannot fork: %s", strerror(errno));
        diag_flush();
        return 1;
    }
    return wait_for(pid);
}

int run_child(int (*fn)(void *), void *arg) {
    return child_wait(child_start(fn, arg));
}
