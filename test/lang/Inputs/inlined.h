// Shared by blocks-in-inlined-functions.gc and inlined.gc.
int work_elsewhere(chan(int) c, int n);
static inline int from_header(chan(int) c, int n) {
    defer { _Result++; }
    go { c <- n; }
    return <-c;
}
