-- What is known of each function's running code, behind its line.
local M = {}

local clients = require("liveline.clients")
local space = vim.api.nvim_create_namespace("liveline_lenses")

local function draw(buffer, lenses)
  vim.api.nvim_buf_clear_namespace(buffer, space, 0, -1)
  local last = vim.api.nvim_buf_line_count(buffer) - 1
  for _, lens in ipairs(lenses) do
    local line = lens.range.start.line
    if line <= last and lens.command then
      local text = { { lens.command.title, "LspCodeLens" } }
      vim.api.nvim_buf_set_extmark(buffer, space, line, 0, { virt_text = text, hl_mode = "combine" })
    end
  end
end

--- Asks for a buffer's lenses and shows them.
function M.refresh(client, buffer)
  local params = { textDocument = { uri = vim.uri_from_bufnr(buffer) } }
  clients.request(client, "textDocument/codeLens", params, function(err, lenses)
    if not err and vim.api.nvim_buf_is_loaded(buffer) then
      draw(buffer, lenses or {})
    end
  end, buffer)
end

--- The texts that a buffer shows, by line from zero.
function M.shown(buffer)
  local found = {}
  for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(buffer, space, 0, -1, { details = true })) do
    found[mark[2]] = mark[4].virt_text[1][1]
  end
  return found
end

--- Keeps a buffer's lenses as they should be. The server asks for more when the running code has news.
function M.follow(client, buffer)
  M.refresh(client, buffer)
  vim.api.nvim_create_autocmd({ "TextChanged", "InsertLeave", "BufWritePost" }, {
    group = vim.api.nvim_create_augroup("LivelineLenses" .. buffer, {}),
    buffer = buffer,
    callback = function()
      if clients.is_running(client) then
        M.refresh(client, buffer)
      end
    end,
  })
end

return M
