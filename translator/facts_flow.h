// facts_flow.h - shared by the files that draw the graph of escape.h: facts_flow.c (expressions), facts_flow_store.c (what is assigned
// to, statements, constructs), facts_call.c (calls, atomics, variable arguments).
#ifndef GOCC_FACTS_FLOW_H
#define GOCC_FACTS_FLOW_H

#include "escape.h"
#include "facts.h"

// The drawing of one function.
typedef struct Draw {
    Visit *v;
    Function *function;
    FlowGraph *graph;
    Scope *scope;                  // innermost one
    Scope *frame;                  // of the function, or of the go or defer block at hand
} Draw;

// Where the value of an expression goes: to `to` (NULL: it is dropped) after `derefs` dereferences.
typedef struct Hole {
    Location *to;
    int derefs;
    size_t at;
    const char *why;
} Hole;

typedef struct Cursors {
    CXCursor *v;
    size_t n, cap;
} Cursors;

// facts_flow.c
void flow_expression(Draw *d, CXCursor c, Hole k);
void flow_discard(Draw *d, CXCursor c);
void flow_location(Hole k, Location *from);
Hole flow_hole(Draw *d, Location *to, CXCursor at, const char *why);
Hole flow_address(Draw *d, Hole k);                    // of `&x`, for x
Hole flow_deref(Hole k);                               // of `*x`, for x
Hole flow_object(Draw *d, Hole k);                     // of a value: where its address is asked for, it gets a temporary object
Location *flow_temporary(Draw *d);
Cursors flow_children(CXCursor c);
bool flow_is_expression(CXCursor c);
bool flow_may_hold(CXType type);
bool flow_is_pointer(CXType type);
CXCursor flow_strip(CXCursor c);                       // without parentheses and conversions
size_t flow_at(Draw *d, CXCursor c);
const char *flow_text(Draw *d, CXCursor c);            // the source where it starts

// facts_flow_store.c
Location *flow_root(Draw *d, CXCursor lhs);            // the variable that lhs is part of; else the heap
Location *flow_pointee(Draw *d, CXCursor pointer);     // the variable that it certainly points into; else the heap
void flow_assign(Draw *d, CXCursor assignment, Hole k);
void flow_compound(Draw *d, CXCursor c, Hole last);    // last: of the value of a statement expression
bool flow_marker_mention(Draw *d, CXCursor declaration, Hole k);

// facts_call.c
void flow_call(Draw *d, CXCursor call, Hole k, Scope *record);   // record: where arguments are kept until then, for a deferred call
void flow_keep_arguments(Draw *d, CXCursor call, const char *why);
bool flow_builtin(Draw *d, CXCursor c, Hole k);        // __atomic_*, va_arg: no calls to clang
bool flow_is_marker_call(CXCursor c, const char *name);
void flow_targets(Draw *d, Location *to, CXCursor value);       // called for what is assigned to `to`
void flow_cleanup(Draw *d, CXCursor variable, Location *l);

#endif
