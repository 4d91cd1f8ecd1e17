// cgocheck.c - GODEBUG=cgocheck=1: objects that only memory of malloc refers to.
//
// The collector does not read that memory, so such an object is about to be freed under whoever
// put its address there. When marking is over, and the world stands still, malloc's heap (the
// mapping that the kernel calls [heap]) is looked through for addresses of objects that are not
// marked, and each is reported on stderr. What free has left lying about is found as well: a report
// is a reason to look, no proof. Other mappings of malloc (large blocks, the arenas of further
// threads) are not looked at.
#include "gc/gc.h"

#include "base/print.h"
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 10 }; // reports of one collection

static uintptr_t parse_hex(const char **at) {
    uintptr_t value = 0;
    for (;; (*at)++) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0') : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                                                                                           : 16;
        if (digit == 16) return value;
        value = value * 16 + digit;
    }
}

// From /proc/self/maps, read without stdio: others are stopped, perhaps with its locks.
static bool heap_find(uintptr_t *start, uintptr_t *end) {
    static char text[64 << 10];
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t n = 1; fd >= 0 && n > 0 && length < sizeof text - 1; length += n > 0 ? (size_t)n : 0)
        n = syscall(SYS_read, fd, text + length, sizeof text - 1 - length);
    if (fd >= 0) syscall(SYS_close, fd);
    text[length] = 0;
    char *name = strstr(text, "[heap]");
    if (!name) return false;
    while (name > text && name[-1] != '\n') name--;
    const char *at = name;
    *start = parse_hex(&at);
    at++;
    *end = parse_hex(&at);
    return true;
}

static void report(const uintptr_t *where, const Object *o) {
    Print p;
    gort_print_start(&p);
    gort_print_text(&p, "gocc: cgocheck: memory of malloc at ");
    gort_print_hex(&p, (uintptr_t)where);
    gort_print_text(&p, " refers to the collected object at ");
    gort_print_hex(&p, o->base);
    gort_print_text(&p, " (");
    gort_print_uint(&p, o->span->elem_size);
    gort_print_text(&p, " bytes), which nothing else does: it is freed now\n");
    gort_print_finish(&p);
}

void gort_cgocheck(void) {
    uintptr_t start, end;
    if (!heap_find(&start, &end)) return;
    int n = 0;
    for (const uintptr_t *p = (const uintptr_t *)start; p + 1 <= (const uintptr_t *)end; p++) {
        Object o;
        if (!gort_object_find(*p, &o) || gort_object_is_marked(o.span, o.index)) continue;
        report(p, &o);
        if (++n == MOST) return;
    }
}
