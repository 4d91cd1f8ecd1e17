// plain.c - what the machine can do: an epoll loop in C, one thread, no parsing. `plain` echoes, `plain http` answers each
// blank line with a fixed response of the same size as that of examples/http. Prints its port as the server it stands
// beside does; ends when stdin does, or by a signal.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const char response[] = "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
                               "Content-Length: 13\r\n\r\nhello, world\n";
static char buf[64 << 10];
static int http;

// Blocks where the client does not take it.
static int send_all(int fd, const char *data, size_t n) {
    while (n > 0) {
        ssize_t done = send(fd, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN) return -1;
        if (done < 0) poll(&(struct pollfd){fd, POLLOUT, 0}, 1, -1);
        if (done > 0) data += done, n -= (size_t)done;
    }
    return 0;
}

static int answer(int fd, size_t n) {
    if (!http) return send_all(fd, buf, n);
    const char *at = buf;
    for (; (at = memmem(at, n - (size_t)(at - buf), "\r\n\r\n", 4)) != NULL; at += 4)
        if (send_all(fd, response, sizeof response - 1) < 0) return -1;
    return 0;
}

static void serve(int fd) {
    ssize_t n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    if (n == 0 || (n < 0 && errno != EAGAIN) || (n > 0 && answer(fd, (size_t)n) < 0)) close(fd);
}

static void add(int e, int fd) {
    struct epoll_event v = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(e, EPOLL_CTL_ADD, fd, &v);
}

int main(int argc, char **argv) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    struct rlimit limit;
    int l = socket(AF_INET, SOCK_STREAM, 0), e = epoll_create1(0), one = 1;
    http = argc > 1 && strcmp(argv[1], "http") == 0;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (bind(l, (struct sockaddr *)&at, size) || listen(l, 65535)) return perror("plain"), 1;
    getsockname(l, (struct sockaddr *)&at, &size);
    printf(http ? "listening on port %d\n" : "%d\n", ntohs(at.sin_port));
    fflush(stdout);
    add(e, l);
    if (!http) add(e, 0);
    for (;;) {
        struct epoll_event v[128];
        int n = epoll_wait(e, v, 128, -1);
        for (int i = 0; i < n; i++) {
            int fd = v[i].data.fd;
            if (fd == 0) return 0;
            if (fd != l) {
                serve(fd);
                continue;
            }
            int made = accept(l, NULL, NULL);
            if (made < 0) continue;
            setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            add(e, made);
        }
    }
}
