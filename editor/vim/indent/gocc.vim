" gocc.vim - .gc files are indented as C is; select's cases stand where switch's do.
runtime! indent/c.vim
