// panic_reports.c - what a crashing process prints and how it ends (PO, DL of conformance.md): each
// case is run as a process of its own, its stderr compared with a pattern in which ~ stands for any
// text.
#include "panic_frames.h"

#include <go/panic.h>
#include <go/runtime.h>
#include <go/time.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// Every call stays a call: the reports below show them.
#pragma GCC optimize("O1", "no-optimize-sibling-calls", "non-call-exceptions")
#pragma GCC diagnostic ignored "-Winfinite-recursion"

// ---- the programs -------------------------------------------------------------------------------

static volatile int minus_one = -1, zero;
static void *channel;

static void repanic(void *record) {
    (void)record;
    go__repanic(go__recover(go__recover_enter((void *)repanic)));
}
static void panic_second(void *record) {
    (void)record;
    go_panic("second");
}
static void recover_and_panic_middle(void *record) {
    (void)record;
    go__recover(go__recover_enter((void *)recover_and_panic_middle));
    go_panic("middle");
}
static void panic_outer(void *record) {
    (void)record;
    go_panic("outer");
}

static int panic_string(void) {
    go_panic("first");
}
static int panic_lines(void) {
    go_panic("one\ntwo");
}
static int panic_error(void) {
    go_panicf("cannot open %s: %d", "x", 2);
}
static int panic_in_deferred(void) {
    FRAME(result);
    DEFER(panic_second);
    go_panic("first");
    END(result);
}
static int panic_repanicked(void) {
    FRAME(result);
    DEFER(repanic);
    go_panic("first");
    END(result);
}
static int inner_and_middle(void) {
    FRAME(result);
    DEFER(repanic);
    DEFER(recover_and_panic_middle);
    go_panic("inner");
    END(result);
}
static int panic_chain(void) {
    FRAME(result);
    DEFER(panic_outer);
    inner_and_middle();
    END(result);
}
static int recover_chain(void) {
    FRAME(result);
    DEFER(recover_and_panic_middle);
    go_panic("inner");
    END(result);
}
static void just_recover(void *record) {
    (void)record;
    go__recover(go__recover_enter((void *)just_recover));
}
static int recovered_chain(void) {
    FRAME(result);
    DEFER(just_recover);
    recover_chain();
    END(result);
}
static int panic_after_recovered(void) {
    recovered_chain();
    go_panic("again");
}
static int __attribute__((noinline)) read_null(volatile int *p) {
    return p[1];
}
static int nil_access(void) {
    return read_null(NULL);
}
static int division(void) {
    return 1 / zero;
}
static int __attribute__((unused)) wild_access(void) {
    return *(volatile int *)0x123456789000;
}
static void rethrow_nil(void *record) {
    (void)record;
    go__go_nil();
}
static int fatal_in_deferred(void) {
    FRAME(result);
    DEFER(rethrow_nil);
    go_panic("first");
    END(result);
}
static int __attribute__((unused)) bad_string(void) {
    const char *wild = (const char *)0x123456789000;
    go_panic(wild);
}
static int __attribute__((noinline)) endless(int n) {
    volatile char room[100];
    room[0] = n;
    return endless(n + 1) + room[0];
}
static void endless_goroutine(void *p) {
    (void)p;
    endless(0);
}
static int overflow(void) {
    go_spawn(endless_goroutine, NULL);
    go_sleep(GO_HOUR);
    return 0;
}
static int overflow_of_main(void) {
    return endless(0);
}
// Frames larger than the guard page: probed page by page, or they would step over it. The frame that
// faults is half made then.
__attribute__((noinline, optimize("stack-clash-protection"))) static int endless_large(int n) {
    volatile char room[40000];
    room[n] = n;
    return endless_large(n + 1) + room[n];
}
static void endless_large_goroutine(void *p) {
    (void)p;
    endless_large(0);
}
static int overflow_by_large_frames(void) {
    go_spawn(endless_large_goroutine, NULL);
    go_sleep(GO_HOUR);
    return 0;
}
static void receiver(void *p) {
    int v;
    go__chan_recv(p, &v);
    event("unreachable");
}
static int deadlock(void) {
    go_spawn(receiver, channel);
    receiver(NULL);
    return 0;
}
static int deadlock_after_exit(void) {
    go_spawn(receiver, channel);
    go_exit();
}
static void thrower(void *p) {
    (void)p;
    go_panic(1.5);
}
static int panic_in_goroutine(void) {
    go_spawn(thrower, NULL);
    receiver(channel);
    return 0;
}
// PO16: whoever is first, main at its end or the goroutine at its panic, a report once begun is
// complete.
static int panic_as_main_returns(void) {
    go_spawn(thrower, NULL);
    go_yield();
    return 0;
}
static int quit(void) {
    go_maxprocs(1); // with another thread, the receiver might be on its way still
    go_spawn(receiver, channel);
    for (int i = 0; i < 10; i++)
        go_yield();
    raise(SIGQUIT);
    return 0;
}
static void exit_seven(void *record) {
    (void)record;
    exit(7);
}
static int exit_in_deferred(void) {
    FRAME(result);
    DEFER(exit_seven);
    go_panic("unseen");
    END(result);
}
static int wrapping(void) {
    volatile int i = -2147483647 - 1;
    volatile long l = -9223372036854775807l - 1;
    volatile signed char c = -128;
    volatile short s = -32768;
    bool ok = i / minus_one == i && i % minus_one == 0 && l / minus_one == l && l % minus_one == 0;
    ok = ok && (signed char)(c / minus_one) == c && (short)(s / minus_one) == s;
    return ok ? 0 : 1;
}
#ifdef __x86_64__
static int wrapping_instructions(void) {
    // Narrow ones, which gcc does not use, and operands in memory.
    short quotient = -32768, remainder = 0;
    __asm__("movw $-1, %%dx\n\tmovw $-1, %%cx\n\tidivw %%cx"
            : "+a"(quotient), "=&d"(remainder)
            :
            : "rcx");
    unsigned short narrow = (unsigned short)-128;
    __asm__("movb $-1, %%cl\n\tidivb %%cl" : "+a"(narrow) : : "rcx");
    long v[4] = {-9223372036854775807l - 1, -1, -1, 0};
    long high = -1, low = v[0];
    register long index __asm__("r12") = 2;
    __asm__("idivq (%2,%3,8)" : "+a"(low), "+d"(high) : "r"(&v[0]), "r"(index) : "memory");
    int i = -2147483647 - 1, rest = -1;
    __asm__("idivl 8(%2)" : "+a"(i), "+d"(rest) : "r"((char *)&v[1] - 0) : "memory");
    bool ok = quotient == -32768 && remainder == 0 && narrow == 0x80;
    return ok && low == v[0] && high == 0 && i == -2147483647 - 1 && rest == 0 ? 0 : 1;
}
#endif
static int __attribute__((unused)) sent_by_kill(void) {
    raise(SIGSEGV);
    return 0;
}
static void own_handler(int n) {
    (void)n;
    _exit(9);
}
static int handled_by_the_program(void) {
    signal(SIGSEGV, own_handler);
    return read_null(NULL);
}
static void *plain_fault(void *p) {
    return (void *)(long)read_null(p);
}
static int __attribute__((unused)) fault_on_a_plain_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, plain_fault, NULL);
    pthread_join(thread, NULL);
    return 0;
}
static void *attached_fault(void *p) {
    go__chan_len(channel);
    go_yield(); // makes the thread one of the runtime's
    return plain_fault(p);
}
static int fault_on_an_attached_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, attached_fault, NULL);
    pthread_join(thread, NULL);
    return 0;
}
static void *attached_overflow(void *p) {
    go_yield();
    endless(0);
    return p;
}
static int overflow_of_an_attached_thread(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, attached_overflow, NULL);
    pthread_join(thread, NULL);
    return 0;
}
static int panic_beside_another(void) {
    go_spawn(receiver, channel);
    go_sleep(20 * GO_MILLISECOND); // until it waits; if it does not yet, the report says `runnable`
    go_panic("first");
}
static int terminated(void) {
    raise(SIGTERM);
    return 0;
}
struct job {
    int a;
} a_job;
static const struct go_type type_job = {
    "struct job", "struct job", sizeof(struct job), 4, GO__STRUCT, 0, NULL};
static int panic_struct(void) {
    go__panic(&type_job, &a_job);
}

// ---- what they must print -----------------------------------------------------------------------

typedef struct Case {
    const char *name; // NAME@LEVEL: runs with GOTRACEBACK=LEVEL
    int (*run)(void);
    int status; // exit status, or 128 + signal
    const char *pattern;
} Case;

#define NIL_TEXT "runtime error: invalid memory address or nil pointer dereference"
#define HERE "~/panic_reports.c:~ +0x~"

#define THROWER_REPORT                                            \
    "panic: 1.5\n\ngoroutine 2 [running]:\nthrower(...)\n\t" HERE \
    "\ncreated by panic_~ in goroutine 1\n\t" HERE "\n"

static const Case cases[] = {
    {"string", panic_string, 2,
     "panic: first\n\ngoroutine 1 [running]:\npanic_string(...)\n\t" HERE "\nmain(...)\n\t" HERE
     "\n"},
    {"lines", panic_lines, 2, "panic: one\n\ttwo\n\ngoroutine 1 [running]:\n~"},
    {"error", panic_error, 2,
     "panic: cannot open x: 2\n\ngoroutine 1 [running]:\npanic_error(...)\n~"},
    {"struct", panic_struct, 2, "panic: (struct job) 0x~\n\ngoroutine 1 [running]:\n~"},
    {"in-deferred", panic_in_deferred, 2,
     "panic: first\n\tpanic: second\n\ngoroutine 1 [running]:\npanic_second(...)\n\t" HERE
     "\npanic(...)\n\t~/panic.c:~\npanic_in_deferred(...)\n\t" HERE "\nmain(...)\n~"},
    {"repanicked", panic_repanicked, 2,
     "panic: first [recovered, repanicked]\n\ngoroutine 1 [running]:\n~"},
    {"chain", panic_chain, 2,
     "panic: inner [recovered]\n\tpanic: middle [recovered, repanicked]\n\tpanic: outer\n\ngoroutine 1 [running]:\n~"},
    {"after-recovered", panic_after_recovered, 2,
     "panic: again\n\ngoroutine 1 [running]:\npanic_after_recovered(...)\n~"},
    {"nil", nil_access, 2,
     "panic: " NIL_TEXT "\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x4 pc=0x~]\n\n"
     "goroutine 1 [running]:\nread_null(...)\n\t~/panic_reports.c:~\nnil_access(...)\n~"},
    {"division", division, 2,
     "panic: runtime error: integer divide by zero\n\ngoroutine 1 [running]:\ndivision(...)\n~"},
#if !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__) // there the sanitizer reports these
    {"bad-string", bad_string, 2, "panic: \nfatal error: panic while printing panic value\n"},
    {"kill-SEGV", sent_by_kill, 128 + SIGSEGV, ""},
    {"plain-thread", fault_on_a_plain_thread, 128 + SIGSEGV, ""},
    {"wild", wild_access, 2,
     "unexpected fault address 0x123456789000\nfatal error: fault\n[signal SIGSEGV: segmentation violation "
     "code=0x1 addr=0x123456789000 pc=0x~]\n\ngoroutine 1 [running]:\nwild_access(...)\n~"},
#endif
    {"fatal-in-deferred", fatal_in_deferred, 2,
     "panic: first\n\tfatal error: go of nil func value\n\ngoroutine 1 [running]:\n~"},
    {"overflow", overflow, 2,
     "runtime: goroutine stack exceeds ~-byte limit\nruntime: sp=0x~ stack=[0x~, 0x~]\n"
     "fatal error: stack overflow\n\ngoroutine 2 [running]:\nendless(...)\n~...~ frames elided...\n~"
     "endless_goroutine(...)\n\t" HERE "\ncreated by overflow in goroutine 1\n\t" HERE "\n"},
    {"overflow-by-large-frames", overflow_by_large_frames, 2,
     "runtime: ~fatal error: stack overflow\n\ngoroutine 2 [running]:\nendless_large(...)\n~"
     "endless_large_goroutine(...)\n~created by overflow_by_large_frames in goroutine 1\n~"},
    {"overflow-of-main", overflow_of_main, 2,
     "runtime: goroutine stack exceeds ~-byte limit\n~fatal error: stack overflow\n\ngoroutine 1 [running]:\n~"
     "frames elided...\n~overflow_of_main(...)\n~main(...)\n~"},
    {"deadlock", deadlock, 2,
     "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive (nil chan)]:\nreceiver(...)\n\t"
     "~\ndeadlock(...)\n\t" HERE
     "\nmain(...)\n~\ngoroutine 2 [chan receive]:\nreceiver(...)\n\t" HERE
     "\ncreated by deadlock in goroutine 1\n\t" HERE "\n"},
    {"deadlock-after-exit", deadlock_after_exit, 2,
     "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 2 [chan receive]:\nreceiver(...)\n\t" HERE
     "\ncreated by deadlock_after_exit in goroutine 1\n~"},
    {"main-returns", panic_as_main_returns, 0, NULL}, // see check_complete
    {"in-goroutine", panic_in_goroutine, 2, THROWER_REPORT},
    {"quit", quit, 2,
     "SIGQUIT: quit\nPC=0x~ m=0 sigcode=0\n\ngoroutine 1 [running]:\n~quit(...)\n~\n"
     "goroutine 2 [chan receive]:\nreceiver(...)\n~"},
    {"exit-in-deferred", exit_in_deferred, 7, ""},
    {"wrapping", wrapping, 0, ""},
#ifdef __x86_64__
    {"wrapping-instructions", wrapping_instructions, 0, ""},
#endif
    {"own-handler", handled_by_the_program, 9, ""},
    {"goroutine-thread", fault_on_an_attached_thread, 2,
     "panic: " NIL_TEXT
     "\n[signal ~]\n\ngoroutine ~ [running, locked to thread]:\nread_null(...)\n~"},
    {"overflow-of-an-attached-thread", overflow_of_an_attached_thread, 2,
     "runtime: ~fatal error: stack overflow\n\ngoroutine ~ [running, locked to thread]:\nendless(...)\n~"
     "attached_overflow(...)\n~"},
    {"traceback@none", panic_string, 2, "panic: first\n"},
    {"traceback@all", panic_beside_another, 2,
     "panic: first\n\ngoroutine 1 [running]:\npanic_beside_another(...)\n~\n\n"
     "goroutine 2 [chan receive]:\nreceiver(...)\n\t" HERE "\ncreated by panic_beside_another in "
     "goroutine 1\n\t" HERE "\n"},
    {"single", panic_beside_another, 2,
     "panic: first\n\ngoroutine 1 [running]:\npanic_beside_another(...)\n\t" HERE
     "\nmain(...)\n\t" HERE "\n"},
    {"traceback@system", panic_string, 2,
     "panic: first\n\ngoroutine 1 [running]:\n~gort_panic_value(...)\n~go__panic(...)\n~"
     "panic_string(...)\n~_start(...)\n~"},
    {"traceback@crash", panic_string, 128 + SIGABRT, "panic: first\n\ngoroutine 1 [running]:\n~"},
    {"SIGTERM", terminated, 128 + SIGTERM, ""},
};

// ---- running them -------------------------------------------------------------------------------

static bool matches(const char *pattern, const char *text) {
    for (; *pattern; pattern++, text++) {
        if (*pattern == '~') {
            for (;; text++) {
                if (matches(pattern + 1, text))
                    return true;
                if (!*text)
                    return false;
            }
        }
        if (*pattern != *text)
            return false;
    }
    return !*text;
}

static size_t read_all(int fd, char *out, size_t capacity) {
    size_t n = 0;
    ssize_t got;
    while (n < capacity - 1 && (got = read(fd, out + n, capacity - 1 - n)) > 0)
        n += got;
    out[n] = 0;
    return n;
}

static int run_case(const char *self, const char *name, char *out, size_t capacity) {
    int fds[2], status;
    if (pipe(fds) != 0)
        abort();
    pid_t child = fork();
    if (child == 0) {
        dup2(fds[1], 2);
        close(fds[0]);
        close(fds[1]);
        const char *level = strchr(name, '@');
        if (level)
            setenv("GOTRACEBACK", level + 1, 1);
        execl(self, self, name, (char *)NULL);
        _exit(99);
    }
    close(fds[1]);
    read_all(fds[0], out, capacity);
    close(fds[0]);
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void check(const Case *c) {
    static char out[1 << 20];
    int status = run_case("/proc/self/exe", c->name, out, sizeof out);
    if (status == c->status && matches(c->pattern, out))
        return;
    printf("%s: status %d, expected %d; printed\n%.4000s\nexpected\n%s\n\n", c->name, status,
           c->status, out, c->pattern);
    failures++;
}

static void check_complete(void) {
    static char out[1 << 16];
    int status = run_case("/proc/self/exe", "main-returns", out, sizeof out);
    bool complete = status == 2 && matches(THROWER_REPORT, out), silent = status == 0 && !*out;
    if (!complete && !silent) {
        printf("main-returns: status %d; printed\n%.4000s\n", status, out);
        failures++;
    }
}

int main(int argc, char **argv) {
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    size_t n = sizeof cases / sizeof *cases;
    channel = go__chan_make(sizeof(int), 0, NULL);
    for (size_t i = 0; argc > 1 && i < n; i++)
        if (!strcmp(cases[i].name, argv[1])) {
            int status = cases[i].run();
            event("not a tail call");
            return status;
        }
    for (size_t i = 0; i < n; i++)
        if (cases[i].pattern)
            check(&cases[i]);
    for (int i = 0; i < 50; i++)
        check_complete();
    return failures != 0;
}
