// Stacks: who owns a guard, last in first out, overflow of a cache into the shared list, tops that
// are staggered.
#include "mem/stack.h"

#include "base/check.h"
#include "base/config.h"
#include <stdio.h>
#include <string.h>

struct Goroutine {
    int unused;
};

int main(void) {
    enum { COUNT = 3 * GORT_STACK_CACHE };
    static struct Goroutine owners[COUNT];
    static Stack stacks[COUNT];
    StackCache cache = {NULL, 0};
    bool lines[64] = {false};
    int different = 0;
    for (int i = 0; i < COUNT; i++) {
        stacks[i] = gort_stack_acquire(&cache, &owners[i]);
        gort_check(((uintptr_t)stacks[i].high & 15) == 0 &&
                   stacks[i].high - stacks[i].low > (ptrdiff_t)GORT_STACK_BYTES / 2);
        different += !lines[(uintptr_t)stacks[i].high / 64 % 64];
        lines[(uintptr_t)stacks[i].high / 64 % 64] = true;
        stacks[i].low[0] = stacks[i].high[-1] = 1;       // usable from end to end
    }
    gort_check(different >= (COUNT < 32 ? COUNT : 32) && "tops fall into different cache lines");
    for (int i = 0; i < COUNT; i++) {
        gort_check(gort_stack_guard_owner(stacks[i].low - 1) == &owners[i]);
        gort_check(gort_stack_guard_owner(stacks[i].low - GORT_GUARD_BYTES) == &owners[i]);
        gort_check(gort_stack_guard_owner(stacks[i].low) == NULL &&
                   gort_stack_guard_owner(stacks[i].high) == NULL);
    }
    gort_check(gort_stack_guard_owner(&cache) == NULL && gort_stack_guard_owner(NULL) == NULL);
    for (int i = 0; i < COUNT; i++) {
        gort_stack_release(&cache, stacks[i]);
        gort_verify_stack_cache(&cache);
    }
    gort_check(gort_stack_acquire(&cache, owners).low == stacks[COUNT - 1].low &&
               "the warmest first");
    gort_stack_cache_flush(&cache);
    gort_check(cache.count == 0 && cache.first == NULL);
    // Refilled from the shared list: nothing new.
    Stack again = gort_stack_acquire(&cache, owners);
    bool known = false;
    for (int i = 0; i < COUNT; i++) known |= stacks[i].low == again.low;
    gort_check(known);
    gort_verify_stack_cache(&cache);
    puts("ok");
}
