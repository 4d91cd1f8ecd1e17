// panic_exit.c - go_exit, alone and against panics (GO4, GO5, GO7, PA17, PA23 of conformance.md).
#include "panic_frames.h"

#include <go/panic.h>
#include <go/runtime.h>

static void *finished;   // a channel: each scenario's goroutine has ended, or is about to

static void say_a(void *record) {
    (void)record;
    event("a");
}
static void say_b(void *record) {
    (void)record;
    event("b");
}
static void recover_event(void *record) {
    (void)record;
    event_int("recovered:", value_of(go__recover(go__recover_enter((void *)recover_event))));
}
static void finish(void *record) {
    (void)record;
    int one = 1;
    go__chan_send(finished, &one);
}
static void exit_now(void *record) {
    (void)record;
    go_exit();
}
static void panic_now(void *record) {
    (void)record;
    panic_int(1);
}

// Runs a scenario in a goroutine of its own, whose outermost deferred call reports its end.
typedef int Scenario(void);
static int outermost(Scenario *scenario) {
    FRAME(result);
    DEFER(finish);
    scenario();
    event("returned");
    END(result);
}
static void goroutine(void *scenario) {
    outermost((Scenario *)scenario);
}
static void run(Scenario *scenario) {
    int ended;
    go_spawn(goroutine, (void *)scenario);
    go__chan_recv(finished, &ended);
}

// ---- GO4: all deferred calls of all frames, innermost first; recover in them is nil -------------

static int exit_inner(void) {
    FRAME(result);
    DEFER(say_b);
    DEFER(recover_event);
    go_exit();
    END(result);
}
static int exit_outer(void) {
    FRAME(result);
    DEFER(say_a);
    exit_inner();
    event("not here");
    END(result);
}
static void exit_runs_all_deferred_calls(void) {
    run(exit_outer);
    EXPECT_EVENTS("recovered:0 b a");
}

// ---- GO5: a panic in a deferred call during the exit, recovered further out, does not cancel the

static int exit_then_panic(void) {
    FRAME(result);
    DEFER(panic_now);
    go_exit();
    END(result);
}
static int exit_panic_recover(void) {
    FRAME(result);
    DEFER(say_b);
    DEFER(recover_event);
    exit_then_panic();
    event("not here");
    END(result);
}
static int exit_panic_recover_outer(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(say_a);
    exit_panic_recover();
    event("not here");
    END(result);
}
static void recovered_panic_does_not_cancel_the_exit(void) {
    run(exit_panic_recover_outer);
    EXPECT_EVENTS("recovered:1 b a recovered:0");
}

// The same in the frame that exits.
static int exit_panic_recover_in_one(void) {
    FRAME(result);
    DEFER(say_a);
    DEFER(recover_event);
    DEFER(panic_now);
    go_exit();
    END(result);
}
static void recovered_panic_in_the_exiting_frame(void) {
    run(exit_panic_recover_in_one);
    EXPECT_EVENTS("recovered:1 a");
}

// A panic recovered within a deferred call is none of the exit's business.
static int panic_and_recover(void) {
    FRAME(result);
    DEFER(recover_event);
    panic_int(2);
    END(result);
}
static void call_panic_and_recover(void *record) {
    (void)record;
    panic_and_recover();
    event("went on");
}
static int exit_with_inner_panic(void) {
    FRAME(result);
    DEFER(say_a);
    DEFER(call_panic_and_recover);
    go_exit();
    END(result);
}
static void panic_within_a_deferred_call_of_the_exit(void) {
    run(exit_with_inner_panic);
    EXPECT_EVENTS("recovered:2 went on a");
}

// Twice: the restarted exit is passed by another panic.
static int exit_two_panics(void) {
    FRAME(result);
    DEFER(say_a);
    DEFER(recover_event);
    DEFER(panic_now);
    DEFER(say_b);
    DEFER(recover_event);
    DEFER(panic_now);
    go_exit();
    END(result);
}
static void exit_is_restarted_any_number_of_times(void) {
    run(exit_two_panics);
    EXPECT_EVENTS("recovered:1 b recovered:1 a");
}

// ---- GO7: exit in a deferred call drops the panic under way -------------------------------------

static int exit_in_panic(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(exit_now);
    panic_int(3);
    END(result);
}
static int exit_in_panic_outer(void) {
    FRAME(result);
    DEFER(say_a);
    exit_in_panic();
    event("not here");
    END(result);
}
static void exit_drops_the_panic(void) {
    run(exit_in_panic_outer);
    EXPECT_EVENTS("recovered:0 a");
}

// An exit that drops a panic, then a new panic that passes the exit, then its recover.
static int exit_in_panic_then_panic(void) {
    FRAME(result);
    DEFER(say_b);
    DEFER(recover_event);
    DEFER(panic_now);
    DEFER(exit_now);
    panic_int(3);
    END(result);
}
static void panic_exit_panic_recover(void) {
    run(exit_in_panic_then_panic);
    EXPECT_EVENTS("recovered:1 b");
}

// ---- PA23: recover, then exit -------------------------------------------------------------------

static void recover_and_exit(void *record) {
    (void)record;
    event_int("recovered:", value_of(go__recover(go__recover_enter((void *)recover_and_exit))));
    go_exit();
}
static int recovering_exit(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(recover_and_exit);
    panic_int(4);
    END(result);
}
static void exit_after_recover(void) {
    run(recovering_exit);
    EXPECT_EVENTS("recovered:4 recovered:0");
}

// ---- an exit within an exit ---------------------------------------------------------------------

static int exit_twice(void) {
    FRAME(result);
    DEFER(say_a);
    DEFER(exit_now);
    go_exit();
    END(result);
}
static void exit_within_an_exit(void) {
    run(exit_twice);
    EXPECT_EVENTS("a");
}

// ---- a reused goroutine starts clean ------------------------------------------------------------

static int clean(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(say_a);
    panic_int(5);
    END(result);
}
static void goroutines_start_clean(void) {
    for (int i = 0; i < 300; i++) {
        run(exit_panic_recover_outer);
        events[0] = 0;
        run(exit_in_panic);
        events[0] = 0;
        run(clean);
        EXPECT_EVENTS("a recovered:5 returned");
    }
}

// ---- PA14: faults recover on any thread, any number of times ------------------------------------

static void recover_quietly(void *record) {
    (void)record;
    go__recover(go__recover_enter((void *)recover_quietly));
}
static int fault(volatile int *p) {
    FRAME(result);
    DEFER(recover_quietly);
    *p = 1;
    result = 1;
    END(result);
}
static void faulting(void *p) {
    volatile int *null = p;
    int wrong = 0, one = 1;
    for (int i = 0; i < 200; i++) {
        wrong += fault(null);
        go_yield();
    }
    if (!wrong)
        go__chan_send(finished, &one);
}
static void faults_recover_on_any_thread(void) {
    int ended;
    for (int i = 0; i < 8; i++)
        go_spawn(faulting, (char *)NULL + 64 * i); // apart: the same address would be a data race
    for (int i = 0; i < 8; i++)
        go__chan_recv(finished, &ended);
}

int main(void) {
    finished = go__chan_make(sizeof(int), 0, NULL);
    exit_runs_all_deferred_calls();
    recovered_panic_does_not_cancel_the_exit();
    recovered_panic_in_the_exiting_frame();
    panic_within_a_deferred_call_of_the_exit();
    exit_is_restarted_any_number_of_times();
    exit_drops_the_panic();
    panic_exit_panic_recover();
    exit_after_recover();
    exit_within_an_exit();
    goroutines_start_clean();
    faults_recover_on_any_thread();
    return failures != 0;
}
