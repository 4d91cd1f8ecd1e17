# unit.awk - prints a C unit of 1,000 lines: fifty functions of plain C, and with -v constructs=1 one construct of
# gocc in each (ten each of go, receive, select, defer and range), in the proportions of a real server's source.
BEGIN {
    line("#include <stdio.h>")
    line("#include <stdlib.h>")
    line("#include <string.h>")
    line("struct record { int id, size; char name[32]; struct record *next; };")
    line("static struct record *head; static long total;")
    for (f = 0; f < 50; f++)
        plain_function(f)
    line("int main(int argc, char **argv) {")
    line("    if (argc > 1) head = calloc(1, sizeof *head);")
    for (f = 0; f < 50; f++)
        line("    total += work_" f "(head, argc + " f ", argv[0]);")
    line("    return (int)(total & 1); }")
    while (lines < 1000)
        line("// " lines)
}
function line(s) { print s; lines++ }
function plain_function(f) {
    line("static int step_" f "(int v, int by) { return v * by + " f "; }")
    line("static long work_" f "(struct record *list, int n, const char *text) {")
    line("    long sum = 0, values[16];")
    line("    char copy[64];")
    line("    snprintf(copy, sizeof copy, \"%s %d\", text, n);")
    line("    for (int i = 0; i < 16; i++) values[i] = (long)i * n + (long)strlen(copy);")
    line("    for (struct record *r = list; r; r = r->next) {")
    line("        if (r->size > n && strcmp(r->name, copy) == 0) sum += r->id;")
    line("        else if (r->size < 0) return -1;")
    line("        switch (r->id % 4) { case 0: sum += 3; break; case 1: sum -= n; break; default: sum ^= 5; }")
    line("    }")
    line("    " construct(f))
    line("    for (int i = 0; i < 16; i++) sum += values[i] > sum ? values[i] : step_" f "((int)values[i], n);")
    line("    while (sum > 1000000) sum /= 3;")
    line("    if (sum < 0) { struct record *r = malloc(sizeof *r); if (r) { r->id = n; r->next = head; head = r; } }")
    line("    return sum;")
    line("}")
}
function construct(f) {
    if (!constructs)
        return "int v" f " = step_" f "(n, 1); if (v" f " > n) sum += v" f ";"
    if (f % 5 == 0) return "chan(int) c = make(chan(int), 1); go { c <- n; } sum += n;"
    if (f % 5 == 1) return "chan(long) c = make(chan(long), 1); c <- sum; sum += <-c;"
    if (f % 5 == 2) return "chan(int) c = NULL; select { case int v = <-c: sum += v; break; default: sum++; }"
    if (f % 5 == 3) return "defer { total += n; }"
    return "chan(int) c = make(chan(int), 2); c <- n; close(c); for (int v : c) sum += v;"
}
