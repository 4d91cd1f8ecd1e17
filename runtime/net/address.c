// address.c - from "host:port" to what a socket takes.
//
// Numbers are read without asking anybody. Names go to getaddrinfo, which may take long and holds
// the thread meanwhile.
#define _GNU_SOURCE
#include "net/net.h"

#include "io/io.h"
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { HOST = 256,
       PORT = 32 };

// ---- text ---------------------------------------------------------------------------------------

// False: it does not fit, or brackets and colons are not where they belong.
static bool split(const char *address, char host[HOST], char port[PORT]) {
    const char *colon = strrchr(address, ':'), *start = address, *end = colon;
    if (!colon) return false;
    if (*address == '[') {
        start = address + 1;
        end = strchr(address, ']');
        if (!end || end + 1 != colon) return false;
    } else if (memchr(address, ':', (size_t)(colon - address))) {
        return false; // IPv6 needs brackets
    }
    size_t n = (size_t)(end - start), m = strlen(colon + 1);
    if (n >= HOST || m >= PORT) return false;
    memcpy(host, start, n);
    host[n] = 0;
    memcpy(port, colon + 1, m + 1);
    if (m == 0) strcpy(port, "0");
    return true;
}

static int fail(int error) {
    errno = error;
    return -1;
}

// ---- unix ---------------------------------------------------------------------------------------

static int resolve_unix(const char *path, Address *found) {
    struct sockaddr_un *u = (struct sockaddr_un *)&found->at;
    size_t n = strlen(path);
    if (n == 0 || n >= sizeof u->sun_path) return fail(EINVAL);
    found->family = u->sun_family = AF_UNIX;
    memcpy(u->sun_path, path, n + 1);
    if (*path == '@') u->sun_path[0] = 0;
    found->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (*path != '@'));
    return 1;
}

// ---- TCP ----------------------------------------------------------------------------------------

static int error_of(int result) {
    switch (result) {
    case EAI_SYSTEM: return errno;
    case EAI_MEMORY: return ENOMEM;
    case EAI_AGAIN: return EAGAIN;
    case EAI_SERVICE: return EINVAL;
    default: return EHOSTUNREACH;
    }
}

static NOINLINE int look_up(const char *host, const char *port, const struct addrinfo *hints,
                            struct addrinfo **list) {
    int result = IO_HELD(getaddrinfo(host, port, hints, list));
    return result == 0 ? 0 : error_of(result);
}

static int ask(const char *host, const char *port, int family, bool passive,
               struct addrinfo **list) {
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
    hints.ai_flags = AI_NUMERICHOST | (passive ? AI_PASSIVE : 0);
    if (look_up(*host ? host : NULL, port, &hints, list) == 0) return 0;
    if (!*host) return EINVAL;
    hints.ai_flags &= ~AI_NUMERICHOST;
    return look_up(host, port, &hints, list);
}

static int take(const struct addrinfo *list, Address found[ADDRESSES]) {
    int n = 0;
    for (; list && n < ADDRESSES; list = list->ai_next) {
        if (list->ai_addrlen > sizeof found[n].at) continue;
        found[n].family = list->ai_family;
        found[n].length = list->ai_addrlen;
        memcpy(&found[n++].at, list->ai_addr, list->ai_addrlen);
    }
    return n;
}

// To listen everywhere one IPv6 socket serves both versions; IPv4 is for where there is none.
static void prefer_both(Address *found, int n) {
    for (int i = 1; i < n; i++)
        if (found[i].family == AF_INET6 && found[0].family == AF_INET) {
            Address first = found[0];
            found[0] = found[i];
            found[i] = first;
        }
}

static int resolve_tcp(int family, const char *address, bool passive, Address found[ADDRESSES]) {
    char host[HOST], port[PORT];
    if (!split(address, host, port)) return fail(EINVAL);
    struct addrinfo *list = NULL;
    int error = ask(host, port, family, passive, &list);
    if (error) return fail(error);
    int n = take(list, found);
    freeaddrinfo(list);
    if (passive && !*host) prefer_both(found, n);
    return n ? n : fail(EHOSTUNREACH);
}

int gort_net_resolve(const char *network, const char *address, bool passive,
                     Address found[ADDRESSES]) {
    if (!network || !address) return fail(EINVAL);
    memset(found, 0, ADDRESSES * sizeof *found);
    if (!strcmp(network, "tcp")) return resolve_tcp(AF_UNSPEC, address, passive, found);
    if (!strcmp(network, "tcp4")) return resolve_tcp(AF_INET, address, passive, found);
    if (!strcmp(network, "tcp6")) return resolve_tcp(AF_INET6, address, passive, found);
    if (!strcmp(network, "unix")) return resolve_unix(address, found);
    return fail(EPROTONOSUPPORT);
}
