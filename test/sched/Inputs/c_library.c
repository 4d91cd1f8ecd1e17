// A library of plain C that keeps something in thread-local storage, and its address across a callback, as compiled C does.
static __thread volatile int mine;

int library_call(void (*callback)(void *), void *arg) {
    volatile int *place = &mine;
    *place = 1;
    callback(arg);
    return place == &mine && *place == 1;
}
