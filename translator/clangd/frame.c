// frame.c - messages on a stream of bytes: `Content-Length: N`, an empty line, N bytes.
//
// Nothing here trusts the other end. Header lines that mean nothing are passed over, a length that cannot be is as if it were not there,
// and a message that is too long is read and forgotten. Both directions are buffered, so neither side can block the other.
#include "proxy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    MESSAGE_BYTES_MAX = 256 << 20, // clangd gives up at 1 GiB; no editor sends this much
    HEADER_BYTES_MAX = 64 << 10,
    READ_BYTES = 64 << 10
};

Output to_client, to_server;

static void *resized(void *data, size_t bytes) {
    void *grown = realloc(data, bytes);
    if (!grown) {
        fprintf(stderr, "gocc-clangd: out of memory\n");
        exit(1);
    }
    return grown;
}

static void restore(Stream *s) {
    if (s->terminated)
        s->data[s->start] = s->saved;
    s->terminated = false;
}

bool stream_read(Stream *s, int fd) {
    restore(s);
    if (s->start > 0) { // the body handed out before is not used any more
        memmove(s->data, s->data + s->start, s->length - s->start);
        s->length -= s->start;
        s->start = 0;
    }
    if (s->length + READ_BYTES + 1 > s->capacity)
        s->data = resized(s->data, s->capacity = (s->length + READ_BYTES + 1) * 3 / 2);
    ssize_t n = read(fd, s->data + s->length, READ_BYTES);
    if (n < 0)
        return errno == EINTR || errno == EAGAIN;
    s->length += (size_t)n;
    return n > 0;
}

// The header line [line, end): its number, if it says how long the body is.
static bool read_length(const char *line, const char *end, size_t *length) {
    static const char name[] = "content-length:";
    size_t n = sizeof name - 1;
    if ((size_t)(end - line) < n || strncasecmp(line, name, n))
        return false;
    const char *p = line + n;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    size_t value = 0, digits = 0;
    for (; p < end && *p >= '0' && *p <= '9'; p++, digits++)
        if ((value = value * 10 + (size_t)(*p - '0')) > (size_t)1 << 40)
            return false;
    *length = value;
    return digits > 0;
}

// Reads header lines up to the empty one. False: it is not all there yet. *length is SIZE_MAX if none of them says it.
static bool read_header(const Stream *s, size_t *body, size_t *length) {
    const char *end = s->data + s->length;
    *length = SIZE_MAX;
    for (const char *line = s->data + s->start, *newline; line < end; line = newline + 1) {
        newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline)
            return false;
        const char *stop = newline > line && newline[-1] == '\r' ? newline - 1 : newline;
        if (stop == line && *length != SIZE_MAX) {
            *body = (size_t)(newline + 1 - s->data);
            return true;
        }
        size_t n;
        if (read_length(line, stop, &n))
            *length = n;
    }
    return false;
}

static void drop_skipped(Stream *s) {
    size_t n = s->length - s->start < s->skip ? s->length - s->start : s->skip;
    s->start += n;
    s->skip -= n;
}

bool stream_next(Stream *s, char **body, size_t *length) {
    restore(s);
    for (;;) {
        size_t at;
        drop_skipped(s);
        if (s->skip || s->start == s->length)
            return false;
        if (!read_header(s, &at, length)) {
            if (s->length - s->start > HEADER_BYTES_MAX)
                s->start = s->length; // no header is this long
            return false;
        }
        if (*length > MESSAGE_BYTES_MAX) {
            s->start = at;
            s->skip = *length;
            continue;
        }
        if (s->length - at < *length)
            return false;
        *body = s->data + at;
        s->start = at + *length;
        s->saved = s->data[s->start];
        s->data[s->start] = '\0';
        s->terminated = true;
        return true;
    }
}

// ---- writing ------------------------------------------------------------------------------------

static void append(Output *o, const char *data, size_t n) {
    if (o->start == o->length)
        o->start = o->length = 0;
    if (o->length + n > o->capacity)
        o->data = resized(o->data, o->capacity = (o->length + n) * 3 / 2 + 256);
    memcpy(o->data + o->length, data, n);
    o->length += n;
}

void output_add(Output *o, const char *body, size_t length) {
    char header[64];
    int n = snprintf(header, sizeof header, "Content-Length: %zu\r\n\r\n", length);
    append(o, header, (size_t)n);
    append(o, body, length);
}

bool output_write(Output *o, int fd) {
    while (o->start < o->length) {
        ssize_t n = write(fd, o->data + o->start, o->length - o->start);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN;
        o->start += (size_t)n;
    }
    if (o->capacity > 1 << 20) { // one large answer does not stay
        free(o->data);
        *o = (Output){0};
    }
    o->start = o->length = 0;
    return true;
}

static void add_json(Output *o, json_t *message) {
    char *text = json_dumps(message, JSON_COMPACT | JSON_ENCODE_ANY);
    if (text)
        output_add(o, text, strlen(text));
    free(text);
    json_decref(message);
}

void client_send_json(json_t *message) {
    add_json(&to_client, message);
}

void server_send_json(json_t *message) {
    add_json(&to_server, message);
}

void server_send(const char *bytes, size_t length) {
    output_add(&to_server, bytes, length);
}
