// tr_hostile.c - no text, however broken, crashes or hangs the reading of constructs, and every
// tree keeps its invariants.
//
// Each text is read in a child process: an arena is never given back, and a crash is a finding with
// a name. Time is watched by an alarm that is far above what linear work takes.
#include "gocc.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEEP = 100000,
       SECONDS = 20 };

static int failures;

// ---- invariants of a tree -----------------------------------------------------------------------

static void verify(bool holds, const char *what) {
    if (holds)
        return;
    printf("broken invariant: %s\n", what);
    fflush(stdout);
    _exit(3);
}

static void verify_span(const Tree *t, const Node *n, Span s) {
    if (!s.end)
        return;
    verify(s.start <= s.end && s.end <= t->source->length, "a part is inside the text");
    verify(n->span.start <= s.start && s.end <= n->span.end, "a part is inside its construct");
}

static void verify_tree(const Tree *t) {
    for (int i = 1; i <= t->n_nodes; i++) {
        const Node *n = t->by_id[i], *parent = n->parent;
        verify(n->id == i && n->depth == parent->depth + 1, "numbers and depths");
        verify(n->span.start < n->span.end, "a construct has a text");
        verify(parent->span.start <= n->span.start && n->span.end <= parent->span.end,
               "a child is inside its parent");
        verify(!n->next || n->span.end <= n->next->span.start, "siblings are in order and apart");
        if (!t->broken) {
            verify(n->kind != N_CASE || parent->kind == N_SELECT, "only a select has cases");
            verify(parent->kind != N_SELECT || n->kind == N_CASE || n->kind == N_ERROR,
                   "a select has only cases");
        }
        verify(parent->kind != N_ERROR, "what is in error has no children");
        verify_span(t, n, n->operand);
        verify_span(t, n, n->value);
        verify_span(t, n, n->target);
        verify_span(t, n, n->target2);
        verify_span(t, n, n->callee);
        verify_span(t, n, n->body);
        for (int k = 0; k < n->n_args; k++)
            verify_span(t, n, n->args[k]);
    }
}

// ---- reading in a child -------------------------------------------------------------------------

static void read_text(const char *text, size_t length) {
    char *copy = malloc(length + 1); // ends where it ends: a sanitizer sees a step beyond
    memcpy(copy, text, length);
    copy[length] = 0;
    Source *s = source_new(copy, length, "hostile.gc");
    Tree *t = tree_read(s);
    verify_tree(t);
    tree_needs_translation(t);
}

static void finish(pid_t child, const char *name, size_t number) {
    int status;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return;
    printf("%s, number %zu: %s %d\n", name, number, WIFSIGNALED(status) ? "signal" : "status",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    failures++;
}

static pid_t child_start(void) {
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        alarm(SECONDS);
    return child;
}

static void try_text(const char *name, const char *text, size_t length) {
    pid_t child = child_start();
    if (child == 0) {
        read_text(text, length);
        _exit(0);
    }
    finish(child, name, 0);
}

// ---- the texts ----------------------------------------------------------------------------------

static void truncations(const char *path) {
    Buffer whole = {0};
    if (!file_read(path, &whole)) {
        printf("cannot read %s\n", path);
        exit(1);
    }
    for (size_t at = 0; at <= whole.length; at += 50) {
        pid_t child = child_start();
        if (child == 0) {
            for (size_t i = at; i < at + 50 && i <= whole.length; i++)
                read_text(whole.data, i);
            _exit(0);
        }
        finish(child, "truncated", at);
    }
}

// DEEP times `open`, then `middle`, then DEEP times `close`, inside a function; also without the
// closing half.
static void nested(const char *open, const char *middle, const char *close) {
    Buffer b = {0};
    buffer_puts(&b, "void f(int c) { ");
    for (int i = 0; i < DEEP; i++)
        buffer_puts(&b, open);
    buffer_puts(&b, middle);
    try_text(open, b.data, b.length);
    for (int i = 0; i < DEEP; i++)
        buffer_puts(&b, close);
    buffer_puts(&b, "; }");
    try_text(open, b.data, b.length);
    free(b.data);
}

static void deep_nesting(void) {
    static const char *const shapes[][3] = {
        {"(", "<-c", ")"},
        {"[", "<-c", "]"},
        {"{", "c <- 1;", "}"},
        {"({", "<-c", ";})"},
        {"<-", "c", ""},
        {"chan(", "int", ")"},
        {"make(chan(", "int", "))"},
        {"go {", "f(1);", "}"},
        {"defer (int i = 1) {", "f(i);", "}"},
        {"select { case <-c: ", "f(1);", "}"},
        {"if (<-c) ", "f(1)", ""},
        {"(int)", "<-c", ""},
        {"len(", "c", ")"},
        {"-<-*", "c", ""},
        {"c ? <-c : ", "1", ""},
        {"a: ", "go f(1)", ""},
        {"for (int i : c) ", "f(i)", ""},
        {"struct { ", "chan(int) c; ", "} x;"},
        {"int (*f(", "chan(int) c", "))(int)"},
        {"(]", "<-c", ""},
        {"{)", "<-c", ""},
        {")", "<-c", "("},
        {"}", "<-c", "{"},
        {"\\\"", "<-c", ""},
        {"'", "<-c", ""},
        {"/*", "<-c", ""},
        {"do ", "<-c;", "while (1);"},
        {"enum { a", "} ; <-c", "}"},
        {"typedef int go; {", "go x;", "}"},
        {"case 1: ", "<-c", ""},
        {"__attribute__((", "c", "))"},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        nested(shapes[i][0], shapes[i][1], shapes[i][2]);
}

static void odd_bytes(void) {
    static const struct {
        const char *text;
        size_t length;
    } texts[] = {
#define TEXT(s) {s, sizeof s - 1}
        TEXT(""),
        TEXT("\0"),
        TEXT("\xef\xbb\xbf"),
        TEXT("\xef\xbb\xbf"
             "chan(int) c;"),
        TEXT("void f(void) { go \0 f(); }"),
        TEXT("void f(int \xe9t\xe9) { go g(\xe9t\xe9); }"),
        TEXT("void f(void)\r\n{\r\n  go f();\r\n}\r\n"),
        TEXT("# 1 \"x"),
        TEXT("#"),
        TEXT("\\"),
        TEXT("\""),
        TEXT("'\\"),
        TEXT("<-"),
        TEXT("go"),
        TEXT("{go"),
        TEXT("{go{"),
        TEXT("{select{"),
        TEXT("{select{case"),
        TEXT("{select{case:"),
        TEXT("{select{default"),
        TEXT("{select{default:"),
        TEXT("chan"),
        TEXT("chan<-"),
        TEXT("<-chan("),
        TEXT("chan()"),
        TEXT("{defer(int x"),
        TEXT("{defer(int x){"),
        TEXT("for(int i:"),
        TEXT("{for(:)"),
        TEXT("{for(int i:<-){}"),
        TEXT("any"),
        TEXT("_Result"),
        TEXT("make("),
        TEXT("{a,b=<-"),
        TEXT("{int a,bool b=<-;}"),
        TEXT("sizeof"),
        TEXT("{<-sizeof}"),
        TEXT("{<-sizeof(int)}"),
        TEXT("{<-^}"),
        TEXT("{<-(int){1}}"),
        TEXT("{x<-(int)}"),
        TEXT("{select{case a,b=<-:;case a,=<-c:;case ,=<-c:;case <-:;case a<-:}}"),
        TEXT("{a,int b=<-c;}"),
        TEXT("{v,=<-c;}"),
#undef TEXT
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        try_text(texts[i].text, texts[i].text, texts[i].length);
}

static void long_line(void) {
    Buffer b = {0};
    buffer_puts(&b, "void f(chan(int) c) {");
    while (b.length < 10 << 20)
        buffer_puts(&b, " c <- g(1, (int)<-c, \"text\"); x = y<-z;");
    buffer_puts(&b, "}");
    try_text("a line of 10 MB", b.data, b.length);
    free(b.data);
}

// Random sequences of what the language is made of: mostly wrong, all of them ended.
static void soup(unsigned seed) {
    static const char *const words[] = {"go",
                                        "defer",
                                        "select",
                                        "case",
                                        "default",
                                        "chan",
                                        "(",
                                        ")",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        "<-",
                                        "<-",
                                        ";",
                                        ";",
                                        ":",
                                        ",",
                                        "=",
                                        "x",
                                        "int",
                                        "any",
                                        "make",
                                        "close",
                                        "for",
                                        "if",
                                        "else",
                                        "do",
                                        "while",
                                        "switch",
                                        "?",
                                        "*",
                                        "struct",
                                        "typedef",
                                        "T",
                                        "1",
                                        "\"s\"",
                                        "sizeof",
                                        "recover",
                                        "_Result",
                                        "return",
                                        "++",
                                        "->",
                                        "bool",
                                        "goto",
                                        "__attribute__",
                                        "go {",
                                        "select {",
                                        "case <-c:",
                                        "default:",
                                        "(int)",
                                        "chan(int)",
                                        "f(x);",
                                        "}",
                                        "}",
                                        ")",
                                        "enum",
                                        "^",
                                        "__extension__",
                                        "\n# 3 \"h.h\" 3\n",
                                        "\n# 9 \"a.gc\"\n"};
    Buffer b = {0};
    buffer_puts(&b, "typedef int T; void f(chan(int) c) { ");
    for (int n = 4 + (int)(seed % 60); n > 0; n--) {
        seed = seed * 1103515245u + 12345u;
        buffer_puts(&b, words[(seed >> 16) % (sizeof words / sizeof *words)]);
        buffer_puts(&b, " ");
    }
    read_text(b.data, b.length);
    free(b.data);
}

static void soups(unsigned from, unsigned to) {
    for (unsigned at = from; at < to; at += 100) {
        pid_t child = child_start();
        if (child == 0) {
            for (unsigned i = at; i < at + 100; i++)
                soup(i * 2654435761u);
            _exit(0);
        }
        finish(child, "soup", at);
    }
}

int main(int argc, char **argv) {
    odd_bytes();
    deep_nesting();
    long_line();
    soups(0, argc > 2 ? (unsigned)atoi(argv[2]) : 2000);
    if (argc > 1)
        truncations(argv[1]);
    return failures != 0;
}
