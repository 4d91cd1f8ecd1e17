// poison.h - memory that the runtime touches behind the sanitizers' backs.
//
// For the address sanitizer free slots are poison, and so is what lies between an object's end and
// that of its slot: an object is given 16 bytes more than it asked for. The thread sanitizer must
// not take the zeroing of a slot for an access by whoever happens to run.
#ifndef GORT_MEM_POISON_H
#define GORT_MEM_POISON_H

#include <stddef.h>
#include <stdint.h>

#ifdef GORT_ASAN
#include <sanitizer/asan_interface.h>
#define POISON 1
#define POISON_TAIL 16u // bytes behind each object, at least
static inline void poison_put(uintptr_t at, size_t bytes) {
    __asan_poison_memory_region((void *)at, bytes);
}
static inline void poison_remove(uintptr_t at, size_t bytes) {
    __asan_unpoison_memory_region((void *)at, bytes);
}
#else
#define POISON 0
#define POISON_TAIL 0u
static inline void poison_put(uintptr_t at, size_t bytes) { (void)at, (void)bytes; }
static inline void poison_remove(uintptr_t at, size_t bytes) { (void)at, (void)bytes; }
#endif

// Both for memory that is not poison.
static inline void memory_zero(uintptr_t at, size_t bytes) {
#if defined(GORT_TSAN) && defined(__x86_64__)
    __asm__ volatile("rep stosb" : "+D"(at), "+c"(bytes) : "a"(0) : "memory");
#elif defined(GORT_TSAN)
    for (size_t i = 0; i < bytes; i++) ((volatile char *)at)[i] = 0;
#else
    __builtin_memset((void *)at, 0, bytes);
#endif
}
static inline void memory_fill(uintptr_t at, size_t bytes, uint64_t word) {
    for (size_t i = 0; i < bytes / 8; i++) ((volatile uint64_t *)at)[i] = word;
}

#endif
