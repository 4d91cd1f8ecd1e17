// Shared by plain-c-shares-channels.gc and plain_channels.c.
#include <stdbool.h>
#include <go/chan.h>
#include <go/runtime.h>

struct reply { int value; chan(int) from; };
struct service { int factor; chan(int) requests; chan(struct reply) replies; chan(bool) ended; };
struct service service_start(int factor);
void service_wait(struct service s, chan(go_unit) done);
