#!/bin/bash
# What gocc costs on top of the C compiler for units without constructs: at most 5 %.
#
#   driver_overhead.sh GOCC [ROUNDS]
#
# Three sizes of unit, compiled in turn by gcc and by gocc, ROUNDS times each (default 40), so that what else the machine
# does hits both. Reported are the smallest and the median processor time (user and system, all processes of the
# command), and the ratio of the medians. Not a test: at the margin the machine's noise decides.
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
        printf 'int f%d(int fd, const char *s, size_t len) { /* go, defer */ if (len<-3) return close(fd); ' "$i"
        printf 'return printf("%%s select chan <- %%zu", s, len) + own(%d); }\n' "$i"
    done
} >long.gc
printf 'static inline int own(int x) { return x + 1; }\n' >own.h
for name in tiny hello long; do cp $name.gc $name.c; done

exec /usr/bin/python3 - "$gocc" "$rounds" <<'PYTHON'
import os, resource, statistics, sys

def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (r.ru_utime + r.ru_stime)

def processor_ms(*command):
    before = used()
    if os.spawnvp(os.P_WAIT, command[0], command) != 0:
        sys.exit("failed: " + " ".join(command))
    return used() - before

gocc, rounds = sys.argv[1], int(sys.argv[2])
print(f"{'unit':8} {'opt':4} {'gcc ms: min':>12} {'median':>8} {'gocc ms: min':>13} {'median':>8} {'ratio':>7}")
for unit in "tiny", "hello", "long":
    for opt in "-O0", "-O2":
        gcc_ms, gocc_ms = [], []
        for _ in range(rounds if unit != "long" else max(3, rounds // 4)):
            gcc_ms.append(processor_ms("gcc", opt, "-c", unit + ".c", "-o", "gcc.o"))
            gocc_ms.append(processor_ms(gocc, opt, "-c", unit + ".gc", "-o", "gocc.o"))
        a, b = statistics.median(gcc_ms), statistics.median(gocc_ms)
        print(f"{unit:8} {opt:4} {min(gcc_ms):12.1f} {a:8.1f} {min(gocc_ms):13.1f} {b:8.1f} {b / a:7.3f}")
PYTHON
