// tr_user_types.c - channel types in gcc's and clang's words become the user's; other words stay.
#include "gocc.h"

#include <string.h>

static const struct {
    const char *compiler, *user;
} messages[] = {
    // gcc
    {"'int * (**)(struct gocc_chan)'", "'chan(int)'"},
    {"'struct job ** (* const*)(struct gocc_chan)'", "'chan<-(struct job *)'"},
    {"'const char ** (* volatile*)(struct gocc_chan)'", "'<-chan(const char *)'"},
    {"'int * (*** (**)(struct gocc_chan))(struct gocc_chan)'", "'chan(chan(int))'"},
    {"'long unsigned int * (* volatile** (* const*)(struct gocc_chan))(struct gocc_chan)'",
     "'chan<-(<-chan(long unsigned int))'"},
    {"'int (** (**)(struct gocc_chan))(int,  char *)'", "'chan(int (*)(int, char *))'"},
    {"'int (** (**)(struct gocc_chan))[3]'", "'chan(int (*)[3])'"},
    {"'ints' {aka 'int * (**)(struct gocc_chan)'}", "'ints' {aka 'chan(int)'}"},
    {"'int * (***)(struct gocc_chan)'", "'chan(int) *'"},
    {"'int * (** const)(struct gocc_chan)'", "'const chan(int)'"},
    {"'struct <anonymous> ** (**)(struct gocc_chan)'", "'chan(struct <anonymous> *)'"},
    {"'char * (*** (*** (**)(struct gocc_chan))(struct gocc_chan))(struct gocc_chan)'",
     "'chan(chan(chan(char)))'"},
    {"'void (** (**)(struct gocc_chan))(int * (**)(struct gocc_chan))'",
     "'chan(void (*)(chan(int)))'"},
    {"'int * (** (*)(int * (**)(struct gocc_chan), char * (* const*)(struct gocc_chan)))(struct "
     "gocc_chan)'",
     "'chan(int) (*)(chan(int), chan<-(char))'"},
    {"'int * restrict* (**)(struct gocc_chan)'", "'chan(int *restrict)'"},
    {"\xe2\x80\x98_Complex float * (**)(struct gocc_chan)\xe2\x80\x99",
     "\xe2\x80\x98"
     "chan(_Complex float)\xe2\x80\x99"},
    // clang
    {"'typeof(typeof(int) *(**)(struct gocc_chan))' (aka 'int *(**)(struct gocc_chan)')",
     "'chan(int)'"},
    {"'typeof(typeof(fn) *(**)(struct gocc_chan))' (aka 'int (**(**)(struct gocc_chan))(int, char "
     "*)')",
     "'chan(fn)' (aka 'chan(int (*)(int, char *))')"},
    {"'typeof(typeof(typeof(typeof(unsigned long) *(*volatile *)(struct gocc_chan))) *(*const "
     "*)(struct gocc_chan))'",
     "'chan<-(<-chan(unsigned long))'"},
    {"'ints[3]' (aka 'int *(**[3])(struct gocc_chan)') [-Wint-conversion]",
     "'ints[3]' (aka 'chan(int)[3]') [-Wint-conversion]"},
    {"'typeof(typeof(struct (unnamed at t.gc:1:45) *) *(**)(struct gocc_chan))'",
     "'chan(struct (unnamed at t.gc:1:45) *)'"},
    // what is none, what cannot be read, and apostrophes
    {"unused variable 'c'", "unused variable 'c'"},
    {"'int' (aka 'long')", "'int' (aka 'long')"},
    {"'struct gocc_chan'", "'struct gocc_chan'"},
    {"'int *(**(struct gocc_chan'", "'int *(**(struct gocc_chan'"},
    {"'((((struct gocc_chan'", "'((((struct gocc_chan'"},
    {"don't pass 'int *(**)(struct gocc_chan)'", "don't pass 'chan(int)'"},
    {"'int *(**)(struct gocc_chan)", "'int *(**)(struct gocc_chan)"},
    {"", ""},
};

// A type nested deeper than anybody writes is left alone, and quickly.
static bool deep_nesting_is_refused(void) {
    Buffer b = {0};
    buffer_puts(&b, "'");
    for (int i = 0; i < 100000; i++)
        buffer_puts(&b, "typeof(");
    buffer_puts(&b, "struct gocc_chan'");
    bool same = !strcmp(diag_user_types(b.data), b.data);
    for (b.length = 1; b.length < 100000;)
        buffer_puts(&b, "(");
    buffer_puts(&b, "struct gocc_chan'");
    return same && !strcmp(diag_user_types(b.data), b.data);
}

int main(void) {
    int failures = 0;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const char *got = diag_user_types(messages[i].compiler);
        if (!strcmp(got, messages[i].user))
            continue;
        printf("%s\n  got    %s\n  wanted %s\n", messages[i].compiler, got, messages[i].user);
        failures++;
    }
    if (!deep_nesting_is_refused()) {
        printf("deep nesting is not refused\n");
        failures++;
    }
    return failures != 0;
}
