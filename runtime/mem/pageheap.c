// pageheap.c - runs of free pages, by size.
//
// Free runs lie in bins: one for each size up to 15 pages, then eight for each doubling (as in the
// allocator called TLSF). A request looks at the first few runs of its own bin, and then takes the
// first one of the next bin that has any, where all are large enough: a bit map finds it in a few
// instructions. Within a bin the run that was freed last comes first, its pages are warm. What is
// left of a run goes back, and a run that becomes free merges with its free neighbours, which the
// arena map knows by their first and last pages. Rejected: a tree by size and address, whose
// logarithm is a chain of cache misses under the one lock; Go's radix tree of bit maps, the better
// one at a million of pages, and three times the code.
//
//   1. Free runs do not touch each other.
//   2. map[first page] and map[last page] of a free run point to its structure. A stale entry may
//      point to any structure: a neighbour is believed only if its state is SPAN_FREE and it ends
//      (or begins) where it should.
//   3. A structure's state changes under the lock, other than from SPAN_DEAD to SPAN_USED.
//   4. resident of a free run counts its pages that are not absent.
//   5. While the kernel takes pages (gort_pages_release) they are nobody's: in no run, dead.
#include "mem/pageheap.h"

#include "base/check.h"
#include "os/os.h"

enum { EXACT = 16, // runs below this have a bin for each size
       BINS = EXACT + 8 * (64 - 4),
       TRIES = 8, // runs of one's own bin that are looked at
       UNIT = 64, // spare structures are kept by extra_bytes / UNIT
       UNITS = 9,
       RELEASE_PAGES = 256 }; // taken back by the kernel at a time: 2 MiB

static Lock pages_lock; // guards all that follows
static Span *bins[BINS];
static uint64_t bins_used[(BINS + 63) / 64];
static Span *spare[UNITS];
static PageStats stats;
static uint64_t idle_least; // fewest free pages that are not absent, since idle_since_ns
static int64_t idle_since_ns;
static uint64_t limit_pages = UINT64_MAX >> GORT_PAGE_SHIFT; // that the kernel should back at most

// ---- structures ---------------------------------------------------------------------------------

static Span *structure_take(size_t extra) {
    size_t unit = (extra + UNIT - 1) / UNIT, bytes = sizeof(Span) + unit * UNIT;
    gort_check(unit < UNITS);
    Span *s = spare[unit];
    if (s) {
        spare[unit] = s->next;
        stats.spare_structures -= bytes;
        return s;
    }
    s = gort_metadata_allocate(bytes);
    if (s) {
        s->extra_bytes = (uint32_t)(unit * UNIT);
        stats.structures += bytes;
    }
    return s;
}

static void structure_give(Span *s) {
    size_t unit = s->extra_bytes / UNIT;
    store_release(&s->state, SPAN_DEAD);
    s->next = spare[unit];
    spare[unit] = s;
    stats.spare_structures += sizeof(Span) + s->extra_bytes;
}

// ---- bins ---------------------------------------------------------------------------------------

static unsigned bin_of(size_t pages) {
    if (pages < EXACT) return (unsigned)pages;
    unsigned log = 63u - (unsigned)__builtin_clzll(pages);
    return EXACT + (log - 4) * 8 + (unsigned)(pages >> (log - 3) & 7);
}

// The first bin all of whose runs have that many pages.
static unsigned bin_above(size_t pages) {
    if (pages < EXACT) return (unsigned)pages;
    unsigned log = 63u - (unsigned)__builtin_clzll(pages);
    return bin_of(pages + ((size_t)1 << (log - 3)) - 1);
}

static void bin_put(Span *s) {
    unsigned b = bin_of(s->pages);
    s->previous = NULL;
    s->next = bins[b];
    if (s->next) s->next->previous = s;
    bins[b] = s;
    bins_used[b / 64] |= (uint64_t)1 << b % 64;
}

static void bin_remove(Span *s) {
    unsigned b = bin_of(s->pages);
    if (s->next) s->next->previous = s->previous;
    if (s->previous)
        s->previous->next = s->next;
    else
        bins[b] = s->next;
    if (!bins[b]) bins_used[b / 64] &= ~((uint64_t)1 << b % 64);
}

// The first run of bin b or a later one; NULL: they are empty.
static Span *bin_next(unsigned b) {
    if (b >= BINS) return NULL;
    uint64_t word = bins_used[b / 64] & ~(uint64_t)0 << b % 64;
    for (unsigned i = b / 64;; word = bins_used[i]) {
        if (word) return bins[i * 64 + (unsigned)__builtin_ctzll(word)];
        if (++i == sizeof bins_used / sizeof *bins_used) return NULL;
    }
}

static Span *bin_find(size_t pages) {
    Span *s = bins[bin_of(pages)];
    for (int i = 0; s && i < TRIES; i++, s = s->next)
        if (s->pages >= pages) return s;
    return bin_next(bin_above(pages));
}

// ---- runs ---------------------------------------------------------------------------------------

static uintptr_t span_end(const Span *s) { return s->base + (s->pages << GORT_PAGE_SHIFT); }

static void map_ends(Span *s) {
    store_release(arena_slot(s->base), s);
    store_release(arena_slot(span_end(s) - 1), s);
}

static Span *free_at(uintptr_t address) {
    Span **slot = arena_slot(address);
    Span *s = slot ? *slot : NULL;
    return s && s->state == SPAN_FREE && address >= s->base && address < span_end(s) ? s : NULL;
}

// The run [s->base, + pages) becomes free; resident is set. Merges it with its neighbours.
static void run_put(Span *s) {
    Span *left = free_at(s->base - 1), *right = free_at(span_end(s));
    for (int i = 0; i < 2; i++) {
        Span *o = i ? right : left;
        if (!o) continue;
        bin_remove(o);
        if (o->base < s->base) s->base = o->base;
        s->pages += o->pages;
        s->resident += o->resident;
        structure_give(o);
    }
    store_release(&s->state, SPAN_FREE);
    map_ends(s);
    bin_put(s);
}

static bool run_grow(size_t pages) {
    Span *s = structure_take(0);
    uintptr_t at;
    size_t n = s ? gort_arena_grow(pages, &at) : 0;
    if (n) {
        s->base = at;
        s->pages = n;
        s->resident = 0;
        stats.free += n;
        stats.absent += n;
        run_put(s);
    } else if (s) {
        structure_give(s);
    }
    return n != 0;
}

static uint32_t resident_count(uintptr_t base, size_t pages) {
    return (uint32_t)(pages - gort_arena_count_absent(base, pages));
}

// Gives the part [base, + pages) back as a run of its own; `s` is a spare structure for it.
static void part_put(Span *s, uintptr_t base, size_t pages, uint32_t resident) {
    s->base = base;
    s->pages = pages;
    s->resident = resident;
    store_release(&s->state, SPAN_FREE);
    map_ends(s);
    bin_put(s);
}

// Cuts [at, + pages) out of the run; false: no structure for a rest.
static bool run_cut(Span *run, uintptr_t at, size_t pages) {
    uintptr_t end = at + (pages << GORT_PAGE_SHIFT), run_end = span_end(run);
    size_t before = (at - run->base) >> GORT_PAGE_SHIFT,
           after = (run_end - end) >> GORT_PAGE_SHIFT;
    Span *second = before && after ? structure_take(0) : NULL;
    if (before && after && !second) return false;
    bin_remove(run);
    store_release(&run->state, SPAN_DEAD);
    uintptr_t base = run->base;
    // The rest may be long: it is not counted.
    uint32_t low = before ? resident_count(base, before) : 0;
    uint32_t high = run->resident - low - resident_count(at, pages);
    if (before) part_put(run, base, before, low);
    if (after) part_put(before ? second : run, end, after, high);
    if (!before && !after) structure_give(run);
    return true;
}

// ---- spans --------------------------------------------------------------------------------------

static uintptr_t align_up(uintptr_t at, size_t align) { return (at + align - 1) & ~(align - 1); }

// Pages that the kernel would back beyond the limit if it backed that many more.
static uint64_t pages_over(size_t more) {
    uint64_t backed = stats.used + stats.free - stats.absent + more;
    return backed > limit_pages ? backed - limit_pages : 0;
}

// Finds a run and cuts the pages out of it; 0: there are none.
static uintptr_t pages_take(size_t pages, size_t align, Grow grow) {
    size_t room = pages + (align > GORT_PAGE_BYTES ? (align >> GORT_PAGE_SHIFT) - 1 : 0);
    Span *run = bin_find(room);
    if (grow == GROW_NOT && run && !run->resident) return 0;
    if (grow == GROW_BELOW_LIMIT && pages_over(pages)) return 0;
    if (!run && grow != GROW_NOT && run_grow(room)) run = bin_find(room);
    if (!run) return 0;
    uintptr_t at = align_up(run->base, align);
    return run_cut(run, at, pages) ? at : 0;
}

// Before pages are taken that the kernel does not back: as many others go back to it as the limit
// wants.
static void make_room(size_t pages) {
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    uint64_t over = pages_over(pages);
    if (over > stats.free - stats.absent) over = stats.free - stats.absent;
    gort_lock_release(&pages_lock, RANK_PAGES);
    if (over) gort_pages_release(over << GORT_PAGE_SHIFT);
}

void gort_pages_limit(uint64_t bytes) {
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    limit_pages = bytes >> GORT_PAGE_SHIFT;
    gort_lock_release(&pages_lock, RANK_PAGES);
}

Span *gort_pages_allocate(size_t pages, size_t align, size_t extra, Grow grow) {
    if (grow == GROW) make_room(pages);
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    Span *s = structure_take(extra);
    uintptr_t at = s ? pages_take(pages, align, grow) : 0;
    if (at) {
        size_t absent = gort_arena_set_absent(at, pages, false);
        s->base = at;
        s->pages = pages;
        s->needs_zero = absent != pages;
        s->next = s->previous = NULL;
        stats.spans++;
        stats.used += pages;
        stats.free -= pages;
        stats.absent -= absent;
        if (stats.free - stats.absent < idle_least) idle_least = stats.free - stats.absent;
    } else if (s) {
        structure_give(s);
        s = NULL;
    }
    gort_lock_release(&pages_lock, RANK_PAGES);
    return s;
}

void gort_pages_publish(Span *s) {
    gort_assert(s->state == SPAN_DEAD);
    store_release(&s->state, SPAN_USED);
    for (size_t i = 0; i < s->pages; i++)
        store_release(arena_slot(s->base + (i << GORT_PAGE_SHIFT)), s);
}

void gort_pages_free(Span *s) {
    gort_assert(s->state == SPAN_USED && !s->cached);
#ifdef GORT_TSAN
    gort_os_memory_renew((void *)s->base, s->pages << GORT_PAGE_SHIFT); // it forgets who was there
#endif
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    store_release(&s->state, SPAN_DEAD);
    s->resident = (uint32_t)s->pages;
    stats.spans--;
    stats.used -= s->pages;
    stats.free += s->pages;
#ifdef GORT_TSAN
    s->resident = 0;
    stats.absent += s->pages;
    gort_arena_set_absent(s->base, s->pages, true);
#endif
    run_put(s);
    gort_lock_release(&pages_lock, RANK_PAGES);
}

// ---- giving back --------------------------------------------------------------------------------

// The last RELEASE_PAGES of the run some of which the kernel backs, cut out of it (invariant 5);
// NULL: no structure for the rest.
static Span *piece_cut(Span *run) {
    size_t left = run->pages, n;
    uintptr_t at;
    uint32_t resident;
    do {
        n = left < RELEASE_PAGES ? left : RELEASE_PAGES;
        left -= n;
        at = run->base + (left << GORT_PAGE_SHIFT);
        resident = resident_count(at, n);
    } while (!resident);
    Span *piece = structure_take(0);
    if (!piece) return NULL;
    if (!run_cut(run, at, n)) {
        structure_give(piece);
        return NULL;
    }
    piece->base = at;
    piece->pages = n;
    piece->resident = resident;
    return piece;
}

// Of the largest run with a page that the kernel backs.
static Span *piece_take(void) {
    for (unsigned b = BINS; b-- > 0;) {
        if (!(bins_used[b / 64] >> b % 64 & 1)) continue;
        for (Span *s = bins[b]; s; s = s->next)
            if (s->resident) return piece_cut(s);
    }
    return NULL;
}

// Piece by piece: what the kernel is about to take nobody else finds meanwhile, and who finds
// nothing takes fresh memory.
size_t gort_pages_release(size_t bytes) {
    size_t wanted = bytes / GORT_PAGE_BYTES + (bytes % GORT_PAGE_BYTES != 0), done = 0;
    while (done < wanted) {
        gort_lock_acquire(&pages_lock, RANK_PAGES);
        Span *s = piece_take();
        gort_lock_release(&pages_lock, RANK_PAGES);
        if (!s) break;
        gort_os_memory_release((void *)s->base, s->pages << GORT_PAGE_SHIFT);
        gort_lock_acquire(&pages_lock, RANK_PAGES);
        gort_arena_set_absent(s->base, s->pages, true);
        stats.absent += s->resident;
        done += s->resident;
        s->resident = 0;
        run_put(s);
        gort_lock_release(&pages_lock, RANK_PAGES);
    }
    return done << GORT_PAGE_SHIFT;
}

size_t gort_pages_idle(int64_t window_ns) {
    int64_t now_ns = os_now();
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    uint64_t now = stats.free - stats.absent, least = idle_least < now ? idle_least : now;
    if (now_ns - idle_since_ns < window_ns) {
        least = 0;
    } else {
        idle_least = now;
        idle_since_ns = now_ns;
    }
    gort_lock_release(&pages_lock, RANK_PAGES);
    return least << GORT_PAGE_SHIFT;
}

// ---- looking ------------------------------------------------------------------------------------

PageStats gort_pages_stats(void) {
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    PageStats now = stats;
    now.metadata = gort_metadata_mapped_bytes;
    gort_lock_release(&pages_lock, RANK_PAGES);
    return now;
}

// The span or run that begins at `at`; NULL: no arena, or not mapped so far.
static Span *begins_at(uintptr_t at) {
    Arena *a = arena_of(at);
    size_t page = at >> GORT_PAGE_SHIFT & (GORT_ARENA_PAGES - 1);
    if (!a || page >= a->mapped) return NULL;
    Span *s = load_acquire(&a->map[page]);
    return s && s->base == at && load_acquire(&s->state) != SPAN_DEAD ? s : NULL;
}

void gort_pages_each(void (*fn)(Span *, void *), void *arg) {
    uintptr_t at = 0;
    for (size_t i = 0; i < GORT_ARENAS_MAX; i++) {
        if (!load_acquire(&gort_arenas[i])) continue;
        if (at < i << GORT_ARENA_SHIFT) at = i << GORT_ARENA_SHIFT;
        for (Span *s; at < (i + 1) << GORT_ARENA_SHIFT && (s = begins_at(at)) != NULL;) {
            at = span_end(s);
            if (s->state == SPAN_USED) fn(s, arg);
        }
    }
}

static void verify_run(Span *s, PageStats *sum, bool after_free) {
    gort_check(!after_free && "free runs do not touch");
    gort_check(*arena_slot(span_end(s) - 1) == s);
    size_t absent = gort_arena_count_absent(s->base, s->pages);
    gort_check(s->resident == s->pages - absent);
    sum->free += s->pages;
    sum->absent += absent;
    Span *in = bins[bin_of(s->pages)];
    while (in && in != s) in = in->next;
    gort_check(in == s && "a free run is in its bin");
}

static void verify_used(Span *s, PageStats *sum) {
    for (size_t i = 0; i < s->pages; i++)
        gort_check(*arena_slot(s->base + (i << GORT_PAGE_SHIFT)) == s);
    gort_check(gort_arena_count_absent(s->base, s->pages) == 0);
    sum->used += s->pages;
}

static size_t bins_count(void) {
    size_t pages = 0;
    for (unsigned b = 0; b < BINS; b++) {
        gort_check((bins[b] != NULL) == (bins_used[b / 64] >> b % 64 & 1));
        for (Span *s = bins[b]; s; s = s->next) {
            gort_check(s->state == SPAN_FREE && bin_of(s->pages) == b);
            pages += s->pages;
        }
    }
    return pages;
}

void gort_verify_pages(void) {
    PageStats sum = {0};
    uintptr_t at = 0;
    bool after_free = false;
    gort_lock_acquire(&pages_lock, RANK_PAGES);
    for (size_t i = 0; i < GORT_ARENAS_MAX; i++) {
        if (!gort_arenas[i]) continue;
        uintptr_t start = i << GORT_ARENA_SHIFT,
                  end = start + ((size_t)gort_arenas[i]->mapped << GORT_PAGE_SHIFT);
        if (at < start) {
            at = start;
            after_free = false;
        }
        while (at < end) {
            Span *s = begins_at(at);
            gort_check(s && "each mapped page belongs to a span or a run");
            if (s->state == SPAN_FREE)
                verify_run(s, &sum, after_free);
            else
                verify_used(s, &sum);
            after_free = s->state == SPAN_FREE;
            at = span_end(s);
        }
    }
    gort_check(sum.used == stats.used && sum.free == stats.free && sum.absent == stats.absent);
    gort_check(bins_count() == sum.free);
    gort_check((sum.used + sum.free) << GORT_PAGE_SHIFT == gort_arena_mapped_bytes);
    gort_lock_release(&pages_lock, RANK_PAGES);
}
