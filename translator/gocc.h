// gocc.h - the translator's one internal header: a section per file, in reading order.
//
//   text (gcc -E)  --tokens, tree-->  constructs  --marker-->  marker C  --facts (libclang)-->  facts
//                                                              --lower-->  final C  -->  gcc
//
// All positions are byte offsets into the preprocessed text (`Span`, [start, end)); source.c turns them into
// lines and columns, edit.c carries them over to marker C and final C and back. Everything is allocated in one arena and lives as
// long as the translation of one unit; nothing is freed piecemeal.
#ifndef GOCC_H
#define GOCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// ---- arena.c: memory of one translation ---------------------------------------------------------
// All out-of-memory ends the process with a message; no caller checks for NULL.
void *arena_alloc(size_t bytes);                       // zeroed, 16-byte aligned
char *arena_strndup(const char *s, size_t n);
void arena_release(void);                              // frees all that was ever allocated
char *arena_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Growing arrays: `T *v = NULL; size_t n = 0, cap = 0; *ARENA_PUSH(v, n, cap) = x;`
void *arena_grow(void *v, size_t *cap, size_t item_bytes);
#define ARENA_PUSH(v, n, cap) \
    ((n) == (cap) ? ((v) = arena_grow((v), &(cap), sizeof *(v)), &(v)[(n)++]) : &(v)[(n)++])

// ---- util.c: text buffers, files, processes -----------------------------------------------------
typedef struct Buffer {
    char *data;
    size_t length, capacity;
} Buffer;   // data is NUL-terminated
void buffer_append(Buffer *b, const char *s, size_t n);
void buffer_puts(Buffer *b, const char *s);
void buffer_printf(Buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool file_read(const char *path, Buffer *out);         // false: errno tells
bool file_write(const char *path, const char *data, size_t n);

// ---- source.c: the preprocessed text and its lines ----------------------------------------------
typedef struct Span {
    size_t start, end;
} Span;       // [start, end)
typedef struct Place {                                 // what a person is told
    const char *file;                                  // as the line marker names it
    unsigned line, column;                             // from 1; column in bytes of the text's line
    bool system;                                       // in a system header (line marker flag 3)
} Place;
typedef struct LineMark {
    size_t offset;
    const char *file;
    unsigned line;
    bool system;
} LineMark;
typedef struct Source {
    const char *text;                                  // NUL-terminated; may contain NUL bytes inside
    size_t length;
    const char *main_file;                             // the .gc file's name, as on the command line
    LineMark *marks;                                   // by offset: text from `offset` on is file:line
    size_t n_marks;
    size_t *line_starts;
    size_t n_lines;               // physical lines
} Source;
Source *source_new(const char *text, size_t length, const char *main_file);
Place source_place(const Source *s, size_t offset);
unsigned source_physical_line(const Source *s, size_t offset);   // from 1

// ---- tokens.c (with grammar/gocc.l): the text as classified tokens -------------------------------
typedef enum TokenKind { TK_WORD = 1,
                         TK_NUMBER,
                         TK_STRING,
                         TK_PUNCT } TokenKind;
typedef struct Token {
    TokenKind kind;
    Span span;
    int cls;                                           // bison's token, from the classification
    int match;                                         // index of the partner bracket, or -1; of a prefix `<-`: its operand's last token;
                                                       // of a select's case: the first token after its body
    uint8_t code, flags;                               // tokens.h: what the token is by itself, and what its context made of it
} Token;
typedef struct Tokens {
    Token *v;
    size_t n;
} Tokens;

// ---- tree.c (with grammar/gocc.y): the constructs ------------------------------------------------
// Only extension constructs are nodes; C in between is text. Children are in source order. A span that a node does not have is
// {0, 0}, an offset that it does not have is NO_OFFSET.
#define NO_OFFSET ((size_t)-1)
typedef enum NodeKind {
    N_UNIT,        // the root
    N_CHAN,        // a channel type: span covers `chan(T)`, `chan<-(T)` or `<-chan(T)`; operand = T, inside the parentheses
    N_RECV,        // `<-operand`, an expression
    N_SEND,        // `operand <- value;` as a statement; span includes the `;`; arrow
    N_RECV2,       // `target, target2 = <-operand;`; comma, assign, arrow; declares: `T v, bool ok = <-operand;`
    N_GO,
    N_DEFER, // call:  keyword, callee, lparen, args[], rparen, semicolon; span includes the `;`
                   // block: keyword, body (with braces); head = the copies inside `( )`, args[] = each copy, lparen, rparen
    N_SELECT,      // keyword, body (with braces); children: N_CASE only (and an N_ERROR for what stands before the first)
    N_CASE,        // keyword, colon, comm; target/target2/comma/assign/declares as in N_RECV2, operand, arrow, value as in N_SEND;
                   // body = after the colon up to the next case or the closing brace. Constructs inside operand, value, targets and
                   // body are children of the case.
    N_RANGE,       // `for (target : operand) ...`: keyword, lparen, colon, rparen; span covers `for (...)` only
    N_CALL,        // a function-like word: word, keyword, lparen, args[], rparen; span covers `word(...)`
    N_WORD,        // a bare word: word; span covers the word
    N_ERROR        // a construct with an error, which was reported: marker C has `instead` in place of the span, so that the rest of
                   // the unit can still be checked. No children. (A case with an error is an N_CASE with COMM_ERROR.)
} NodeKind;
typedef enum Direction { DIR_BOTH,
                         DIR_SEND,
                         DIR_RECV } Direction;
// COMM_ERROR: keyword, colon (or the `;` in its place) and body only.
typedef enum Comm { COMM_RECV,
                    COMM_SEND,
                    COMM_DEFAULT,
                    COMM_ERROR } Comm;
typedef enum Word {
    W_NONE,
    W_MAKE,
    W_NEW,
    W_LEN,
    W_CAP,
    W_CLOSE,
    W_PANIC,
    W_PANICF,
    W_RECOVER,         // N_CALL
    W_ANY_IS,
    W_ANY_AS,
    W_ANY_STRING,                                           // N_CALL
    W_ANY,
    W_RESULT,                                                            // N_WORD: `any` as a type, `_Result`
    W_ERRNO                                                                     // N_WORD: the callee name `__errno_location`
} Word;
typedef struct Node Node;
struct Node {
    NodeKind kind;
    int id;                                            // 1, 2, ... in source order of `span.start`; the root has 0
    int depth;                                         // root 0
    Node *parent, *first, *last, *next;
    Span span, operand, value, target, target2, callee, body, head;
    Span *args;
    int n_args;
    size_t keyword, arrow, comma, assign, colon, semicolon, lparen, rparen;   // offsets of first bytes
    Direction direction;                               // N_CHAN
    Comm comm;                                         // N_CASE
    Word word;                                         // N_CALL, N_WORD
    bool is_block;                                     // N_GO, N_DEFER
    bool declares;                                     // N_RECV2, N_CASE
    bool system_name;                                  // N_CALL: a system header declares a function of that name (POSIX's close):
                                                       // ours only if the first argument is a channel
    const char *instead;                               // N_ERROR
    bool is_comparison;                                // N_SEND, set after facts: operand is no channel, the text is plain C
};
typedef struct Tree {
    Source *source;
    Tokens tokens;
    Node *root;
    Node **by_id;
    int n_nodes;
    int n_errors;
    bool broken;                                       // brackets do not pair, or the like: what follows n_errors would be noise
} Tree;
// Reads the text into a tree. Syntax errors in constructs are reported through diag.c (and reading goes on with the next construct);
// n_errors counts them. A text without constructs has a root without children.
Tree *tree_read(Source *source);
// The same for text that was not preprocessed, an editor's: there may be no system text in it, brackets that do not pair are made to
// (tokens_balance.c), and names that the text does not declare are given.
typedef struct RawNames {
    const char **types, **others;                      // typedefs; variables, functions and macros: only those named like a word matter
    size_t n_types, n_others, cap_types, cap_others;
    bool in_block;                                     // the text stands in a function (a macro's body)
} RawNames;
Tree *tree_read_raw(Source *source, const RawNames *given, RawNames *declared);    // declared: at file scope; or NULL
bool tree_marks_noescape(const Tree *t);               // noescape.c: has `__attribute__((noescape))`, which only we understand
bool tree_needs_translation(const Tree *t);            // false: plain C, goes to the compiler verbatim; or broken, all said

// ---- edit.c: edits on the preprocessed text, and the map of positions ---------------------------------
// Insertions at one offset come out in this order: those that close a construct (deepest first), then those that open one
// (shallowest first), then the replacement that starts there. `depth` is the construct's depth; what lies in it but is none
// itself (an assignment) has its depth, too, and a rank above 0 that grows inwards. No edit adds or removes a newline:
// inserted text has none, newlines in replaced text are kept by edit.c.
typedef struct Edits Edits;
Edits *edits_new(const Source *source);
void edit_open(Edits *e, size_t at, int depth, const char *text);      // before what starts at `at`
void edit_close(Edits *e, size_t at, int depth, const char *text);     // after what ends at `at`
void edit_open_at(Edits *e, size_t at, int depth, int rank, const char *text);
void edit_close_at(Edits *e, size_t at, int depth, int rank, const char *text);
void edit_replace(Edits *e, size_t start, size_t end, int depth, const char *text);
// Inserts the text of [from.start, from.end), which some edit takes out of its place, before what starts at `at`.
void edit_move(Edits *e, size_t at, int depth, Span from);
// The edited text of a part, on one line, comments and newlines turned into blanks: to mention an operand a second time.
char *edits_render(Edits *e, Span part);
char *edits_apply(Edits *e, const char *prelude, size_t *length);      // prelude is put before the text, followed by a line marker
size_t edits_to_source(Edits *e, size_t offset);       // from an offset in the applied text; inside an insertion: where it was put
size_t edits_from_source(Edits *e, size_t offset);     // to the applied text; NO_OFFSET if replaced
bool edits_empty(const Edits *e);
typedef struct Piece {
    size_t out;                                        // offset in the applied text
    size_t start, end;                                 // of the source
    Span moved;                                        // of edit_move: where its text comes from
    bool kept;                                         // [start, end) itself; else it was replaced (or start == end)
} Piece;
const Piece *edits_pieces(const Edits *e, size_t *n);  // of the last edits_apply, without gaps
void edits_dump(Edits *e);                             // -d edits: in the order in which they come out

// ---- diag.c: messages ---------------------------------------------------------------------------
typedef enum Severity { DIAG_NOTE,
                        DIAG_WARNING,
                        DIAG_ERROR,
                        DIAG_FATAL } Severity;
// One message at a position of the preprocessed text: collected, sorted by position, printed by diag_flush as `file:line:col: error:
// ...` with the user's source line and a caret. Columns are the .gc file's own: diag_flush maps through macro expansion, at the price of
// one more preprocessor run, which only messages pay.
void diag_at(const Source *s, size_t offset, Severity severity, const char *format, ...) __attribute__((format(printf, 4, 5)));
void diag_plain(Severity severity, const char *format, ...) __attribute__((format(printf, 2, 3)));   // `gocc: error: ...`
int diag_errors(void);                                 // errors so far
// Set by the driver: gives the output of `gcc -E -fdebug-cpp` for the unit under translation (NULL if it fails).
extern char *(*diag_debug_cpp)(size_t *length);
void diag_flush(void);
// Hands over what was collected, in that order, and forgets it: for those who do not print.
void diag_drain(void (*each)(void *arg, size_t offset, Severity severity, const char *text), void *arg);
// Channel types in a compiler's words back to the user's: 'typeof(typeof(int) *(**)(struct gocc_chan))' -> 'chan(int)'.
char *diag_user_types(const char *message);

// ---- summary.c: what functions do with their arguments, as text that other units can read -----------
#define SUMMARY_SYMBOL "go__escape_"                   // begins the names of symbols that stand for a function's summary
typedef struct Leak {
    int heap, result;                                  // after how many dereferences the value is kept, is the result; -1: it is not
} Leak;
typedef struct FunctionSummary {
    const char *name, *type;                           // type: clang's canonical spelling
    Leak *leaks;                                       // of each parameter; of a variadic function's other arguments, together
    int n_leaks;
    bool variadic;
    const char *symbol;                                // equal for equal functions with equal summaries only
    void *stands_in;                                   // escape_summary.c: the Function that calls are resolved to
    bool relied;                                       // a decision of the unit at hand depends on it
} FunctionSummary;
typedef struct Summary {                               // of a unit
    const char *source, *path;                         // its file, as named and absolute
    FunctionSummary *functions;
    size_t n_functions, cap_functions;
    const char **uses;                                 // functions of other units that it calls
    size_t n_uses, cap_uses;
    const char *file;                                  // where it was read, or will be written; NULL: the command links what it compiles
    bool consulted;                                    // the unit at hand calls one of its functions
} Summary;
typedef struct Summaries {
    Summary **v;
    size_t n, cap;
} Summaries;
uint64_t summary_hash(const char *text, size_t n);
void summary_symbol(FunctionSummary *f);               // sets f->symbol
void summary_print(Buffer *out, const Summary *s, bool all);    // all: also what only the units of one command tell each other
Summary *summary_read(const char **text);              // the one that *text begins with, and moves on; NULL: damaged, or the end
void summaries_read(Summaries *out, const char *text); // all of them

// ---- marker.c, facts.c, lower*.c: see translate.h --------------------------------------------------
// ---- translate.c: the whole of it ----------------------------------------------------------------
typedef struct TranslateOptions {
    const char **clang_args;
    int n_clang_args;         // -std, -m, -f flags that change what the text means; no -I, -D
    const char *dump;                                  // -d LIST: comma-separated stages, or NULL
    bool compiler_is_clang;                            // GOCC_CC is a clang: blocks instead of nested functions
    bool other_target;                                 // not x86-64
    bool plain_stores;                                 // barriers are calls: another target than x86-64, or a sanitizer
    bool thread_sanitizer;                             // which is told of stores that the runtime does
    bool lto;                                          // -flto: no references by assembler name
    int escape_report;                                 // level of -fescape-report, or 0
    // Summaries of other units. `exchange`, if not NULL, is called once, before decisions are made, and gives what is known of other units.
    // It may ask what this unit's summary would be with others' (NULL: nothing leaks, and what is called), in a process of its own.
    void (*exchange)(Summaries *others, Summary *(*solve)(const Summaries *others, void *arg), void *arg);
    void (*summarised)(const Summary *own, const Summaries *others);   // called with what came of it, or NULL
    bool summary_symbols;                              // the object says what it relies on, and what others can
    bool interposable;                                 // a function that is seen from outside may be replaced when the program runs
    bool analyse;                                      // only to be summarised: no output, and no messages matter
} TranslateOptions;
// Translates one preprocessed unit. *out is NULL when the unit is plain C and must go to the compiler verbatim. Returns false after
// errors (all reported, not yet flushed).
bool translate(const char *text, size_t length, const char *main_file, const TranslateOptions *options, char **out, size_t *out_length);
// After translate(): maps a line:column of the final C (as the C compiler reports it) to an offset of the preprocessed text; false if it
// cannot. For the compiler's own messages about the final C.
bool translate_map(const char *file, unsigned line, unsigned column, const Source **source, size_t *offset);

// ---- dump.c: every stage prints itself ----------------------------------------------------------
bool dump_wanted(const char *stage);                   // tokens, tree, marker, facts, escape, edits, final, time
void dump_tokens(const Tree *t);
void dump_tree(const Tree *t);
#endif
