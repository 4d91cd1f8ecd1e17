// go/chan.h - channels for plain C, sharing them with .gc files.
//
// In a .gc file channels are part of the language (`chan(int)`, `c <- v`, `<-c`, `select`) and need
// no header. This one gives plain C and C++ the same channels, typed: chan(T) is one type per T,
// the same in all files and in both languages, one pointer wide. A bidirectional channel converts
// to a directional one, not back.
//
//     chan(int) c = go_chan_make(int, 10);
//     go_chan_send(c, 42);
//     int v;
//     while (go_chan_recv(c, &v)) use(v);          // until closed and drained
//
// A channel is NULL when zero-initialised; sending to and receiving from NULL blocks for ever. All
// operations may be called from any thread, also one that the program made itself; a goroutine that
// blocks lets others use its thread. Sending on a closed channel, closing one twice and closing
// NULL panic.
#ifndef GO_CHAN_H
#define GO_CHAN_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef GO__API
#define GO__API __attribute__((visibility("default")))
#endif

// A value without content: chan(go_unit) carries signals only.
__extension__ typedef struct go_unit {
#ifdef __cplusplus
    char none[0]; // C's empty struct has size 0, C++'s has 1; this has 0
#endif
} go_unit;

// The types as headers name them, in .gc files too: GO_CHAN(T) is chan(T), GO_CHAN_SEND(T)
// chan<-(T), GO_CHAN_RECV(T) <-chan(T). How they are spelled out does not matter, only that each is
// one type per T from which T can be had again; nothing is ever called or dereferenced.
#ifdef __GOCC__
struct gocc_chan;
#else
struct gocc_chan {
    int unused;
};
#endif
#define GO_CHAN(T) __typeof__(__typeof__(T) *(**)(struct gocc_chan))
#define GO_CHAN_SEND(T) __typeof__(__typeof__(T) *(*const *)(struct gocc_chan))
#define GO_CHAN_RECV(T) __typeof__(__typeof__(T) *(*volatile *)(struct gocc_chan))

// One case of a select.
struct go_select_case {
    const volatile void *chan; // NULL: never ready
    // Send: points at the value; receive: where it goes, or NULL to drop it.
    void *value;
    unsigned char direction; // GO_SEND or GO_RECV
    // Set for the chosen case: a value was sent or received (not: the channel is closed).
    unsigned char ok;
};
enum { GO_RECV = 0,
       GO_SEND = 1 };

// Performs one of the n cases and returns its index: if several can proceed, one of them at random.
// If none can: with block, waits until one can (for ever if n is 0 or all channels are NULL);
// without, returns -1. Panics if the chosen case sends on a closed channel.
GO__API int go_select(struct go_select_case *cases, int n, bool block);

#ifndef __GOCC__
#include <go/abi.h>

#define chan(T) GO_CHAN(T)
#define chan_send(T) GO_CHAN_SEND(T)
#define chan_recv(T) GO_CHAN_RECV(T)

// The element type of a channel; c is not evaluated.
#define GO__ELEM(c) __typeof__(*(*(c))(*(struct gocc_chan *)0))

// A new channel of T with room for n values; 0: a send waits for its receive. Panics `makechan:
// size out of range` if n is negative or too large.
#define go_chan_make(T, n) ((GO_CHAN(T))go__chan_make(sizeof(T), (n), GO__LAYOUT(T)))
// Arithmetic values hold no pointers; (unsigned) long may be a uintptr_t, and of other types nothing is known here.
#ifdef __cplusplus
#define GO__LAYOUT(T) (&go__layout_any)
#else
// clang-format off
#define GO__LAYOUT(T)                                                                              \
    __extension__ _Generic(*(__typeof__(T) *)0,                                                    \
        _Bool: (const struct go__layout *)0, char: (const struct go__layout *)0,                   \
        signed char: (const struct go__layout *)0, unsigned char: (const struct go__layout *)0,    \
        short: (const struct go__layout *)0, unsigned short: (const struct go__layout *)0,         \
        int: (const struct go__layout *)0, unsigned int: (const struct go__layout *)0,             \
        float: (const struct go__layout *)0, double: (const struct go__layout *)0,                 \
        default: &go__layout_any)
// clang-format on
#endif
// Closes: receivers get what is buffered, then zero values; further sends panic, and so do senders
// that wait.
#define go_chan_close(c) go__chan_close((void *)(GO_CHAN_SEND(GO__ELEM(c))){(c)})
// Values in the buffer, and its size; 0 for NULL.
#define go_chan_len(c) go__chan_len((const void *)(c))
#define go_chan_cap(c) go__chan_cap((const void *)(c))

// Sends v, converted to the element type as by assignment; waits until it is received, or there is
// room.
#define go_chan_send(c, v)                    \
    __extension__({                           \
        GO_CHAN_SEND(GO__ELEM(c))             \
        go_c_ = (c);                          \
        GO__ELEM(c)                           \
        go_v_ = (v);                          \
        go__chan_send((void *)go_c_, &go_v_); \
    })
// Receives into *p (NULL: drops the value); true if the value was sent, false (and *p zero) if the
// channel is closed and drained.
#define go_chan_recv(c, p)                         \
    __extension__({                                \
        GO_CHAN_RECV(GO__ELEM(c))                  \
        go_c_ = (c);                               \
        GO__ELEM(c) *go_p_ = (p);                  \
        (bool)go__chan_recv((void *)go_c_, go_p_); \
    })
// The same without waiting; false: it would have had to wait, and nothing was done. try_recv stores
// to *ok what go_chan_recv would return.
#define go_chan_try_send(c, v)                                                        \
    __extension__({                                                                   \
        GO_CHAN_SEND(GO__ELEM(c))                                                     \
        go_c_ = (c);                                                                  \
        GO__ELEM(c)                                                                   \
        go_v_ = (v);                                                                  \
        struct go_select_case go_case_ = {(void *)go_c_, (void *)&go_v_, GO_SEND, 0}; \
        go_select(&go_case_, 1, false) == 0;                                          \
    })
#define go_chan_try_recv(c, p, ok_p)                                                 \
    __extension__({                                                                  \
        GO_CHAN_RECV(GO__ELEM(c))                                                    \
        go_c_ = (c);                                                                 \
        GO__ELEM(c) *go_p_ = (p);                                                    \
        bool *go_ok_ = (ok_p);                                                       \
        struct go_select_case go_case_ = {(void *)go_c_, (void *)go_p_, GO_RECV, 0}; \
        bool go_done_ = go_select(&go_case_, 1, false) == 0;                         \
        if (go_done_ && go_ok_) *go_ok_ = go_case_.ok;                               \
        go_done_;                                                                    \
    })
#endif

#ifdef __cplusplus
}
#endif
#endif
