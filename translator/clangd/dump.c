// dump.c - what the stages of the server make, printed: for people, and for tests.
//
//   -d shadow FILE...   what clangd sees
//   -d map FILE...      each offset of the source to the shadow and back, from either side; it is wrong if another comes back, or if the bytes
//                       there differ
//   -d time FILE...     how long a shadow takes, the best of twenty
#include "proxy.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static size_t offsets, wrong;

static void check_offset(const Shadow *s, const Buffer *text, size_t at, Side side, const char *file) {
    size_t back, there = map_to_shadow(&s->map, at, side);
    bool kept = map_to_source(&s->map, there, side, &back);
    bool same = at == text->length || side == SIDE_LEFT || !kept || s->text.data[there] == text->data[at];
    if ((kept && back == at && same) || map_replaces(&s->map, at, side))
        return;
    fprintf(stderr, "%s: offset %zu goes to %zu and comes back as %zu\n", file, at, there, back);
    wrong++;
}

static long make(Shadow *s, const Buffer *text) {
    struct timespec before, after;
    arena_release();
    clock_gettime(CLOCK_MONOTONIC, &before);
    shadow_make(s, text->data, text->length, NULL, NULL);
    clock_gettime(CLOCK_MONOTONIC, &after);
    return (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000;
}

static void dump_time(Shadow *s, const Buffer *text) {
    long best = LONG_MAX;
    for (int times = 0; times < 20; times++) {
        long us = make(s, text);
        best = us < best ? us : best;
    }
    printf("time: shadow %ld us\n", best);
}

static bool dump_file(const char *what, const char *file) {
    Buffer text = {0};
    Shadow s = {0};
    if (!file_read(file, &text))
        return false;
    buffer_puts(&text, "");
    make(&s, &text);
    if (!strcmp(what, "time"))
        dump_time(&s, &text);
    if (!strcmp(what, "shadow"))
        fwrite(s.text.data, 1, s.text.length, stdout);
    for (size_t i = 0; i <= text.length; i++, offsets++) {
        check_offset(&s, &text, i, SIDE_LEFT, file);
        check_offset(&s, &text, i, SIDE_RIGHT, file);
    }
    shadow_free(&s);
    free(text.data);
    return true;
}

int dump(const char *what, char **files) {
    for (; *files; files++)
        if (!dump_file(what, *files)) {
            fprintf(stderr, "gocc-clangd: cannot read %s\n", *files);
            return 1;
        }
    if (!strcmp(what, "map"))
        printf("%zu offsets, %zu wrong\n", offsets, wrong);
    return !strcmp(what, "map") && wrong > 0;
}
