// interrupt.h - an end for a call of a library that waits for a socket: it is shut down when a context finishes.
#ifndef INTERRUPT_H
#define INTERRUPT_H

#include "clients.h"
#include <go/context.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

static inline void shut(void *fd) { shutdown((int)(intptr_t)fd, SHUT_RDWR); }

// To be stopped when the call is over, before the descriptor is closed: by then the number may be another file's.
static inline go_context_func *interrupt_with(go_context *ctx, int fd) {
    return go_context_after_func(ctx, shut, (void *)(intptr_t)fd);
}

// A port of the loopback where connections are made and nobody ever answers.
static inline int silent_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0 && listen(fd, 100) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    return ntohs(at.sin_port); // fd stays open
}

// One where connections are refused.
static inline int refusing_port(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0); // bound, and not listening
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&at, size) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&at, &size) == 0);
    return ntohs(at.sin_port);
}

#endif
