// Plain C that holds collected objects on its stack, hands them through channels, and lets a .gc file or the runtime refer to
// them otherwise, loses none.
// RUN: %gocc -O2 %s -o %t && %t
// RUN: env GODEBUG=clobberfree=1 %t
#include <go/chan.h>
#include <go/panic.h>
#include <go/runtime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 500 };
static chan(const char *) texts;
static int made;

static void make_texts(void *arg) {
    (void)arg;
    for (int i = 0; i < N; i++) {
        int number = __atomic_fetch_add(&made, 1, __ATOMIC_SEQ_CST);
        struct go_any v = {&go_type_int, &number};
        go_chan_send(texts, go_any_string(v));
        if (i % 50 == 0) go_gc();
    }
}

int main(void) {
    char seen[2 * N] = {0};
    const char *last[20] = {"0"};
    texts = go_chan_make(const char *, 10);
    go_spawn(make_texts, NULL);
    go_spawn(make_texts, NULL);
    for (int i = 0; i < 2 * N; i++) {
        const char *t;
        go_chan_recv(texts, &t);
        last[i % 20] = t;
        if (i % 40 == 0) go_gc();
        for (int j = 0; j < 20; j++)
            if (last[j] && (atoi(last[j]) < 0 || strspn(last[j], "0123456789") != strlen(last[j]))) return 1;
        if (seen[atoi(t)]++) return 2;
    }
    for (int i = 0; i < 2 * N; i++)
        if (!seen[i]) return 3;
    return 0;
}
