// arena.c - memory of one translation.
//
// A translation makes many small objects that point at each other, and all of them die together: so
// they come from one arena, in blocks that are never given back. The driver runs each unit in a
// process of its own (driver_unit.c), and the end of that process is what frees them. A process that
// goes on (clangd/) frees all of them at once. Nobody checks for NULL: running out of memory ends
// the process with a message.

#include "gocc.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK_BYTES = 256 << 10, // a unit of a few hundred lines fits into one
    ALIGNMENT = 16
};

typedef struct Block {
    struct Block *older;
    max_align_t start[];
} Block;
static Block *newest;
static char *block_at, *block_end;

static _Noreturn void out_of_memory(size_t bytes) {
    fprintf(stderr, "gocc: fatal error: out of memory allocating %zu bytes\n", bytes);
    exit(1);
}

// calloc's fresh blocks are zero pages of the kernel's: zeroing costs nothing.
static char *fresh_block(size_t bytes) {
    Block *block = calloc(1, sizeof *block + bytes);
    if (!block)
        out_of_memory(bytes);
    block->older = newest;
    newest = block;
    return (char *)block->start;
}

void arena_release(void) {
    for (Block *block; (block = newest);) {
        newest = block->older;
        free(block);
    }
    block_at = block_end = NULL;
}

void *arena_alloc(size_t bytes) {
    if (bytes > SIZE_MAX - ALIGNMENT - sizeof(Block))
        out_of_memory(bytes);
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes > BLOCK_BYTES / 4) // a large object gets its own block, the current one stays in use
        return fresh_block(bytes);
    if (bytes > (size_t)(block_end - block_at)) {
        block_at = fresh_block(BLOCK_BYTES);
        block_end = block_at + BLOCK_BYTES;
    }
    void *result = block_at;
    block_at += bytes;
    return result;
}

char *arena_strndup(const char *s, size_t n) {
    char *copy = arena_alloc(n + 1);
    memcpy(copy, s, n);
    return copy;
}

char *arena_format(const char *format, ...) {
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0)
        return arena_strndup("", 0);
    char *text = arena_alloc((size_t)n + 1);
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}

// Doubles the capacity (from 8 on); the old copy stays behind, which at most doubles the memory of
// the vector.
void *arena_grow(void *v, size_t *cap, size_t item_bytes) {
    size_t old = *cap, now = old ? 2 * old : 8;
    if (now > SIZE_MAX / 2 / item_bytes)
        out_of_memory(now);
    void *grown = arena_alloc(now * item_bytes);
    if (old)
        memcpy(grown, v, old * item_bytes);
    *cap = now;
    return grown;
}
