// escape.h - the graph of locations that facts_flow.c, facts_flow_store.c and facts_call.c draw, and escape*.c solve.
//
// A location is a variable, an allocation, a result, or a helper. An edge `to <- from, derefs` says: a value that `from` yields after so
// many dereferences flows to `to`; -1 means its address, 0 what it holds, 1 what that points to. Only values that may be addresses
// count (facts_flow.c: which integers may). The graph is insensitive to order, members and elements; what is stored through a
// pointer flows to the heap (of the function: one location that stands for everything that outlives it).
#ifndef GOCC_ESCAPE_H
#define GOCC_ESCAPE_H

#include "gocc.h"
#include "translate.h"

// Braces, or what each iteration of a loop enters anew.
typedef struct Scope {
    struct Scope *parent;
    bool is_loop;                  // one iteration of a loop, or all of a function or block
} Scope;

typedef enum LocationKind {
    LOC_HEAP,
    LOC_VAR,                       // var; a compound literal is one, too
    LOC_RESULT,
    LOC_REST,                      // what a variadic function gets behind its parameters
    LOC_NEW,                       // new(T): node
    LOC_MAKE,                      // make(chan(T)): node
    LOC_RECORD,                    // an argument that a defer statement keeps until its function ends
    LOC_TEMP,                      // a value on its way
    LOC_VIEW                       // a `void *` that becomes a pointer to `pointee`
} LocationKind;

typedef struct Edge {
    Location *from;
    int derefs;
    size_t at;
    const char *why;
} Edge;

#define LEAKS_NOT (-1)
struct Location {
    LocationKind kind;
    Var *var;
    Node *node;
    Function *function;
    Scope *scope;                  // where it lives; LOC_NEW, LOC_MAKE: the iteration that evaluates it
    Edge *edges;                   // what flows in
    size_t n_edges, cap_edges;
    bool in_goto_loop;             // LOC_NEW: evaluated again after a jump back
    bool escapes;                  // its address outlives it
    const char *reason;
    int to_heap, to_result;        // parameters and LOC_REST: derefs with which the value leaks, or LEAKS_NOT
    const void *pointee;           // LOC_VIEW; LOC_TEMP: what it pointed to before it became `void *`; NULL: unknown. A facts_view()
    bool remade;                   // LOC_TEMP: a pointer that was a number or `void *` before; it may have been moved since
    const void **views;            // parameters: what they are viewed as, and ...
    size_t n_views, cap_views;
    int to_heap_seen;              // ... with how many derefs they leak to who asks the views; to_heap is for who does not
    unsigned seen_walk, seen;      // of the walk from a view: bit n + 1 for each number n of derefs
    const char *heap_path, *result_path;   // the flows that made it so, printed (only if asked for)
    size_t leak_at;                // of the edge that leaks it
    // Of the walk that escape_graph.c is in:
    unsigned walk;
    int derefs;
    Location *next;                // towards the root
    const Edge *edge;              // by which next is reached
    const Edge *last;              // by which the root is reached: where the value is kept
    bool queued;
};

// A call of a function of this unit, resolved when its summary is known.
typedef struct CallFlow {
    const char *name;              // of a function that may be defined in this unit
    Var *through;                  // or the variable that it goes through
    const char *type;              // that its declaration gives it, if another unit may define it; or NULL
    bool keeps_nothing;            // should the unit not define it
    Function *callee;              // found at the end of the unit
    Location **args;               // NULL: cannot hold an address
    int n_args;
    Location *to;                  // where the result flows, or NULL
    int derefs;
    size_t at;
} CallFlow;

struct FlowGraph {                 // of one function
    Location *heap, *result, *rest, **params;
    Location **locations;
    size_t n_locations, cap_locations;
    CallFlow *calls;
    size_t n_calls, cap_calls;
    bool jumps_anywhere;           // computed goto, asm goto, setjmp
    bool calls_pointers;           // calls through pointers
    bool weak;                     // another definition may replace it: its summary is not trusted
    // Of the search for recursion:
    int index, low;
    bool on_stack, solved;
};

extern Location escape_nowhere;     // what flows here is only looked at
Location *graph_location(Function *f, LocationKind kind, Scope *scope);
Location *graph_variable(Var *v, Scope *scope);        // its location, made on the first call
void graph_edge(Location *to, Location *from, int derefs, size_t at, const char *why);
void graph_solve(Facts *f, Function **group, size_t n);          // functions that call each other, all at once

// ---- escape_calls.c: functions that are only declared --------------------------------------------
// What a function of C's library does with its arguments, as words: `r0` its result is argument 0, `R0` what that points to; `k1` argument
// 1 is kept, `K1` what it points to; `s01` argument 1 is stored where argument 0 points; `c01` what argument 1 points to is
// copied to where argument 0 points; `k2+` all from 2 on are kept. NULL: nothing is known.
const char *escape_call_effects(const char *name);

// ---- facts_hold.c ----------------------------------------------------------------------------------
bool facts_view_hides(const void *from, const void *to);

// ---- escape_summary.c: functions of other units --------------------------------------------------
Summary *escape_own_summary(const Facts *f, bool solved);      // not solved: as if nothing leaked
Function *escape_stranger(Facts *f, const CallFlow *c);        // the function of another unit that is called; NULL: not known
const char *escape_symbols(const Facts *f, const Summary *own);
void escape_dump_summaries(const Facts *f, const Summary *own);        // -d escape

// ---- escape_report.c -----------------------------------------------------------------------------
void escape_report(Facts *f, int level);               // -fescape-report
const char *escape_path(const Facts *f, const Location *l);      // from l to the root of the walk; one line per step

#endif
