" gocc.vim - syntax of .gc files: C's, and the words and signs of gocc (docs/language.md).
if exists('b:current_syntax')
    finish
endif

" Braces within parentheses are no mistake: `({ ... })`, and blocks of go and defer in arguments.
let s:curly = exists('c_no_curly_error')
let c_no_curly_error = 1
runtime! syntax/c.vim
if !s:curly
    unlet c_no_curly_error
endif
unlet s:curly
unlet! b:current_syntax

" The language's words are words where C has no use for them: a name of the program's own is left alone where its form tells.
syntax match goccStatement /\<go\>\ze\s*\%(\h\|[({*]\)/
syntax match goccStatement /\<defer\>\ze\s*\%(\h\|[({*]\)/
syntax match goccConditional /\<select\>\ze\s*\%({\|$\)/
syntax match goccType /\<chan\>\ze\s*\%(<-\s*\)\=(/
syntax match goccType /\<any\>\ze\s\+[*]*\h/
syntax match goccFunction /\<\%(make\|new\|close\|len\|cap\|panic\|panicf\|recover\|any_is\|any_as\|any_string\)\>\ze\s*(/
syntax keyword goccVariable _Result
syntax match goccArrow /<-/


highlight default link goccStatement Statement
highlight default link goccConditional Conditional
highlight default link goccType Type
highlight default link goccFunction Function
highlight default link goccVariable Identifier
highlight default link goccArrow Operator

let b:current_syntax = 'gocc'
