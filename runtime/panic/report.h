// report.h - the last words of a process.
#ifndef GORT_PANIC_REPORT_H
#define GORT_PANIC_REPORT_H

#include "panic/out.h"
#include "panic/panic.h"
#include "panic/unwind.h"

// Becomes the one thread that reports, and stops all others; does not return if another thread
// already reports. Async-signal-safe.
Out *gort_report_begin(void);
// Does this thread report just now? Then a fault in it must call report_failed.
bool gort_report_is_mine(void);
_Noreturn void gort_report_failed(void);
// `[signal SIGSEGV: ... code= addr= pc=]`
void gort_report_fault(Out *o, const Fault *f);
// The end of every report: the traceback of g (NULL: there is no current one), interrupted at `at`
// if that is not NULL, of everybody if wanted, then the end of the process.
_Noreturn void gort_report_goroutines(Out *o, Goroutine *g, const Registers *at, bool everybody);
_Noreturn void gort_report_end(bool crash);

#endif
