// driver_link.c - where gocc is installed, and how the runtime gets into a program.
//
// The runtime is an archive: the linker takes a member out of it only for a name that is still
// missing, and all names that generated code and the public headers use begin with go_. So the
// archive is appended to every link, and a program without goroutines comes out byte for byte as
// without it.
//
// A module that serves others gets it as one object, of which all or nothing is taken.
//
// The runtime also defines blocking calls of the C library (read, accept ...), to park a goroutine
// instead of its thread. So `-lc` goes before the archive: a plain program finds its `read` there,
// and never asks us.

#include "driver.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef GOCC_LIBRARY
#define GOCC_LIBRARY "../lib/gocc"
#endif

static char *without_last_name(char *path) {
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    return path;
}

// A path that is given from where the executable is: what it begins with, `../`, is taken off there.
static const char *beside_executable(const char *path) {
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    exe[n > 0 ? n : 0] = '\0';
    for (without_last_name(exe); strncmp(path, "../", 3) == 0; path += 3)
        without_last_name(exe);
    return arena_format("%s/%s", exe, path);
}

const char *library_directory(void) {
    static const char *path;
    if (path)
        return path;
    path = beside_executable(GOCC_LIBRARY);
    if (access(path, F_OK) != 0) // a build directory, whatever directories will be installed to
        path = beside_executable("../lib/gocc");
    return path;
}

// -fsanitize=a,b and -fno-sanitize=a,b add and remove, in order.
static bool sanitizes(const Command *c, const char *what) {
    bool on = false;
    size_t n = strlen(what);
    for (size_t i = 0; i < c->n_args; i++) {
        const char *word = c->args[i].word;
        bool adds = strncmp(word, "-fsanitize=", 11) == 0;
        if (c->args[i].kind == ARG_INPUT || (!adds && strncmp(word, "-fno-sanitize=", 14) != 0))
            continue;
        for (const char *p = strchr(word, '=') + 1; p;
             p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
            if ((strncmp(p, what, n) == 0 && (p[n] == ',' || !p[n])) ||
                (!adds && strncmp(p, "all", 3) == 0))
                on = adds;
    }
    return on;
}

static bool links_without_runtime(const Command *c) {
    static const char *const words[] = {"-r", "-nostdlib", "-nodefaultlibs", "-nolibc"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (args_has(c, words[i]))
            return true;
    return args_has(c, "-Wl,-r") || args_has(c, "-Wl,--relocatable");
}

// Does an option of the linker's ask for whole archives? It must not reach ours.
static bool mentions_whole_archive(const Command *c) {
    for (size_t i = 0; i < c->n_args; i++)
        if (c->args[i].kind == ARG_LINK && c->args[i].value &&
            strstr(c->args[i].value, "whole-archive"))
            return true;
    return false;
}

// The runtime of such a module is to serve others, too: a program that is linked with it, libraries that it loads. They would bring
// along what it lacks, with structures of their own.
static bool serves_others(const Command *c) {
    static const char *const words[] = {"-shared", "-rdynamic", "-Wl,-E", "-Wl,--export-dynamic"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (args_has(c, words[i]))
            return true;
    return false;
}

static const char *language_at_end(const Command *c) {
    for (size_t i = c->n_args; i > 0; i--)
        if (c->args[i - 1].kind == ARG_LANGUAGE)
            return c->args[i - 1].value;
    return "none";
}

void link_add_runtime(Words *w, const Command *c, bool needed) {
    if (links_without_runtime(c))
        return;
    const char *variant = sanitizes(c, "address") ? "-asan" : sanitizes(c, "thread") ? "-tsan"
                                                                                     : "";
    const char *archive = arena_format("%s/libgort%s%s.a", library_directory(), variant, serves_others(c) ? "-whole" : "");
    if (access(archive, R_OK) != 0) {
        if (needed) {
            diag_plain(DIAG_ERROR, "the runtime library is missing: %s", archive);
            diag_flush();
        }
        return;
    }
    if (strcmp(language_at_end(c), "none") != 0) {
        words_add(w, "-x");
        words_add(w, "none");
    }
    if (mentions_whole_archive(c))
        words_add(w, "-Wl,--no-whole-archive");
    words_add(w, "-lc");
    words_add(w, archive);
}

// Behind the directories of the user's own variable, and behind every -isystem.
void link_set_environment(void) {
    const char *old = getenv("C_INCLUDE_PATH");
    const char *own = arena_format("%s/include", library_directory());
    setenv("C_INCLUDE_PATH", old && *old ? arena_format("%s:%s", old, own) : own, 1);
}
