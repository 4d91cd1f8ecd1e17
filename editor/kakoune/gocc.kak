# gocc.kak - Kakoune: put it into ~/.config/kak/autoload. kak-lsp.toml is what kak-lsp is told.
hook global BufCreate .+\.gc %{
    set-option buffer filetype gocc
}

hook global BufSetOption filetype=gocc %{
    set-option buffer comment_line '//'
    set-option buffer comment_block_begin '/*'
    set-option buffer comment_block_end '*/'
}

hook global WinSetOption filetype=gocc %{
    require-module c-family
    add-highlighter window/c ref c
    add-highlighter window/gocc group
    add-highlighter window/gocc/words regex \b(go|defer)\h+[\w(*\x7B]|\b(select)\h*\x7B|(<-) 1:keyword 2:keyword 3:operator
    add-highlighter window/gocc/types regex \b(chan)\h*(?:<-)?\h*\(|\b(any)\h+\**\w 1:type 2:type
    add-highlighter window/gocc/functions regex \b(make|new|close|len|cap|panicf?|recover|any_is|any_as|any_string)\h*\( 1:builtin
    hook -once -always window WinSetOption filetype=.* %{
        remove-highlighter window/c
        remove-highlighter window/gocc
    }
}
