#!/bin/sh
# exports.sh LIBDIR INTERPOSED: names in libgort*.a that are defined, global, and neither ours nor listed.
# DW.ref.NAME is what gcc makes for itself where -fexceptions is on: hidden.
cat "$1"/libgort.a "$1"/libgort-asan.a "$1"/libgort-tsan.a >/dev/null || exit 1
names=$(nm -g --defined-only "$1"/libgort*.a 2>/dev/null | awk 'NF == 3 { print $3 }' | sort -u)
foreign=$(echo "$names" | grep -vE '^(go_|go__|gort_|__odr_asan\.(go_|gort_)|DW\.ref\.)' | grep -vxF -f "$2")
[ -z "$foreign" ] || echo "$foreign"
echo "$(echo "$names" | wc -l) symbols, $(echo "$foreign" | grep -c .) foreign"
