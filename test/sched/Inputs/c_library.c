// A library of plain C that keeps something in thread-local storage, and its address across a callback, as compiled C does.
#include <errno.h>
#include <pthread.h>

static __thread volatile long mine;
static long last;

// Whoever else calls this on the same thread meanwhile is seen, unless it is called back by us.
int library_call(void (*callback)(void *), void *arg) {
    pthread_t thread = pthread_self();
    long before = mine, id = __atomic_add_fetch(&last, 1, __ATOMIC_RELAXED);
    mine = id;
    callback(arg);
    int same = mine == id && pthread_equal(thread, pthread_self());
    mine = before;
    return same;
}

// The error that the callback has met; 0: none.
int library_errno(int (*callback)(void *), void *arg) {
    errno = 0;
    return callback(arg) < 0 ? errno : 0;
}
