// http.h - what the files of the HTTP server share: requests, responses, connections.
//
// server.gc accepts and shuts down, connection.gc serves one connection, request.gc is the parser, handlers.gc says
// what is at which path.
#ifndef HTTP_H
#define HTTP_H

#include <go/time.h>
#include <http_parser.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    HEAD_MAX = 8 << 10,     // bytes of request line and headers; more is answered with 431
    INPUT_SIZE = 8 << 10,   // bytes read at a time
};

// Set by main before the first connection, constant afterwards.
extern struct settings {
    go_duration idle, read, write, grace;   // how long a connection may say nothing, a request come, a response go; a shutdown take
    size_t body_max;                        // bytes of a request's body; more is answered with 413
} settings;

// ---- requests: request.gc --------------------------------------------------------------------------

struct request {
    http_parser parser;         // first: the callbacks are given its address
    bool complete;              // all of it is there
    bool wants_continue;        // the client waits for leave to send the body
    int refused;                // the status to answer with when it will never be complete, or 0
    int part;                   // which of target, name, value was added to last
    size_t head_used;
    char head[HEAD_MAX];        // target, then name, value, name, value ...: each with a NUL
    struct http_parser_url url; // where in the target what is
    char *body;                 // memory of malloc, kept from one request to the next
    size_t body_used, body_size;
};

// Makes it ready for a new request. What body is stays: NULL, or what the last one left.
void request_begin(struct request *r);
// Gives n > 0 more bytes of input to the parser. Returns how many were taken: all, unless the request is now
// complete or refused; what is left belongs to the next.
size_t request_feed(struct request *r, const char *input, size_t n);
// The value of a header (case does not matter), or NULL.
const char *request_header(const struct request *r, const char *name);
// Is this its path?
bool request_is_for(const struct request *r, const char *path);
// The number after `name=` in the query; `otherwise` if there is none.
long request_number(const struct request *r, const char *name, long otherwise);

// ---- responses: handlers.gc -----------------------------------------------------------------------

struct response {
    int status;
    unsigned allow;             // with 405: the methods that the path has, 1 << HTTP_GET and so on
    const char *body;           // not owned: text, or the request's body
    size_t length;
    char text[200];
};

// Sets status and, from a format as printf's, the body.
void response_print(struct response *to, int status, const char *format, ...) __attribute__((format(printf, 3, 4)));
// Answers a complete request. A panic on the way is answered with 500.
void handle(struct request *r, struct response *to);

// ---- connections: connection.gc -------------------------------------------------------------------

// Serves a connection until its end, and closes it.
void serve(int fd);
// From now on responses are the last ones of their connections. Returns when all connections have ended, or after
// `grace`; how many there still are.
int connections_shut_down(go_duration grace);
// There will be a call of serve. Comes before the goroutine, for connections_shut_down to know.
void connections_expect(void);

#endif
