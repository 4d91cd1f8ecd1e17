// stdio.c - what stdio waits for: files, pipes and terminals behind its buffers, and locks that others hold.
//
// These functions are marked (call.c), since the calls that libc makes inside itself cannot be stood in front of: who reads a line
// from a terminal, or prints into a full pipe, holds its thread but no processor. The functions of single characters, which mostly find
// one in the buffer, are marked only when they do not, or when somebody holds a lock by flockfile.
//   1. A FILE's lock knows its owner by the thread. Who has taken one by flockfile stays on its thread (home.c) until
//      funlockfile, though it may wait or be preempted meanwhile.
//   2. Others who want the file then wait in a marked call, whatever they do with it; so a holder that waits for a processor
//      gets one. The lock that a function takes by itself is held by code that is not preempted.
//   3. From begin to end of a marked call no .gc code runs (call.c). stdio calls back for streams of fopencookie and for
//      printf's own conversions; once a program has asked for any of those, nothing is marked here.
// The mark costs 12 ns. The functions for wide characters are not here, nor scanf's for strings and their like, which wait for nothing.
// Not in builds for sanitizers, which stand in front of libc with functions of their own; nor for other C libraries, whose FILE is closed.
#define _GNU_SOURCE
#include "sched/front.h"

#include <stdio.h>

#if !defined(GORT_ASAN) && !defined(GORT_TSAN) && defined(__GLIBC__)
#include <printf.h>
#include <stdarg.h>

#undef getc
#undef putc
#undef getchar
#undef putchar

const char gort_stdio_is_linked; // suspend.c refers to it

static uint32_t held; // (a) locks that goroutines have taken, or want, by flockfile
static bool calls_back; // (a) invariant 3

// ---- locks --------------------------------------------------------------------------------------

// Counted before it is taken: who has just got it may have to wait for a processor.
static void want(void) { add_seq_cst(&held, 1); }

static void settle(bool taken) {
    if (!taken || !gort_stay()) add_seq_cst(&held, (uint32_t)-1);
}

FRONT void flockfile(FILE *f) {
    FRONT_REAL(void, (FILE *), gort_libc_next_or_fatal, "flockfile");
    want();
    FRONT_BEGIN;
    real(f);
    FRONT_END;
    settle(true);
}

FRONT int ftrylockfile(FILE *f) {
    FRONT_REAL(int, (FILE *), gort_libc_next_or_fatal, "ftrylockfile");
    want();
    int error = real(f);
    settle(error == 0);
    return error;
}

FRONT void funlockfile(FILE *f) {
    FRONT_REAL(void, (FILE *), gort_libc_next_or_fatal, "funlockfile");
    real(f);
    if (gort_stay_no_more()) add_seq_cst(&held, (uint32_t)-1);
}

// ---- calls back ---------------------------------------------------------------------------------

#define CALLS_BACK(type, name, parameters, arguments)                 \
    FRONT type name parameters {                                      \
        FRONT_REAL(type, parameters, gort_libc_next_or_fatal, #name); \
        store_relaxed(&calls_back, true);                             \
        return real arguments;                                        \
    }
CALLS_BACK(FILE *, fopencookie, (void *cookie, const char *mode, cookie_io_functions_t functions),
           (cookie, mode, functions))
CALLS_BACK(int, register_printf_function,
           (int c, printf_function *print, printf_arginfo_function *sizes), (c, print, sizes))
CALLS_BACK(int, register_printf_specifier,
           (int c, printf_function *print, printf_arginfo_size_function *sizes), (c, print, sizes))

// ---- marked calls -------------------------------------------------------------------------------

#define STREAM_BEGIN           \
    __builtin_unwind_init();   \
    MARKED_STANDING(front_at); \
    Machine *front_m = load_relaxed(&calls_back) ? NULL : gort_call_begin(&front_at)

#define STREAM(type, name, parameters, arguments)                     \
    FRONT type name parameters {                                      \
        FRONT_REAL(type, parameters, gort_libc_next_or_fatal, #name); \
        STREAM_BEGIN;                                                 \
        type front_result = real arguments;                           \
        FRONT_END;                                                    \
        return front_result;                                          \
    }

// name(first ..., ...) by its brother that takes a va_list.
#define VARIADIC(name, brother, first, types, arguments, last)     \
    FRONT int name first {                                         \
        FRONT_REAL(int, types, gort_libc_next_or_fatal, #brother); \
        va_list rest;                                              \
        va_start(rest, last);                                      \
        STREAM_BEGIN;                                              \
        int front_result = real arguments;                         \
        FRONT_END;                                                 \
        va_end(rest);                                              \
        return front_result;                                       \
    }

STREAM(char *, fgets, (char *to, int n, FILE *f), (to, n, f))
STREAM(size_t, fread, (void *to, size_t size, size_t n, FILE *f), (to, size, n, f))
STREAM(ssize_t, getline, (char **to, size_t *n, FILE *f), (to, n, f))
STREAM(ssize_t, getdelim, (char **to, size_t *n, int end, FILE *f), (to, n, end, f))
STREAM(ssize_t, __getdelim, (char **to, size_t *n, int end, FILE *f), (to, n, end, f))
STREAM(int, fputs, (const char *text, FILE *f), (text, f))
STREAM(int, puts, (const char *text), (text))
STREAM(size_t, fwrite, (const void *from, size_t size, size_t n, FILE *f), (from, size, n, f))
STREAM(int, fflush, (FILE * f), (f))
STREAM(int, fclose, (FILE * f), (f))
STREAM(int, fseek, (FILE * f, long at, int whence), (f, at, whence))
STREAM(int, fseeko, (FILE * f, off_t at, int whence), (f, at, whence))
STREAM(int, fseeko64, (FILE * f, off64_t at, int whence), (f, at, whence))
STREAM(FILE *, fopen, (const char *path, const char *mode), (path, mode))
STREAM(FILE *, fopen64, (const char *path, const char *mode), (path, mode))
STREAM(FILE *, freopen, (const char *path, const char *mode, FILE *f), (path, mode, f))
STREAM(FILE *, freopen64, (const char *path, const char *mode, FILE *f), (path, mode, f))

STREAM(int, vprintf, (const char *format, va_list v), (format, v))
STREAM(int, vfprintf, (FILE * f, const char *format, va_list v), (f, format, v))
VARIADIC(printf, vprintf, (const char *format, ...), (const char *, va_list), (format, rest), format)
VARIADIC(fprintf, vfprintf, (FILE * f, const char *format, ...), (FILE *, const char *, va_list),
         (f, format, rest), format)

int __vprintf_chk(int, const char *, va_list), __printf_chk(int, const char *, ...);
int __vfprintf_chk(FILE *, int, const char *, va_list), __fprintf_chk(FILE *, int, const char *, ...);
char *__fgets_chk(char *, size_t, int, FILE *);
size_t __fread_chk(void *, size_t, size_t, size_t, FILE *);
STREAM(int, __vprintf_chk, (int flag, const char *format, va_list v), (flag, format, v))
STREAM(int, __vfprintf_chk, (FILE * f, int flag, const char *format, va_list v), (f, flag, format, v))
VARIADIC(__printf_chk, __vprintf_chk, (int flag, const char *format, ...), (int, const char *, va_list),
         (flag, format, rest), format)
VARIADIC(__fprintf_chk, __vfprintf_chk, (FILE * f, int flag, const char *format, ...),
         (FILE *, int, const char *, va_list), (f, flag, format, rest), format)
STREAM(char *, __fgets_chk, (char *to, size_t room, int n, FILE *f), (to, room, n, f))
STREAM(size_t, __fread_chk, (void *to, size_t room, size_t size, size_t n, FILE *f),
       (to, room, size, n, f))

// The names that a program's scanf has depend on the standard that it is compiled for.
int __isoc99_vfscanf(FILE *, const char *, va_list), __isoc99_vscanf(const char *, va_list);
int __isoc99_fscanf(FILE *, const char *, ...), __isoc99_scanf(const char *, ...);
STREAM(int, __isoc99_vscanf, (const char *format, va_list v), (format, v))
STREAM(int, __isoc99_vfscanf, (FILE * f, const char *format, va_list v), (f, format, v))
VARIADIC(__isoc99_scanf, __isoc99_vscanf, (const char *format, ...), (const char *, va_list),
         (format, rest), format)
VARIADIC(__isoc99_fscanf, __isoc99_vfscanf, (FILE * f, const char *format, ...),
         (FILE *, const char *, va_list), (f, format, rest), format)

// ---- single characters --------------------------------------------------------------------------

// The buffer is looked at without its lock: a wrong answer costs a mark, or, for a moment, a processor.
static inline bool has_more(const FILE *f) {
    return load_relaxed(&f->_IO_read_ptr) < load_relaxed(&f->_IO_read_end) && !load_relaxed(&held);
}
static inline bool has_room(const FILE *f) {
    return load_relaxed(&f->_IO_write_ptr) < load_relaxed(&f->_IO_write_end) && !load_relaxed(&held);
}

#define CHARACTER(name, parameters, arguments, at_hand)                    \
    static __attribute__((noinline)) int marked_##name parameters {        \
        FRONT_REAL(int, parameters, gort_libc_next_or_fatal, #name);       \
        STREAM_BEGIN;                                                      \
        int front_result = real arguments;                                 \
        FRONT_END;                                                         \
        return front_result;                                               \
    }                                                                      \
    FRONT int name parameters {                                            \
        FRONT_REAL(int, parameters, gort_libc_next_or_fatal, #name);       \
        return likely(at_hand) ? real arguments : marked_##name arguments; \
    }
CHARACTER(getc, (FILE * f), (f), has_more(f))
CHARACTER(fgetc, (FILE * f), (f), has_more(f))
CHARACTER(getchar, (void), (), has_more(stdin))
CHARACTER(putc, (int c, FILE *f), (c, f), has_room(f))
CHARACTER(fputc, (int c, FILE *f), (c, f), has_room(f))
CHARACTER(putchar, (int c), (c), has_room(stdout))
// What getc_unlocked and putc_unlocked, which are inline, come to.
int __uflow(FILE *), __overflow(FILE *, int);
STREAM(int, __uflow, (FILE * f), (f))
STREAM(int, __overflow, (FILE * f, int c), (f, c))
#endif
