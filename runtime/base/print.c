// print.c - messages to stderr without stdio.
#include "base/print.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

void gort_print_start(Print *p) { p->length = 0; }

// Short writes and EINTR are retried; any other failure drops the text: there is nobody to tell.
void gort_print_finish(Print *p) {
    int saved = errno;
    size_t done = 0;
    while (done < p->length) {
        ssize_t n = syscall(SYS_write, STDERR_FILENO, p->text + done, p->length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        done += (size_t)n;
    }
    p->length = 0;
    errno = saved;
}

static void print_bytes(Print *p, const char *bytes, size_t n) {
    while (n > 0) {
        if (p->length == sizeof p->text) gort_print_finish(p);
        size_t room = sizeof p->text - p->length, part = n < room ? n : room;
        memcpy(p->text + p->length, bytes, part);
        p->length += part;
        bytes += part;
        n -= part;
    }
}

void gort_print_text(Print *p, const char *text) {
    if (text) print_bytes(p, text, strlen(text));
}

static void print_base(Print *p, uint64_t value, unsigned base) {
    char digits[24];
    size_t at = sizeof digits;
    do digits[--at] = "0123456789abcdef"[value % base];
    while ((value /= base) != 0);
    print_bytes(p, digits + at, sizeof digits - at);
}

void gort_print_uint(Print *p, uint64_t value) { print_base(p, value, 10); }

void gort_print_int(Print *p, int64_t value) {
    if (value < 0) gort_print_text(p, "-");
    print_base(p, value < 0 ? -(uint64_t)value : (uint64_t)value, 10);
}

void gort_print_hex(Print *p, uint64_t value) {
    gort_print_text(p, "0x");
    print_base(p, value, 16);
}
