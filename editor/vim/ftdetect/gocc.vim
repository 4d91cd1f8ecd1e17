" gocc.vim - .gc files are C with goroutines.
autocmd BufNewFile,BufRead *.gc setfiletype gocc
