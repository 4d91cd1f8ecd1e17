// memory.c - address space from the kernel.
//
// Guards are the interesting part. mprotect splits a mapping in three, and the kernel's limit of
// 65,530 mappings is then met at 32,753 stacks. MADV_GUARD_INSTALL (Linux 6.13) marks the page
// table entries instead: no mapping is split, and the guard survives MADV_DONTNEED. It is tried
// first, and given up for good when the kernel does not know it.
#define _GNU_SOURCE
#include "os/os.h"

#include "os/syscall.h"

#include "base/sanitize.h"
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

// The thread sanitizer takes mapping for a write of the whole range by the current goroutine,
// unless it ignores it just then: in that case it forgets what it knew of the range.
static void *map(void *at, size_t bytes, int flags) {
    sanitize_ignore_begin();
    void *p = mmap(at, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
    sanitize_ignore_end();
    return p;
}

void *gort_os_memory_map(size_t bytes, size_t align) {
    size_t all = bytes + align;
    int saved = errno;
    char *p = all > bytes ? map(NULL, all, 0) : MAP_FAILED;
    errno = saved;
    if (p == MAP_FAILED) return NULL;
    char *start = (char *)(((uintptr_t)p + align - 1) & ~(uintptr_t)(align - 1));
    if (start > p) munmap(p, (size_t)(start - p));
    if (p + all > start + bytes) munmap(start + bytes, (size_t)(p + all - (start + bytes)));
    return start;
}

void *gort_os_memory_map_signal(size_t bytes) {
    long p = os_syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p < 0 && p > -4096 ? NULL : (void *)p;
}

static bool guard(void *at, size_t bytes) {
    static bool unknown;      // only ever turns true; a thread that sees it late tries once more
    if (!load_relaxed(&unknown)) {
        if (madvise(at, bytes, MADV_GUARD_INSTALL) == 0) return true;
        if (errno == EINVAL) store_relaxed(&unknown, true);
    }
    return mprotect(at, bytes, PROT_NONE) == 0;
}

bool gort_os_memory_guard(void *at, size_t bytes) {
    int saved = errno;
    bool ok = guard(at, bytes);
    errno = saved;
    return ok;
}

void gort_os_memory_small_pages(void *at, size_t bytes) {
    int saved = errno;
    madvise(at, bytes, MADV_NOHUGEPAGE);   // EINVAL on kernels without huge pages: just as well
    errno = saved;
}

void gort_os_memory_renew(void *at, size_t bytes) { map(at, bytes, MAP_FIXED); }

bool gort_os_is_mapped(uintptr_t address) {
    unsigned char resident;
    return os_syscall(SYS_mincore, address & ~(uintptr_t)4095, 1, &resident) == 0;
}

uintptr_t gort_os_mapped_end(uintptr_t from, size_t max) {
    uintptr_t page = from & ~(uintptr_t)4095;
    while (page < from + max && gort_os_is_mapped(page)) page += 4096;
    return page < from ? from : page < from + max ? page
                                                  : from + max;
}

uintptr_t gort_os_mapped_from(uintptr_t low, uintptr_t high) {
    uintptr_t page = (high - 1) & ~(uintptr_t)4095;
    while (page > low && gort_os_is_mapped(page - 4096)) page -= 4096;
    return page > low ? page : low;
}

int gort_os_memory_map_at(void *at, size_t bytes) {
    int saved = errno;
    void *p = map(at, bytes, MAP_FIXED_NOREPLACE);
    int result = p == at ? 0 : p == MAP_FAILED && errno != EEXIST ? 1
                                                                  : -1;
    if (result < 0 && p != MAP_FAILED) munmap(p, bytes); // a kernel that takes `at` for a hint
    errno = saved;
    return result;
}

void gort_os_memory_unmap(void *at, size_t bytes) {
    int saved = errno;
    munmap(at, bytes);
    errno = saved;
}

void gort_os_memory_release(void *at, size_t bytes) {
    int saved = errno;
    sanitize_ignore_begin();
    if (madvise(at, bytes, MADV_DONTNEED) != 0) map(at, bytes, MAP_FIXED); // locked pages
    sanitize_ignore_end();
    errno = saved;
}
