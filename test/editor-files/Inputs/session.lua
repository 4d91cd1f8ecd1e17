-- session.lua - run in headless Neovim in the project directory: a diagnostic at its place, a jump to a definition, a rename over two files.
local out = {}
local function say(...) table.insert(out, table.concat({ ... }, ' ')) end
local function finish()
    vim.fn.writefile(out, os.getenv('OUT'))
    vim.cmd('qall!')
end
local function wait(what, condition)
    if not vim.wait(20000, condition, 20) then
        say('waited in vain for', what)
        finish()
    end
end
local function at(pattern)
    vim.fn.cursor(1, 1)
    vim.fn.search(pattern, 'c')
end
local function text() return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), '\n') end

vim.o.hidden = true
vim.cmd('edit squares.gc')
vim.cmd('edit main.gc')
say('filetype', vim.bo.filetype)
wait('diagnostics', function() return #vim.diagnostic.get(0) > 0 end)
for _, d in ipairs(vim.diagnostic.get(0)) do
    say(('%d:%d-%d %s'):format(d.lnum + 1, d.col + 1, d.end_col and d.end_col + 1 or 0, d.message))
end

-- The mistake is mended, and the message goes.
at('wrong')
vim.api.nvim_set_current_line((vim.api.nvim_get_current_line():gsub('"wrong"', '3')))
wait('the end of the diagnostics', function() return #vim.diagnostic.get(0) == 0 end)
say('mended')

at('squares(')
vim.lsp.buf.definition()
wait('the jump', function() return vim.fn.expand('%:t') ~= 'main.gc' end)
say(('definition %s:%d:%d'):format(vim.fn.expand('%:t'), vim.fn.line('.'), vim.fn.col('.')))
vim.cmd('buffer squares.gc')

at('squares(')
vim.lsp.buf.rename('numbers')
wait('the renaming', function() return text():find('numbers%(int n') end)
say('renamed', vim.api.nvim_get_current_line())
vim.cmd('buffer main.gc')
wait('the renaming in main.gc', function() return text():find('numbers%(') end)
at('numbers(')
say('renamed', vim.trim(vim.api.nvim_get_current_line()))
vim.cmd('edit squares.h')
at('numbers(')
say('renamed', vim.api.nvim_get_current_line())
finish()
