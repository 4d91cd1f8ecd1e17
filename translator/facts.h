// facts.h - shared by the files that see libclang: facts.c (parsing, errors), facts_visit.c (the walk), facts_type.c (types),
// facts_flow.c (where addresses go).
#ifndef GOCC_FACTS_H
#define GOCC_FACTS_H

#include "clang.h"
#include "gocc.h"
#include "translate.h"

typedef struct Frame {             // one cursor on the path from the root
    CXCursor cursor;
    enum CXCursorKind kind;
    size_t start;                  // source offset of its extent (clamped into the text)
} Frame;

typedef struct Visit {
    Facts *facts;
    Tree *tree;
    Edits *marker;
    const char *text;              // marker C
    size_t length;
    Function *function;            // being visited, or NULL
    size_t function_label;         // offset of the first label in it, or NO_OFFSET
    CXCursor function_cursor;
    Frame *frames;
    size_t n_frames, cap_frames;
    Function **by_marker;
    Var **var_by_marker;
    size_t map_size;   // hash by marker offset
} Visit;

#define CL (clang_api())

// A clang string into the arena.
const char *facts_string(CXString s);
// Offsets of a cursor. `exact`: the position is in text of the user, not in text that the marker inserted.
unsigned facts_marker_offset(CXSourceLocation where);
size_t facts_at(Visit *v, CXSourceLocation where, bool *exact);
Span facts_extent(Visit *v, CXCursor c);
TypeInfo facts_type(CXType type);
bool facts_type_is_channel(CXType type);
// facts_layout.c. lost: the spelling of the type is not the user's. NULL: no pointers.
const Layout *facts_layout(CXType type, bool lost);
bool facts_open_end(CXType type);
bool facts_spelled_plainly(CXType type);
CXCursor facts_first_child(CXCursor c);
Var *facts_var(Visit *v, CXCursor declaration);          // a local variable or parameter, or NULL
Function *facts_function(Visit *v, CXCursor declaration);    // defined in this unit, or NULL
void facts_flow(Visit *v, CXCursor function);            // facts_flow_store.c: draws the graph of v->function
bool facts_is_noescape(Visit *v, CXCursor parameter);
bool facts_is_loop(enum CXCursorKind k);
// facts_construct.c: calls (marks and detached ones among them), operators on channels, declarations of channels
void facts_call(Visit *v, CXCursor c);
void facts_operator(Visit *v, CXCursor c, enum CXCursorKind kind);
void facts_declared_channel(Visit *v, CXCursor c);
// Where the program may trap: called for binary operators, accesses through pointers, left sides of assignments.
void facts_division(Visit *v, CXCursor c);
void facts_access(Visit *v, CXCursor c, enum CXCursorKind kind);
void facts_assignment(Visit *v, CXCursor lhs);
void facts_visit(Visit *v, CXCursor root);
// facts_store.c, facts_atomic.c: called for assignments; calls; mentions; calls and what clang has no kind for.
void facts_store(Visit *v, CXCursor c);
void facts_store_call(Visit *v, CXCursor c);
void facts_store_name(Visit *v, CXCursor c);
void facts_atomic(Visit *v, CXCursor c);
void facts_store_target(Visit *v, CXCursor address, Store *out);   // `&(target)` of a receive
bool facts_value_used(Visit *v);                         // of the expression on top of the frames
// facts_call.c: the canonical type of a function that the linker knows by its own name; NULL: another.
const char *facts_linked_type(CXCursor function);
Var *facts_address_root(Visit *v, CXCursor c);           // the variable that an address points into, if that can be seen

#endif
