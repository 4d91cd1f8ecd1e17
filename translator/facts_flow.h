// facts_flow.h - shared by the files that draw the graph of escape.h: facts_flow.c (expressions), facts_flow_convert.c (conversions),
// facts_flow_store.c (what is assigned to, statements, constructs), facts_call.c (calls, atomics, variable arguments), facts_hold.c (types).
#ifndef GOCC_FACTS_FLOW_H
#define GOCC_FACTS_FLOW_H

#include "escape.h"
#include "facts.h"

// So many bytes of an address tell where it points.
enum { ADDRESS_BYTES = 6 };

// The drawing of one function.
typedef struct Draw {
    Visit *v;
    Function *function;
    FlowGraph *graph;
    Scope *scope;                  // innermost one
    Scope *frame;                  // of the function, or of the go or defer block at hand
} Draw;

// Where the value of an expression goes: to `to` after `derefs` dereferences. NULL: it is dropped, or tells no more than a test does.
typedef struct Hole {
    Location *to;
    int derefs;
    size_t at;
    const char *why;
    bool place;                    // the expression is a place whose address was taken: its type does not tell what is read there
    bool element;                  // it initialises a part of something
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
bool flow_is_pointer(CXType type);
CXType flow_pointee_type(CXType type);                 // of a pointer; an array itself; of no kind, of anything else
CXCursor flow_operand(CXCursor c);                     // the last child that is an expression: of a cast, what is cast
bool flow_constant(CXCursor c, long long *value);
Hole flow_look(Hole k);                                // of what yields no address itself, but where addresses may come to light on the way
CXCursor flow_strip(CXCursor c);                       // without parentheses and conversions
size_t flow_at(Draw *d, CXCursor c);
const char *flow_text(Draw *d, CXCursor c);            // the source where it starts

// facts_flow_convert.c
void flow_view(Draw *d, Location *pointer, CXType type, CXCursor at);    // a `void *` is looked through as a pointer to type
void flow_conversion(Draw *d, CXCursor c, CXCursor operand, Hole k);
bool flow_is_narrow(CXCursor c);                       // a number of less than 8 bytes, before C widened it
bool flow_is_low_bits(CXCursor c);                     // of an address, too few to tell where it points

// facts_flow_store.c
Location *flow_root(Draw *d, CXCursor lhs);            // the variable that lhs is part of; else the heap
Location *flow_pointee(Draw *d, CXCursor pointer);     // the variable that it certainly points into; else the heap
Hole flow_store(Draw *d, CXCursor lhs, CXCursor assignment);   // of the value that is stored to lhs
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

// facts_hold.c: what types say of memory and of values
bool flow_is_number(CXType type);                      // or a vector of them
bool flow_is_integer(CXType type);                     // of 8 bytes or more: may be an address
bool flow_holds(CXType type);                          // memory of this type: it has pointers
bool flow_carries(CXType type);                        // a value of this type: it has pointers, or is such an integer
// May what lies in memory as pointers of `from` (of no kind: of whatever it is) be read as numbers of `to`? An array is its elements.
bool flow_hides(CXType from, CXType to);
const void *facts_view(CXType type);                   // for Location.pointee; NULL for void, functions, what is incomplete
// Has `whole` a part like `part` at this offset, as far as pointers go?
bool flow_contains(CXType whole, CXType part, long long at);

#endif
