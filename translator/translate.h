// translate.h - what marker, facts, checks and lowering say to each other. The stages are listed in translate.c.
#ifndef GOCC_TRANSLATE_H
#define GOCC_TRANSLATE_H

#include "gocc.h"

// ---- prelude.c: the declarations at the head of marker C and final C -------------------------------
const char *prelude_marker(void);
const char *prelude_final(void);
const char *prelude_abi(void);                         // the first part of both: abi.h on one line

// ---- facts: what libclang knows, in our own terms --------------------------------------------------
typedef struct Var Var;
typedef struct Function Function;
typedef struct Location Location;                      // escape.h
typedef struct FlowGraph FlowGraph;

// Which 8-byte words of a value may hold pointers: bit i % 64 of mask[i / 64]; or any of them.
typedef struct Layout {
    bool any;
    unsigned words;
    uint64_t *mask;
} Layout;

// A type as far as lowering and messages need it. `elem` and `direction` describe a channel.
typedef struct TypeInfo {
    bool known;                    // false: clang could not tell (after an error)
    bool is_channel;
    Direction direction;
    const char *spelling;          // in the user's words: "chan(int)", "struct job *"
    const char *identity;          // canonical, equal for equal types in all units
    int kind;                      // enum go__kind of abi.h
    bool named;                    // a typedef of an arithmetic or string type
    bool is_any;                   // struct go_any
    bool is_integer, is_pointer, is_void, is_array, is_function, is_incomplete, is_vla;
    bool is_atomic;                // _Atomic
    bool is_scalar;                // arithmetic or pointer: can be a condition
    long long size, align;         // bytes; size < 0: unknown
    const struct TypeInfo *elem;   // of a channel
    const Layout *layout;          // where pointers lie in a value, or in one element of an array; NULL: nowhere
    bool open_end;                 // an array, or ends in one: a pointer one past it is none of what follows in memory
    bool elem_is_vla;              // of a variable-length array: the elements are such arrays, too
} TypeInfo;

typedef struct Ref {               // one mention of a variable
    Span span;
    Var *var;
    Node *block;                   // innermost go/defer block around it, or NULL
} Ref;

typedef enum VarKind { VAR_LOCAL,
                       VAR_PARAMETER,
                       VAR_COPY,
                       VAR_RESULT,
                       VAR_LITERAL } VarKind;
struct Var {
    const char *name;
    VarKind kind;
    Function *function;
    Node *block;                   // innermost go/defer block around its declaration (VAR_COPY: its own block), or NULL
    size_t at;                     // offset of the declared name (VAR_COPY: in the head of the block)
    unsigned marker_at;            // offset in marker C: its identity while facts are gathered
    Span scope;                    // the braces (or statement) that it is declared in
    Span init;                     // the initialiser's expression, {0, 0} without one; of a VAR_LITERAL (`(T){...}`) all of it
    TypeInfo type;
    bool in_for_header;            // declared in the first clause of a for, or the variable of a range
    size_t for_keyword;            // of that loop
    bool is_range;                 // the variable of a range over a channel
    bool top_scope;                // lives as long as its function (or block) runs: outermost braces or parameter
    bool jumped;                   // moved, and a goto or switch may jump over its declaration: its home is made on first use
    bool self_reference;           // mentioned in its own initialiser
    bool captured_go, captured_defer;
    bool per_iteration;            // a fresh one for each iteration
    bool addressed;                // its address is asked for, so there is something to decide
    bool has_cleanup;              // gcc's cleanup attribute
    Location *location;            // in the graph of its function
    const char **targets;          // of a function's type: the functions that it may hold
    size_t n_targets, cap_targets;
    bool any_target;               // or any other
    bool heap;                     // decided: lives in memory from go__new
    const char *reason;            // why
};

// A declaration of `function` marks its parameter as one that does not escape.
typedef struct Noescape {
    const char *function;
    int parameter;
} Noescape;

// A jump and the innermost go/defer blocks of its two ends.
typedef struct Jump {
    size_t at;
    const char *what;
    Node *from, *to;
} Jump;
typedef struct Goto {
    size_t at, label;
} Goto;         // a goto, or a switch and one of its cases
// An operator applied to a channel that channels do not have.
typedef struct Misuse {
    size_t at;
    const char *what;
    const TypeInfo *type;
} Misuse;

typedef struct Return {
    Span span, value;
    Function *function;
    Node *block;
} Return;

struct Function {
    const char *name;
    Span body;                     // with braces
    TypeInfo result;
    const char *result_type;       // C text that names the type of the result inside the body
    Var **params;
    int n_params;
    bool has_vla;
    Var *result_var;               // `_Result`
    FlowGraph *graph;              // where addresses and values go, see escape.h
    bool has_defer;                // defers outside of blocks
    bool has_recover;              // calls recover() outside of blocks
    bool assigns_globals;
    const char *linked_type;       // canonical; NULL: other units do not call it by its name, or may get another
    const char *origin;            // the source that defines it; NULL: this unit
    // lower_entry.c: `static`; if so: its address is taken; its goroutine may park while it runs.
    bool is_static, is_addressed, parks;
};

// A store that may put a pointer into memory: `target = value`.
typedef struct Store {
    Span target, value;
    TypeInfo type;                 // of the target; not known: no pointer, or none of our business
    Var *root;                     // the variable that the target is part of; NULL: a global, or behind a pointer
    bool overwrites;               // no pointer itself, but its union may hold one until now
    bool packed;                   // a member that need not be aligned
    bool used;                     // the value of the assignment is
    bool condition;                // it is one, as it stands: `if (p = q)`, of which compilers warn
    int rank;                      // grows inwards: which of two assignments lies within the other
} Store;

// A function to be called by another name, unless `root` lives on the stack: memcpy and its like, into memory that may hold pointers.
typedef struct Rename {
    Span name;
    const char *instead;
    Var *root;
} Rename;

// An atomic operation: argument 0 is the object's address, argument `value` what is stored there, or its address.
typedef struct AtomicForm {
    const char *name;
    int value;                     // -1: stores zero
    bool by_address, returns;
} AtomicForm;
typedef struct Atomic {
    Span name;
    const AtomicForm *form;
    TypeInfo type;                 // of the object
    Var *root;
    bool used;
    int rank;
} Atomic;

// What facts say of one construct; index = node id.
typedef struct NodeFacts {
    Function *function;            // the function around it, or NULL at file scope
    Node *block;                   // innermost go/defer block around it (not itself), or NULL
    bool in_loop;                  // N_DEFER: may run more than once per frame
    long long args_bytes;          // N_GO, N_DEFER call: room for the arguments, at most
    TypeInfo operand;              // channel operand; argument of len, cap, close, panic; T of make, new, any_is, any_as
    TypeInfo value;                // N_CALL make: the size
    Store target;                  // N_RECV2, N_CASE with two targets: the first of them
    bool operand_seen, value_seen; // clang could type it
    bool constant;
    long long constant_value;       // make's size
    bool calls_function;           // N_GO, N_DEFER call: the callee is the plain name of a function
    bool call_seen;                // N_GO, N_DEFER call: it is a call
    bool calls_builtin;            // the callee is a word of the language (close, panic ...)
    bool *null_args;               // per argument: an integer constant for a pointer parameter
    Var **captures;
    int n_captures;
    size_t cap_captures;   // blocks: the variables they share
    Var **copies;
    int n_copies;    // blocks: own copies, in the order of args[]
    bool has_defer, has_recover;   // blocks: in the block itself
    int number;                    // blocks: N of the name funcN inside its function
    Location *location;            // of what new or make allocate (NULL: clang did not see it); of the operand of any_as
    bool on_stack;                 // new: decided
} NodeFacts;

typedef enum TrapKind { TRAP_NIL,
                        TRAP_DIVISION } TrapKind;
// A pointer that is accessed through, or a divisor.
typedef struct Trap {
    Span span;
    TrapKind kind;
    Function *function;
    Node *block;
} Trap;

typedef struct ClangError {
    size_t at;
    const char *message;
    bool touches_channel;          // names a channel type
    bool lenient;                  // gcc only warns of such things: counts only if it touches a channel
} ClangError;

typedef struct Facts {
    Tree *tree;
    NodeFacts *nodes;              // by id
    Function **functions;
    size_t n_functions, cap_functions;
    Var **vars;
    size_t n_vars, cap_vars;
    Ref *refs;
    size_t n_refs, cap_refs;
    Return *returns;
    size_t n_returns, cap_returns;
    Noescape *noescapes;
    size_t n_noescapes, cap_noescapes;
    bool mentions_noescape;        // the text has the word
    bool mentions_thread_local;    // it has one of the words
    int report;                    // level of -fescape-report
    Jump *jumps;
    size_t n_jumps, cap_jumps;
    Trap *traps;
    size_t n_traps, cap_traps;
    Goto *gotos;
    size_t n_gotos, cap_gotos;
    Store *stores;
    size_t n_stores, cap_stores;
    Rename *renames;
    size_t n_renames, cap_renames;
    Atomic *atomics;
    size_t n_atomics, cap_atomics;
    Misuse *misuses;
    size_t n_misuses, cap_misuses;
    unsigned char *claimed;        // a bit per byte of the text: clang knows what the word there is
    ClangError *errors;
    size_t n_errors, cap_errors;
    bool again;                    // the tree was corrected (a comparison, the type of _Result): make the marker anew
    const TranslateOptions *options;
    Summaries others;              // what is known of other units
    const char **doubtful;         // names in declarations with the word weak, or the like
    size_t n_doubtful, cap_doubtful;
    const char *summary_symbols;   // assembler, in C; "" without -fescape-summaries
} Facts;

// Parses marker C (marker: its edits, text) and gathers the facts. Never NULL; without libclang the process ends with a message.
Facts *facts_gather(Tree *tree, Edits *marker, const char *text, size_t length, const TranslateOptions *options,
                    const Facts *previous);
Function *facts_function_at(const Facts *f, size_t offset);
const char *tree_excerpt(const Tree *t, Span s);       // the text for a message: on one line, cut if long
size_t tree_token_at(const Tree *t, size_t offset);    // index of the first token that starts at or after offset
Node *tree_block_at(const Tree *t, size_t offset);     // innermost go/defer block whose body contains offset, or NULL
Node *tree_node_at(const Tree *t, size_t offset);      // innermost node whose span contains offset (the root if none)

// ---- marker.c ----------------------------------------------------------------------------------
// `known`: facts of an earlier pass over the same tree (for the type of _Result), or NULL.
Edits *marker_make(Tree *tree, const Facts *known);
void marker_channel_type(Edits *e, const Node *n);      // N_CHAN; the same text in final C
void marker_drop_const(Edits *e, const Tree *t, Span target, int depth);
Span marker_copy_name(const Tree *t, Span copy);       // the declared name in `int id = i`; {0, 0} if there is none

// ---- check.c: what only the types tell is wrong; reports through diag.c -----------------------------
bool check_args(const Tree *t);                        // check_args.c: before the marker; false after errors
void check_facts(const Facts *f);
void check_clang(const Facts *f, const bool *reported, bool all);     // reported: by node id, what check_facts has said something of

void check_heap(const Facts *f);                       // after escape_decide: what cannot move soundly

void dump_facts(const Facts *f);                       // dump_facts.c: -d facts

// ---- escape.c ----------------------------------------------------------------------------------
// Decides what lives on the heap: Var.heap, NodeFacts.on_stack; reports parameters marked noescape that escape, and prints
// the decisions, if asked for.
void escape_decide(Facts *f);
void escape_summarise(Facts *f);                       // only what others can be told

// ---- lower.c and lower_*.c: final C ---------------------------------------------------------------
typedef struct Lower {
    Tree *tree;
    Facts *facts;
    Edits *edits;
    bool clang;                    // blocks (^) instead of nested functions
    bool lto;                      // no references by assembler name
    bool no_ranges;                // nobody knows where the unit's instructions are: lower_ranges.c
    Buffer types;                  // descriptors of boxed types, at file scope
    const TypeInfo **boxed;
    size_t n_boxed, cap_boxed;
    Buffer layout_text;            // layouts of what is allocated, at file scope
    const Layout **layouts;
    size_t n_layouts, cap_layouts;
    bool other_target;             // not x86-64
    bool plain_stores;             // barriers are calls: under a sanitizer, or where the short form is not known
    bool thread_sanitizer;
    bool hides_places;             // a store's address may be a thread-local variable's: see lower_barrier.c
    bool slot_type;                // gocc_slot is used
    int n_barriers;                // numbers the variables of each
} Lower;
// Adds the edits of final C and returns the prelude that goes before them.
const char *lower_unit(Tree *tree, Facts *facts, const TranslateOptions *options, Edits **edits);

// lower.c: what the others share
NodeFacts *lower_facts(Lower *l, const Node *n);
void lower_between(Lower *l, const Node *n, size_t start, size_t end, const char *text);
const char *lower_name(Lower *l, const Var *v, const Node *block);  // how v is mentioned inside `block`
const char *lower_elem(Lower *l, Span channel);        // the element type of a channel expression
const char *lower_type(Lower *l, const TypeInfo *t);   // the address of the descriptor of a boxed type
const char *lower_text(Lower *l, Span s);              // the user's text, as it was
Var *lower_var_at(Lower *l, size_t offset);            // declared there, or NULL
// lower_barrier.c, lower_atomic.c
const char *lower_ranges(const Lower *l);              // assembler: where the unit's instructions are
// lower_entry.c: who asks, when it is entered, whether plain C has called it; the declaration that does, at the head of a function.
void lower_entries(Lower *l);
const char *lower_entry(const Lower *l, const Function *f);
void lower_renames(Lower *l);                          // before the constructs
void lower_stores(Lower *l);                           // after them
void lower_atomics(Lower *l);
Store *lower_store_at(Lower *l, Span target);          // the assignment to it that needs to be told, or NULL
// `place = value`, a full expression, for code of ours.
const char *lower_store(Lower *l, const Store *s, const char *place, const char *value);
const char *lower_store_variable(Lower *l, const Var *v, const char *place, const char *value);
const char *lower_store_open(Lower *l, int number, const Store *s);       // before the target
const char *lower_store_middle(Lower *l, int number, const Store *s);     // after it, before the `=`
const char *lower_store_close(Lower *l, int number, const Store *s);      // after the value
// An expression that begins an atomic store to *gocc_w<number> of a value that lies at the address `from`; *ends: what ends it.
const char *lower_atomic_begin(Lower *l, int number, const TypeInfo *t, const char *from, const char **ends);
int lower_depth(Lower *l, Span s);                     // of the construct around it
// lower_layout.c. `what`: an expression or type of type t, as sizeof takes it between parentheses.
const char *lower_layout(Lower *l, const TypeInfo *t);  // the address of where pointers lie in a value, or a null pointer
const char *lower_new(Lower *l, const TypeInfo *t, const char *what);          // a call that gives zeroed memory for one
const char *lower_new_copy(Lower *l, const TypeInfo *t, const char *from, const char *what);   // the same, filled from there
// lower_go.c, lower_defer.c
void lower_go(Lower *l, Node *n);
void lower_defer(Lower *l, Node *n);
void lower_frames(Lower *l);                           // heads and ends of functions and blocks
void lower_block_head(Lower *l, const Node *n, Buffer *out);    // what a go or defer block begins with
void lower_environment(Lower *l, Node *n, const char *header, Buffer *out);    // the struct that a block is called with
void lower_fill(Lower *l, Node *n, const char *target, Buffer *out);           // assigns its members
void lower_block_open(Lower *l, Node *n, const char *header, const char *use);   // everything but the body
void lower_call_open(Lower *l, Node *n, const char *header, Buffer *out);      // arguments, struct, function of a detached call
const char *lower_address(Lower *l, Node *n, Buffer *out);      // of the function of a block or detached call, for the runtime
void lower_fill_call(Lower *l, Node *n, const char *target, Buffer *out);      // assigns the members for a call
const char *lower_callee(Lower *l, Node *n);           // the address of what a deferred call calls
// lower_chan.c, lower_select.c, lower_words.c, lower_heap.c
void lower_receive(Lower *l, Node *n);
void lower_send(Lower *l, Node *n);
void lower_receive2(Lower *l, Node *n);
void lower_range(Lower *l, Node *n);
void lower_select(Lower *l, Node *n);
void lower_word(Lower *l, Node *n);
void lower_call(Lower *l, Node *n);
void lower_traps(Lower *l);                            // tests of divisors and pointers
void lower_heap(Lower *l);                             // declarations and mentions of variables
const char *lower_heap_parameter(Lower *l, const Var *v);   // at the head of a function or block: the parameter's home
const char *lower_heap_pointer(Lower *l, const Var *v);     // where it is declared: the address of its home
const char *lower_heap_homes(Lower *l, const Function *f, const Node *block);  // at the head: homes of jumped variables
void lower_noescape(Lower *l);                         // noescape.c: takes the attribute out
const char *lower_slots(Lower *l, const Function *f, const Node *block);       // lower_slot.c: room for new(T), at the head
const char *lower_slot(const Node *n, const char *type);        // new(T) in its room
const char *lower_heap_tail(Lower *l, const Var *v);   // after an initialised declarator: `, (*gocc_x) = ...`, or ""
bool lower_declared_by_construct(Lower *l, const Var *v);

#endif
