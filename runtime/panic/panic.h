// panic.h - what the files of this layer share.
//
// Reading order: defer.c (records), panic.c (panic, recover, go_exit), value.c and number.c (values
// as text), any.c (<go/panic.h>), fault.c (traps that become panics), report.c (the crash report),
// traceback.c (goroutines and frames), unwind_*.S (walking a stack from saved registers), symbol.c,
// elf.c, dwarf_*.c (addresses to functions and lines), upcalls.c (how lower layers get here).
#ifndef GORT_PANIC_PANIC_H
#define GORT_PANIC_PANIC_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/abi.h"
#include "base/check.h"
#include "sched/sched.h"

// ---- panics (panic.c) ---------------------------------------------------------------------------

// What the processor said about the access that caused a panic; signal 0: no trap.
typedef struct Fault {
    int signal, code;
    uintptr_t address, pc;
} Fault;

// One panic, or one go_exit, under way. It lives in the frame of the function that runs its
// deferred calls, and is reached from Goroutine.panics, newest first. Only its goroutine touches
// it, except for a crash report, which freezes everybody else.
typedef struct Panic Panic;
struct Panic {
    Panic *link; // the one that was under way when this one began
    struct go_any value;
    struct go__frame *rest; // Goroutine.frames as it was when the deferred call now running began
    bool is_exit; // go_exit: value is void, nobody recovers it
    bool recovered; // by the deferred call now running
    bool passed; // a newer one has gone on to frames below `rest`: this one will never run again
    bool repanicked; // the newer one has the same value; set while printing
    Fault fault;
    void *restart[5]; // is_exit: where to go on when a newer one that passed it was recovered
};

// Panics with `value`; fault may be NULL.
_Noreturn void gort_panic_value(struct go_any value, const Fault *fault);
// Panics with a run-time error: `text` is all that it says, and is not copied.
_Noreturn void gort_panic_runtime(const char *text, const Fault *fault);
// Panics that are running deferred calls just now, in the whole process.
extern int gort_panics_running;

// ---- values (value.c) ---------------------------------------------------------------------------

extern const struct go_type gort_type_error, gort_type_runtime_error;
// A value with a private copy of the `type->size` bytes at `value`.
struct go_any gort_any_box(const struct go_type *type, const void *value);
// Room for any value but texts: names are cut to fit.
enum { GORT_VALUE_BYTES = 256 };
// The text of values that hold one (strings, errors), as it is; NULL for others and for null
// strings.
const char *gort_any_text(struct go_any value);
// How panic prints a value that has no text: `42`, `name(1.5)`, `(struct T) 0xADDR`. Returns its
// length; out has GORT_VALUE_BYTES.
size_t gort_any_format(struct go_any value, char *out);

// ---- numbers (number.c) -------------------------------------------------------------------------

// Shortest text that reads back as the same number, in Go's layout; digits_max 9, 17 or 21 for
// float, double and long double. Returns its length; out has 48 bytes.
size_t gort_format_float(long double v, int digits_max, char *out);

// ---- crash reports (report.c) -------------------------------------------------------------------

// Prints the panics of g and the tracebacks that GOTRACEBACK wants, and ends the process.
_Noreturn void gort_report_panic(Goroutine *g);
_Noreturn void gort_report_fatal(const char *text);

#endif
