// text.c - whose instruction is that? The program's .gc files, the runtime's, or somebody else's.
//
// Each .gc file that may be preempted says where its instructions begin and end (translator/lower_ranges.c), and
// so does each file of the runtime (base/text.h), in a table that the linker puts together. The files'
// ranges are sorted and joined once, at the start.
#include "sched/sched.h"

#include "base/abi.h"
#include <stdlib.h>

typedef struct TextRange { // as the tables have them
    int32_t start; // from its own address
    uint32_t bytes;
    uint32_t preemptible; // 1: yes
} TextRange;

typedef struct Range {
    uintptr_t start, end;
} Range;

typedef struct Ranges {
    Range *v;
    size_t n;
} Ranges;

extern const TextRange __start_go_text_ranges[] __attribute__((weak, visibility("hidden")));
extern const TextRange __stop_go_text_ranges[] __attribute__((weak, visibility("hidden")));
extern const TextRange __start_gort_text_ranges[] __attribute__((weak, visibility("hidden")));
extern const TextRange __stop_gort_text_ranges[] __attribute__((weak, visibility("hidden")));

static Ranges program, preemptible, runtime;

static int compare(const void *a, const void *b) {
    const Range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

// Those that are preemptible, or all.
static Ranges ranges_read(const TextRange *start, const TextRange *stop, bool all_of_them) {
    Ranges all = {NULL, 0};
    size_t most = (size_t)(stop - start);
    if (!start || !most || !(all.v = malloc(most * sizeof *all.v))) return all;
    for (const TextRange *r = start; r < stop; r++)
        if (r->bytes && (r->preemptible || all_of_them)) {
            uintptr_t at = (uintptr_t)&r->start + (uintptr_t)(intptr_t)r->start;
            all.v[all.n++] = (Range){at, at + r->bytes};
        }
    qsort(all.v, all.n, sizeof *all.v, compare);
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (n && all.v[i].start <= all.v[n - 1].end + 16) // what the linker puts between two files
            all.v[n - 1].end = all.v[i].end > all.v[n - 1].end ? all.v[i].end : all.v[n - 1].end;
        else
            all.v[n++] = all.v[i];
    all.n = n;
    return all;
}

// The longest one: what most calls come from (lower_entry.c). Who reads the one variable before it is written and the
// other one after that gets a stretch that contains nothing.
static void longest_publish(void) {
    const Range *longest = NULL;
    for (const Range *r = program.v; r < program.v + program.n; r++)
        if (!longest || r->end - r->start > longest->end - longest->start) longest = r;
    if (!longest) return;
    go__text_start = longest->start;
    store_release(&go__text_bytes, longest->end - longest->start);
}

void gort_text_find(void) {
    program = ranges_read(__start_go_text_ranges, __stop_go_text_ranges, true);
    preemptible = ranges_read(__start_go_text_ranges, __stop_go_text_ranges, false);
    runtime = ranges_read(__start_gort_text_ranges, __stop_gort_text_ranges, true);
    longest_publish();
}

static bool contains(const Ranges *all, uintptr_t pc) {
    size_t low = 0, high = all->n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (pc < all->v[middle].start)
            high = middle;
        else if (pc >= all->v[middle].end)
            low = middle + 1;
        else
            return true;
    }
    return false;
}

bool gort_text_contains(uintptr_t pc) { return contains(&program, pc); }
bool gort_text_is_preemptible(uintptr_t pc) { return contains(&preemptible, pc); }
bool gort_text_is_runtime(uintptr_t pc) { return contains(&runtime, pc); }
