#!/bin/bash
# What gocc costs on top of the C compiler for units without constructs: at most 5 %.
#
#   driver_overhead.sh GOCC [ROUNDS]
#
# Three sizes of unit, compiled in turn by gcc and by gocc, ROUNDS times (default 40) each, so that what else the machine does hits
# both. Reported are the medians of wall time, and their ratio. Not a test: the machine's noise decides at the margin.
set -euo pipefail
gocc=${1:?usage: driver_overhead.sh GOCC [ROUNDS]}
rounds=${2:-40}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

printf 'int twice(int x) { return 2 * x; }\n' >tiny.gc
printf '#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\nint main(void) { puts("hello"); return 0; }\n' >hello.gc
{
    printf '#include <stdio.h>\n#include <unistd.h>\n#include <math.h>\n#include "own.h"\n'
    for i in $(seq 300); do
        printf 'int f%d(int fd, const char *s, size_t len) { /* go, defer */ if (len < 3) return close(fd); ' "$i"
        printf 'return printf("%%s select chan <- %%zu", s, len) + own(%d); }\n' "$i"
    done
} >long.gc
printf 'static inline int own(int x) { return x + 1; }\n' >own.h
for name in tiny hello long; do cp $name.gc $name.c; done

now() { date +%s%N; }
median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }
time_of() {
    local start
    start=$(now)
    "$@"
    echo $((($(now) - start) / 1000))
}

printf '%-8s %-4s %10s %10s %7s\n' unit opt 'gcc us' 'gocc us' ratio
for name in tiny hello long; do
    for opt in -O0 -O2; do
        : >gcc.us
        : >gocc.us
        for _ in $(seq "$rounds"); do
            time_of gcc "$opt" -c $name.c -o gcc.o >>gcc.us
            time_of "$gocc" "$opt" -c $name.gc -o gocc.o >>gocc.us
        done
        a=$(median <gcc.us) b=$(median <gocc.us)
        printf '%-8s %-4s %10d %10d %7.3f\n' $name "$opt" "$a" "$b" "$(echo "$b $a" | awk '{ print $1 / $2 }')"
    done
done
