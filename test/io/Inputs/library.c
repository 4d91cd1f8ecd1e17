// A library that knows nothing of goroutines. With NAME and _FORTIFY_SOURCE its read becomes __read_chk.
#include <unistd.h>

#ifndef NAME
#define NAME plain
#endif
#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

long JOIN(NAME, _read)(int fd, char *buf, size_t n) {
    char here[64];
    ssize_t got = read(fd, here, n);
    for (ssize_t i = 0; i < got; i++) buf[i] = here[i];
    return got;
}
