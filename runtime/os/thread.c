// thread.c - threads, cores, and where this code lies.
#define _GNU_SOURCE
#include "os/os.h"

#include "base/config.h"
#include "os/syscall.h"
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

typedef struct ThreadStart {
    void (*fn)(void *);
    void *arg;
    const unsigned long *mask; // of signals; NULL: the one it has inherited
} ThreadStart;

// Of the thread that leaves signals to others; what it had blocked before.
static __thread const unsigned long *mask_before;

void gort_os_thread_leave_signals(void) {
    static unsigned long before; // the only such thread's
    unsigned long all = ~0ul;
    os_syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
    mask_before = &before;
}

static void *thread_main(void *p) {
    ThreadStart start = *(ThreadStart *)p;
    free(p);
    if (start.mask) os_syscall(SYS_rt_sigprocmask, SIG_SETMASK, start.mask, NULL, sizeof *start.mask);
    start.fn(start.arg);
    return NULL;
}

bool gort_os_thread_start(void (*fn)(void *), void *arg) {
    int saved = errno;
    pthread_attr_t attributes;
    pthread_t thread;
    ThreadStart *start = malloc(sizeof *start);
    if (!start) return false;
    *start = (ThreadStart){fn, arg, mask_before};
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
#if !defined(GORT_ASAN) && !defined(GORT_TSAN)
    pthread_attr_setstacksize(&attributes, GORT_SCHEDULER_STACK_BYTES);
#endif
    bool ok = pthread_create(&thread, &attributes, thread_main, start) == 0;
    pthread_attr_destroy(&attributes);
    if (!ok) free(start);
    errno = saved;
    return ok;
}

void gort_os_thread_stack(void **low, void **high) {
    pthread_attr_t attributes;
    size_t bytes = 0;
    *low = *high = NULL;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
    if (pthread_attr_getstack(&attributes, low, &bytes) == 0) *high = (char *)*low + bytes;
    pthread_attr_destroy(&attributes);
}

void gort_os_thread_yield(void) { sched_yield(); }

void gort_os_nap_us(unsigned us) {
    struct timespec t = {0, (long)us * 1000};
    os_syscall(SYS_nanosleep, &t);
}

int gort_os_thread_id(void) { return (int)os_syscall(SYS_gettid); }

bool gort_os_is_initial_thread(void) { return gort_os_thread_id() == (int)getpid(); }

// Field 20 of /proc/self/stat, counted from behind the name, which may hold anything.
static int parse_thread_count(char *stat) {
    char *at = strrchr(stat, ')');
    for (int field = 2; at && field < 20; field++) at = strchr(at + 1, ' ');
    return at ? atoi(at + 1) : 0;
}

int gort_os_thread_count(void) {
    char stat[1024];
    int saved = errno, fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? syscall(SYS_read, fd, stat, sizeof stat - 1) : 0;
    if (fd >= 0) syscall(SYS_close, fd);
    errno = saved;
    if (n <= 0) return 0;
    stat[n] = 0;
    return parse_thread_count(stat);
}

int gort_os_cpu_count(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

bool gort_os_cycles_are_the_clock(void) {
#if defined(__x86_64__)
    static const char wanted[] = "tsc\n";
#else
    static const char wanted[] = "arch_sys_counter\n";
#endif
    char found[sizeof wanted] = "";
    long fd = os_syscall(SYS_openat, AT_FDCWD, "/sys/devices/system/clocksource/clocksource0/current_clocksource",
                         O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    long n = os_syscall(SYS_read, fd, found, sizeof found);
    os_syscall(SYS_close, fd);
    return n == (long)sizeof wanted - 1 && memcmp(found, wanted, sizeof wanted - 1) == 0;
}

enum { SLACK_USUAL_NS = 50000,
       SLACK_MATTERS_NS = 200 * SLACK_USUAL_NS }; // in longer sleeps it does not

long gort_os_slack_drop(int64_t wait_ns) {
    if (wait_ns <= 0 || wait_ns > SLACK_MATTERS_NS) return 0;
    long slack = os_syscall(SYS_prctl, PR_GET_TIMERSLACK);
    if (slack != SLACK_USUAL_NS) return 0;
    os_syscall(SYS_prctl, PR_SET_TIMERSLACK, 1);
    return slack;
}

void gort_os_slack_restore(long slack) {
    if (slack) os_syscall(SYS_prctl, PR_SET_TIMERSLACK, slack);
}

// The kernel tells where the executable's program headers are; PT_PHDR gives the distance between
// link and load addresses.
bool gort_os_in_executable(const void *address) {
    const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    size_t n = getauxval(AT_PHNUM);
    uintptr_t base = 0, a = (uintptr_t)address;
    if (!headers) return true;
    for (size_t i = 0; i < n; i++)
        if (headers[i].p_type == PT_PHDR) base = (uintptr_t)headers - headers[i].p_vaddr;
    for (size_t i = 0; i < n; i++)
        if (headers[i].p_type == PT_LOAD && a - base >= headers[i].p_vaddr &&
            a - base < headers[i].p_vaddr + headers[i].p_memsz)
            return true;
    return false;
}
