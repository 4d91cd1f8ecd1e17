// polldesc.c - what is known of each file descriptor: who waits, until when, and its closing.
//
// The table has an entry for each number that a goroutine has ever waited for, in chunks that are
// never freed: an event may arrive late, and must find memory of the right kind.
//   1. A link is in the list of its descriptor, under its lock, from the beginning of a wait until
//      whoever ends it (an event, a deadline, a closing) takes it out, or the goroutine does.
//   2. A wait may stand in several lists, and have a timer of its own. PollWait.lock decides who
//      ends it: the first who moves it to ENDED. Before the goroutine is parked that is all; after,
//      the one who did makes it ready. It takes its links out of all lists before it goes on, under
//      each list's lock, so nobody looks at them after that.
//   3. Closing counts `sequence` first, then closes, then wakes whoever began to wait in between:
//      before the close, and its event will never come; or after, for another file of the same
//      number, and it finds that out. A wait whose call began under an earlier sequence ends as
//      closed.
//   4. While somebody waits in a direction that has a deadline, its timer is pending, and not later
//      than the deadline. It may be earlier: a deadline that moves on, as it does with each request
//      of a connection, leaves the timer where it is, and those who are woken too early look at the
//      deadline and wait again. So setting a deadline hardly ever costs more than a store.
//   5. A birth that is seen where none was expected means that a closing was not: all that was known
//      goes, as at a closing.
//   6. Locks: a timer heap's, a descriptor's, a wait's, the scheduler's.
#include "sched/netpoll.h"

enum { CHUNK = 256,
       CHUNKS = 16384 }; // four million descriptors, beyond the kernel's limit for a process by default

#define CHUNK_BYTES ((CHUNK * sizeof(PollDesc) + 4095) & ~(size_t)4095)

static PollDesc **table; // (a) CHUNKS pointers (a), each to CHUNK descriptors; grows under table_lock
static Lock table_lock;
static uint32_t chunks_end; // (a) no chunk lies at or beyond

// ---- the table ----------------------------------------------------------------------------------

PollDesc *gort_poll_find(int fd) {
    PollDesc **t = load_acquire(&table); // pairs with chunk_make
    if (likely(!t) || (uint32_t)fd >= CHUNK * CHUNKS) return NULL;
    PollDesc *chunk = load_acquire(&t[fd / CHUNK]);
    return chunk ? &chunk[fd % CHUNK] : NULL;
}

static void deadline_fire(Timer *t, int64_t due_ns);

static void desc_init(PollDesc *d, int fd) {
    d->fd = fd;
    d->edges[POLL_READ] = d->edges[POLL_WRITE] = 1; // `empty` is 0
    d->timers[POLL_READ] = d->timers[POLL_WRITE] = (Timer){.fire = deadline_fire, .arg = d};
}

// Under table_lock.
static void chunk_make(uint32_t at) {
    if (!table) {
        PollDesc **t = gort_os_memory_map(CHUNKS * sizeof *t, 4096);
        if (!t) return;
        store_release(&table, t); // pairs with gort_poll_find
    }
    if (table[at]) return;
    PollDesc *chunk = gort_os_memory_map(CHUNK_BYTES, 4096);
    if (!chunk) return;
    for (uint32_t i = 0; i < CHUNK; i++) desc_init(&chunk[i], (int)(at * CHUNK + i));
    store_release(&table[at], chunk); // pairs with gort_poll_find
    if (chunks_end <= at) store_relaxed(&chunks_end, at + 1);
}

int gort_poll_end(void) {
    int known = (int)load_relaxed(&chunks_end) * CHUNK, own = gort_netpoll_end();
    return known > own ? known : own;
}

PollDesc *gort_poll_desc(int fd) {
    PollDesc *d = gort_poll_find(fd);
    if (d || (uint32_t)fd >= CHUNK * CHUNKS) return d;
    gort_lock_acquire(&table_lock, RANK_POLL_TABLE);
    chunk_make((uint32_t)fd / CHUNK);
    gort_lock_release(&table_lock, RANK_POLL_TABLE);
    return gort_poll_find(fd);
}

// ---- who waits ----------------------------------------------------------------------------------

void gort_poll_enqueue(PollLink *link) {
    PollDesc *d = link->desc;
    link->next = NULL;
    link->previous = d->last;
    if (d->last)
        d->last->next = link;
    else
        d->first = link;
    d->last = link;
    link->queued = true;
}

void gort_poll_dequeue(PollLink *link) {
    PollDesc *d = link->desc;
    if (!link->queued) return;
    if (link->previous)
        link->previous->next = link->next;
    else
        d->first = link->next;
    if (link->next)
        link->next->previous = link->previous;
    else
        d->last = link->previous;
    link->queued = false;
}

bool gort_poll_wait_end(PollWait *w, PollOutcome outcome, Goroutine **asleep) {
    spin_lock(&w->lock.lock, RANK_POLL_WAIT);
    uint8_t before = w->state;
    if (before != WAIT_ENDED) {
        w->state = WAIT_ENDED;
        w->outcome = outcome;
    }
    *asleep = before == WAIT_PARKED ? w->g : NULL;
    spin_unlock(&w->lock.lock, RANK_POLL_WAIT);
    return before != WAIT_ENDED;
}

bool gort_poll_wake(PollLink *link, PollOutcome outcome, GoroutineList *ready) {
    PollWait *w = link->wait;
    gort_poll_dequeue(link);
    Goroutine *g = NULL;
    if (!gort_poll_wait_end(w, outcome, &g)) return false;
    if (g) list_append(ready, g);
    return true;
}

// Outside of all locks but those of timers.
static void make_ready(GoroutineList *list) {
    if (list->first) machine_current(); // a thread that was never here may close a descriptor
    for (Goroutine *g; (g = list_pop(list)) != NULL;) gort_ready(g);
}

// ---- deadlines ----------------------------------------------------------------------------------

static PollDirection direction_of(const PollLink *link) {
    return link->events & EPOLLOUT ? POLL_WRITE : POLL_READ;
}

// Under the lock. Those whose calls have deadlines: poll and its like have not.
static void wake_direction(PollDesc *d, PollDirection direction, GoroutineList *ready) {
    for (PollLink *link = d->first, *next; link; link = next) {
        next = link->next;
        if (link->takes && direction_of(link) == direction)
            gort_poll_wake(link, POLL_READY, ready);
    }
}

static void deadline_fire(Timer *t, int64_t due_ns) {
    (void)due_ns;
    PollDesc *d = t->arg;
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    wake_direction(d, t == &d->timers[POLL_READ] ? POLL_READ : POLL_WRITE, &ready);
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
}

// The timer moves to earlier times only, so it does not matter who of several comes last.
void gort_poll_time(PollDesc *d, PollDirection direction) {
    Timer *t = &d->timers[direction];
    int64_t deadline_ns = load_seq_cst(&d->deadline_ns[direction]);
    if (deadline_ns == 0) return;
    if (!load_acquire(&t->heap)) { // two may come here at once, and must agree
        Processor *p = machine_current()->p;
        cas_seq_cst(&t->heap, NULL, p ? &p->timers : &gort_sched.processors[0]->timers);
    }
    gort_timer_lock(t);
    bool starts = t->when_ns == 0 || t->when_ns > deadline_ns;
    if (starts) gort_timer_start_locked(t, deadline_ns, 0);
    gort_timer_unlock(t);
    if (starts) gort_timer_announce(t, deadline_ns);
}

void gort_poll_set_deadline(PollDesc *d, PollDirection direction, int64_t deadline_ns) {
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    store_seq_cst(&d->deadline_ns[direction], deadline_ns);
    bool waited = d->first != NULL;
    if (waited && deadline_ns && deadline_ns <= os_now()) wake_direction(d, direction, &ready);
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
    if (waited) gort_poll_time(d, direction);
}

// ---- closing ------------------------------------------------------------------------------------

// Under the lock.
static void wake_all(PollDesc *d, PollOutcome outcome, GoroutineList *ready) {
    while (d->first) gort_poll_wake(d->first, outcome, ready);
}

static void unlearn(PollDesc *d) {
    store_release(&d->changes, d->changes + 1); // pairs with who is about to learn
    store_relaxed(&d->untimed, 0);
    store_relaxed(&d->blocking, 0);
}

void gort_poll_disown(PollDesc *d) {
    store_relaxed(&d->edge, false);
    store_relaxed(&d->odd, false);
    store_relaxed(&d->birth, BORN_UNSEEN);
    unlearn(d);
    for (int i = POLL_READ; i <= POLL_WRITE; i++) // and so nobody believes `empty`
        store_release(&d->edges[i], d->edges[i] + 1);
}

// Under the lock: the number is about to mean nothing, or means something else already.
static void forget(PollDesc *d) {
    store_seq_cst(&d->sequence, d->sequence + 1);
    d->turns = 0;
    d->registered = false;
    store_relaxed(&d->unverified, false);
    gort_poll_disown(d);
    for (int i = POLL_READ; i <= POLL_WRITE; i++) store_seq_cst(&d->deadline_ns[i], 0);
}

bool gort_poll_closing(int fd) {
    PollDesc *d = gort_poll_find(fd);
    if (!d) return false;
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    if (d->edge) gort_netpoll_forget(d);
    forget(d);
    wake_all(d, POLL_CLOSED, &ready);
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
    for (int i = POLL_READ; i <= POLL_WRITE; i++)
        if (load_relaxed(&d->timers[i].when_ns)) gort_timer_stop(&d->timers[i]);
    return true;
}

void gort_poll_closed(int fd) {
    PollDesc *d = gort_poll_find(fd);
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    d->turns = 0;
    wake_all(d, POLL_READY, &ready); // invariant 3
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
}

// ---- births -------------------------------------------------------------------------------------

bool gort_poll_unasked;
uint32_t gort_poll_flags_set = 1;
uint32_t gort_poll_timeouts_set = 1;
bool gort_poll_layered;

// Whoever began to wait since a closing that was seen is left alone: gort_poll_closed wakes them.
void gort_poll_born(int fd, PollBirth birth) {
    PollDesc *d = gort_poll_find(fd);
    if (!d && birth != BORN_UNSEEN) d = gort_poll_desc(fd);
    if (!d) return;
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    bool stale = d->birth != BORN_UNSEEN;
    if (stale) {
        forget(d);
        wake_all(d, POLL_CLOSED, &ready);
    }
    store_relaxed(&d->birth, birth);
    store_relaxed(&d->socket, birth != BORN_UNSEEN);
    unlearn(d);
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
}

void gort_poll_mistaken(PollDesc *d) {
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    if (d->birth != BORN_UNSEEN) {
        gort_poll_disown(d);
        wake_all(d, POLL_READY, &ready);
    }
    gort_lock_release(&d->lock, RANK_POLL);
    make_ready(&ready);
}

void gort_poll_learn(PollDesc *d, uint32_t changes, const PollFacts *facts) {
    gort_lock_acquire(&d->lock, RANK_POLL);
    if (d->changes == changes) {
        store_relaxed(&d->socket, facts->socket);
        if (facts->birth != BORN_UNSEEN) store_relaxed(&d->birth, facts->birth);
        store_relaxed(&d->untimed, facts->untimed);
        store_relaxed(&d->blocking, d->birth == BORN_UNSEEN ? 0 : facts->blocking);
    }
    gort_lock_release(&d->lock, RANK_POLL);
}

// That a read has emptied it is no longer to be relied upon: another protocol may work on the stream.
void gort_poll_changed(int fd) {
    PollDesc *d = gort_poll_find(fd);
    if (!d) return;
    gort_lock_acquire(&d->lock, RANK_POLL);
    unlearn(d);
    store_release(&d->edges[POLL_READ], d->edges[POLL_READ] + 1);
    gort_lock_release(&d->lock, RANK_POLL);
}

// ---- verifying ----------------------------------------------------------------------------------

// A wait is asked about when two looks in a row have found it.
static void probe(PollDesc *d) {
    GoroutineList ready = {0};
    gort_lock_acquire(&d->lock, RANK_POLL);
    bool asks = d->first && d->probed == d->waits;
    if (asks) gort_netpoll_verify(d, &ready);
    if (asks || !d->first) store_relaxed(&d->unverified, false);
    d->probed = d->waits;
    gort_lock_release(&d->lock, RANK_POLL);
    gort_sched_inject_global(&ready);
}

void gort_poll_probe(void) {
    PollDesc **t = load_acquire(&table); // pairs with chunk_make
    bool left = false;
    store_seq_cst(&gort_poll_unasked, false); // before it looks: pairs with netpoll's link_queue
    for (uint32_t at = 0; t && at < load_relaxed(&chunks_end); at++) {
        PollDesc *chunk = load_acquire(&t[at]); // the same
        for (uint32_t i = 0; chunk && i < CHUNK; i++) {
            if (likely(!load_seq_cst(&chunk[i].unverified))) continue;
            probe(&chunk[i]);
            left |= load_relaxed(&chunk[i].unverified);
        }
    }
    if (left) store_seq_cst(&gort_poll_unasked, true);
}
