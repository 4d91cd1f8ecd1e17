// net.h - addresses, as the files of this layer see them.
#ifndef GORT_NET_NET_H
#define GORT_NET_NET_H

#include <netdb.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

typedef struct Address { // one that a socket can be made for
    int family;
    socklen_t length;
    struct sockaddr_storage at;
} Address;

enum { ADDRESSES = 8 }; // so many of a name's are tried

// The addresses that (network, address) means, in the order in which to try them: their number, or
// -1 and errno. passive: to listen on; an empty host is then every address, else the loopback.
int gort_net_resolve(const char *network, const char *address, bool passive,
                     Address found[ADDRESSES]);

#endif
