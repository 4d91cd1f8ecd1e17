// atomic.h - atomic accesses with their ordering in the name.
//
// Fields are plain integers and pointers; what makes an access atomic is how it is made, and so
// that shows at each place. The comment beside an access says with which other access it pairs.
// `seq_cst` is for store-then-load protocols (two sides that each write one word and then read the
// other's), the rest is acquire and release.
#ifndef GORT_BASE_ATOMIC_H
#define GORT_BASE_ATOMIC_H

#include <stdbool.h>
#include <stdint.h>

#define load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define load_seq_cst(p) __atomic_load_n((p), __ATOMIC_SEQ_CST)
#define store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define store_seq_cst(p, v) __atomic_store_n((p), (v), __ATOMIC_SEQ_CST)
#define exchange_acquire(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define exchange_release(p, v) __atomic_exchange_n((p), (v), __ATOMIC_RELEASE)
#define exchange_acq_rel(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQ_REL)
#define exchange_seq_cst(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define add_relaxed(p, v) __atomic_add_fetch((p), (v), __ATOMIC_RELAXED)
#define add_acq_rel(p, v) __atomic_add_fetch((p), (v), __ATOMIC_ACQ_REL)
#define add_seq_cst(p, v) __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define fence_acquire() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define fence_release() __atomic_thread_fence(__ATOMIC_RELEASE)
#define fence_seq_cst() __atomic_thread_fence(__ATOMIC_SEQ_CST)

// Compare and swap: true if *p was `expected` (a value, not an address) and is now `v`.
#define cas_acquire(p, expected, v) CAS_WITH(p, expected, v, __ATOMIC_ACQUIRE)
#define cas_release(p, expected, v) CAS_WITH(p, expected, v, __ATOMIC_RELEASE)
#define cas_acq_rel(p, expected, v) CAS_WITH(p, expected, v, __ATOMIC_ACQ_REL)
#define cas_seq_cst(p, expected, v) CAS_WITH(p, expected, v, __ATOMIC_SEQ_CST)
#define CAS_WITH(p, expected, v, order)                                                          \
    ({                                                                                           \
        __typeof__(*(p)) cas_expected_ = (expected);                                             \
        __atomic_compare_exchange_n((p), &cas_expected_, (v), false, (order), __ATOMIC_RELAXED); \
    })

// Keeps the compiler from moving memory accesses across this point.
#define compiler_barrier() __asm__ volatile("" ::: "memory")

#if defined(__x86_64__)
#define cpu_relax() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define cpu_relax() __asm__ volatile("yield" ::: "memory")
#endif

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#endif
