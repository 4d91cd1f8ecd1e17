// roots.c - what is neither on a goroutine's stack nor in an object, and may refer to objects.
//
//   globals          the writable segments of all loaded objects: the program, its libraries, libc.
//                    Not what is read-only after relocation, nor the tables of our own that are full
//                    of objects' addresses (gort_roots_own).
//   thread-local     of each thread that the runtime knows: its own blocks, reached through the
//                    dynamic thread vector, as glibc lays it out (its `dtv`, entry 0 of which
//                    counts). Keys of pthread_setspecific lie in the thread's control block.
//   timers           those that are in a processor's heap.
//   registered       go_gc_add_roots: memory of malloc, shared memory, arguments of new threads.
// All is conservative: a word that looks like an object's address is one.
#define _GNU_SOURCE
#include "gc/gc.h"

#include "mem/arena.h"
#include "sched/timer.h"
#include <link.h>
#include <stdlib.h>

enum { MODULES = 256,
       RANGES = 512,
       CONTROL_BLOCK_BYTES = 2304 }; // of glibc 2.36's struct pthread; more is not read

static size_t module_bytes[MODULES]; // by number: thread-local memory of a loaded object
static uint64_t global_bytes;

uint64_t gort_roots_bytes(void) { return global_bytes; }

// ---- globals ------------------------------------------------------------------------------------

typedef struct Range {
    uintptr_t start, end;
} Range;

static Range ranges[RANGES]; // of globals, as last seen: the first of them
static size_t ranges_count;

static void scan_range(GreyBuffer *b, uintptr_t start, uintptr_t end) {
    if (start >= end) return;
    global_bytes += end - start;
    if (ranges_count < RANGES) ranges[ranges_count++] = (Range){start, end};
    if (b) gort_grey_words(b, (void *)start, (void *)end);
}

// [start, end) without what the holes cover.
static void scan_without(GreyBuffer *b, uintptr_t start, uintptr_t end, const Range *holes,
                         size_t n) {
    while (n > 0 && (holes[n - 1].end <= start || holes[n - 1].start >= end)) n--;
    if (n == 0) {
        scan_range(b, start, end);
        return;
    }
    scan_without(b, start, holes[n - 1].start, holes, n - 1);
    scan_without(b, holes[n - 1].end, end, holes, n - 1);
}

static Range relocated(const struct dl_phdr_info *o) {
    for (int i = 0; i < o->dlpi_phnum; i++)
        if (o->dlpi_phdr[i].p_type == PT_GNU_RELRO) {
            uintptr_t start = o->dlpi_addr + o->dlpi_phdr[i].p_vaddr;
            return (Range){start, start + o->dlpi_phdr[i].p_memsz};
        }
    return (Range){0, 0};
}

// A sanitizer's library has tens of megabytes that refer to nothing of ours.
// (Its own strstr would report a race for the name.)
#if defined(GORT_ASAN) || defined(GORT_TSAN)
static bool is_sanitizer(const struct dl_phdr_info *o) {
    static const char name[] = "/libtsan.so";
    for (const char *p = o->dlpi_name; *p; p++) {
        size_t n = 0;
        while (n < sizeof name - 1 && (p[n] == name[n] || (n == 4 && p[n] == 'a'))) n++; // libasan
        if (n == sizeof name - 1) return true;
    }
    return false;
}
#else
static bool is_sanitizer(const struct dl_phdr_info *o) { return (void)o, false; }
#endif

// The loader's lock is held: what is looked at is not unloaded meanwhile.
static int scan_object(struct dl_phdr_info *o, size_t size, void *arg) {
    (void)size;
    if (is_sanitizer(o)) return 0;
    // The allocator's table of arenas is large, and full of addresses that are no references.
    Range table = {(uintptr_t)gort_arenas, (uintptr_t)gort_arenas + sizeof gort_arenas};
    Range holes[] = {relocated(o), table};
    for (int i = 0; i < o->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &o->dlpi_phdr[i];
        uintptr_t start = o->dlpi_addr + h->p_vaddr;
        if (h->p_type == PT_LOAD && (h->p_flags & PF_W))
            scan_without(arg, start, start + h->p_memsz, holes, 2);
        if (h->p_type == PT_TLS && o->dlpi_tls_modid < MODULES)
            module_bytes[o->dlpi_tls_modid] = h->p_memsz;
    }
    return 0;
}

void gort_roots_prepare(void) {
    for (size_t i = 0; i < MODULES; i++) module_bytes[i] = 0;
    ranges_count = global_bytes = 0;
    dl_iterate_phdr(scan_object, NULL);
}

void gort_roots_globals(GreyBuffer *b) {
    ranges_count = global_bytes = 0;
    dl_iterate_phdr(scan_object, b);
}

void gort_roots_globals_again(GreyBuffer *b) {
    for (size_t i = 0; i < ranges_count; i++)
        gort_grey_words(b, (void *)ranges[i].start, (void *)ranges[i].end);
}

// ---- thread-local memory ------------------------------------------------------------------------

typedef union ThreadVector { // glibc's dtv_t
    size_t count; // [-1]
    struct {
        void *value; // (void *)-1: not there yet
        void *to_free;
    } block;
} ThreadVector;

static const ThreadVector *thread_vector(uintptr_t thread_pointer) {
#if defined(__x86_64__)
    return ((const ThreadVector *const *)thread_pointer)[1];
#else
    return ((const ThreadVector *const *)thread_pointer)[0];
#endif
}

void gort_roots_thread(GreyBuffer *b, uintptr_t thread_pointer, bool initial) {
    if (!thread_pointer) return;
    const ThreadVector *v = thread_vector(thread_pointer);
    for (size_t i = 1; v && i < MODULES && i <= v[-1].count; i++) {
        char *block = v[i].block.value;
        if (block && block != (char *)-1 && module_bytes[i])
            gort_grey_words(b, block, block + module_bytes[i]);
    }
    // The control block of others lies in their stack's mapping, as far as that is known; that of
    // the first thread does not.
    if (initial) {
        uintptr_t end = gort_os_mapped_end(thread_pointer, CONTROL_BLOCK_BYTES);
        gort_grey_words(b, (void *)thread_pointer, (void *)end);
    }
}

// ---- timers -------------------------------------------------------------------------------------

enum { PIECE = 512 }; // timers looked at without giving their lock away

// In a stopped world a lock may be held by whoever was stopped.
static void try_scan_timers(GreyBuffer *b, TimerHeap *h) {
    if (!spin_try_lock(&h->lock.lock)) return;
    for (uint32_t i = 0; i < h->count; i++) grey_word(b, (uintptr_t)h->v[i].timer);
    spin_try_unlock(&h->lock.lock);
}

// What gets from one piece to another meanwhile is greyed by whoever moves it.
static void scan_timers(GreyBuffer *b, TimerHeap *h, bool try) {
    if (try) {
        try_scan_timers(b, h);
        return;
    }
    bool more = true;
    for (uint32_t at = 0; more;) {
        spin_lock(&h->lock.lock, RANK_TIMERS);
        for (uint32_t end = at + PIECE; at < end && at < h->count; at++)
            grey_word(b, (uintptr_t)h->v[at].timer);
        more = at < h->count;
        spin_unlock(&h->lock.lock, RANK_TIMERS);
    }
}

// ---- registered ranges and arguments ------------------------------------------------------------

typedef struct Registered {
    struct Registered *next;
    const char *start;
    size_t bytes;
} Registered;

static Lock registered_lock;
static Registered *registered; // under registered_lock

void gort_roots_add(const void *start, size_t bytes) {
    Registered *r = malloc(sizeof *r);
    gort_check(r && "memory for a registered range");
    *r = (Registered){.start = start, .bytes = bytes};
    gort_lock_acquire(&registered_lock, RANK_ROOTS);
    r->next = registered;
    registered = r;
    gort_lock_release(&registered_lock, RANK_ROOTS);
}

void gort_roots_remove(const void *start) {
    gort_lock_acquire(&registered_lock, RANK_ROOTS);
    Registered **link = &registered;
    while (*link && (*link)->start != start) link = &(*link)->next;
    Registered *r = *link;
    if (r) *link = r->next;
    gort_lock_release(&registered_lock, RANK_ROOTS);
    free(r);
}

size_t gort_roots_size(const void *start) {
    size_t bytes = 0;
    gort_lock_acquire(&registered_lock, RANK_ROOTS);
    for (const Registered *r = registered; r; r = r->next)
        if (r->start == start) bytes = r->bytes;
    gort_lock_release(&registered_lock, RANK_ROOTS);
    return bytes;
}

static bool registered_acquire(bool try) {
    if (try) return gort_lock_try(&registered_lock, RANK_ROOTS);
    gort_lock_acquire(&registered_lock, RANK_ROOTS);
    return true;
}

void gort_roots_others(GreyBuffer *b, bool try) {
    uint32_t made = load_acquire(&gort_sched.processors_made);
    for (uint32_t i = 0; i < made; i++) scan_timers(b, &gort_sched.processors[i]->timers, try);
    if (!registered_acquire(try)) return;
    for (const Registered *r = registered; r; r = r->next)
        gort_grey_words(b, r->start, r->start + r->bytes);
    gort_lock_release(&registered_lock, RANK_ROOTS);
}
