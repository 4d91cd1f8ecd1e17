// What is known of descriptors, and waiting for them: births and closings, what is learnt and forgotten, waits that ask the
// kernel and waits that do not, turns, deadlines, the probe.
#include "io/io.h"
#include "os/syscall.h"
#include "sched/netpoll.h"

#include <fcntl.h>
#include <go/runtime.h>
#include <go/time.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int ended; // (a) goroutines that are done

static PollLink link_to(int fd, uint32_t events) {
    PollDesc *d = gort_poll_desc(fd);
    PollLink l = {.desc = d, .events = events, .sequence = d->sequence, .takes = true};
    poll_attempt(&l, events & EPOLLOUT ? POLL_WRITE : POLL_READ);
    return l;
}

static void pair(int s[2]) { gort_check(socketpair(AF_UNIX, SOCK_STREAM, 0, s) == 0); }

static void say(int fd) { gort_check(send(fd, "x", 1, 0) == 1); }

static void hear(int fd) {
    char c;
    gort_check(recv(fd, &c, 1, MSG_DONTWAIT) == 1);
}

// ---- what is known ------------------------------------------------------------------------------

static void table(void) {
    gort_check(!gort_poll_find(-1) && !gort_poll_desc(-1) && !gort_poll_desc(INT32_MAX));
    PollDesc *d = gort_poll_desc(100000);
    gort_check(d && d->fd == 100000 && d == gort_poll_find(100000) && d->birth == BORN_UNSEEN);
    gort_check(d->empty != d->edges[POLL_READ] && !gort_poll_closing(-1));
}

static void births(void) {
    enum { N = 90000 };
    gort_poll_born(N, BORN_ACCEPTED);
    PollDesc *d = gort_poll_find(N);
    gort_check(d && d->birth == BORN_ACCEPTED && d->socket);
    uint32_t sequence = d->sequence, edges = d->edges[POLL_READ];
    gort_check(gort_poll_closing(N));
    gort_poll_closed(N);
    gort_check(d->birth == BORN_UNSEEN && d->sequence != sequence && d->edges[POLL_READ] != edges);
    // A birth that was expected; one that shows that a closing was missed.
    sequence = d->sequence;
    gort_poll_born(N, BORN_TCP);
    gort_check(d->sequence == sequence);
    store_seq_cst(&d->deadline_ns[POLL_READ], 1);
    gort_poll_born(N, BORN_SOCKET);
    gort_check(d->sequence != sequence && d->birth == BORN_SOCKET && !d->deadline_ns[POLL_READ]);
    gort_poll_born(N, BORN_UNSEEN); // a duplicate of something
    gort_check(d->birth == BORN_UNSEEN && !d->socket);
}

static void facts(void) {
    enum { N = 90001 };
    gort_poll_born(N, BORN_ACCEPTED);
    PollDesc *d = gort_poll_find(N);
    PollFacts f = {.socket = true, .birth = BORN_TCP, .untimed = 3, .blocking = 4};
    uint32_t changes = d->changes;
    gort_poll_changed(N); // O_NONBLOCK, say, while the call was asking
    gort_poll_learn(d, changes, &f);
    gort_check(d->birth == BORN_ACCEPTED && d->blocking == 0 && d->untimed == 0);
    gort_poll_learn(d, d->changes, &f);
    gort_check(d->birth == BORN_TCP && d->blocking == 4 && d->untimed == 3);
    gort_poll_changed(N);
    gort_check(d->birth == BORN_TCP && d->blocking == 0);
    gort_poll_mistaken(d);
    gort_check(d->birth == BORN_UNSEEN);
    f.birth = BORN_UNSEEN;
    gort_poll_learn(d, d->changes, &f);
    gort_check(d->blocking == 0 && "of what was not born here it is not known for long");
}

// When a read may be left out.
static void emptied(void) {
    enum { N = 90002 };
    gort_poll_born(N, BORN_TCP);
    PollDesc *d = gort_poll_find(N);
    d->edge = true;
    d->blocking = gort_poll_flags_set;
    PollLink l = link_to(N, EPOLLIN);
    gort_check(!poll_is_empty(&l));
    poll_emptied(&l, 10, 10);
    gort_check(!poll_is_empty(&l) && "there may be more");
    poll_emptied(&l, 9, 10);
    gort_check(poll_is_empty(&l));
    d->edges[POLL_READ]++;
    poll_attempt(&l, POLL_READ);
    gort_check(!poll_is_empty(&l) && "an event has come since");
    d->odd = true;
    poll_emptied(&l, 9, 10);
    gort_check(!poll_is_empty(&l) && "it may be the end");
    d->odd = false;
    poll_emptied(&l, 9, 10);
    gort_check(poll_is_empty(&l));
    gort_poll_changed(N);
    poll_attempt(&l, POLL_READ);
    gort_check(!poll_is_empty(&l));
    d->edge = false;
}

// ---- waiting ------------------------------------------------------------------------------------

static void outcomes(void) {
    int s[2], file = open("/proc/self/exe", O_RDONLY);
    pair(s);
    PollLink l = link_to(s[0], EPOLLIN);
    gort_check(gort_poll_wait(&l, 1, os_now() + 1000000) == POLL_TIMED_OUT && !l.queued);
    l = link_to(s[0], EPOLLIN); // what comes after this ends the wait
    say(s[1]);
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_READY && !l.queued);
    gort_poll_pass(&l);
    l.sequence--;
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_CLOSED);
    l = link_to(file, EPOLLIN);
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_CANNOT);
    close(s[0]), close(s[1]), close(file);
}

static void writer(void *arg) {
    say((int)(intptr_t)arg);
    add_seq_cst(&ended, 1);
}

static void until_ended(int n) {
    while (load_seq_cst(&ended) < n) go_yield();
    store_seq_cst(&ended, 0);
}

// Registered once; an event between the attempt and the wait ends the wait at once.
static void once(void) {
    int s[2];
    pair(s);
    PollLink l = link_to(s[0], EPOLLIN);
    go_spawn(writer, (void *)(intptr_t)s[1]);
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_READY && l.desc->edge);
    hear(s[0]);
    gort_poll_pass(&l);
    uint32_t asked = l.desc->waits;
    poll_attempt(&l, POLL_READ);
    go_spawn(writer, (void *)(intptr_t)s[1]);
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_READY && l.desc->waits == asked + 1);
    gort_poll_pass(&l);
    poll_attempt(&l, POLL_READ);
    say(s[1]);
    while (load_acquire(&l.desc->edges[POLL_READ]) == l.edge) { // this thread fetches it, or another
        GoroutineList list = gort_netpoll(0);
        gort_sched_inject(&list);
    }
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_READY && l.desc->waits == asked + 1);
    until_ended(2);
    close(s[0]), close(s[1]);
}

// Who was refused the turn asks the kernel when it waits: the event may be long past.
static void turns(void) {
    int s[2];
    pair(s);
    PollLink a = link_to(s[0], EPOLLIN), b = a;
    gort_check(gort_poll_wait(&a, 1, os_now() + 1000000) == POLL_TIMED_OUT); // registered
    say(s[1]);
    gort_check(gort_poll_claim(&a) && !gort_poll_claim(&b) && b.unsure);
    gort_poll_pass(&a);
    gort_check(gort_poll_wait(&b, 1, INT64_MAX) == POLL_READY && b.turn == EPOLLIN);
    gort_check(!gort_poll_claim(&a));
    gort_poll_pass(&b);
    gort_check(gort_poll_claim(&a));
    gort_poll_pass(&a);
    close(s[0]), close(s[1]);
}

static void sleeper(void *arg) {
    PollLink *l = arg;
    gort_check(gort_poll_wait(l, 1, INT64_MAX) == POLL_READY);
    gort_poll_pass(l);
    add_seq_cst(&ended, 1);
}

static void until_queued(PollDesc *d) {
    bool queued = false;
    while (!queued) {
        go_yield();
        gort_lock_acquire(&d->lock, RANK_POLL);
        queued = d->first != NULL;
        gort_lock_release(&d->lock, RANK_POLL);
    }
}

// A wait whose file is gone from the number unseen is found by the second look.
static void probe(void) {
    int s[2], other[2];
    pair(s), pair(other);
    static PollLink l;
    l = link_to(s[0], EPOLLIN);
    gort_check(gort_poll_wait(&l, 1, os_now() + 1000000) == POLL_TIMED_OUT && l.desc->edge);
    gort_check(os_syscall(SYS_dup2, other[0], s[0]) == s[0]);
    poll_attempt(&l, POLL_READ);
    go_spawn(sleeper, &l);
    until_queued(l.desc);
    say(other[1]);
    for (int i = 0; i < 3; i++) gort_poll_probe();
    until_ended(1);
    gort_check(l.desc->birth == BORN_UNSEEN && !load_relaxed(&l.desc->unverified));
    for (int i = 0; i < 3; i++) gort_poll_probe();
    gort_check(!load_relaxed(&l.desc->unverified));
    close(s[0]), close(s[1]), close(other[0]), close(other[1]);
}

static void deadlines(void) {
    int s[2];
    pair(s);
    static PollLink l;
    l = link_to(s[0], EPOLLIN);
    gort_poll_set_deadline(l.desc, POLL_READ, os_now() + 2000000);
    gort_check(!poll_is_late(l.desc, POLL_WRITE));
    gort_check(gort_poll_wait(&l, 1, INT64_MAX) == POLL_READY && "it is to look at the deadline");
    gort_check(poll_is_late(l.desc, POLL_READ));
    gort_poll_set_deadline(l.desc, POLL_READ, 0);
    poll_attempt(&l, POLL_READ);
    go_spawn(sleeper, &l);
    until_queued(l.desc);
    gort_poll_set_deadline(l.desc, POLL_READ, 1);
    until_ended(1);
    close(s[0]), close(s[1]);
}

static void all(void *unused) {
    (void)unused;
    outcomes();
    once();
    turns();
    probe();
    deadlines();
    puts("ok");
    exit(0);
}

int main(void) {
    table();
    births();
    facts();
    emptied();
    go_spawn(all, NULL);
    for (;;) go_sleep(1000000000);
}
