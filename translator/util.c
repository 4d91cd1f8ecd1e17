// util.c - growing text, and whole files.

#include "gocc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Makes room for `more` bytes and the final NUL.
static void buffer_reserve(Buffer *b, size_t more) {
    size_t need = b->length + more + 1;
    if (need <= b->capacity)
        return;
    size_t capacity = b->capacity ? b->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    char *data = realloc(b->data, capacity);
    if (!data) {
        fprintf(stderr, "gocc: fatal error: out of memory allocating %zu bytes\n", capacity);
        exit(1);
    }
    b->data = data;
    b->capacity = capacity;
}

void buffer_append(Buffer *b, const char *s, size_t n) {
    buffer_reserve(b, n);
    if (n)
        memcpy(b->data + b->length, s, n);
    b->length += n;
    b->data[b->length] = '\0';
}

void buffer_puts(Buffer *b, const char *s) {
    buffer_append(b, s, strlen(s));
}

void buffer_printf(Buffer *b, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n <= 0)
        return;
    buffer_reserve(b, (size_t)n);
    va_start(args, format);
    vsnprintf(b->data + b->length, (size_t)n + 1, format, args);
    va_end(args);
    b->length += (size_t)n;
}

static bool read_all(int fd, Buffer *out) {
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        buffer_reserve(out, (size_t)status.st_size + 1);
    for (;;) {
        buffer_reserve(out, 64 << 10);
        ssize_t n = read(fd, out->data + out->length, out->capacity - out->length - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        out->length += (size_t)n;
        out->data[out->length] = '\0';
        if (n == 0)
            return true;
    }
}

// Appends the file to *out; on failure what was there before is all that is left.
bool file_read(const char *path, Buffer *out) {
    size_t before = out->length;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool ok = read_all(fd, out);
    int error = errno;
    close(fd);
    if (!ok)
        out->length = before;
    errno = error;
    return ok;
}

bool file_write(const char *path, const char *data, size_t n) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return false;
    while (n > 0) {
        ssize_t written = write(fd, data, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int error = errno;
            close(fd);
            errno = error;
            return false;
        }
        data += written;
        n -= (size_t)written;
    }
    return close(fd) == 0;
}
