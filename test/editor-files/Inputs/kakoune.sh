#!/bin/sh
# kakoune.sh EDITOR-DIRECTORY FILE OUT: opens FILE in Kakoune, once to ask what it takes it for (written to OUT), once for the buffer in
# which it tells of errors.
rm -f "$3"
sources="source /usr/share/kak/rc/tools/comment.kak
source /usr/share/kak/rc/filetype/c-family.kak
source $1/kakoune/gocc.kak
edit $2"
timeout 20 kak -n -ui dummy -e "$sources
nop %sh{ echo \"filetype \$kak_opt_filetype, comments \$kak_opt_comment_line\" >$3 }
quit!" </dev/null >/dev/null
cat "$3"
timeout 20 kak -n -ui json -e "$sources
buffer *debug*" </dev/null 2>/dev/null | grep -o 'error running[^"]*'
echo 'no more errors'
