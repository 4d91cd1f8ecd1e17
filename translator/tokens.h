// tokens.h - what the scanner, the classification, the grammar and the tree builder share.
//
// Reading is four passes over one array of tokens, each linear in the text:
//   gocc.l             text -> tokens, each with a code: what it is by itself (`Code`)
//   tokens*.c          left to right with a stack of open brackets (`Level`): which `<-` is prefix,
//   which brace opens a
//                      block, which word is a word of the extension; the result is Token.cls,
//                      bison's token
//   gocc.y             classified tokens -> calls of the node_ functions, with messages for wrong
//   forms
//   tree.c             nodes in source order, parents from the nesting of their spans
// Only the second knows C; only the third knows the constructs.
#ifndef GOCC_TOKENS_H
#define GOCC_TOKENS_H

// clang-format off: tables, with their comments in a column

#include "gocc.h"

// What a token is by itself. Digraphs have the code of what they stand for.
typedef enum Code {
    C_OTHER,                                // every operator that needs no name below
    C_IDENT, C_NUMBER, C_STRING,
    C_LPAREN, C_RPAREN, C_LBRACKET, C_RBRACKET, C_LBRACE, C_RBRACE,
    C_SEMI, C_COMMA, C_COLON, C_QUESTION, C_ASSIGN, // C_ASSIGN is `=` alone
    C_MEMBER,                               // `.` and `->`
    C_STAR, C_CARET, C_UNARY,               // C_UNARY: what may also be a prefix: & && + - ! ~
    C_INCDEC, C_LARROW,                     // `<-`
    K_TYPE, K_QUALIFIER, K_TYPEDEF, K_STRUCT, K_ENUM, K_TYPEOF, K_ATOMIC,
    K_ATTRIBUTE, K_ASM, K_ALIGNAS, K_SIZEOF, K_EXTENSION, K_OFFSETOF,
    K_IF, K_WHILE, K_FOR, K_SWITCH, K_ELSE, K_DO, K_CASE, K_DEFAULT, K_GOTO, K_JUMP,
    X_GO, X_DEFER, X_SELECT, X_CHAN, X_ANY, X_RESULT, X_ERRNO,
    X_MAKE, X_NEW, X_LEN, X_CAP, X_CLOSE, X_PANIC, X_PANICF, X_RECOVER,
    X_ANY_IS, X_ANY_AS, X_ANY_STRING
} Code;

// What its context made of a token (Token.flags).
enum {
    F_TYPE = 1,                             // `(`: what it holds starts as a type does
    F_CAST = 2,                             // `(`: a cast, or the type of a compound literal
    F_CALL = 4,                             // `(`: after an operand: arguments
    F_SEND = 8, F_RECV2 = 16,               // first token of such a statement
    F_MISSING = 32,                         // `}` after a go or defer without `;`
    F_SYSTEM_NAME = 64,                     // word: a system header's function
    F_DECLARES = 128                        // first token of a receive that declares
};

// ---- tokens_scope.c: names by scope -------------------------------------------------------------
typedef enum NameKind { NAME_TYPEDEF, NAME_OBJECT, NAME_FUNCTION } NameKind;
typedef struct Declaration Declaration;
typedef struct Symbol Symbol;
struct Declaration {
    NameKind kind;
    bool system;                            // declared by system headers only
    int scope;                              // depth of the scope that it is in
    Declaration *outer;                     // the declaration of the same name that this one hides
    Declaration *earlier;                   // the one made before this one, in any open scope
    Symbol *symbol;
};
struct Symbol {
    const char *name; size_t length; uint32_t hash;
    Code code;                              // C_IDENT, or the keyword or word that it is
    Declaration *visible;
};
typedef struct Names {
    Symbol **slots; size_t n_slots, n;      // open addressing, a power of two
    Declaration *last;                      // the newest of all open scopes
    int scope;                              // depth of the innermost scope; the file's is 0
} Names;
void names_init(Names *names);
Symbol *names_find(Names *names, const char *s, size_t n);   // NULL: an unknown name
Code names_code(Names *names, const char *s, size_t n);
void names_declare(Names *names, const char *s, size_t n, NameKind kind, bool system);
void names_give(Names *names, const RawNames *given);   // declares them, at the scope of the file
void names_tell(const Names *names, RawNames *declared);   // what is declared there
void names_enter(Names *names);
void names_leave_to(Names *names, int scope); // forgets what deeper scopes declared

// ---- the state of one reading -------------------------------------------------------------------
typedef enum LevelKind {
    L_FILE, L_PAREN, L_BRACKET, L_BLOCK, L_SELECT, L_STRUCT, L_ENUM, L_INIT
} LevelKind;
typedef enum DeclarationState {
    D_NONE,                                 // no declaration
    D_SPECIFIERS,                           // before the name, which may also be in a parenthesis
    D_NAMED,                                // after the name: `(` opens parameters
    D_VALUE                                 // initialiser or bit-field width, up to `,` or `;`
} DeclarationState;
typedef struct Level {                      // an open bracket, and its current statement
    LevelKind kind;
    int open;                               // index of the bracket, -1 for the file
    int scope;                              // depth of names before it was opened
    int start;                              // first token of the statement or case head
    int arrow;                              // first infix `<-` in it, or -1
    int assign;                             // first `=` in it, or -1
    int questions;                          // `?` that wait for their `:`
    int dos;                                // `do` that wait for their `while`
    int statement_scope;                    // depth of names to return to when the statement ends
    int last_case;                          // a select's: its newest case, or -1
    Code head;                              // `(`: what stands before it (K_IF, ...)
    Code tag;                               // K_STRUCT or K_ENUM while a `{` may follow
    bool tag_named;
    bool fresh;                             // the next token is the statement's first
    bool may_declare;                       // the next token may start a declaration
    bool label;                             // between `case` or `default` and its `:`
    bool select_label;                      // the same, of a select
    bool unfinished;                        // in a go or defer statement, before its `;`
    bool opaque;                            // inside an attribute
    bool value;                             // braces: they make an operand (`({ })`, `^{ }`);
                                            // an attribute's `(`: an operand ended
                                            // before it
    bool semicolons;                        // `(`: a `;` was seen, so a `:` makes no range
    bool parameters, declarator, copies;    // `(`: of a function; around a name; of go
    bool names_only;                        // `(`: the parameters' names, in the old style
    bool old_style;                         // between `f(a)` and `{`: declarations of parameters
    DeclarationState state;
    bool has_type, is_typedef;
} Level;
typedef struct Reader {
    Source *source;
    Token *v; size_t n, cap;
    Names names;
    Level *levels; size_t n_levels, cap_levels;
    int n_braces;                           // open levels that are braces
    size_t mark;                            // the line marker that the classification has reached
    bool system;                            // it is in a system header
    bool operand;                           // the token before ended an operand
    bool constructs;                        // something of the extension was seen, and
    bool extends;                           // something that C has no reading for
    int too_deep;                           // the bracket that is one too many, or -1
    int unmatched;                          // first bracket without partner, or -1
    int unmatched_word;                     // the go, defer or select whose brace that is, or -1
    size_t next; int pending;               // yylex
    Node **nodes; size_t n_nodes, cap_nodes;
    int n_errors;
    bool broken;                            // as in Tree
    int failed, n_failures;                 // the token at which the grammar gave up, or -1
    bool raw;                               // not preprocessed: tree_read_raw
} Reader;

// ---- gocc.l, tokens.c, tokens_word.c ------------------------------------------------------------
void reader_scan(Reader *r);                // fills v: spans and codes
void reader_push(Reader *r, Code code, size_t start, size_t end);
void reader_classify(Reader *r, LevelKind outermost);   // fills cls, match, flags
void reader_balance(Reader *r, bool in_block);   // tokens_balance.c: makes brackets pair
static inline Code code_at(const Reader *r, size_t i) { return i < r->n ? r->v[i].code : C_OTHER; }
static inline Level *level_top(Reader *r) { return &r->levels[r->n_levels - 1]; }
static inline bool level_is_block(const Level *l) {
    return l->kind == L_BLOCK || l->kind == L_SELECT;
}
static inline bool is_word(Code c) { return c == C_IDENT || c >= K_TYPE; } // keywords, too
static inline bool is_name(Code c) { return c == C_IDENT || c >= X_GO; } // an identifier to C
static inline bool is_control(Code c) { return c >= K_IF && c <= K_SWITCH; }
void word_classify(Reader *r, Level *l, int i, bool starts);
bool token_is_typedef(Reader *r, int i);
bool token_starts_type(Reader *r, int i);   // where a declaration, parameter or type name may stand
bool chan_is_type(Reader *r, int i);        // the word `chan` at i is a channel type's
bool any_is_type(Reader *r, int i);

// ---- tokens_level.c: the stack of brackets ------------------------------------------------------
void level_open(Reader *r, int i);
void level_close(Reader *r, int i);
void level_finish(Reader *r);               // at the end of the text: what is still open
void level_statement(Reader *r, Level *l, int i); // the statement ends with token i

// ---- tokens_declare.c: which name a declaration declares ----------------------------------------
void declare_start(Level *l);               // a declaration starts with this token of l
void declare_word(Reader *r, Level *l, int i);
void declare_punct(Reader *r, Level *l, int i);
void declare_open(Reader *r, Level *outer, Level *inner, int i);
void declare_close(Level *outer, const Level *inner);

// ---- tokens_statement.c: sends, two-value receives, cases, ranges -------------------------------
int operand_end(const Reader *r, int i, int end); // last token of the unary expression at i, or -1
void statement_end(Reader *r, Level *l, int end); // `;` of a block
void case_end(Reader *r, Level *l, int colon); // `:` of a select's case
void range_colon(Reader *r, Level *l, int colon); // `:` in the head of a for
void operands_measure(Reader *r);           // Token.match of every prefix `<-`

// ---- gocc.y, tree_check.c, tree.c ---------------------------------------------------------------
int reader_parse(Reader *r);
void reader_error(Reader *r, int token, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#define RANGE_NEEDS_VARIABLE \
    "expected the declaration of a variable before ':', as in 'for (int v : ch)'"
void node_chan(Reader *r, int first, int word, int open, int close, Direction direction);
void node_call(Reader *r, int word, int open, int close);
void node_word(Reader *r, int word);
void node_receive(Reader *r, int arrow);
void node_go_call(Reader *r, int word, int end);
void node_go_block(Reader *r, int word, int copies, int copies_end, int open, int close);
void node_send(Reader *r, int first, int arrow, int end);
void node_receive2(Reader *r, int first, int comma, int assign, int arrow, int end);
void node_range(Reader *r, int word, int open, int colon, int close);
void node_select(Reader *r, int word, int open, int close);
// A message at token `at`; the tokens [first, end), or a case up to its `colon`, stay out of marker
// C.
void node_error(Reader *r, int first, int end, const char *instead, int at, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
void node_case_error(Reader *r, int word, int colon, int at, const char *message);
bool text_check(Reader *r);                 // false: brackets do not pair, all said
void includes_check(Reader *r);
void select_check(Reader *r, int open, int close);
bool receive2_check(Reader *r, int first, int comma, int assign, int end);
bool range_check(Reader *r, int open, int colon);
// A case with what its head has; what it lacks is -1. `first` is the head's first token.
void node_case(Reader *r, int word, int first, int comma, int assign, int arrow, int colon,
               Comm comm);
// clang-format on
#endif
