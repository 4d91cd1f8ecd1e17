// panic_stack.c - go_stack: the traceback of a running program (PO23).
#include "panic_frames.h"

#include <go/runtime.h>
#include <go/time.h>

static void *channel, *pings, *pongs;
static char text[1 << 16];

static __attribute__((noinline)) size_t take(bool all) {
    memset(text, 0, sizeof text);
    int n = go_stack(text, sizeof text - 1, all);
    event("not a tail call");
    events[0] = 0;
    return n;
}

static void own_stack(void) {
    size_t n = take(false);
    EXPECT(n == strlen(text));
    EXPECT(!strncmp(text, "goroutine 1 [running]:\ntake(...)\n\t", 34));
    EXPECT(strstr(text, "/panic_stack.c:12 +0x"));
    EXPECT(strstr(text, "\nown_stack(...)\n\t") && strstr(text, "\nmain(...)\n\t"));
    EXPECT(!strstr(text, "goroutine 2"));
}

static void waiting_receiver(void *p) {
    int v;
    go__chan_recv(p, &v);
    event("x");
}

static void all_stacks(void) {
    go_spawn(waiting_receiver, channel);
    for (int i = 0;
         i < 1000 && !strstr(text, "goroutine 2 [chan receive]:\nwaiting_receiver(...)\n"); i++) {
        go_sleep(GO_MILLISECOND);
        take(true);
    }
    EXPECT(strstr(text, "\n\ngoroutine 2 [chan receive]:\nwaiting_receiver(...)\n"));
    EXPECT(strstr(text, "\ncreated by all_stacks in goroutine 1\n"));
}

static void small_buffers_are_filled_and_not_overrun(void) {
    char small[20];
    memset(small, '#', sizeof small);
    EXPECT(go_stack(small, 12, false) == 12);
    EXPECT(!memcmp(small, "goroutine 1 ########", 20));
    EXPECT(go_stack(NULL, 0, true) == 0);
}

// Goroutines that run, park and move between threads while they are walked.
static int deep(int n, int *v) {
    if (n > 0)
        return deep(n - 1, v) + 1;
    go__chan_recv(pings, v);
    return 0;
}
static void ponger(void *p) {
    (void)p;
    for (int v = 0;; v++) {
        v += deep(v % 50, &v);
        go__chan_send(pongs, &v);
    }
}
static void stacks_in_use_are_walked_safely(void) {
    for (int i = 0; i < 8; i++)
        go_spawn(ponger, NULL);
    int v = 0;
    for (int i = 0; i < 1000; i++) {
        go__chan_send(pings, &v);
        if (i % 10 == 0)
            EXPECT(take(true) > 100);
        go__chan_recv(pongs, &v);
    }
}

int main(void) {
    channel = go__chan_make(sizeof(int), 0, NULL);
    pings = go__chan_make(sizeof(int), 4, NULL);
    pongs = go__chan_make(sizeof(int), 4, NULL);
    own_stack();
    all_stacks();
    small_buffers_are_filled_and_not_overrun();
    stacks_in_use_are_walked_safely();
    return failures != 0;
}
