// panic_programs.c - 160 random programs of deferred calls, panics, recovers and exits do what Go
// does with them.
//
// A program is a list of actions: Sn says n; D(..) defers a list, C(..) calls one; Pn panics with
// n; R recovers and says what; Q recovers and panics with it again; X is go_exit. Each list is one
// function call here and there.
#include "panic_frames.h"

#include <go/runtime.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct Program {
    const char *text, *says, *crash;
} Program;

#define PROGRAM(text, says, crash) {text, says, crash},
// clang-format off
static const Program programs[] = {
#include "panic_programs.h"
};
// clang-format on

// ---- the interpreter ----------------------------------------------------------------------------

struct deferred {
    struct go__defer d;
    const char *actions;
};

static const char *after_list(const char *p) {
    for (int depth = 1; *p && depth; p++)
        depth += *p == '(' ? 1 : *p == ')' ? -1
                                           : 0;
    return p;
}

static void say(const char *prefix, int n) {
    char text[40];
    int length = n ? snprintf(text, sizeof text, "%s%d ", prefix, n)
                   : snprintf(text, sizeof text, "%s ", prefix);
    if (write(1, text, length) != length)
        abort();
}

static void execute(const char *p, void *self);

static void run_deferred(void *record) {
    execute(((struct deferred *)record)->actions, record);
}

static void defer_list(struct go__frame *frame, const char *actions) {
    struct deferred *r = go__defer_alloc(sizeof *r);
    r->d.run = run_deferred;
    r->d.callee = r;
    r->actions = actions;
    go__defer_push(frame, &r->d);
}

static void recover_and_say(void *token) {
    struct go_any e = go__recover(token);
    say(e.type ? "r" : "rnil", value_of(e));
}

static void recover_and_repanic(void *token) {
    struct go_any e = go__recover(token);
    if (!e.type)
        return;
    say("q", 0);
    go__repanic(e);
}

static void execute(const char *p, void *self) {
    struct go__frame frame = {0};
    void *token = go__recover_enter(self);
    if (__builtin_setjmp(frame.jmp))
        goto end;
    for (; *p && *p != ')'; p++) {
        switch (*p) {
        case 'S': say("", atoi(p + 1)); break;
        case 'P': panic_int(atoi(p + 1));
        case 'R': recover_and_say(token); break;
        case 'Q': recover_and_repanic(token); break;
        case 'X': go_exit();
        case 'D': defer_list(&frame, p + 2); break;
        case 'C': execute(p + 2, NULL); break;
        default: break;
        }
        if (*p == 'D' || *p == 'C')
            p = after_list(p + 2) - 1;
    }
end:
    if (frame.top)
        go__defer_return(&frame);
}

// ---- one program in a process ----------------------------------------------------------------------

static void *ended;
static const char *running;

static void signal_end(void *record) {
    (void)record;
    go__chan_close(ended);
}

static void goroutine(void *p) {
    (void)p;
    struct go__frame frame = {0};
    if (__builtin_setjmp(frame.jmp))
        goto end;
    struct go__defer d = {.run = signal_end};
    go__defer_push(&frame, &d);
    execute(running, NULL);
    say("end", 0);
end:
    if (frame.top)
        go__defer_return(&frame);
}

// Main must not be first where the goroutine is about to crash.
static int run_program(const char *text) {
    running = text;
    ended = go__chan_make(0, 0, NULL);
    go_spawn(goroutine, NULL);
    go__chan_recv(ended, NULL);
    for (int i = 0; i < 100 && go_num_goroutine() > 1; i++)
        usleep(1000);
    return 0;
}

// ---- comparing ----------------------------------------------------------------------------------

static void read_all(int fd, char *out, size_t capacity) {
    size_t n = 0;
    ssize_t got;
    while (n < capacity - 1 && (got = read(fd, out + n, capacity - 1 - n)) > 0)
        n += got;
    out[n] = 0;
    close(fd);
}

static pid_t start(const Program *p, int out[2], int err[2]) {
    if (pipe(out) != 0 || pipe(err) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        dup2(out[1], 1);
        dup2(err[1], 2);
        execl("/proc/self/exe", "panic_programs", p->text, (char *)NULL);
        _exit(99);
    }
    close(out[1]);
    close(err[1]);
    return child;
}

static void compare(const Program *p) {
    static char says[4096], crash[65536];
    int out[2], err[2], status;
    pid_t child = start(p, out, err);
    read_all(out[0], says, sizeof says);
    read_all(err[0], crash, sizeof crash);
    waitpid(child, &status, 0);
    char *traceback = strstr(crash, "\n\ngoroutine");
    if (traceback)
        *traceback = 0;
    size_t n = strlen(says);
    if (n && says[n - 1] == ' ')
        says[n - 1] = 0;
    int expected = *p->crash ? 2 : 0;
    if (!strcmp(says, p->says) && !strcmp(crash, p->crash) && WEXITSTATUS(status) == expected)
        return;
    printf("%s\n  says     %s\n  expected %s\n  crash    %s\n  expected %s\n  status %d\n", p->text,
           says, p->says, crash, p->crash, WEXITSTATUS(status));
    failures++;
}

int main(int argc, char **argv) {
    if (argc > 1)
        return run_program(argv[1]);
#ifdef __SANITIZE_THREAD__
    size_t step = 16; // a process takes half a second to start
#else
    size_t step = 1;
#endif
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i += step)
        compare(&programs[i]);
    return failures != 0;
}
