// sanitize.h - what the sanitizers must be told: which stack runs, and which goroutine's acts come
// before which other's.
//
// Both sanitizers know threads with one stack each, and offer `fibers` for the rest. The switch
// announces itself before and after; in other builds all of this is empty.
//
// For the thread sanitizer a goroutine is a fiber, and a switch orders nothing (flag 1): two
// goroutines that take turns on one thread are as unordered as on two. What orders them is said
// here by sanitize_release and sanitize_acquire at the places that Go's memory model names: the
// `go` statement before the goroutine's start, a send before its receive. The runtime itself is to
// be compiled without -fsanitize=thread: its own locks would order what the program did not.
#ifndef GORT_SCHED_SANITIZE_H
#define GORT_SCHED_SANITIZE_H

#include "base/sanitize.h"
#include "sched/sched.h"

#ifdef GORT_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
// On the old stack. `dying`: nobody comes back to it.
static inline void sanitize_before_switch(Goroutine *from, Goroutine *to, bool dying) {
    __sanitizer_start_switch_fiber(dying ? NULL : &from->fake_stack, to->stack.low,
                                   (size_t)(to->stack.high - to->stack.low));
}
// On the new stack, that of `self`.
static inline void sanitize_after_switch(Goroutine *self) {
    __sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
    self->fake_stack = NULL;
}
// With detect_stack_use_after_return, which clang has on, variables whose address is taken lie in
// frames of the sanitizer's own memory, the goroutine's fake stack; its stack has their addresses. NULL: it
// has none.
static inline void *sanitize_fake_stack(void) { return __asan_get_current_fake_stack(); }
// The frame there that the word is an address in.
static inline bool sanitize_fake_frame(void *fake_stack, uintptr_t word, void **start, void **end) {
    return fake_stack && __asan_addr_is_in_fake_stack(fake_stack, (void *)word, start, end);
}
static inline void sanitize_bind(Goroutine *g) { g->fake_stack = NULL; }
static inline void sanitize_unbind(Goroutine *g) { (void)g; }
static inline void sanitize_thread(Goroutine *g) { (void)g; }
#elif defined(GORT_TSAN)
#include <sanitizer/tsan_interface.h>
static inline __attribute__((always_inline)) void
sanitize_before_switch(Goroutine *from, Goroutine *to, bool dying) {
    (void)from, (void)dying;
    __tsan_switch_to_fiber(to->fiber, __tsan_switch_to_fiber_no_sync);
}
static inline void sanitize_after_switch(Goroutine *self) { (void)self; }
#define sanitize_bind gort_sanitize_bind         // sanitize.c
#define sanitize_unbind gort_sanitize_unbind
void sanitize_bind(Goroutine *g);
void sanitize_unbind(Goroutine *g);
static inline void sanitize_thread(Goroutine *g) { g->fiber = __tsan_get_current_fiber(); }
#else
static inline void sanitize_before_switch(Goroutine *from, Goroutine *to, bool dying) {
    (void)from, (void)to, (void)dying;
}
static inline void sanitize_after_switch(Goroutine *self) { (void)self; }
static inline void sanitize_bind(Goroutine *g) { (void)g; }
static inline void sanitize_unbind(Goroutine *g) { (void)g; }
static inline void sanitize_thread(Goroutine *g) { (void)g; }
#endif
#ifndef GORT_ASAN
static inline void *sanitize_fake_stack(void) { return NULL; }
static inline bool sanitize_fake_frame(void *fake_stack, uintptr_t word, void **start, void **end) {
    return (void)fake_stack, (void)word, (void)start, (void)end, false;
}
#endif

// A copy that no sanitizer watches: what it reads and writes on whose behalf is said otherwise.
static inline __attribute__((always_inline)) void sanitize_copy(void *to, const void *from,
                                                                size_t size) {
#if defined(GORT_TSAN) && defined(__x86_64__)
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size)::"memory");
#elif defined(GORT_TSAN)
    for (size_t i = 0; i < size; i++) ((volatile char *)to)[i] = ((const volatile char *)from)[i];
#else
    if (size) __builtin_memcpy(to, from, size);
#endif
}

static inline __attribute__((always_inline)) void sanitize_clear(void *at, size_t size) {
#if defined(GORT_TSAN) && defined(__x86_64__)
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(0) : "memory");
#elif defined(GORT_TSAN)
    for (size_t i = 0; i < size; i++) ((volatile char *)at)[i] = 0;
#else
    if (size) __builtin_memset(at, 0, size);
#endif
}

#ifdef GORT_TSAN
#define sanitize_acquire(address) __tsan_acquire((void *)(address))
#define sanitize_release(address) __tsan_release((void *)(address))
void AnnotateBenignRaceSized(const char *file, int line, const void *at, unsigned long bytes,
                             const char *why);
// errno's place belongs to the thread, its value to the goroutine: those who take turns on the
// thread do not race for it.
#define sanitize_errno(address) \
    AnnotateBenignRaceSized(__FILE__, __LINE__, (address), sizeof(int), "errno")
void __tsan_read_range(void *at, unsigned long bytes);
void __tsan_write_range(void *at, unsigned long bytes);
#define sanitize_read(at, bytes) ((bytes) ? __tsan_read_range((void *)(at), (bytes)) : (void)0)
#define sanitize_write(at, bytes) ((bytes) ? __tsan_write_range((void *)(at), (bytes)) : (void)0)
#else
#define sanitize_acquire(address) ((void)(address))
#define sanitize_release(address) ((void)(address))
#define sanitize_errno(address) ((void)(address))
#define sanitize_read(at, bytes) ((void)0)
#define sanitize_write(at, bytes) ((void)0)
#endif

#endif
