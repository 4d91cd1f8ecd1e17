" syntax.vim - run by vim -es -S: the groups at the places that expect.vim lists, and no error group anywhere in $FILES.
set nomore
let s:wrong = 0
let s:checked = 0
function! s:say(text) abort
    call writefile([a:text], $OUT, 'a')
endfunction
function! s:group(line, column) abort
    return synIDattr(synID(a:line, a:column, 1), 'name')
endfunction

for s:line in readfile($EXPECT)
    let s:part = split(s:line, '\s*|\s*')
    if len(s:part) != 3
        continue
    endif
    execute 'edit' fnameescape($EXAMPLES . '/' . s:part[0])
    call cursor(1, 1)
    let s:at = searchpos(s:part[1], 'c')
    let s:checked += 1
    let s:found = 'no such text'
    for s:c in range(1, s:at[1])    " from the left, as Vim shows a line
        let s:found = s:group(s:at[0], s:c)
    endfor
    if s:found !=# s:part[2]
        let s:wrong += 1
        call s:say(s:part[0] . ': ' . s:part[1] . ': ' . s:found . ', not ' . s:part[2])
    endif
endfor

for s:file in split($FILES, "\n")
    execute 'edit' fnameescape(s:file)
    if &filetype !=# 'gocc'
        call s:say(s:file . ': filetype ' . &filetype)
    endif
    for s:n in range(1, line('$'))
        for s:c in range(1, col([s:n, '$']) - 1)
            let s:checked += 1
            if s:group(s:n, s:c) =~# 'Error\|BadBlock'
                let s:wrong += 1
                call s:say(s:file . ':' . s:n . ':' . s:c . ': ' . s:group(s:n, s:c))
                break
            endif
        endfor
    endfor
endfor
call s:say(s:checked . ' places, ' . s:wrong . ' wrong')
qall!
