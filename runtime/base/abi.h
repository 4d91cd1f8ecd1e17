// abi.h - <go/abi.h> as the runtime itself includes it.
//
// The runtime is compiled with -fvisibility=hidden. The names that generated code and users call
// must stay visible, so that an executable and the shared libraries in it share one runtime: the
// first definition wins for all. The public headers say so themselves (GO__API); abi.h is copied
// into generated code, and is kept free of such things.
#ifndef GORT_BASE_ABI_H
#define GORT_BASE_ABI_H

#pragma GCC visibility push(default)
#include <go/abi.h>
#pragma GCC visibility pop

#endif
