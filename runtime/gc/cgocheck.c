// cgocheck.c - GODEBUG=cgocheck=1: objects that only memory of malloc refers to.
//
// The collector does not read that memory, so such an object is about to be freed under whoever
// put its address there. When marking is over, and the world stands still, glibc's memory is looked
// through for addresses of objects that are not marked, and each is reported on stderr. What free
// has left lying about is found as well: a report is a reason to look, no proof.
//
// Where that memory is, the kernel and glibc's own headers tell:
//   the main arena        what the kernel calls [heap].
//   arenas of threads     at multiples of 64 MiB, beginning with a heap_info.
//   large blocks          whole pages from mmap, beginning with a chunk's header: 0, and the size with
//                         the bit that says so.
// Other allocators, and memory that the program has mapped itself, are not looked at: whose stale
// words would fill it is not known. Only pages that are resident are read: others hold nothing, or
// are guards.
#define _GNU_SOURCE
#include "gc/gc.h"

#include "base/print.h"
#include "os/syscall.h"
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MOST = 10, // reports of one collection
       TEXT_BYTES = 4 << 20, // of /proc/self/maps
       PAGE = 4096,
       HEAP_BYTES = 64 << 20, // glibc's HEAP_MAX_SIZE: of an arena's heap, and its alignment
       IS_MAPPED = 2 }; // glibc's bit of a chunk's size

static int reports; // left in this collection

// ---- words --------------------------------------------------------------------------------------

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

static bool is_resident(uintptr_t page) {
    unsigned char resident = 0;
    return mincore((void *)page, PAGE, &resident) == 0 && (resident & 1);
}

static void look_through(uintptr_t start, uintptr_t end) {
    for (uintptr_t page = start & ~(uintptr_t)(PAGE - 1); page < end; page += PAGE) {
        if (!is_resident(page)) continue;
        uintptr_t from = page < start ? start : page, to = page + PAGE < end ? page + PAGE : end;
        for (const uintptr_t *p = (const uintptr_t *)from; p + 1 <= (const uintptr_t *)to; p++) {
            Object o;
            if (!gort_object_find(*p, &o) || gort_object_is_marked(o.span, o.index)) continue;
            if (reports-- > 0) report(p, &o);
        }
    }
}

// ---- what glibc has mapped ----------------------------------------------------------------------

// Bytes of the heap of a thread's arena that begins at this page, which is resident; 0: none does.
static size_t arena_heap(uintptr_t page, uintptr_t end) {
    struct { // glibc's heap_info
        uintptr_t arena, previous;
        size_t size, accessible;
    } h;
    if (page % HEAP_BYTES) return 0;
    memcpy(&h, (const void *)page, sizeof h);
    bool first = !h.previous && (h.arena & ~(uintptr_t)(HEAP_BYTES - 1)) == page;
    bool later = h.previous && h.previous % HEAP_BYTES == 0 && h.arena > PAGE;
    if (!first && !later) return 0;
    return h.size % PAGE == 0 && h.size <= h.accessible && h.size <= end - page ? h.size : 0;
}

static size_t large_block(uintptr_t page, uintptr_t end) {
    uintptr_t before = ((const uintptr_t *)page)[0], size = ((const uintptr_t *)page)[1];
    if (before || size % PAGE != IS_MAPPED || size - IS_MAPPED > end - page) return 0;
    return size - IS_MAPPED;
}

static void look_for_malloc(uintptr_t start, uintptr_t end) {
    for (uintptr_t page = start; page < end;) {
        uintptr_t next = page + PAGE;
        if (arena_of(page)) {
            next = (page | (GORT_ARENA_BYTES - 1)) + 1;
        } else if (is_resident(page)) {
            size_t bytes = arena_heap(page, end);
            if (!bytes) bytes = large_block(page, end);
            if (bytes) look_through(page, page + bytes);
            if (bytes) next = page + bytes;
        }
        page = next;
    }
}

// ---- /proc/self/maps ----------------------------------------------------------------------------

static uintptr_t parse_hex(const char **at) {
    uintptr_t value = 0;
    for (;; (*at)++) {
        char c = **at;
        unsigned digit = 16;
        if (c >= '0' && c <= '9') digit = (unsigned)(c - '0');
        if (c >= 'a' && c <= 'f') digit = (unsigned)(c - 'a' + 10);
        if (digit == 16) return value;
        value = value * 16 + digit;
    }
}

// Read without stdio: others are stopped, perhaps with its locks.
static void read_maps(char *text) {
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    for (ssize_t n = 1; fd >= 0 && n > 0 && length < TEXT_BYTES - 1; length += n > 0 ? (size_t)n : 0)
        n = os_call(SYS_read, fd, text + length, TEXT_BYTES - 1 - length);
    if (fd >= 0) os_call(SYS_close, fd);
    text[length] = 0;
}

// START-END PERMISSIONS OFFSET DEVICE INODE NAME
static void look_at_line(const char *line, const char *end) {
    const char *at = line;
    uintptr_t from = parse_hex(&at);
    at++;
    uintptr_t to = parse_hex(&at);
    if (strncmp(at, " rw-p ", 6) != 0) return;
    for (int fields = 0; fields < 4 && at < end; fields++) {
        while (at < end && *at == ' ') at++;
        while (at < end && *at != ' ') at++;
    }
    while (at < end && *at == ' ') at++;
    if (at == end)
        look_for_malloc(from, to);
    else if (!strncmp(at, "[heap]", 6))
        look_through(from, to);
}

void gort_cgocheck(void) {
    char *text = gort_os_memory_map(TEXT_BYTES, PAGE);
    if (!text) return;
    reports = MOST;
    read_maps(text);
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        look_at_line(line, end);
    gort_os_memory_unmap(text, TEXT_BYTES);
}
