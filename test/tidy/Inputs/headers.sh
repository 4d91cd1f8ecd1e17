#!/bin/sh
# headers.sh INCLUDE COMPILER...: compiles every go/*.h alone, and all of them twice, with each.
include=$1
shift
count=0 failed=0
check() {
    count=$((count + 1))
    printf '%s\nextern int go_unit_is_not_empty;\n' "$3" |
        ${1%% *} -Wall -Wextra -Wpedantic -Werror -I"$include" ${1#* } -fsyntax-only - && return
    echo "$1: $2"
    failed=$((failed + 1))
}
exec 2>&1
for compiler in "$@"; do
    case $compiler in *-x*) ;; *) compiler="$compiler -x c" ;; esac
    all=
    for header in "$include"/go/*.h; do
        line="#include <go/$(basename "$header")>"
        all="$all$line
"
        check "$compiler" "$header" "$line"
    done
    check "$compiler" "all headers, twice" "$all$all"
done
echo "$count headers, $failed failed"
[ $failed = 0 ]
