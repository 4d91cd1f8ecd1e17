// note.c - one thread sleeps on a futex, others wake it.
//
// The state says whether the owner really sleeps, so that waking one who is still awake costs no
// system call.
#include "os/os.h"

#include "os/syscall.h"

#include <linux/futex.h>

enum { NOTHING,
       KEPT,
       ASLEEP };

// With an absolute time on the monotonic clock; NULL: for ever. Any return is a reason to look
// again.
static void futex_wait(uint32_t *word, uint32_t value, const struct timespec *deadline) {
    os_syscall(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, value, deadline, NULL,
               FUTEX_BITSET_MATCH_ANY);
}

void gort_note_sleep(Note *n) {
    // Pairs with the exchange in gort_note_wake.
    while (!cas_acquire(&n->state, KEPT, NOTHING)) {
        if (!cas_acquire(&n->state, NOTHING, ASLEEP) && load_relaxed(&n->state) == KEPT) continue;
        futex_wait(&n->state, ASLEEP, NULL);
    }
}

bool gort_note_sleep_until(Note *n, int64_t deadline_ns) {
    struct timespec deadline = {deadline_ns / 1000000000, deadline_ns % 1000000000};
    while (!cas_acquire(&n->state, KEPT, NOTHING)) {
        if (os_now() >= deadline_ns) {
            // Woken at the last moment.
            if (exchange_acquire(&n->state, NOTHING) == KEPT) return true;
            return false;
        }
        if (!cas_acquire(&n->state, NOTHING, ASLEEP) && load_relaxed(&n->state) == KEPT) continue;
        futex_wait(&n->state, ASLEEP, &deadline);
    }
    return true;
}

void gort_note_wake(Note *n) {
    if (exchange_acq_rel(&n->state, KEPT) != ASLEEP) return;
    os_syscall(SYS_futex, &n->state, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, 1);
}

void gort_gate_wait(uint32_t *gate, uint32_t closed) { futex_wait(gate, closed, NULL); }

void gort_gate_open(uint32_t *gate) {
    os_syscall(SYS_futex, gate, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT32_MAX);
}
