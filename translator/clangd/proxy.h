// proxy.h - what the rooms of gocc-clangd say to each other: a section per file, in reading order.
//
//   editor --frame--> client.c --(shadow, positions)--> clangd
//   editor <--frame-- answer.c <--(positions, words)--- clangd
//
// A document has two texts: the source, which the editor sees, and the shadow, the C that clangd sees. Both have the same lines.
// Offsets are bytes; a position is LSP's line and character, in the encoding that editor and clangd agreed on. What belongs to one
// message comes from the translator's arena, which is emptied after each; what lives longer is malloc'ed. JSON is jansson's.
#ifndef GOCC_PROXY_H
#define GOCC_PROXY_H

#include "gocc.h"

#include <jansson.h>

// ---- lines.c: offsets and positions -------------------------------------------------------------
typedef enum Encoding { ENCODING_UTF16,
                        ENCODING_UTF8,
                        ENCODING_UTF32 } Encoding;
extern Encoding encoding;                              // of this session
typedef struct Text {
    char *data;                                        // NUL-terminated
    size_t length;
    size_t *starts;                                    // of lines
    size_t n_lines, cap_lines;
} Text;
typedef struct Position {
    size_t line, character;
} Position;
void text_set(Text *t, const char *data, size_t length);   // copies
void text_splice(Text *t, size_t start, size_t end, const char *data, size_t length);
void text_free(Text *t);
void text_make_valid(char *data, size_t length);       // bytes that are no UTF-8 become question marks
size_t text_offset(const Text *t, Position p);         // the nearest that there is
Position text_position(const Text *t, size_t offset);
size_t text_line(const Text *t, size_t offset);

// ---- map.c: offsets of the source and of the shadow ---------------------------------------------
// An offset between two pieces belongs to the one that ends there, or to the one that starts there.
typedef enum Side { SIDE_LEFT,
                    SIDE_RIGHT } Side;
typedef struct Stretch {
    size_t source, shadow, length;                     // the same bytes in both
} Stretch;
typedef struct Map {
    Stretch *by_source, *by_shadow;                    // the same, in two orders
    size_t n;
    Span *marked;                                      // of the shadow: what is not in the source
    Span *replaced;                                    // of the source, in step with `marked`: what it stands for; may be empty
    size_t n_marked;
    bool identity;
} Map;
void map_make(Map *m, const Edits *edits, size_t length);
void map_free(Map *m);
size_t map_to_shadow(const Map *m, size_t source, Side side);
// False: the offset is inside of text that is ours; *source is where that stands.
bool map_to_source(const Map *m, size_t shadow, Side side, size_t *source);
// False if nothing of the range is in the source; *out is then what it stands for.
bool map_range_to_source(const Map *m, Span shadow, Span *out);
bool map_replaces(const Map *m, size_t source, Side side);   // something of ours stands in the place of the text on that side
bool map_is_plain(const Map *m, size_t start, size_t end);   // of the shadow: all of it is the source's, in one piece

// ---- raw.c: what the preprocessor would see -----------------------------------------------------
typedef struct Macro {
    Span name, body;
} Macro;
typedef struct Include {
    Span name;                                         // inside the quotes
    bool quotes;
} Include;
typedef struct Raw {
    char *masked;                                      // the text without directives and the branches that are not compiled
    Macro *macros;
    size_t n_macros, cap_macros;
    Include *includes;
    size_t n_includes, cap_includes;
} Raw;
Raw *raw_read(const char *text, size_t length);

// ---- shadow.c: the C that clangd sees -----------------------------------------------------------
typedef struct Construct {                                // a word of the language, where it stands
    Span span;
    Span construct;
    NodeKind kind;
    int word;                                          // of an N_CALL or N_WORD: enum Word
    size_t lparen, rparen;                             // of an N_CALL
} Construct;
typedef struct Trouble {
    size_t offset;
    Severity severity;
    char *message;
} Trouble;
typedef struct Shadow {
    Text text;
    Map map;
    Construct *constructs;                             // by where their words start
    size_t n_constructs, cap_constructs;
    Span *blocks;                                      // bodies of go and defer blocks
    size_t n_blocks, cap_blocks;
    Trouble *troubles;                                 // what is wrong with the form of a construct
    size_t n_troubles, cap_troubles;
    bool extends;                                      // something in it is no C
} Shadow;
// given: names that included files declare; declared: those of this text, or NULL.
void shadow_make(Shadow *s, const char *text, size_t length, const RawNames *given, RawNames *declared);
void shadow_free(Shadow *s);
const Construct *shadow_word_at(const Shadow *s, size_t source);     // whose word is there, or NULL
const Construct *shadow_construct_at(const Shadow *s, size_t source);   // the innermost that covers the offset, or NULL

// ---- document.c: open files ---------------------------------------------------------------------
typedef struct Document {
    struct Document *next;
    char *uri, *path;
    Text source;
    Shadow shadow;
    long version;
    bool open;                                         // by the editor; else only for what includes it
    bool ours;                                         // clangd sees a shadow
    bool told;                                         // clangd has it open
    json_t *language;                                  // the editor's word for it
    uint64_t shown_of;                                 // which shadow clangd spoke about: summary_hash
    json_t *clangd_diagnostics, *shown;                // as clangd said, and as the editor was told; in step
    json_t *checked, *homes;                           // what gocc itself said: {diagnostic, line}, {at, reason}
    bool check_wanted;
    long long modified;                                // of a hidden one: the file's time when it was read
} Document;
extern Document *documents;
Document *document_find(const char *uri);              // NULL: not open, not even hidden
Document *document_ours(const char *uri);              // NULL: clangd sees it as it is
Document *document_at_path(const char *path);
bool path_is_gc(const char *path);
void document_open(json_t *message, const char *bytes, size_t length);
void document_change(json_t *message, const char *bytes, size_t length);
void document_close(json_t *message, const char *bytes, size_t length);
void document_reopen_all(void);                        // to a clangd that was started anew
Document *document_hidden(const char *path);           // opens a file for what includes it
void document_open_project(const Document *d);         // the other .gc files of its database, once
void documents_refresh(void);                          // hidden ones that changed on disk
char *uri_to_path(const char *uri);                    // malloc'ed; NULL: no file
char *path_to_uri(const char *path);                   // malloc'ed

// ---- dump.c: every stage prints itself ----------------------------------------------------------
int dump(const char *what, char **files);              // -d WHAT FILE...; the exit status

// ---- include.c: what a document includes --------------------------------------------------------
const RawNames *include_names(const char *path, const char *text, size_t length);   // valid until the next call
void include_open(void);                               // opens what is no C among the files that the last call found

// ---- command.c: how a file is compiled ----------------------------------------------------------
extern json_t *fallback_flags;                         // the editor's, an array or NULL
const char *installation(void);                        // lib/gocc; first called while the arena has nothing that is to be kept
extern char *database_directory;                       // the editor's or the command line's, or NULL
void command_send(const Document *d);                  // tells clangd
char **command_directories(const char *path, size_t *n);   // -I and the like, in order; malloc'ed, each and all
json_t *command_options(const char *path, char **directory);   // the user's words only
char **command_files(const char *path, size_t *n);     // the .gc files of the database that path is in; malloc'ed, each and all
json_t *command_words(const char *path, char **directory);   // how gocc compiles it, an array of words; both new

// ---- server.c: clangd ---------------------------------------------------------------------------
bool server_start(char **arguments);                   // false: there is none; says so
int server_become(char **arguments);                   // runs clangd in our place, for --version and the like
void server_send(const char *bytes, size_t length);    // a body
void server_send_json(json_t *message);                // and drops the reference
void server_lost(void);                                // it ended by itself: start it again, or give up
extern int server_in, server_out;                      // descriptors, or -1
extern bool server_stopping;                           // `exit` was sent

// ---- frame.c: Content-Length: N -----------------------------------------------------------------
typedef struct Stream {
    char *data;
    size_t start, length, capacity;                    // bytes [start, length) are not used yet
    size_t skip;                                       // of a message that is too long: bytes still to be dropped
    char saved;                                        // what stands where the last body's NUL was put
    bool terminated;
} Stream;
bool stream_read(Stream *s, int fd);                   // false: the other end is closed
bool stream_next(Stream *s, char **body, size_t *length);   // NUL-terminated, valid until the next read
typedef struct Output {
    char *data;
    size_t start, length, capacity;
} Output;
void output_add(Output *o, const char *body, size_t length);
bool output_write(Output *o, int fd);                  // as much as goes; false: nobody reads
extern Output to_client, to_server;
void client_send_json(json_t *message);                // and drops the reference

// ---- client.c, answer.c: messages ---------------------------------------------------------------
void client_message(const char *bytes, size_t length);
void server_message(const char *bytes, size_t length);
typedef struct Request {
    struct Request *next;
    char *id;                                          // as JSON text
    char *method;
    Document *document;                                // ours, that it asks about, or NULL
    size_t offset;                                     // of the source: where it asks
    Span range;                                        // of the source, if it has one
} Request;
extern json_t *initialize_message, *initialized_message;
Request *request_take(json_t *id);                     // NULL: not asked by the editor
void request_drop_document(const Document *d);
void requests_fail(void);                              // answers all with an error
bool client_supports(const char *path);                // "textDocument.completion.completionItem.snippetSupport"

// ---- walk.c: positions in JSON ------------------------------------------------------------------
// Maps all positions, ranges and edits of a value of clangd's to the source, in place. `d`: whose positions they are where no URI says so.
// False: the value means nothing in the source, and is to be dropped.
bool walk_to_source(json_t *value, const Document *d);
void walk_to_shadow(json_t *value, const Document *d, Side side);
bool walk_edits(json_t *edits, const Document *d, bool all);   // an array of TextEdits; all: false if one cannot be mapped
bool json_range(const json_t *value, const Text *t, Span *out);
json_t *json_from_range(const Text *t, Span s);
bool json_position(const json_t *value, Position *out);

// ---- clean.c: no word of ours in what people read ----------------------------------------------
char *clean_text(const char *text);                    // in the arena
void clean_json(json_t *value);                        // all strings in it, but URIs and opaque data
bool mentions_ours(const char *text);                  // even when cleaned

// ---- methods of their own -----------------------------------------------------------------------
void diagnose_publish(Document *d, json_t *params);    // diagnose.c
void diagnose_shown(Document *d);                      // again, with what gocc has said since
json_t *diagnose_make(const Document *d, size_t offset, const char *message);
void diagnose_restore(const Document *d, json_t *diagnostics);   // the editor's, back to clangd's
void semantic_legend(json_t *capabilities);            // semantic.c
void semantic_map(json_t *result, const Document *d);
json_t *complete_map(json_t *result, const Request *r); // complete.c: steals and returns the result
const char *word_documentation(const Construct *c);    // words.c
json_t *word_hover(const Document *d, const Construct *c);
json_t *word_signature(const Document *d, size_t offset);   // NULL: not in the parentheses of a word
void word_completions(json_t *items, const Document *d, size_t offset);
void format_map(json_t *result, const Document *d);    // format.c
// check.c: gocc itself, beside clangd
extern int check_fd;                                   // to be read, or -1
extern bool check_hints;                               // escape decisions are shown
void check_start(Document *d);
void check_read(void);
void check_drop_document(const Document *d);
void check_add_hints(json_t *hints, const Document *d, Span range);
#endif
