" gocc.vim - what holds while a .gc file is edited: all that holds for C.
if exists('b:did_ftplugin')
    finish
endif
runtime! ftplugin/c.vim
if executable('gocc')
    let &l:makeprg = 'gocc -Wall -Wextra -fsyntax-only %:S'
    let b:undo_ftplugin = get(b:, 'undo_ftplugin', '') . ' | setlocal makeprg<'
endif
