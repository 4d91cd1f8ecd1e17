// out.c - text on its way to stderr, or to a caller's buffer.
#include "panic/out.h"
#include "os/syscall.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void gort_out_flush(Out *o) {
    size_t done = 0;
    while (o->fd >= 0 && done < o->length) {
        ssize_t n = os_call(SYS_write, o->fd, o->data + done, o->length - done);
        if (n < 0 && errno != EINTR && errno != EAGAIN)
            break;
        if (n > 0)
            done += n;
    }
    if (o->fd >= 0)
        o->length = 0;
}

void gort_out_bytes(Out *o, const char *s, size_t n) {
    while (n) {
        if (o->length == o->capacity)
            gort_out_flush(o);
        size_t room = o->capacity - o->length, part = n < room ? n : room;
        if (!part)
            return;
        memcpy(o->data + o->length, s, part);
        o->length += part;
        s += part;
        n -= part;
    }
}

void gort_out_text(Out *o, const char *s) {
    if (s)
        gort_out_bytes(o, s, strlen(s));
}

void gort_out_indented(Out *o, const char *s) {
    const char *newline;
    for (; s && (newline = strchr(s, '\n')); s = newline + 1) {
        gort_out_bytes(o, s, newline + 1 - s);
        gort_out_text(o, "\t");
    }
    gort_out_text(o, s);
}

static void out_number(Out *o, uint64_t v, unsigned base) {
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = "0123456789abcdef"[v % base];
    while ((v /= base));
    gort_out_bytes(o, digits + at, sizeof digits - at);
}

void gort_out_uint(Out *o, uint64_t v) {
    out_number(o, v, 10);
}

void gort_out_hex(Out *o, uint64_t v) {
    gort_out_text(o, "0x");
    out_number(o, v, 16);
}
