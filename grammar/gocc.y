/* gocc.y - the constructs of the extension, as islands in C.

   One rule per construct; the C in between is balanced text. The tokens come classified
   (translator/tokens.c), so a token says by itself what it starts, and the grammar has no conflicts.
   SEND_BEGIN and RECV2_BEGIN are no text: they stand before the first token of a statement that the
   classification found to be a send or a two-value receive; MISSING stands where a go or defer
   statement lacks its semicolon.

   A wrong form has a rule of its own wherever a person would write it, with a message that says what
   was expected; what is left ends at the next semicolon. The value of every symbol is the index of
   its first token, so each action hands token indices to translator/tree.c. */
%code requires {
#include "tokens.h"
}
%{
#include <string.h>
#pragma GCC diagnostic ignored "-Wunused-but-set-variable"
#define YYMAXDEPTH 100000000
#define YYSTACK_USE_ALLOCA 0
#define NO_OPERAND "expected an operand after '<-'"
#define NO_COMMUNICATION "'case' in select must be a send or a receive"
%}
%define api.pure full
%define api.value.type {int}
%define api.token.prefix {T_}
%param {Reader *r}
%code {
static int yylex(int *value, Reader *r);
static void yyerror(Reader *r, const char *message);
}
%token TEXT SEMI LPAREN RPAREN LBRACKET RBRACKET
%token LBRACE RBRACE                "braces of a block"
%token INIT_OPEN INIT_CLOSE         "braces of an initialiser, struct, union or enum"
%token GO DEFER COPIES MISSING
%token SELECT CASE DEFAULT CASE_COLON
%token CHAN CHAN_SEND CHAN_RECV     "chan, <- after it, <- before it"
%token RECV SEND FROM COMMA ASSIGN SEND_BEGIN RECV2_BEGIN
%token RANGE RANGE_COLON CALL WORD
%expect 0
%start unit
%%
unit: items ;

items: %empty { $$ = -1; }
     | items item
     ;

item: element
    | SEMI
    | LBRACE items RBRACE
    | go
    | send
    | receive2
    | select
    | error SEMI                                          { yyerrok; }
    ;

elements: element
        | elements element
        ;

element: TEXT
       | LPAREN items RPAREN
       | LBRACKET items RBRACKET
       | INIT_OPEN items INIT_CLOSE
       | channel
       | CALL LPAREN items RPAREN
            { node_call(r, $1, $2, $4); }
       | WORD
            { node_word(r, $1); }
       | RECV
            { node_receive(r, $1); }
       | range
       ;

channel: CHAN LPAREN items RPAREN
            { node_chan(r, $1, $1, $2, $4, DIR_BOTH); }
       | CHAN CHAN_SEND LPAREN items RPAREN
            { node_chan(r, $1, $1, $3, $5, DIR_SEND); }
       | CHAN_RECV CHAN LPAREN items RPAREN
            { node_chan(r, $1, $2, $3, $5, DIR_RECV); }
       ;

range: RANGE LPAREN elements RANGE_COLON elements RPAREN
            { node_range(r, $1, $2, $4, $6); }
     | RANGE LPAREN elements RANGE_COLON RPAREN
            { node_error(r, $4, $5, ";0;", $5, "expected a channel after ':'"); }
     | RANGE LPAREN RANGE_COLON elements RPAREN
            { node_error(r, $3, $3 + 1, ";0;", $3, RANGE_NEEDS_VARIABLE); }
     | RANGE LPAREN RANGE_COLON RPAREN
            { node_error(r, $3, $3 + 1, ";0;", $3, RANGE_NEEDS_VARIABLE); }
     ;

go_word: GO | DEFER ;

go: go_word LBRACE items RBRACE
            { node_go_block(r, $1, -1, -1, $2, $4); }
  | go_word COPIES elements RPAREN LBRACE items RBRACE
            { node_go_block(r, $1, $2, $4, $5, $7); }
  | go_word COPIES elements RPAREN no_block
            { node_error(r, $1, $5, "", $5, "expected '{' after the copies"); }
  | go_word elements go_end
            { node_go_call(r, $1, $3); }
  | go_word go_end
            { node_go_call(r, $1, $2); }
  ;

go_end: SEMI | MISSING ;
no_block: elements SEMI | SEMI ;

send: SEND_BEGIN elements SEND elements SEMI
            { node_send(r, $2, $3, $5); }
    | SEND_BEGIN elements SEND SEMI
            { node_error(r, $2, $4, "", $3, "missing value after '<-'"); }
    ;

receive2: RECV2_BEGIN elements COMMA elements ASSIGN FROM elements SEMI
            { node_receive2(r, $2, $3, $5, $6, $8); }
        | RECV2_BEGIN elements COMMA elements ASSIGN FROM SEMI
            { node_error(r, $2, $7, "", $6, NO_OPERAND); }
        ;

select: SELECT LBRACE items clauses RBRACE
            { node_select(r, $1, $2, $5); }
      ;

clauses: %empty
       | clauses clause items
       ;

clause: CASE FROM elements CASE_COLON
            { node_case(r, $1, $2, -1, -1, $2, $4, COMM_RECV); }
      | CASE elements ASSIGN FROM elements CASE_COLON
            { node_case(r, $1, $2, -1, $3, $4, $6, COMM_RECV); }
      | CASE elements COMMA elements ASSIGN FROM elements CASE_COLON
            { node_case(r, $1, $2, $3, $5, $6, $8, COMM_RECV); }
      | CASE elements SEND elements CASE_COLON
            { node_case(r, $1, $2, -1, -1, $3, $5, COMM_SEND); }
      | DEFAULT CASE_COLON
            { node_case(r, $1, -1, -1, -1, -1, $2, COMM_DEFAULT); }
      | CASE no_operand CASE_COLON
            { node_case_error(r, $1, $3, $2, NO_OPERAND); }
      | CASE elements SEND CASE_COLON
            { node_case_error(r, $1, $4, $3, "missing value after '<-'"); }
      | CASE elements CASE_COLON
            { node_case_error(r, $1, $3, $2, NO_COMMUNICATION); }
      | CASE CASE_COLON
            { node_case_error(r, $1, $2, $2, NO_COMMUNICATION); }
      | CASE elements SEMI
            { node_case_error(r, $1, $3, $3, "expected ':' after 'case'"); }
      | DEFAULT elements CASE_COLON
            { node_case_error(r, $1, $3, $2, "expected ':' after 'default'"); }
      | DEFAULT elements SEMI
            { node_case_error(r, $1, $3, $2, "expected ':' after 'default'"); }
      | DEFAULT SEMI
            { node_case_error(r, $1, $2, $2, "expected ':' after 'default'"); }
      ;

no_operand: FROM
          | elements ASSIGN FROM
            { $$ = $3; }
          | elements COMMA elements ASSIGN FROM
            { $$ = $5; }
          ;
%%
// Hands the classified tokens to the parser, each as its index.
static int yylex(int *value, Reader *r) {
    static const struct { int flag, token; } before[] = {
        {F_SEND, T_SEND_BEGIN}, {F_RECV2, T_RECV2_BEGIN}, {F_MISSING, T_MISSING}};
    *value = (int)r->next;
    if (r->next >= r->n) return 0;
    const Token *t = &r->v[r->next];
    if (!r->pending)
        for (int i = 0; i < 3; i++)
            if (t->flags & before[i].flag) return r->pending = before[i].token;
    r->pending = 0;
    r->next++;
    return t->cls;
}

// What no rule above expects.
static void yyerror(Reader *r, const char *message) {
    int at = (int)r->next > 0 ? (int)r->next - 1 : 0;
    r->broken = true;
    if (r->raw && r->n_failures++) at = -1; /* one is enough to say */
    if (r->failed < 0) r->failed = (int)r->next > 0 ? (int)r->next - 1 : 0;
    if (at < 0) return;
    if (!strcmp(message, "memory exhausted")) reader_error(r, at, "brackets are nested too deeply");
    else if (r->unmatched < 0)
        reader_error(r, at, "a construct is not complete before this");
}

int reader_parse(Reader *r) {
    r->next = 0;
    r->pending = 0;
    return yyparse(r);
}
