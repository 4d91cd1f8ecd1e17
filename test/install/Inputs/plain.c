#include <go/chan.h>
#include <go/runtime.h>
#include <stdio.h>

static void send(void *c) { go_chan_send((chan(int))c, 42); }

int main(void) {
    chan(int) c = go_chan_make(int, 0);
    go_spawn(send, c);
    int v;
    go_chan_recv(c, &v);
    printf("got %d\n", v);
    return 0;
}
