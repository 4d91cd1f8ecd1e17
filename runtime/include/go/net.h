// go/net.h - listening, accepting, dialling, and deadlines for descriptors.
//
// Everything here is a plain file descriptor: read, write, recv, send, accept, poll, shutdown and
// close serve it, and so does any C library. In a goroutine those that must wait let others run.
// Failure is -1 and errno, as POSIX has it. Descriptors are opened with close-on-exec, blocking (no
// O_NONBLOCK), TCP ones with TCP_NODELAY, as in Go.
#ifndef GO_NET_H
#define GO_NET_H

#include <go/time.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct go_context go_context; // <go/context.h>

// Listens on an address. network: "tcp" (both versions of IP), "tcp4", "tcp6", or "unix". address:
// for TCP "host:port", the host a name, an IPv4 address, or an IPv6 address in brackets
// ("127.0.0.1:8080", "[::1]:80"); without a host (":8080") on all addresses; port 0 lets the system
// choose (getsockname tells). For "unix" a path, which must not exist yet, or "@name" in the
// abstract name space. EPROTONOSUPPORT: another network; EINVAL: the address cannot be read;
// EHOSTUNREACH: the name is not known; else the errors of socket, bind and listen. Looking up a name
// may hold the thread.
GO__API int go_listen(const char *network, const char *address);

// The next connection: a new descriptor, which the caller closes. Waits until there is one. Errors
// of accept: EBADF when fd is closed meanwhile, ETIMEDOUT at the read deadline of fd, EMFILE and
// ENFILE when there are no descriptors left: the connection waits on.
GO__API int go_accept(int fd);

// Connects: a new descriptor, which the caller closes. network and address as for go_listen; a name
// with several addresses is tried in their order, and the last one's error is reported. ctx NULL:
// waits as long as the system does; else the error of the context, ECANCELED or ETIMEDOUT, when that
// ends first.
GO__API int go_dial(const char *network, const char *address, go_context *ctx);

// Until when calls on fd by goroutines may take: at and after `when` (go_now() + d; 0: no deadline)
// they fail with ETIMEDOUT, also those that wait just now, and also if there would be data. Read:
// read, recv, accept and their like; write: write, send, connect. May be moved, and cleared, from any
// goroutine at any time; it lasts until changed, and ends with the descriptor. Not for poll and
// select, which have times of their own, and not for threads that the program made. EBADF: fd is not
// open; EINVAL: regular files and directories have no deadline.
GO__API int go_set_deadline(int fd, go_time when); // both
GO__API int go_set_read_deadline(int fd, go_time when);
GO__API int go_set_write_deadline(int fd, go_time when);

#ifdef __cplusplus
}
#endif
#endif
