-- Liveline for Neovim 0.7.2 and newer: starts the language server for the Rust files of cargo workspaces and shows
-- what it says of running scripts. `require("liveline").setup({})` is all it takes; README.md has the options.
local M = {}

local clients = require("liveline.clients")
local faults = require("liveline.faults")
local lenses = require("liveline.lenses")
local words = require("liveline.words")
local workspace = require("liveline.workspace")

local DEFAULTS = {
  cmd = { "liveline", "lsp" },
  -- "all", "errors" (beside a rust-analyzer that checks on save) or "off".
  diagnostics = "all",
  -- What is set here goes before `liveline.toml`: `speculate` and `apply`.
  build = {},
  -- `loader`, likewise.
  engine = {},
  code_lenses = true,
  fault_sign = { text = "✖", priority = 30 },
  on_attach = nil,
  capabilities = nil,
}
local LOG_LINES = 1000

--- For rust-analyzer's `init_options` and for `settings["rust-analyzer"]`: its check and its own analysis leave errors
--- to Liveline. Each would stand twice otherwise. Neovim 0.7 tells it only the first.
M.RUST_ANALYZER = { checkOnSave = false, diagnostics = { enable = false } }

local options = DEFAULTS
-- By client: what it said last, and which library it was about.
local heard = {}
local log = {}

-- `null` leaves the word to `liveline.toml`, also where an earlier setting had taken it.
local function settings()
  local function or_null(value)
    return value == nil and vim.NIL or value
  end
  return {
    liveline = {
      diagnostics = options.diagnostics,
      build = { speculate = or_null(options.build.speculate), apply = or_null(options.build.apply) },
      engine = { loader = or_null(options.engine.loader) },
    },
  }
end

local function on_status(_, status, context)
  heard[context.client_id] = status
  vim.cmd("redrawstatus!")
  vim.api.nvim_exec_autocmds("User", { pattern = "LivelineStatus", modeline = false })
end

local function on_lens_refresh(_, _, context)
  local client = vim.lsp.get_client_by_id(context.client_id)
  if client and options.code_lenses then
    for _, buffer in ipairs(clients.buffers(client)) do
      lenses.refresh(client, buffer)
    end
  end
  return vim.NIL
end

local function on_log(_, message)
  vim.list_extend(log, vim.split(message.message, "\n"))
  while #log > LOG_LINES do
    table.remove(log, 1)
  end
end

-- Liveline explains `liveline.toml` alone. Neovim before 0.11 says "No information available" for each server that has
-- no answer, also where another one has.
local function on_hover(err, result, context, config)
  if result then
    return vim.lsp.handlers.hover(err, result, context, config)
  end
end

local function capabilities()
  local own = { workspace = { codeLens = { refreshSupport = true } } }
  local base = options.capabilities or vim.lsp.protocol.make_client_capabilities()
  return vim.tbl_deep_extend("force", base, own)
end

local function config()
  return {
    cmd = options.cmd,
    settings = settings(),
    init_options = settings().liveline,
    capabilities = capabilities(),
    handlers = {
      ["liveline/status"] = on_status,
      ["workspace/codeLens/refresh"] = on_lens_refresh,
      ["window/logMessage"] = on_log,
      ["textDocument/hover"] = on_hover,
    },
    on_attach = function(client, buffer)
      if options.code_lenses then
        lenses.follow(client, buffer)
      end
      if options.on_attach then
        options.on_attach(client, buffer)
      end
    end,
    on_exit = function(_, _, id)
      heard[id] = nil
    end,
  }
end

local function root_of(buffer)
  local path = vim.api.nvim_buf_get_name(buffer)
  local is_file = vim.bo[buffer].buftype == "" and path ~= "" and not path:match("^%a[%w+.-]*://")
  return is_file and workspace.concerns(path) and workspace.root(path) or nil
end

--- Starts servers from now on. Called again, gives those that run the new settings.
function M.setup(wanted)
  options = vim.tbl_deep_extend("force", DEFAULTS, wanted or {})
  faults.setup(options.fault_sign)
  for _, client in ipairs(clients.all()) do
    clients.set_settings(client, settings())
  end
  clients.enable(config(), { "rust", "toml" }, root_of)
end

--- What the server said last, as `liveline/status` has it; nothing where no server runs.
function M.status(buffer)
  local client = clients.meant(buffer or vim.api.nvim_get_current_buf())
  return client and heard[client.id]
end

--- For a status line: `live · player 12 · 24 ms`, `building`, `error · player`, `no engine`; empty where no server runs.
function M.statusline()
  local client = clients.meant(vim.api.nvim_get_current_buf())
  local known = client and heard[client.id]
  if not known then
    return client and "starting" or ""
  end
  return words.headline(known, #faults.all())
end

--- What the server logged, oldest first.
function M.log()
  return vim.deepcopy(log)
end

return M
