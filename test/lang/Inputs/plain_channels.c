#include "plain_channels.h"
#include <stdlib.h>

static void serve(void *arg) {
    struct service s = *(struct service *)arg;
    int v;
    while (go_chan_recv(s.requests, &v))
        go_chan_send(s.replies, ((struct reply){v * s.factor, s.requests}));
    go_chan_close(s.replies);
    go_chan_send(s.ended, true);
    free(arg);
}

struct service service_start(int factor) {
    struct service *s = malloc(sizeof *s);
    *s = (struct service){factor, go_chan_make(int, 1), go_chan_make(struct reply, 0), go_chan_make(bool, 1)};
    struct service copy = *s;
    go_spawn(serve, s);
    return copy;
}

void service_wait(struct service s, chan(go_unit) done) {
    bool ended = false, ok = false;
    while (!go_chan_try_recv(s.ended, &ended, &ok))
        go_yield();
    struct go_select_case cases[] = {{NULL, NULL, GO_RECV, 0}, {(void *)done, &(go_unit){}, GO_SEND, 0}};
    if (ended && ok && go_chan_cap(s.ended) == 1)
        go_select(cases, 2, true);
}
