// sanitize.h - keeping the thread sanitizer from seeing what the runtime does for itself.
//
// The sanitizer intercepts libc's functions also when code that it has not instrumented calls them:
// allocating, mapping and copying count as accesses of the current goroutine then. Between begin
// and end they do not. (What it must be told of goroutines is in sched/sanitize.h.)
#ifndef GORT_BASE_SANITIZE_H
#define GORT_BASE_SANITIZE_H

#ifdef GORT_TSAN
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
static inline void sanitize_ignore_begin(void) {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}
static inline void sanitize_ignore_end(void) {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}
#else
static inline void sanitize_ignore_begin(void) {}
static inline void sanitize_ignore_end(void) {}
#endif

#endif
