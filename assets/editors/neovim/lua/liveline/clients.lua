-- Neovim's language clients that run Liveline, in the words of every Neovim since 0.7.2.
local M = {}

local NAME = "liveline"
local has = function(version)
  return vim.fn.has("nvim-" .. version) == 1
end

--- Clients of this plugin: of a buffer if one is given.
function M.all(buffer)
  local found
  if vim.lsp.get_clients then
    found = vim.lsp.get_clients({ bufnr = buffer })
  elseif buffer then
    found = vim.tbl_values(vim.lsp.buf_get_clients(buffer))
  else
    found = vim.lsp.get_active_clients()
  end
  return vim.tbl_filter(function(client)
    return client.name == NAME
  end, found)
end

--- The client that is meant in a buffer: its own, else the only one there is.
function M.meant(buffer)
  local own = M.all(buffer)[1]
  local all = M.all()
  return own or (#all == 1 and all[1] or nil)
end

--- Whether it can still be talked to.
function M.is_running(client)
  return vim.lsp.get_client_by_id(client.id) ~= nil
end

function M.request(client, method, params, answer, buffer)
  if has("0.11") then
    return client:request(method, params, answer, buffer)
  end
  return client.request(method, params, answer, buffer)
end

function M.notify(client, method, params)
  if has("0.11") then
    return client:notify(method, params)
  end
  return client.notify(method, params)
end

--- The buffers that a client sees.
function M.buffers(client)
  return vim.tbl_filter(function(buffer)
    return vim.lsp.buf_is_attached(buffer, client.id)
  end, vim.api.nvim_list_bufs())
end

--- New settings, for when the server asks.
function M.set_settings(client, settings)
  client.config.settings = settings
  if has("0.10") then
    client.settings = settings
  end
  M.notify(client, "workspace/didChangeConfiguration", { settings = settings })
end

-- Before 0.8 whoever starts a client also has to remember for which folder.
local by_root = {}

local function start_by_hand(config, buffer)
  local id = by_root[config.root_dir]
  if not (id and vim.lsp.get_client_by_id(id)) then
    id = vim.lsp.start_client(config)
    by_root[config.root_dir] = id
  end
  if id then
    vim.lsp.buf_attach_client(buffer, id)
  end
end

local function start(config, buffer, root)
  local own = vim.tbl_extend("force", config, { name = NAME, root_dir = root })
  if vim.lsp.start then
    vim.lsp.start(own, { bufnr = buffer })
  else
    start_by_hand(own, buffer)
  end
end

--- From now on, every buffer for which `root` gives a folder has a server: one a folder.
function M.enable(config, filetypes, root)
  if vim.lsp.config and vim.lsp.enable then
    vim.lsp.config(NAME, vim.tbl_extend("force", config, {
      filetypes = filetypes,
      root_dir = function(buffer, found)
        local folder = root(buffer)
        if folder then
          found(folder)
        end
      end,
    }))
    vim.lsp.enable(NAME)
    return
  end
  local function consider(buffer)
    local folder = root(buffer)
    if folder then
      start(config, buffer, folder)
    end
  end
  vim.api.nvim_create_autocmd("FileType", {
    group = vim.api.nvim_create_augroup("Liveline", {}),
    pattern = filetypes,
    callback = function(event)
      consider(event.buf)
    end,
  })
  for _, buffer in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(buffer) and vim.tbl_contains(filetypes, vim.bo[buffer].filetype) then
      consider(buffer)
    end
  end
end

return M
