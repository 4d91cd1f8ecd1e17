// copy.c - libc's functions that copy and clear memory, for destinations that may hold pointers.
//
// Generated code calls them in place of libc's (translator/facts_store.c has the table). The forms with `room` are those of
// _FORTIFY_SOURCE: the size of the destination, as far as the compiler knew it.
#include <stddef.h>
#include <stdlib.h>

#include "base/abi.h"

void __chk_fail(void) __attribute__((noreturn));

void *go__gc_memcpy(void *to, const void *from, unsigned long n) {
    go__gc_copy(to, from, n);
    return to;
}

void *go__gc_mempcpy(void *to, const void *from, unsigned long n) {
    go__gc_copy(to, from, n);
    return (char *)to + n;
}

void *go__gc_memset(void *to, int c, unsigned long n) {
    go__gc_clear(to, c, n);
    return to;
}

void go__gc_bzero(void *to, unsigned long n) {
    go__gc_clear(to, 0, n);
}

void go__gc_bcopy(const void *from, void *to, unsigned long n) {
    go__gc_copy(to, from, n);
}

void *go__gc_wmemcpy(void *to, const void *from, unsigned long n) {
    go__gc_copy(to, from, n * sizeof(wchar_t));
    return to;
}

void *go__gc_memcpy_chk(void *to, const void *from, unsigned long n, unsigned long room) {
    if (n > room) __chk_fail();
    return go__gc_memcpy(to, from, n);
}

void *go__gc_mempcpy_chk(void *to, const void *from, unsigned long n, unsigned long room) {
    if (n > room) __chk_fail();
    return go__gc_mempcpy(to, from, n);
}

void *go__gc_memset_chk(void *to, int c, unsigned long n, unsigned long room) {
    if (n > room) __chk_fail();
    return go__gc_memset(to, c, n);
}
