#!/bin/sh
# kakoune.sh EDITOR-DIRECTORY FILE OUT: opens FILE in Kakoune without a terminal; what it makes of it goes to OUT.
rm -f "$3"
timeout 20 kak -n -ui dummy -e "try %{
    source /usr/share/kak/rc/tools/comment.kak
    source /usr/share/kak/rc/filetype/c-family.kak
    source $1/kakoune/gocc.kak
    edit $2
    nop %sh{ echo \"filetype \$kak_opt_filetype, comments \$kak_opt_comment_line\" >$3 }
} catch %{
    nop %sh{ echo \"error: \$kak_error\" >$3 }
}
quit!" </dev/null >/dev/null
cat "$3"
