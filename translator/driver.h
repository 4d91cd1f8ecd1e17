// driver.h - what the files of driver*.c say to each other. In reading order: args, run, prescan,
// unit, summary, exchange, link, stale, driver.
#ifndef GOCC_DRIVER_H
#define GOCC_DRIVER_H

#include "gocc.h"

#include <sys/types.h>

// ---- driver_args.c: gcc's command line, sorted --------------------------------------------------
typedef enum ArgKind {
    ARG_INPUT,      // a file, or `-`
    ARG_LIBRARY,    // -lNAME: an input of the linker
    ARG_LANGUAGE,   // -x LANGUAGE
    ARG_OUTPUT,     // -o FILE
    ARG_MODE,       // -c -S -E -M -MM -fsyntax-only
    ARG_PREPROCESS, // means something to the preprocessor only
    ARG_DEPEND,     // -MD -MMD -MF -MT -MQ -MP -MG: dependencies
    ARG_LINK,       // means something to the linker only
    ARG_OTHER       // all else; goes to every stage
} ArgKind;

typedef struct Arg {
    ArgKind kind;
    const char *word;     // the option with a joined value, or the input's name
    const char *second;   // its argument, where that is a word of its own; or NULL
    const char *value;    // the argument, joined or not; or NULL
    bool is_gc;           // ARG_INPUT: to be translated
    const char *language; // ARG_INPUT: of the -x in force, or NULL
} Arg;

typedef enum Mode {
    MODE_LINK,
    MODE_COMPILE,
    MODE_ASSEMBLE,
    MODE_PREPROCESS,
    MODE_DEPEND,
    MODE_SYNTAX
} Mode;

typedef struct Command {
    const char **argv;
    int argc; // as given, without argv[0] and without gocc's own options
    Arg *args;
    size_t n_args, cap_args; // @files expanded
    Mode mode;
    const char *output; // -o, or NULL
    size_t n_inputs, n_gc;
    bool informational; // --version, -print-..., --help: nothing to compile is fine
    bool verbose;       // -v
    bool dry_run;       // -###
    bool show;          // -show: as dry_run, on stdout
    bool emit;          // --emit-c
    const char *dump;   // -d LIST
    int escape_report;  // level of -fescape-report[=LEVEL], or 0
    const char *summaries; // -fescape-summaries=DIR, or NULL
    const char **compiler;
    int n_compiler; // GOCC_CC, split on blanks
    bool clang;     // the compiler is a clang
} Command;
// Sorts the arguments; everything lives in the arena.
Command *args_read(int argc, char **argv);
bool args_has(const Command *c, const char *word);
// Of the options `yes` and `no`, was `yes` the last one given? `otherwise` if neither was.
bool args_last(const Command *c, const char *yes, const char *no, bool otherwise);
// The value of the last option that begins with prefix, or NULL.
const char *args_value(const Command *c, const char *prefix);

// ---- driver_run.c: processes, temporary files, signals ------------------------------------------
typedef struct Words {
    const char **v;
    size_t n, cap;
} Words;
void words_add(Words *w, const char *word);
void words_arg(Words *w, const Arg *a); // both words of it
Words words_compiler(const Command *c); // begins a command line of the C compiler

typedef struct Run {
    const char *input;
    size_t input_length; // becomes stdin, if not NULL
    const char *body;
    size_t body_length; // can be read as RUN_BODY, if not NULL
    Buffer *out;        // stdout is collected here, if not NULL
    Buffer *errors;     // stderr, likewise
} Run;
// Where the process finds Run.body: a file in memory. A name that is always the same, in no
// directory, which nobody has to remove: ccache hits, builds in parallel do not meet, and a killed
// compiler leaves nothing behind.
#define RUN_BODY_FD 57 // a shell's <(...) takes 63, 62 ...
#define RUN_BODY "/proc/self/fd/57"
// Runs a command to its end, and prints it first if asked for (-v). The exit status; 128 + signal
// if killed by one; -1 if it cannot be started, which is reported.
int run(const Command *c, Words *words, Run *r);
// Becomes the command. Only returns if that is impossible (reported), with the exit status.
int run_instead(const Command *c, Words *words);
void run_print(FILE *out, const Words *words);
// A name in the command's private directory, made on first use and removed at the end of this
// process, killed or not.
const char *temporary_file(const char *name);
void temporary_cleanup(void);
// Runs fn(arg) in a process of its own; its result, or 128 + signal.
int run_child(int (*fn)(void *), void *arg);
// The same in parts. Between child_rests and child_resumes a signal is not passed on to it.
pid_t child_start(int (*fn)(void *), void *arg);
void child_rests(void);
void child_resumes(pid_t pid);
int child_wait(pid_t pid);
void signals_catch(void);
// Standard input, read once; for inputs named `-`.
const Buffer *standard_input(void);

// ---- driver_prescan.c: is the unit plain C? -----------------------------------------------------
typedef struct Prescan {
    bool plain;         // no construct can be in it
    bool only_once;     // a pipe: can be read once
    bool asks_for_gocc; // not plain, or __GOCC__ is mentioned: the macro must be defined
} Prescan;
Prescan prescan(const Command *c, const Arg *input);

// ---- driver_unit.c: one .gc file ----------------------------------------------------------------
typedef struct Unit {
    const Command *command;
    const Arg *input;
    const char *name;         // in messages: the input's name, "<stdin>" for `-`
    const char *output;       // the object, or NULL: let the compiler choose
    bool output_is_temporary; // names that derive from the output must derive from the input
    Prescan prescan;
    bool analyse;             // only to be summarised (driver_exchange.c)
    bool analysed;            // a copy of it was
    bool relies_on_none;      // of the summaries in files: they change faster than it is compiled
    bool emits_all;           // --emit-c: with the text of the system's headers
} Unit;
// Compiles to an object, assembly, or only checks, by the command's mode. The exit status.
int unit_compile(Unit *u);
// All of it, in a process of its own: without what is said and done if that process dies.
int unit_work(Unit *u);
void unit_remove_output(const Unit *u); // after an error there is none, not even an old one
void unit_show(Unit *u); // prints the commands (-###)
// The output's name where none is given: foo.o or foo.s in the current directory.
const char *unit_default_output(const Command *c, const Arg *input);
// How gcc would call a file that it makes beside the object, with a suffix of its own: .su, .gcno,
// .i.
const char *unit_auxiliary_name(const Unit *u, const char *suffix);
// The same for an intermediate file that -save-temps keeps; NULL without -save-temps.
const char *unit_saved_name(const Unit *u, const char *suffix);

// ---- driver_flags.c: which flags go where -------------------------------------------------------
void flags_preprocess(Words *w, const Unit *u, bool dependencies);
bool flags_for_preprocessing(const Arg *a); // else it would disturb a run that only preprocesses
void flags_compile_final(Words *w, const Unit *u);
void flags_verbatim(Words *w, const Unit *u);
void flags_diagnostics(const Command *c); // fills diag_options
bool flags_sanitize(const Command *c, const char *what); // -fsanitize=WHAT, among others
bool flags_other_target(const Command *c);
bool flags_plain_stores(const Command *c); // see TranslateOptions
void flags_clang(const Command *c, TranslateOptions *o);
const char *flags_dependency_file(const Unit *u); // that -MD or -MMD makes; NULL: none, or no file
bool flags_interposable(const Command *c);        // may other definitions take the place of functions in a shared object?
bool flags_replace_functions(const Command *c);   // does the linker get told to call others instead?

// ---- driver_summary.c: what functions of other units do with their arguments --------------------
void summary_options(const Unit *u, TranslateOptions *o);
// After the object is written. False: the unit must be compiled once more.
bool summary_finish(const Unit *u);

// ---- driver_exchange.c: the units of one command tell each other --------------------------------
// Before the units are compiled: starts and questions their processes, which then wait.
void exchange_begin(const Command *c, Unit **units);
bool exchange_end(const Unit *u, int *status); // lets the unit's process go on to its end; false: it has none
// In the process of a unit. Adds what others say to *others.
bool exchange_is_on(void);
void exchange_talk(Summaries *others, const Summary *own,
                   Summary *(*solve)(const Summaries *, void *), void *arg);
void exchange_settle(void); // waits for its turn to print, if it has not talked

// ---- driver_messages.c: the C compiler's messages about final C ---------------------------------
void messages_print(const char *text, size_t length, const char *final, size_t final_length);

// ---- driver_emit.c: --emit-c --------------------------------------------------------------------
int emit_command(const Command *c);
void emit_hide_directives(Buffer *text); // from the stages; unit_emit finds them again
// In the process of a unit, with its final C: writes the C file, or says by its status that it is to be done once more.
int unit_emit(const Unit *u, const char *text, size_t text_length);

// ---- driver_link.c: the runtime library ---------------------------------------------------------
const char *library_directory(void); // .../lib/gocc of this installation
// After the objects and libraries. That the library is missing is an error only if it is needed.
void link_add_runtime(Words *w, const Command *c, bool needed);
void link_set_environment(void); // <go/...> is found by every C compilation below us

// ---- driver_stale.c: links of objects that rely on summaries ------------------------------------
bool stale_is_possible(const Command *c, Unit **units); // does an input of the link rely on one? units: may be NULL
int stale_link(const Command *c, Words *w);             // links, and says what has to be compiled again

// ---- driver.c -----------------------------------------------------------------------------------
int driver_main(int argc, char **argv);
#endif
