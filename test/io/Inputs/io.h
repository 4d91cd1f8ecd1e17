// io.h - what the tests of descriptors share: checking, pairs of descriptors, waiting until someone waits.
#ifndef IO_H
#define IO_H

#include <errno.h>
#include <fcntl.h>
#include <go/chan.h>
#include <go/runtime.h>
#include <go/time.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHECK(condition, ...)                                                            \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            fprintf(stderr, "%s:%d: %s is false: ", __FILE__, __LINE__, #condition);     \
            fprintf(stderr, "" __VA_ARGS__);                                             \
            fprintf(stderr, " (errno: %s)\n", strerror(errno));                          \
            abort();                                                                     \
        }                                                                                \
    } while (0)

// How much to do: STRESS multiplies; less under the thread sanitizer.
static inline int io_scaled(int n) {
    const char *s = getenv("STRESS");
#if defined(__SANITIZE_THREAD__)
    n = n / 10 + 1;
#endif
    return n * (s && atoi(s) > 0 ? atoi(s) : 1);
}

static inline void io_pair(int s[2]) {
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0);
}

static inline void io_pipe(int p[2]) {
    CHECK(pipe(p) == 0);
}

// How many goroutines wait for a descriptor just now.
static inline int io_waiters(void) {
    static char text[1 << 20];
    int n = go_stack(text, sizeof text - 1, true), found = 0;
    text[n] = 0;
    for (const char *at = text; (at = strstr(at, "[IO wait")) != NULL; at++) found++;
    return found;
}

// Until n goroutines wait for a descriptor.
static inline void io_until_waiting(int n) {
    while (io_waiters() < n) go_sleep(GO_MILLISECOND);
}

// A listening TCP socket on the loopback, and its address.
static inline int io_listen(struct sockaddr_in *at, int backlog) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof *at;
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)at, size) == 0 && listen(fd, backlog) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)at, &size) == 0);
    return fd;
}

static inline int io_connect(const struct sockaddr_in *at) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0);
    return fd;
}

#endif
