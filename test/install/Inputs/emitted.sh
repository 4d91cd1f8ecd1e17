#!/bin/sh
# emitted.sh GOCC EXAMPLES INCLUDE LIBRARY TMP NAME...: compares the examples with what gcc makes of them as C.
gocc=$1 examples=$2 include=$3 library=$4 tmp=$5
flags="-O0 -Wall -Wextra -Werror -fno-delete-null-pointer-checks -fstack-clash-protection"
shift 5
rm -rf "$tmp" && mkdir "$tmp" && cd "$tmp" || exit 1
export GOMAXPROCS=1
yes 'a line of text with a word in it' | head -2000 >input

arguments() {
    case $1 in
    checksum | defer_resources) echo input ;;
    parallel_grep) echo word input ;;
    esac
}

# Output, and the file that one of them writes; times are not compared.
outcome() {
    rm -f input.copy
    timeout 20 ./"$1" $(arguments "$2") 2>&1 | sed 's/[0-9.]* *[mun]*s\b/TIME/g'
    [ ! -e input.copy ] || cksum input.copy
}

one() {
    $gocc -O0 "$examples/$1.gc" -o "$1" && outcome "$1" "$1" >"$1.expected" || return 1
    for form in '' -P; do
        $gocc --emit-c $form "$examples/$1.gc" -o "$1.c" && gcc $flags -I"$include" "$1.c" -lc "$library" -o "$1$form" || return 1
        outcome "$1$form" "$1" | cmp - "$1.expected" || return 1
    done
}

programs=0 differ=0
for name in "$@"; do
    programs=$((programs + 1))
    one "$name" || { echo "$name differs"; differ=$((differ + 1)); }
done 2>&1
echo "$programs programs, each as C in two forms: $differ differ"
