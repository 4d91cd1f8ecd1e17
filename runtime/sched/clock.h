// clock.h - the time for deadlines: cheaper than the clock, and never behind it.
#ifndef GORT_SCHED_CLOCK_H
#define GORT_SCHED_CLOCK_H

#include "sched/sched.h"

// os_now() or a little later, by 200 ns at most, or by 2 us after an interrupt at the wrong moment: see
// clock.c. What is due at this time plus d is not due before d has passed.
int64_t gort_clock_deadline(void);

#endif
