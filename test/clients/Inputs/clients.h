// clients.h - what the programs of this folder share: a pool of connections that is a channel, the goroutines that
// use them, and who watches the clock meanwhile.
//
// A program defines the functions of a struct client, which call its library as any C program would, and calls
// clients_run from main. ROUNDS=N in the environment has each goroutine do its work N times (1), USERS=N sets how
// many there are (1000; a quarter of that under the thread sanitizer). With -DTHREADS the same file is plain C: a
// thread for each connection instead of goroutines, for `./dev bench clients`.
#ifndef CLIENTS_H
#define CLIENTS_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#if !defined(THREADS)
#include <go/chan.h>
#include <go/runtime.h>
#include <go/time.h>
#endif

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s is false: ", __FILE__, __LINE__, #condition);     \
            fprintf(stderr, " " __VA_ARGS__);                                            \
            fprintf(stderr, "\n");                                                       \
            abort();                                                                     \
        }                                                                                \
    } while (0)

enum {
    CONNECTIONS = 100,
    LARGE = 1000000, // bytes of a large value
    EVERY_LARGE = 50, // one user in so many has one
    EVERY_SLOW = 5, // and one in so many asks for something that takes SLOW_MS
    SLOW_MS = 10,
    TICK_NS = 5000000,
#if defined(__SANITIZE_THREAD__)
    USERS_PART = 4, // one in so many of the users that are asked for
#else
    USERS_PART = 1,
#endif
    THREADS_BESIDE = 24, // what may be there beside a thread per connection
};

struct client {
    const char *name;
    void *(*open)(int i); // the pool's connection number i
    void (*close)(void *connection);
    int (*work)(void *connection, int user); // checks what it gets; returns how many requests it made
};

static inline const char *server_of(const char *what) {
    const char *value = getenv(what);
    CHECK(value, "no %s: run by server.py", what);
    return value;
}

static inline int number_of(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value && atoi(value) > 0 ? atoi(value) : otherwise;
}

static inline int64_t clock_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)1000000000 + t.tv_nsec;
}

// LARGE bytes of `user`'s own, without a NUL before the end; the caller frees them.
static inline char *large_value(int user) {
    char *text = malloc(LARGE + 1);
    CHECK(text);
    for (int i = 0; i < LARGE; i++) text[i] = (char)('a' + (i + user) % 26);
    text[LARGE] = 0;
    return text;
}

// ---- lateness -----------------------------------------------------------------------------------

// How late somebody woke up who wanted to each 5 ms.
struct lateness {
    int n;
    int64_t ns[200000];
};

static inline void late(struct lateness *l, int64_t ns) {
    if (l->n < (int)(sizeof l->ns / sizeof *l->ns)) l->ns[l->n++] = ns > 0 ? ns : 0;
}

static inline int ascending(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

// Milliseconds that `part` of the times did not exceed.
static inline double quantile_ms(const struct lateness *l, double part) {
    int at = (int)(part * l->n);
    return l->n ? (double)l->ns[at < l->n ? at : l->n - 1] / 1e6 : 0;
}

static struct lateness ticker_lateness, thread_lateness;
static bool watching = true;

// A thread that does nothing else, beside which the goroutine is measured: what the machine itself makes late.
static inline void *watch_thread(void *unused) {
    int64_t due = clock_ns();
    while (__atomic_load_n(&watching, __ATOMIC_RELAXED)) {
        due += TICK_NS;
        struct timespec t = {due / 1000000000, due % 1000000000};
        while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0) continue;
        int64_t now = clock_ns();
        late(&thread_lateness, now - due);
        while (due < now - TICK_NS) due += TICK_NS; // ticks that were missed
    }
    return unused;
}

// ---- what it took -------------------------------------------------------------------------------

static inline int threads_of_process(void) {
    FILE *f = fopen("/proc/self/status", "r");
    char line[200];
    int n = 0;
    CHECK(f);
    while (fgets(line, sizeof line, f)) sscanf(line, "Threads: %d", &n);
    fclose(f);
    return n;
}

static inline long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static inline void report(const char *name, long requests, int64_t ns, int threads) {
    struct lateness *l[2] = {&ticker_lateness, &thread_lateness};
    for (int i = 0; i < 2; i++) qsort(l[i]->ns, (size_t)l[i]->n, sizeof *l[i]->ns, ascending);
    printf("%s: %ld requests, %.0f/s, late ms median %.2f p99 %.2f worst %.2f, a thread %.2f %.2f %.2f, %d threads, %ld MiB\n", name,
           requests, (double)requests / ((double)ns / 1e9), quantile_ms(l[0], 0.5), quantile_ms(l[0], 0.99),
           quantile_ms(l[0], 1), quantile_ms(l[1], 0.5), quantile_ms(l[1], 0.99), quantile_ms(l[1], 1), threads,
           peak_kib() / 1024);
}

#if !defined(THREADS)
// ---- goroutines ---------------------------------------------------------------------------------

static inline void watch_goroutine(chan(int) stop, chan(int) done) {
    go_ticker *t = go_ticker_new(TICK_NS);
    for (bool running = true; running;) {
        select {
        case go_time due = <-t->c:
            late(&ticker_lateness, go_now() - due);
        case <-stop:
            running = false;
        }
    }
    go_ticker_stop(t);
    done <- 1;
}

static inline void fill(chan(void *) pool, const struct client *c) {
    chan(int) opened = make(chan(int));
    for (int i = 0; i < CONNECTIONS; i++)
        go (int i = i) {
            pool <- c->open(i);
            opened <- 1;
        }
    for (int i = 0; i < CONNECTIONS; i++) <-opened;
}

static inline long use(chan(void *) pool, const struct client *c) {
    int users = number_of("USERS", 1000) / USERS_PART, rounds = number_of("ROUNDS", 1);
    long requests = 0;
    chan(int) done = make(chan(int), 16);
    for (int i = 0; i < users; i++)
        go (int i = i) {
            int n = 0;
            for (int round = 0; round < rounds; round++) {
                void *connection = <-pool;
                n += c->work(connection, i);
                pool <- connection;
            }
            done <- n;
        }
    for (int i = 0; i < users; i++) requests += <-done;
    return requests;
}

// What the machine makes late, it makes late for a thread of C's as well. Half of the ticks, and what is
// beyond 20 ms only as far as the thread is late, too: a goroutine that is held up by a request would be late by that
// request's time, each time.
static inline void check_lateness(void) {
    const struct lateness *g = &ticker_lateness, *t = &thread_lateness;
    CHECK(g->n > 0);
    CHECK(quantile_ms(g, 0.5) < 20 + 4 * quantile_ms(t, 0.5), "half of the ticks came %f ms late, a thread's %f",
          quantile_ms(g, 0.5), quantile_ms(t, 0.5));
}

// The whole: 1 if a claim fails.
static inline int clients_run(const struct client *c) {
    chan(void *) pool = make(chan(void *), CONNECTIONS);
    chan(int) stop = make(chan(int)), done = make(chan(int));
    pthread_t thread;
    fill(pool, c);
    go watch_goroutine(stop, done);
    CHECK(pthread_create(&thread, NULL, watch_thread, NULL) == 0);
    int64_t start = clock_ns();
    long requests = use(pool, c);
    int64_t ns = clock_ns() - start;
    __atomic_store_n(&watching, false, __ATOMIC_RELAXED);
    stop <- 1;
    <-done;
    pthread_join(thread, NULL);
    int threads = threads_of_process();
    for (int i = 0; i < CONNECTIONS; i++) c->close(<-pool);
    report(c->name, requests, ns, threads);
    check_lateness();
    CHECK(threads <= CONNECTIONS + THREADS_BESIDE, "%d threads", threads);
    return 0;
}

#else
// ---- a thread for each connection ---------------------------------------------------------------

static const struct client *threads_client;
static int threads_next;

static inline void *threads_user(void *requests) {
    static int number;
    const struct client *c = threads_client;
    int users = number_of("USERS", 1000), rounds = number_of("ROUNDS", 1);
    void *connection = c->open(__atomic_fetch_add(&number, 1, __ATOMIC_RELAXED));
    for (int i; (i = __atomic_fetch_add(&threads_next, 1, __ATOMIC_RELAXED)) < users;)
        for (int round = 0; round < rounds; round++)
            __atomic_fetch_add((long *)requests, c->work(connection, i), __ATOMIC_RELAXED);
    c->close(connection);
    return NULL;
}

static inline int clients_run(const struct client *c) {
    pthread_t threads[CONNECTIONS], watch;
    long requests = 0;
    threads_client = c;
    CHECK(pthread_create(&watch, NULL, watch_thread, NULL) == 0);
    int64_t start = clock_ns();
    for (int i = 0; i < CONNECTIONS; i++) CHECK(pthread_create(&threads[i], NULL, threads_user, &requests) == 0);
    int alive = threads_of_process();
    for (int i = 0; i < CONNECTIONS; i++) pthread_join(threads[i], NULL);
    int64_t ns = clock_ns() - start;
    __atomic_store_n(&watching, false, __ATOMIC_RELAXED);
    pthread_join(watch, NULL);
    report(c->name, requests, ns, alive);
    return 0;
}
#endif
#endif
