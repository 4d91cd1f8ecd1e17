// A collector that only listens: linked with the object of a .gc file in place of the runtime, it marks all the time, and says by the names of
// the places what it is told of.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct go__layout;
unsigned char go__gc_marking = 1;
const char go__layout_any[16];
char go__needs_runtime;
unsigned long go__text_start, go__text_bytes = ~0ul; // everything counts as .gc code
extern const struct place {
    const char *name;
    void *start;
    unsigned long size;
} places[];
void run(void);

static const char *name_of(const void *at) {
    static char text[2][40];
    static int next;
    for (const struct place *p = places; p->name; p++)
        if (at >= p->start && (char *)at < (char *)p->start + p->size) {
            next = !next;
            unsigned long offset = (unsigned long)((const char *)at - (char *)p->start);
            snprintf(text[next], sizeof text[next], offset ? "%s+%lu" : "%s", p->name, offset);
            return text[next];
        }
    return at ? "other" : "null";
}

void go__gc_store(void *slot, const void *value) {
    printf(" [%s = %s]", name_of(slot), name_of(value));
    *(const void **)slot = value;
}
void go__gc_copy(void *to, const void *from, unsigned long n) {
    printf(" [%s: %lu bytes]", name_of(to), n);
    memmove(to, from, n);
}
void *go__gc_memcpy(void *to, const void *from, unsigned long n) {
    go__gc_copy(to, from, n);
    return to;
}
void *go__gc_memset(void *to, int c, unsigned long n) {
    printf(" [%s: %lu bytes of %d]", name_of(to), n, c);
    return memset(to, c, n);
}
void go__gc_qsort(void *base, unsigned long n, unsigned long size, int (*compare)(const void *, const void *)) {
    printf(" [%s: sorted]", name_of(base));
    qsort(base, n, size, compare);
}
void go__gc_atomic_begin(void *slot, const void *value) {
    printf(" [%s: atomic %s", name_of(slot), name_of(value));
}
void go__gc_atomic_end(void) {
    printf("]");
}
int go__pthread_create(unsigned long *t, const void *attributes, void *(*f)(void *), void *argument) {
    (void)t, (void)attributes, (void)f, (void)argument;
    printf(" [a thread]");
    return 0;
}
void go__called_from_c(const void *slot) {
    (void)slot;
}

void *go__new(unsigned long size, unsigned long align, const struct go__layout *layout) {
    (void)align, (void)layout;
    return calloc(1, size);
}
void *go__new_copy(const void *from, unsigned long size, unsigned long align, const struct go__layout *layout) {
    return memcpy(go__new(size, align, layout), from, size);
}
void go__chan_close(void *c) {
    (void)c;
}

int main(void) {
    setvbuf(stdout, NULL, _IONBF, 0);
    run();
    putchar('\n');
}
