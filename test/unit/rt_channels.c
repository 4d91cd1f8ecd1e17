// Channels and select from the inside: the ring, the queues after a select, many cases, cases that
// are never ready.
#include "base/abi.h"
#include "chan/chan.h"

#include <go/runtime.h>
#include <stdio.h>
#include <string.h>

static void verify(void *p) {
    Channel *c = p;
    spin_lock(&c->lock.lock, RANK_CHANNEL);
    gort_verify_channel(c);
    spin_unlock(&c->lock.lock, RANK_CHANNEL);
}

// Any fill level at any offset, for element sizes with and without a fast path.
static void ring(unsigned long size) {
    unsigned char in[64], out[64];
    for (int capacity = 1; capacity <= 5; capacity++) {
        void *c = go__chan_make(size, capacity, NULL);
        unsigned char next_in = 0, next_out = 0;
        for (int i = 0; i < 60; i++) {
            for (int n = i % capacity + 1; n > 0; n--) {
                memset(in, ++next_in, sizeof in);
                go__chan_send(c, in);
                verify(c);
            }
            gort_check(go__chan_len(c) == i % capacity + 1 && go__chan_cap(c) == capacity);
            for (int n = i % capacity + 1; n > 0; n--) {
                memset(out, 0, sizeof out);
                gort_check(go__chan_recv(c, out));
                next_out++;
                for (unsigned long k = 0; k < sizeof out; k++)
                    gort_check(out[k] == (k < size ? next_out : 0));
            }
        }
        for (unsigned long k = 0; k < size * (unsigned long)capacity; k++)
            gort_check(((Channel *)c)->buffer[k] == 0 && "slots are cleared");
    }
}

// A closed channel is drained, then gives zeroed values.
static void drained(void) {
    void *c = go__chan_make(8, 2, NULL);
    long v = 7;
    go__chan_send(c, &v);
    go__chan_close(c);
    v = 0;
    gort_check(go__chan_recv(c, &v) && v == 7);
    v = 9;
    gort_check(!go__chan_recv(c, &v) && v == 0);
    gort_check(!go__chan_recv(c, NULL));
}

static void *many[100];
static void send_to_each(void *arg) {
    (void)arg;
    for (long i = 0; i < 100; i++) go__chan_send(many[i * 37 % 100], &i);
}

// A select over many channels leaves no trace in the queues of those that were not chosen (SE13).
static void hundred_cases(void) {
    long value;
    struct go__case cases[102];
    for (int i = 0; i < 100; i++) many[i] = go__chan_make(8, i % 2, NULL);
    go_spawn(send_to_each, NULL);
    for (long n = 0; n < 100; n++) {
        for (int i = 0; i < 102; i++)
            cases[i] = (struct go__case){i < 100 ? many[99 - i] : NULL, &value, 0, 0};
        int chosen = go__select(cases, 102, 1);
        gort_check(chosen >= 0 && chosen < 100 && cases[chosen].ok &&
                   many[99 - chosen] == many[value * 37 % 100]);
    }
    for (int i = 0; i < 100; i++) {
        Channel *c = many[i];
        verify(c);
        gort_check(!c->receivers.first && !c->senders.first && c->count == 0);
    }
    for (int i = 0; i < 102; i++)
        cases[i] = (struct go__case){i < 100 ? many[i] : NULL, &value, 0, 0};
    gort_check(go__select(cases, 102, 0) == -1);
    go__chan_close(many[50]);
    gort_check(go__select(cases, 102, 1) == 50 && !cases[50].ok);
}

static void no_channels(void) {
    struct go__case none[2] = {{NULL, NULL, 1, 0}, {NULL, NULL, 0, 0}};
    gort_check(go__select(none, 2, 0) == -1 && go__select(none, 1, 0) == -1 &&
               go__select(none, 0, 0) == -1);
}

// The same channel in several cases, to send and to receive: never pairs with itself, and is
// unlocked after.
static void same_channel(void) {
    void *c = go__chan_make(8, 0, NULL);
    long in = 1, out = 0;
    struct go__case cases[4] = {{c, &in, 1, 0}, {c, &out, 0, 0}, {c, &in, 1, 0}, {c, &out, 0, 0}};
    for (int i = 0; i < 20; i++) gort_check(go__select(cases, 4, 0) == -1);
    c = go__chan_make(8, 1, NULL);
    for (int i = 0; i < 4; i++) cases[i].chan = c;
    for (int i = 0; i < 20; i++) {
        int chosen = go__select(cases, 4, 1);
        gort_check(cases[chosen].send == (i % 2 == 0) && go__chan_len(c) == (i % 2 == 0));
    }
    verify(c);
}

int main(void) {
    static const unsigned long sizes[] = {0, 1, 3, 4, 8, 16, 24, 64};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) ring(sizes[i]);
    drained();
    hundred_cases();
    no_channels();
    same_channel();
    puts("ok");
}
