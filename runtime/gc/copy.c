// copy.c - libc's functions that copy and clear memory, for destinations that may hold pointers.
//
// Generated code calls them in place of libc's (translator/facts_store.c has the table). The forms with `room` are those of
// _FORTIFY_SOURCE: the size of the destination, as far as the compiler knew it.
#include <stddef.h>
#include <stdlib.h>

#include "base/abi.h"

void __chk_fail(void) __attribute__((noreturn));

// The thread sanitizer does not look into the runtime: it is told, and that this is a frame above the caller.
#ifdef GORT_TSAN
void __tsan_func_entry(void *call);
void __tsan_func_exit(void);
void __tsan_write_range(void *, unsigned long);
void __tsan_read_range(void *, unsigned long);
#define TELL(to, from, n)                                 \
    do {                                                  \
        __tsan_func_entry(__builtin_return_address(0));   \
        if (from) __tsan_read_range((void *)(from), (n)); \
        __tsan_write_range((to), (n));                    \
        __tsan_func_exit();                               \
    } while (0)
#else
#define TELL(to, from, n) ((void)0)
#endif

void *go__gc_memcpy(void *to, const void *from, unsigned long n) {
    TELL(to, from, n);
    go__gc_copy(to, from, n);
    return to;
}

void *go__gc_mempcpy(void *to, const void *from, unsigned long n) {
    TELL(to, from, n);
    go__gc_copy(to, from, n);
    return (char *)to + n;
}

void *go__gc_memset(void *to, int c, unsigned long n) {
    TELL(to, NULL, n);
    go__gc_clear(to, c, n);
    return to;
}

void go__gc_bzero(void *to, unsigned long n) {
    TELL(to, NULL, n);
    go__gc_clear(to, 0, n);
}

void go__gc_bcopy(const void *from, void *to, unsigned long n) {
    TELL(to, from, n);
    go__gc_copy(to, from, n);
}

void *go__gc_wmemcpy(void *to, const void *from, unsigned long n) {
    TELL(to, from, n * sizeof(wchar_t));
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
