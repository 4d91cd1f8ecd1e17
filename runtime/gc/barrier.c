// barrier.c - what generated code calls when it stores pointers where others may find them.
//
// While the collector marks, a store greys the object that the overwritten word refers to, and the
// one that the new word refers to (cycle.c, rule 1). The two words are greyed and the new one
// stored without an answer to the collector in between (suspend_hold): a thread that has greyed for
// one collection must not store in the next.
//   1. Memory is touched before suspension is held off: a nil pointer faults there, and a panic
//      leaves nothing behind.
//   2. Old words are read anew after that, when nobody can be stopped: what is greyed is what was
//      overwritten, but for races of the program's own.
// What lies in memory need not be a pointer: each word is looked up.
#include "gc/gc.h"

#include "base/flags.h"

#include <stdlib.h>
#include <string.h>

unsigned char go__gc_marking;

static inline void touch(const void *at) { (void)*(const volatile char *)at; }

void go__gc_store(void *slot, const void *value) {
    Machine *m = machine_current();
    touch(slot);
    suspend_hold(m);
    if (go__gc_marking && gort_flags.gcfault != 2) {
        grey_word(&m->grey, (uintptr_t)load_relaxed((void **)slot));
        grey_word(&m->grey, (uintptr_t)value);
    }
    store_relaxed((const void **)slot, value);
    suspend_allow(m);
}

// The words that [at, at + n) touches: an int of a union ends the pointer whose half it takes.
static void grey_range(Machine *m, const void *at, size_t n) {
    uintptr_t start = (uintptr_t)at & ~(uintptr_t)7, end = ((uintptr_t)at + n + 7) & ~(uintptr_t)7;
    if (n) gort_grey_words(&m->grey, (void *)start, (void *)end);
}

static void touch_range(const char *at, size_t n) {
    if (!n) return;
    for (size_t i = 0; i < n; i += 4096) touch(at + i);
    touch(at + n - 1);
}

// Word by word where both are aligned, so that whoever reads a pointer meanwhile reads the old one
// or the new one (memmove may go by bytes).
static void copy_words(void *to, const void *from, size_t n) {
    uintptr_t *t = to;
    const uintptr_t *f = from;
    size_t words = n / 8;
    if (((uintptr_t)to | (uintptr_t)from) % 8 || words > 1024) {
        memmove(to, from, n);
        return;
    }
    if ((uintptr_t)t - (uintptr_t)f >= n) {
        for (size_t i = 0; i < words; i++) store_relaxed(&t[i], load_relaxed(&f[i]));
        for (size_t i = words * 8; i < n; i++) ((char *)to)[i] = ((const char *)from)[i];
    } else {
        for (size_t i = n; i-- > words * 8;) ((char *)to)[i] = ((const char *)from)[i];
        for (size_t i = words; i-- > 0;) store_relaxed(&t[i], load_relaxed(&f[i]));
    }
}

enum { PIECE = 64 << 10 }; // bytes greyed and copied between two answers

static void copy_piece(Machine *m, char *to, const char *from, size_t n) {
    suspend_hold(m);
    if (go__gc_marking) {
        grey_range(m, to, n);
        grey_range(m, from, n);
    }
    copy_words(to, from, n);
    suspend_allow(m);
}

void go__gc_copy(void *to, const void *from, unsigned long n) {
    Machine *m = machine_current();
    char *t = to;
    const char *f = from;
    touch_range(f, n);
    touch_range(t, n);
    if ((uintptr_t)t - (uintptr_t)f >= n) {
        for (size_t at = 0; at < n; at += PIECE)
            copy_piece(m, t + at, f + at, n - at < PIECE ? n - at : PIECE);
        return;
    }
    for (size_t rest = n; rest > 0;) {
        size_t piece = rest % PIECE ? rest % PIECE : PIECE;
        rest -= piece;
        copy_piece(m, t + rest, f + rest, piece);
    }
}

void go__gc_clear(void *to, int c, unsigned long n) {
    Machine *m = machine_current();
    char *t = to;
    touch_range(t, n);
    for (size_t at = 0; at < n; at += PIECE) {
        size_t piece = n - at < PIECE ? n - at : PIECE;
        suspend_hold(m);
        if (go__gc_marking) grey_range(m, t + at, piece);
        memset(t + at, c, piece);
        suspend_allow(m);
    }
}

// libc's sort moves elements through memory of malloc, and through registers, without a word. A
// copy of the array, known to this stack, keeps all that they refer to alive until it is done.
void go__gc_qsort(void *base, unsigned long n, unsigned long size,
                  int (*compare)(const void *, const void *)) {
    size_t bytes;
    if (n < 2 || size < 8 || __builtin_mul_overflow(n, size, &bytes)) {
        qsort(base, n, size, compare);
        return;
    }
    void *volatile copy = go__new_copy(base, bytes, 16, &go__layout_any);
    Machine *m = machine_current();
    suspend_hold(m);
    if (go__gc_marking) grey_range(m, copy, bytes);
    suspend_allow(m);
    qsort(base, n, size, compare);
    (void)copy;
}

void go__gc_atomic_begin(void *slot, const void *value) {
    Machine *m = machine_current();
    touch(slot);
    suspend_hold(m);
    if (!go__gc_marking) return;
    grey_word(&m->grey, (uintptr_t)load_relaxed((void **)slot));
    grey_word(&m->grey, (uintptr_t)value);
}

void go__gc_atomic_end(void) { suspend_allow(machine_current()); }
