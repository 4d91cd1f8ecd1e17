// text.c - whose instruction is that? The program's .gc files, the runtime's, or somebody else's.
//
// Each .gc file says where its instructions begin and end, and whether they may be preempted (translator/lower_ranges.c), and
// so does each file of the runtime (base/text.h), in ELF notes, which the dynamic loader shows for all modules of the process. They are
// read at the start; again after dlclose; and when code calls that lies in no module seen so far.
//   1. What was read is never changed: it is replaced as a whole, and kept, since a signal's handler may be looking at it.
#define _GNU_SOURCE
#include "sched/sched.h"

#include "base/abi.h"
#include <link.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_PROGRAM = 1, // types of notes
       NOTE_RUNTIME = 2,
       NOTE_STARTED = 3 }; // where a runtime's gort_started lies, from the note's own address

typedef struct TextRange { // as the notes have them
    int32_t start; // from its own address
    uint32_t bytes;
    uint32_t preemptible; // 1: yes
} TextRange;

typedef struct Range {
    uintptr_t start, end;
} Range;

typedef struct Ranges {
    Range *v;
    size_t n, room;
} Ranges;

typedef struct Texts {
    Ranges program, preemptible, runtime, modules;
    unsigned long long adds, subs; // the loader's counters when it was read
    const uint32_t *started; // another runtime's, which is
    bool failed; // out of memory
} Texts;

static Texts *texts; // (a)
static uint32_t reading; // (a) 1: somebody reads

// ---- reading ------------------------------------------------------------------------------------

static void add(Texts *t, Ranges *to, uintptr_t start, uintptr_t end) {
    if (to->n == to->room) {
        size_t room = to->room ? 2 * to->room : 64;
        Range *more = realloc(to->v, room * sizeof *more);
        t->failed |= !more;
        if (!more) return;
        to->v = more;
        to->room = room;
    }
    to->v[to->n++] = (Range){start, end};
}

static void read_started(Texts *t, const char *desc) {
    const uint32_t *word = (const uint32_t *)(desc + *(const int32_t *)desc);
    if (word != &gort_started && load_seq_cst(word)) t->started = word;
}

static void read_note(Texts *t, uint32_t type, const TextRange *r, const TextRange *end) {
    for (; r < end; r++) {
        uintptr_t at = (uintptr_t)&r->start + (uintptr_t)(intptr_t)r->start;
        if (!r->bytes) continue;
        add(t, type == NOTE_PROGRAM ? &t->program : &t->runtime, at, at + r->bytes);
        if (type == NOTE_PROGRAM && r->preemptible) add(t, &t->preemptible, at, at + r->bytes);
    }
}

// Notes of four bytes' alignment: others are not ours.
static void read_notes(Texts *t, const char *at, size_t bytes) {
    const char *end = at + bytes;
    while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
        const ElfW(Nhdr) *n = (const ElfW(Nhdr) *)at;
        const char *name = at + sizeof *n, *desc = name + ((n->n_namesz + 3) & ~3u);
        if (desc > end || n->n_descsz > (size_t)(end - desc)) return;
        bool ours = n->n_namesz == 5 && !memcmp(name, "gocc", 5);
        if (ours && n->n_type == NOTE_STARTED && n->n_descsz == 4) read_started(t, desc);
        if (ours && (n->n_type == NOTE_PROGRAM || n->n_type == NOTE_RUNTIME))
            read_note(t, n->n_type, (const TextRange *)desc, (const TextRange *)desc + n->n_descsz / sizeof(TextRange));
        at = desc + ((n->n_descsz + 3) & ~3u);
    }
}

static int read_module(struct dl_phdr_info *info, size_t size, void *arg) {
    Texts *t = arg;
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        uintptr_t at = info->dlpi_addr + p->p_vaddr;
        if (p->p_type == PT_NOTE && p->p_align <= 4) read_notes(t, (const char *)at, p->p_memsz);
        if (p->p_type != PT_LOAD) continue;
        if (at < low) low = at;
        if (at + p->p_memsz > high) high = at + p->p_memsz;
    }
    if (low < high) add(t, &t->modules, low, high);
    if (size >= offsetof(struct dl_phdr_info, dlpi_tls_modid)) {
        t->adds = info->dlpi_adds;
        t->subs = info->dlpi_subs;
    }
    return 0;
}

static int compare(const void *a, const void *b) {
    const Range *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

static void join(Ranges *all) {
    size_t n = 0;
    if (all->n) qsort(all->v, all->n, sizeof *all->v, compare);
    for (size_t i = 0; i < all->n; i++)
        if (n && all->v[i].start <= all->v[n - 1].end + 16) // what the linker puts between two files
            all->v[n - 1].end = all->v[i].end > all->v[n - 1].end ? all->v[i].end : all->v[n - 1].end;
        else
            all->v[n++] = all->v[i];
    all->n = n;
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

// The longest one, once: what most calls come from (lower_entry.c). Who reads the one variable before it is written and the
// other one after that gets a stretch that contains nothing.
static void longest_publish(const Texts *t) {
    const Range *longest = NULL;
    for (const Range *r = t->program.v; r < t->program.v + t->program.n; r++)
        if (!longest || r->end - r->start > longest->end - longest->start) longest = r;
    if (go__text_bytes && !contains(&t->program, go__text_start)) store_relaxed(&go__text_bytes, 0); // it was unloaded
    if (!longest || go__text_start) return;
    go__text_start = longest->start;
    store_release(&go__text_bytes, longest->end - longest->start);
}

static void texts_free(Texts *t) {
    free(t->program.v);
    free(t->preemptible.v);
    free(t->runtime.v);
    free(t->modules.v);
    free(t);
}

void gort_text_find(void) {
    if (exchange_seq_cst(&reading, 1)) return;
    Texts *t = calloc(1, sizeof *t);
    if (t) {
        dl_iterate_phdr(read_module, t);
        join(&t->program);
        join(&t->preemptible);
        join(&t->runtime);
        join(&t->modules);
        longest_publish(t);
        if (t->failed)
            texts_free(t);
        else
            store_release(&texts, t); // pairs with contains; invariant 1
    }
    store_release(&reading, 0);
}

bool gort_text_other_runtime(void) {
    Texts t = {0};
    dl_iterate_phdr(read_module, &t);
    free(t.program.v), free(t.preemptible.v), free(t.runtime.v), free(t.modules.v);
    return t.started != NULL;
}

// ---- looking ------------------------------------------------------------------------------------

static int take_counters(struct dl_phdr_info *info, size_t size, void *arg) {
    Texts *t = arg;
    if (size < offsetof(struct dl_phdr_info, dlpi_tls_modid)) return 1;
    t->adds = info->dlpi_adds;
    t->subs = info->dlpi_subs;
    return 1;
}

bool gort_text_learn(uintptr_t pc) {
    const Texts *t = load_acquire(&texts);
    if (!t || contains(&t->modules, pc)) return false;
    Texts now = {.adds = t->adds, .subs = t->subs};
    dl_iterate_phdr(take_counters, &now);
    if (now.adds == t->adds && now.subs == t->subs) return false; // code of no module
    gort_text_find();
    return true;
}

bool gort_text_contains(uintptr_t pc) {
    const Texts *t = load_acquire(&texts);
    return t && contains(&t->program, pc);
}
bool gort_text_is_preemptible(uintptr_t pc) {
    const Texts *t = load_acquire(&texts);
    return t && contains(&t->preemptible, pc);
}
bool gort_text_is_runtime(uintptr_t pc) {
    const Texts *t = load_acquire(&texts);
    return t && contains(&t->runtime, pc);
}
