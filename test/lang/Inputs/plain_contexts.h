// Threads of plain C that work on behalf of a context: plain_contexts.c.
#include <go/context.h>
#include <go/runtime.h>

#ifdef __cplusplus
extern "C" int cxx_alone(void); // plain_contexts.cc
#else
int cxx_alone(void);
#endif

struct plain_threads;
struct plain_threads *plain_threads_start(go_context *ctx);
int plain_threads_join(struct plain_threads *t); // the cause that all have seen, or -1
int plain_alone(void);                           // 0: all is well
int plain_grouped(void);
