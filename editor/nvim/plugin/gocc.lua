-- gocc.lua - Neovim 0.9 and later: starts gocc-clangd for .gc files, one for each project.
-- vim.g.gocc_clangd is the command, as a list; with vim.g.gocc_plain_c it serves C files, too (another client for C should then be off).
local group = vim.api.nvim_create_augroup('gocc', {})

local function project(path)
    local marks = { 'compile_commands.json', 'compile_flags.txt', '.clangd', '.git' }
    local found = vim.fs.find(marks, { upward = true, path = vim.fs.dirname(path) })[1]
    return vim.fs.dirname(found or path)
end

vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = { 'gocc', 'c' },
    callback = function(event)
        if event.match == 'c' and not vim.g.gocc_plain_c then
            return
        end
        vim.lsp.start({
            name = 'gocc-clangd',
            cmd = vim.g.gocc_clangd or { 'gocc-clangd' },
            root_dir = project(vim.api.nvim_buf_get_name(event.buf)),
        })
    end,
})
