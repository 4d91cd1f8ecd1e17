// panic_semantics.c - defer, panic, recover, as Go's own tests see them (DF, PA of conformance.md).
#include "panic_frames.h"

#define RECOVER()                                      \
    ({                                                 \
        void *token = go__recover_enter((void *)SELF); \
        value_of(go__recover(token));                  \
    })

static void say_a(void *record) {
    (void)record;
    event("a");
}
static void say_b(void *record) {
    (void)record;
    event("b");
}
#define SELF recover_event
static void recover_event(void *record) {
    (void)record;
    event_int("recovered:", RECOVER());
}
#undef SELF

// ---- DF1: last in, first out, at function exit --------------------------------------------------

static int lifo(void) {
    FRAME(result);
    DEFER(say_a);
    DEFER(say_b);
    event("body");
    END(result);
}
static void deferred_calls_run_last_in_first_out(void) {
    lifo();
    EXPECT_EVENTS("body b a");
}

// ---- DF1: in loops, with heap records -----------------------------------------------------------

struct counted {
    struct go__defer d;
    int i;
};
static void say_counted(void *record) {
    event_int("", ((struct counted *)record)->i);
}
static int loop(void) {
    FRAME(result);
    for (int i = 0; i < 4; i++) {
        struct counted *c = go__defer_alloc(sizeof *c);
        c->d.run = say_counted;
        c->i = i;
        go__defer_push(&frame, &c->d);
    }
    event("body");
    END(result);
}
static void deferred_in_a_loop_runs_at_the_end(void) {
    loop();
    EXPECT_EVENTS("body 3 2 1 0");
}

// ---- PA5, DF8: a recovered function returns normally, after its remaining deferred calls --------

static int recovering(void) {
    FRAME(result);
    result = 7;
    DEFER(say_a);
    DEFER(recover_event);
    DEFER(say_b);
    panic_int(1);
    result = 8;
    END(result);
}
static void recovered_function_returns_after_the_rest(void) {
    EXPECT(recovering() == 7);
    EXPECT_EVENTS("b recovered:1 a");
}

// ---- DF14: inner frames first, on top of the panicking stack ------------------------------------

static int inner(void) {
    FRAME(result);
    DEFER(say_b);
    panic_int(2);
    END(result);
}
static int outer(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(say_a);
    inner();
    event("not here");
    END(result);
}
static void frames_run_innermost_first(void) {
    outer();
    EXPECT_EVENTS("b a recovered:2");
}

// ---- PA1: a helper of the deferred function cannot recover --------------------------------------

#define SELF recovering_helper
static __attribute__((noinline)) void recovering_helper(void) {
    event_int("helper:", RECOVER());
}
#undef SELF
static void call_helper(void *record) {
    (void)record;
    recovering_helper();
}
static int with_helper(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(call_helper);
    panic_int(3);
    END(result);
}
static void helper_of_a_deferred_function_recovers_nothing(void) {
    with_helper();
    EXPECT_EVENTS("helper:0 recovered:3");
}

// ---- PA2: `defer { defer recover(); }` does recover ---------------------------------------------

struct with_token {
    struct go__defer d;
    void *token;
};
static void inner_recover(void *record) {
    event_int("inner:", value_of(go__recover(((struct with_token *)record)->token)));
}
static void block_with_deferred_recover(void *record) {
    (void)record;
    struct go__frame frame = {0};
    void *token = go__recover_enter((void *)block_with_deferred_recover);
    if (__builtin_setjmp(frame.jmp))
        goto end;
    struct with_token d = {.d = {.run = inner_recover}, .token = token};
    go__defer_push(&frame, &d.d);
end:
    if (frame.top)
        go__defer_return(&frame);
}
static int deferring_recover(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(block_with_deferred_recover);
    panic_int(4);
    END(result);
}
static void deferred_recover_in_a_deferred_block_recovers(void) {
    deferring_recover();
    EXPECT_EVENTS("inner:4 recovered:0");
}

// ---- PA2: `defer recover();` itself has no effect -----------------------------------------------

static void bare_recover(void *record) {
    (void)record;
    event_int("bare:", value_of(go__recover(NULL)));
}
static int deferring_bare_recover(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(bare_recover);
    panic_int(5);
    END(result);
}
static void recover_as_the_deferred_call_has_no_effect(void) {
    deferring_bare_recover();
    EXPECT_EVENTS("bare:0 recovered:5");
}

// ---- PA4: the second recover is nil; outside of a panic it is nil -------------------------------

static void recover_twice(void *record) {
    (void)record;
    void *token = go__recover_enter((void *)recover_twice);
    event_int("", value_of(go__recover(token)));
    event_int("", value_of(go__recover(token)));
}
static int twice(void) {
    FRAME(result);
    DEFER(recover_twice);
    panic_int(6);
    END(result);
}
static int without_panic(void) {
    FRAME(result);
    DEFER(recover_event);
    END(result);
}
static void second_recover_is_nil(void) {
    twice();
    EXPECT_EVENTS("6 0");
}
static void recover_without_a_panic_is_nil(void) {
    without_panic();
    EXPECT_EVENTS("recovered:0");
}

// ---- A normal return inside a deferred function, during a panic, recovers nothing ---------------

static void call_without_panic(void *record) {
    (void)record;
    without_panic();
}
static int normal_return_in_deferred(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(call_without_panic);
    panic_int(7);
    END(result);
}
static void normal_return_during_a_panic_recovers_nothing(void) {
    normal_return_in_deferred();
    EXPECT_EVENTS("recovered:0 recovered:7");
}

// The same if the deferred callee is the very function that a helper's frame defers: the token is
// used up or cleared.
static void self_deferring(void *record);
static int self_frame(void) {
    FRAME(result);
    DEFER(self_deferring);
    END(result);
}
static int self_depth;
static void self_deferring(void *record) {
    (void)record;
    if (self_depth++ == 0)
        self_frame(); // has not looked for its own token yet: the record of self_frame must not find it
    event_int("self:", value_of(go__recover(go__recover_enter((void *)self_deferring))));
}
static int self_outer(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(self_deferring);
    panic_int(8);
    END(result);
}
static void token_is_cleared_for_records_of_a_normal_return(void) {
    self_outer();
    EXPECT_EVENTS("self:0 self:0 recovered:8");
}

// ---- PA7: a new panic replaces the old one ------------------------------------------------------

static void panic_again(void *record) {
    (void)record;
    panic_int(10);
}
static int replaced(void) {
    FRAME(result);
    DEFER(recover_event); // nothing is left
    DEFER(recover_event); // the new one
    DEFER(panic_again);
    panic_int(9);
    END(result);
}
static void new_panic_replaces_the_old_one(void) {
    replaced();
    EXPECT_EVENTS("recovered:10 recovered:0");
    EXPECT(!without_panic());
    EXPECT_EVENTS("recovered:0");
}

// The old one is passed in an outer frame.
static int replaced_inner(void) {
    FRAME(result);
    DEFER(panic_again);
    panic_int(9);
    END(result);
}
static int replaced_outer(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(recover_event);
    replaced_inner();
    END(result);
}
static void new_panic_replaces_the_old_one_in_outer_frames(void) {
    replaced_outer();
    EXPECT_EVENTS("recovered:10 recovered:0");
}

// ---- PA8: nested panics, each with its own recover ----------------------------------------------

static int panics_and_recovers(void) {
    FRAME(result);
    DEFER(recover_event);
    panic_int(11);
    END(result);
}
static void nested(void *record) {
    (void)record;
    panics_and_recovers();
    event("nested done");
}
static int nesting(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(nested);
    panic_int(12);
    END(result);
}
static void inner_recover_leaves_the_outer_panic(void) {
    nesting();
    EXPECT_EVENTS("recovered:11 nested done recovered:12");
}

// Recovers 2, then panics 3 with its own deferred recover of 3.
static int panic_three(void) {
    FRAME(result);
    DEFER(recover_event);
    panic_int(3);
    END(result);
}
static void recover_then_panic(void *record) {
    (void)record;
    void *token = go__recover_enter((void *)recover_then_panic);
    event_int("outer:", value_of(go__recover(token)));
    panic_three();
}
static int recover_and_panic(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(recover_then_panic);
    panic_int(2);
    END(result);
}
static void each_recover_gets_its_own_value(void) {
    recover_and_panic();
    EXPECT_EVENTS("outer:2 recovered:3 recovered:0");
}

// Recovers, then panics anew without a frame of its own: the old one stays recovered, the new one
// goes on.
static void recover_then_panic_bare(void *record) {
    (void)record;
    void *token = go__recover_enter((void *)recover_then_panic_bare);
    event_int("outer:", value_of(go__recover(token)));
    panic_int(13);
}
static int recover_and_panic_bare(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(recover_event);
    DEFER(recover_then_panic_bare);
    panic_int(2);
    END(result);
}
static void panic_after_recover_is_a_new_one(void) {
    recover_and_panic_bare();
    EXPECT_EVENTS("outer:2 recovered:13 recovered:0");
}

// Three deep: each deferred call panics while the one before is under way.
static void panic_third(void *record) {
    (void)record;
    panic_int(23);
}
static int panic_second_frame(void) {
    FRAME(result);
    DEFER(panic_third);
    panic_int(22);
    END(result);
}
static void panic_second(void *record) {
    (void)record;
    panic_second_frame();
}
static int three_deep(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(recover_event);
    DEFER(panic_second);
    panic_int(21);
    END(result);
}
static void recover_drops_all_passed_panics(void) {
    three_deep();
    EXPECT_EVENTS("recovered:23 recovered:0");
}

// The third passes the second only: the first goes on.
static int catch_third(void) {
    FRAME(result);
    DEFER(recover_event);
    panic_second_frame();
    END(result);
}
static void call_catch_third(void *record) {
    (void)record;
    catch_third();
}
static int first_goes_on(void) {
    FRAME(result);
    DEFER(recover_event);
    DEFER(call_catch_third);
    panic_int(21);
    END(result);
}
static void recover_keeps_panics_that_were_not_passed(void) {
    first_goes_on();
    EXPECT_EVENTS("recovered:23 recovered:21");
}

// ---- PA10: recover and panic again through six levels -------------------------------------------

struct level_record {
    struct go__defer d;
    int level;
};
static void repanic_unless_mine(void *record) {
    struct level_record *r = record;
    struct go_any e = go__recover(go__recover_enter((void *)repanic_unless_mine));
    event_int("l", r->level);
    if (e.type && value_of(e) != r->level)
        go__repanic(e);
}
static int recurse(int level, int target) {
    FRAME(result);
    struct level_record r = {
        .d = {.run = repanic_unless_mine, .callee = (void *)repanic_unless_mine}, .level = level};
    go__defer_push(&frame, &r.d);
    if (level == 6)
        panic_int(target);
    recurse(level + 1, target);
    event_int("back in ", level);
    END(result);
}
static void repanic_through_six_levels(void) {
    for (int i = 0; i < 3; i++) {
        recurse(1, 2);
        EXPECT_EVENTS("l6 l5 l4 l3 l2 back in 1 l1");
        panics_and_recovers();
        EXPECT_EVENTS("recovered:11");
    }
}

// ---- PA11: the very value -----------------------------------------------------------------------

static struct go_any thrown, caught;
static void catch_value(void *record) {
    (void)record;
    caught = go__recover(go__recover_enter((void *)catch_value));
}
static int throwing(void) {
    FRAME(result);
    DEFER(catch_value);
    go__repanic(thrown);
    END(result);
}
static void recovered_value_is_the_same(void) {
    static int v = 5;
    thrown = (struct go_any){&type_int, &v};
    throwing();
    EXPECT(caught.type == &type_int && caught.data == &v);
}

// ---- DF4: a null deferred callee panics when it would run ---------------------------------------

struct call_record {
    struct go__defer d;
    void (*callee)(void);
};
static void call_callee(void *record) {
    ((struct call_record *)record)->callee();
}
static void recover_text(void *record) {
    (void)record;
    struct go_any e = go__recover(go__recover_enter((void *)recover_text));
    event(e.type ? *(char **)e.data : "nothing");
}
static int deferring_null(void) {
    FRAME(result);
    DEFER(recover_text);
    struct call_record r = {.d = {.run = call_callee}};
    __asm__("" : "+m"(r));
    go__defer_push(&frame, &r.d);
    event("pushed");
    END(result);
}
static void null_callee_panics_when_it_would_run(void) {
    deferring_null();
    EXPECT_EVENTS("pushed runtime error: invalid memory address or nil pointer dereference");
}

// ---- panic(any) of a nil any --------------------------------------------------------------------

static int nil_any(void) {
    FRAME(result);
    DEFER(recover_text);
    go__repanic((struct go_any){0});
    END(result);
}
static void panic_of_a_nil_any_is_a_runtime_error(void) {
    nil_any();
    EXPECT_EVENTS("panic called with nil argument");
}

// ---- any_as of another type ---------------------------------------------------------------------

static const struct go_type type_long = {"my_long", "long", sizeof(long),
                                         _Alignof(long), GO__INT, 1, NULL};
static int wrong_type(struct go_any e) {
    FRAME(result);
    DEFER(recover_text);
    go__any_as(e, &type_long);
    END(result);
}
static void any_as_of_another_type_panics(void) {
    int v = 3;
    wrong_type((struct go_any){&type_int, &v});
    EXPECT_EVENTS("interface conversion: any is int, not my_long");
    wrong_type((struct go_any){0});
    EXPECT_EVENTS("interface conversion: any is nil, not my_long");
    struct go_type twin = type_int;
    EXPECT(go__any_is((struct go_any){&type_int, &v}, &twin));
    EXPECT(!go__any_is((struct go_any){&type_int, &v}, &type_long));
    EXPECT(!go__any_is((struct go_any){0}, &type_int));
}

int main(void) {
    deferred_calls_run_last_in_first_out();
    deferred_in_a_loop_runs_at_the_end();
    recovered_function_returns_after_the_rest();
    frames_run_innermost_first();
    helper_of_a_deferred_function_recovers_nothing();
    deferred_recover_in_a_deferred_block_recovers();
    recover_as_the_deferred_call_has_no_effect();
    second_recover_is_nil();
    recover_without_a_panic_is_nil();
    normal_return_during_a_panic_recovers_nothing();
    token_is_cleared_for_records_of_a_normal_return();
    new_panic_replaces_the_old_one();
    new_panic_replaces_the_old_one_in_outer_frames();
    inner_recover_leaves_the_outer_panic();
    each_recover_gets_its_own_value();
    panic_after_recover_is_a_new_one();
    recover_drops_all_passed_panics();
    recover_keeps_panics_that_were_not_passed();
    repanic_through_six_levels();
    recovered_value_is_the_same();
    null_callee_panics_when_it_would_run();
    panic_of_a_nil_any_is_a_runtime_error();
    any_as_of_another_type_panics();
    return failures != 0;
}
