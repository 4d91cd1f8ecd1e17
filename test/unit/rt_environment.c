// What the environment says: GODEBUG and numbers; what cannot be read is reported, and the default
// holds.
#define _GNU_SOURCE
#include "base/check.h"
#include "base/flags.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char reported[4096];

// What flags_number answers for the text; what it says on stderr is in `reported`.
static int64_t number(const char *text) {
    int saved = dup(2), file = memfd_create("stderr", 0);
    setenv("GOCC_TEST", text, 1);
    dup2(file, 2);
    int64_t value = gort_flags_number("GOCC_TEST", 1, 1000, 42);
    dup2(saved, 2);
    memset(reported, 0, sizeof reported);
    gort_check(pread(file, reported, sizeof reported - 1, 0) >= 0);
    close(file);
    close(saved);
    return value;
}

int main(void) {
    gort_check(number("7") == 7 && !reported[0]);
    gort_check(number("") == 42 && !reported[0]);
    gort_check(number("1000") == 1000 && number("1001") == 42 &&
               strstr(reported, "GOCC_TEST=1001: out of range; the default holds\n"));
    gort_check(number("0") == 42 && strstr(reported, "out of range"));
    gort_check(number("-3") == 42 && strstr(reported, "out of range"));
    static const char *const bad[] = {"x", "1x", "-", " 1", "1.5", "99999999999999999999"};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
        gort_check(number(bad[i]) == 42 &&
                   strstr(reported, "expected a whole number; the default holds\n"));
    unsetenv("GOCC_TEST");
    gort_check(gort_flags_number("GOCC_TEST", 1, 1000, 42) == 42);

    memset(&gort_flags, 0, sizeof gort_flags);
    setenv("GODEBUG", "gctrace=1,seed=17,unknown,verify=1,=,seedy=3", 1);
    gort_flags_read();
    gort_check(gort_flags.has_seed && gort_flags.seed == 17 && gort_flags.verify);
    puts("ok");
}
