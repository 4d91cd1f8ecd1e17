-- old-nvim.lua - what Neovim 0.8 and 0.9 have and 0.7, which Debian 12 serves, has not, as far as our plugin uses it. Does nothing in newer ones.
vim.fs = vim.fs or {
    dirname = function(path) return vim.fn.fnamemodify(path, ':h') end,
    find = function(names, options)
        for _, name in ipairs(names) do
            local found = vim.fn.findfile(name, options.path .. ';')
            found = found ~= '' and found or vim.fn.finddir(name, options.path .. ';')
            if found ~= '' then
                return { vim.fn.fnamemodify(found, ':p') }
            end
        end
        return {}
    end,
}

local clients = {}
vim.lsp.start = vim.lsp.start or function(config)
    local key = config.name .. config.root_dir
    clients[key] = clients[key] or vim.lsp.start_client(config)
    vim.lsp.buf_attach_client(0, clients[key])
    return clients[key]
end
