// load.c - a client for echo servers, plain C with epoll: PORT CONNECTIONS SECONDS BYTES pingpong|stream.
//
// pingpong: each connection has one message of BYTES under way. stream: each has up to 16 of them.
// Prints messages per second, and for pingpong the 50th and 99th percentile of the round trip in us.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct Connection {
    int fd;
    int64_t sent, received, at_ns; // bytes; when the message went
} Connection;

enum { MOST = 1 << 22 };
static uint32_t times[MOST]; // ns
static long n_times;
static char buf[1 << 20];

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void feed(Connection *c, int64_t bytes, int64_t window) {
    while (c->sent - c->received < window) {
        int64_t room = window - (c->sent - c->received);
        ssize_t n = send(c->fd, buf, (size_t)(room < bytes ? room : bytes), MSG_DONTWAIT);
        if (n <= 0) return;
        c->sent += n;
        c->at_ns = now();
    }
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    if (argc != 6) return 2;
    int n = atoi(argv[2]), one = 1, e = epoll_create1(0);
    int64_t bytes = atoll(argv[4]), window = *argv[5] == 's' ? 16 * bytes : bytes, total = 0;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    Connection *c = calloc((size_t)n, sizeof *c);
    for (int i = 0; i < n; i++) {
        c[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(c[i].fd, (struct sockaddr *)&at, sizeof at) < 0) return perror("connect"), 1;
        setsockopt(c[i].fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct epoll_event v = {.events = EPOLLIN, .data.ptr = &c[i]};
        epoll_ctl(e, EPOLL_CTL_ADD, c[i].fd, &v);
    }
    int64_t start = now(), end = start + (int64_t)(atof(argv[3]) * 1e9);
    for (int i = 0; i < n; i++) feed(&c[i], bytes, window);
    while (now() < end) {
        struct epoll_event v[256];
        int k = epoll_wait(e, v, 256, 100);
        for (int i = 0; i < k; i++) {
            Connection *p = v[i].data.ptr;
            ssize_t got = recv(p->fd, buf, sizeof buf, MSG_DONTWAIT);
            if (got == 0 || (got < 0 && errno != EAGAIN)) return perror("recv"), 1;
            if (got < 0) continue;
            p->received += got;
            total += got;
            if (window == bytes && p->received == p->sent && n_times < MOST)
                times[n_times++] = (uint32_t)(now() - p->at_ns);
            if (window > bytes || p->received == p->sent) feed(p, bytes, window);
        }
    }
    double seconds = (double)(now() - start) / 1e9;
    qsort(times, (size_t)n_times, sizeof *times, compare);
    printf("%.0f %.1f %.1f\n", (double)total / (double)bytes / seconds,
           n_times ? times[n_times / 2] / 1e3 : 0, n_times ? times[n_times * 99 / 100] / 1e3 : 0);
    return 0;
}
