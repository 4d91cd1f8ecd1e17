// dump.c - the stages of the translator print themselves, for people and for FileCheck.
//
// `gocc -d tokens,tree` sets what is wanted; every line is one item with its line:column of the
// user's file, and says nothing that depends on the machine. `-d tokens` leaves system headers out.
#include "gocc.tab.h"
#include "tokens.h"

// A part of the text between backquotes, on one line.
static void print_part(const Source *s, const char *name, Span part) {
    if (part.end <= part.start)
        return;
    printf(" %s=`", name);
    bool blank = false;
    for (size_t i = part.start; i < part.end; i++) {
        char c = s->text[i];
        if (c == '#' && (i == 0 || s->text[i - 1] == '\n')) { // a line marker inside the part
            while (i + 1 < part.end && s->text[i + 1] != '\n')
                i++;
        } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r')
            blank = i > part.start;
        else {
            if (blank)
                putchar(' ');
            blank = false;
            putchar(c ? c : '?');
        }
    }
    putchar('`');
}

static const char *class_name(int cls) {
    static const char *const names[] = {[T_TEXT - T_TEXT] = "text",
                                        [T_SEMI - T_TEXT] = "end",
                                        [T_LPAREN - T_TEXT] = "paren",
                                        [T_RPAREN - T_TEXT] = "paren",
                                        [T_LBRACKET - T_TEXT] = "bracket",
                                        [T_RBRACKET - T_TEXT] = "bracket",
                                        [T_LBRACE - T_TEXT] = "block",
                                        [T_RBRACE - T_TEXT] = "block",
                                        [T_INIT_OPEN - T_TEXT] = "braces",
                                        [T_INIT_CLOSE - T_TEXT] = "braces",
                                        [T_GO - T_TEXT] = "go",
                                        [T_DEFER - T_TEXT] = "defer",
                                        [T_COPIES - T_TEXT] = "copies",
                                        [T_SELECT - T_TEXT] = "select",
                                        [T_CASE - T_TEXT] = "case",
                                        [T_DEFAULT - T_TEXT] = "default",
                                        [T_CASE_COLON - T_TEXT] = "case-colon",
                                        [T_CHAN - T_TEXT] = "chan",
                                        [T_CHAN_SEND - T_TEXT] = "chan-send",
                                        [T_CHAN_RECV - T_TEXT] = "chan-recv",
                                        [T_RECV - T_TEXT] = "receive",
                                        [T_SEND - T_TEXT] = "send",
                                        [T_FROM - T_TEXT] = "from",
                                        [T_COMMA - T_TEXT] = "comma",
                                        [T_ASSIGN - T_TEXT] = "assign",
                                        [T_RANGE - T_TEXT] = "range",
                                        [T_RANGE_COLON - T_TEXT] = "range-colon",
                                        [T_CALL - T_TEXT] = "call",
                                        [T_WORD - T_TEXT] = "word"};
    size_t i = (size_t)(cls - T_TEXT);
    return i < sizeof names / sizeof *names && names[i] ? names[i] : "?";
}

void dump_tokens(const Tree *t) {
    for (size_t i = 0; i < t->tokens.n; i++) {
        const Token *token = &t->tokens.v[i];
        Place at = source_place(t->source, token->span.start);
        if (at.system)
            continue;
        printf("%u:%u %s", at.line, at.column, class_name(token->cls));
        print_part(t->source, "text", token->span);
        if (token->flags & F_CAST)
            printf(" cast");
        if (token->flags & F_SYSTEM_NAME)
            printf(" system");
        putchar('\n');
    }
}

static const char *const kind_names[] = {
    [N_UNIT] = "unit", [N_CHAN] = "chan", [N_RECV] = "receive", [N_SEND] = "send", [N_RECV2] = "receive2", [N_GO] = "go", [N_DEFER] = "defer", [N_SELECT] = "select", [N_CASE] = "case", [N_RANGE] = "range", [N_CALL] = "call", [N_WORD] = "word", [N_ERROR] = "error"};
static const char *const word_names[] = {
    [W_NONE] = "", [W_MAKE] = "make", [W_NEW] = "new", [W_LEN] = "len", [W_CAP] = "cap", [W_CLOSE] = "close", [W_PANIC] = "panic", [W_PANICF] = "panicf", [W_RECOVER] = "recover", [W_ANY_IS] = "any_is", [W_ANY_AS] = "any_as", [W_ANY_STRING] = "any_string", [W_ANY] = "any", [W_RESULT] = "_Result", [W_ERRNO] = "errno"};

static void print_node_kind(const Node *n) {
    static const char *const directions[] = {"", " send-only", " receive-only"};
    static const char *const comms[] = {" receive", " send", " default", " error"};
    printf("%s", kind_names[n->kind]);
    if (n->kind == N_CHAN)
        printf("%s", directions[n->direction]);
    if (n->kind == N_CASE)
        printf("%s", comms[n->comm]);
    if (n->kind == N_GO || n->kind == N_DEFER)
        printf("%s", n->is_block ? " block" : " call");
    if (n->word != W_NONE)
        printf(" %s", word_names[n->word]);
    if (n->declares)
        printf(" declares");
    if (n->system_name)
        printf(" system-name");
    if (n->is_comparison)
        printf(" comparison");
}

static void print_node(const Source *s, const Node *n) {
    Place at = source_place(s, n->span.start);
    printf("%*s%u:%u ", 2 * (n->depth < 50 ? n->depth - 1 : 50), "", at.line, at.column);
    print_node_kind(n);
    print_part(s, "callee", n->callee);
    print_part(s, "target", n->target);
    print_part(s, "target2", n->target2);
    print_part(s, "operand", n->operand);
    print_part(s, "value", n->value);
    for (int i = 0; i < n->n_args; i++)
        print_part(s, n->head.end ? "copy" : "arg", n->args[i]);
    if (n->kind == N_CASE || ((n->kind == N_GO || n->kind == N_DEFER) && n->is_block)) {
        Place end = source_place(s, n->body.end ? n->body.end - 1 : 0);
        printf(" to %u", end.line);
    }
    putchar('\n');
}

void dump_tree(const Tree *t) {
    for (int i = 1; i <= t->n_nodes; i++)
        print_node(t->source, t->by_id[i]);
    if (!t->n_nodes)
        printf("no constructs\n");
    else if (!tree_needs_translation(t))
        printf("plain C\n");
}
