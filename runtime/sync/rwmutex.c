// rwmutex.c - <go/sync.h>: many readers, or one writer.
//
// `readers` counts those who read. A writer, once it is the only one (`writers` is a mutex among
// them), subtracts MANY: from then on a reader that comes sees a negative number, and waits at the
// reader's gate; those who read already are counted over into `departing`, and the last of them
// opens the writer's gate. Unlocking adds MANY again and lets those in who came meanwhile. The
// algorithm is that of Go's sync.RWMutex.
//   1. 0 <= readers < MANY while no writer is in or waits; -MANY <= readers < 0 while one is.
//   2. readers + MANY (with a writer): those still reading, as many as `departing` says, and those
//      at the gate, who are let in when the writer leaves. So writers and readers take turns.
//   3. departing may be below zero for a moment: a reader that leaves between the writer's two
//      additions. The sum of both tells each of them whether it was the last.
//   4. The gates are semaphores: a permit is never lost, whether the one for whom it is meant
//      sleeps already or not.
#include "sync/sync.h"

#include "base/upcalls.h"

enum { MANY = 1 << 30 };

_Static_assert(sizeof(go_rwmutex) == 40, "small");

static _Noreturn __attribute__((noinline, cold)) void misuse(const char *text) {
    machine_current();
    gort_upcalls.fatal(text);
}

// ---- readers ------------------------------------------------------------------------------------

// The sanitizer: what a writer did before its unlock comes before (reader_gate); what readers did
// comes before the next writer (writer_gate).
void go_rwmutex_rlock_slow(go_rwmutex *m, bool counted) {
    machine_current();
    preemption_point();
    if (!counted) counted = add_acq_rel(&m->readers, 1) < 0;
    if (counted) gort_semaphore_acquire(&m->reader_gate, WAIT_RWMUTEX_RLOCK);
    sanitize_acquire(&m->reader_gate);
}

bool go_rwmutex_tryrlock(go_rwmutex *m) {
    for (;;) {
        int n = load_relaxed(&m->readers);
        if (n < 0) return false;
        if (cas_acquire(&m->readers, n, n + 1)) break;
    }
    sanitize_acquire(&m->reader_gate);
    return true;
}

// `left`: what `readers` was lowered to, below zero; 0: it was not yet.
void go_rwmutex_runlock_slow(go_rwmutex *m, int left) {
    machine_current();
    sanitize_release(&m->writer_gate);
    if (left == 0 && (left = add_acq_rel(&m->readers, -1)) >= 0) return;
    if (left == -1 || left == -MANY - 1) misuse("sync: RUnlock of unlocked RWMutex");
    jitter();
    if (add_acq_rel(&m->departing, -1) == 0) gort_semaphore_release(&m->writer_gate, 1);
}

// ---- writers ------------------------------------------------------------------------------------

static void writer_acquires(go_rwmutex *m) {
    sanitize_acquire(&m->reader_gate);
    sanitize_acquire(&m->writer_gate);
    (void)m;
}

void go_rwmutex_lock(go_rwmutex *m) {
    go_mutex_lock(&m->writers);
    int reading = add_acq_rel(&m->readers, -MANY) + MANY;
    gort_assert(reading >= 0); // invariant 1: nobody else has subtracted
    jitter();
    if (reading != 0 && add_acq_rel(&m->departing, reading) != 0) {
        machine_current();
        gort_semaphore_acquire(&m->writer_gate, WAIT_RWMUTEX_LOCK);
    }
    gort_assert(load_relaxed(&m->departing) == 0 && load_relaxed(&m->readers) < 0);
    writer_acquires(m);
}

bool go_rwmutex_trylock(go_rwmutex *m) {
    if (!go_mutex_trylock(&m->writers)) return false;
    if (!cas_acq_rel(&m->readers, 0, -MANY)) {
        go_mutex_unlock(&m->writers);
        return false;
    }
    writer_acquires(m);
    return true;
}

void go_rwmutex_unlock(go_rwmutex *m) {
    sanitize_release(&m->reader_gate);
    int came = add_acq_rel(&m->readers, MANY);
    if (unlikely(came >= MANY)) misuse("sync: Unlock of unlocked RWMutex");
    if (came > 0) {
        machine_current();
        gort_semaphore_release(&m->reader_gate, (uint32_t)came);
    }
    go_mutex_unlock(&m->writers);
}
