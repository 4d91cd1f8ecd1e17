// clang.c - opens libclang on first use. See clang.h for why.

#include "clang.h"

#include "gocc.h"

#include <dlfcn.h>
#include <stdlib.h>

#ifndef GOCC_LIBCLANG
#define GOCC_LIBCLANG "libclang.so"
#endif

static _Noreturn void fail(const char *what) {
    fprintf(stderr, "gocc: fatal error: cannot use libclang: %s\n"
                    "gocc: it comes with the package libclang-22-dev (LLVM 17 to 22 will do)\n",
            what);
    exit(1);
}

static void *open_library(void) {
    static const char *const names[] = {
        GOCC_LIBCLANG,
        "libclang-22.so.1",
        "libclang-21.so.1",
        "libclang-20.so.1",
        "libclang-19.so.1",
        "libclang-18.so.1",
        "libclang-17.so.1",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (library)
            return library;
    }
    fail(dlerror());
}

const ClangApi *clang_api(void) {
    static ClangApi api;
    static bool loaded;
    if (loaded)
        return &api;
    void *library = open_library();
#define CLANG_LOAD(name)                                      \
    if (!(api.name = (void *)dlsym(library, "clang_" #name))) \
        fail("it lacks clang_" #name);
    CLANG_FUNCTIONS(CLANG_LOAD)
#undef CLANG_LOAD
    loaded = true;
    return &api;
}
