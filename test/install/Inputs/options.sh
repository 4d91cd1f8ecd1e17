#!/bin/sh
# options.sh GOCC PAGE: gocc's own options in its --help and in the page. What the page says of gcc's options is not compared:
# those in a list, -fsanitize, --help and --version.
listed() { "$1" --help | sed -n '/^Options of gocc/,$s/^  \(-[^ ]*\( gc\)\?\).*/\1/p'; }
explained() {
    sed -n 's/^\.It Fl //p' "$1" | grep -v 'M\*\|^fsanitize\|^Fl help' |
        sed 's/^Fl /-/; s/^/-/; s/ Ns.*//; s/ Cm gc/ gc/; s/ Ar.*//'
}
plain() { sed 's/[=[].*//' | sort; }
listed "$1" | plain >"${TMPDIR:-/tmp}/options.$$.a"
explained "$2" | plain >"${TMPDIR:-/tmp}/options.$$.b"
cd "${TMPDIR:-/tmp}" && diff options.$$.a options.$$.b
echo "$(wc -l <options.$$.a) options, $(diff options.$$.a options.$$.b | grep -c '^[<>]') in one place only"
rm -f options.$$.a options.$$.b
