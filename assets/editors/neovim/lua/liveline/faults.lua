-- Signs for what running scripts failed with: panics, crashes and hangs, at their lines.
local M = {}

local SOURCE, GROUP, NAME = "liveline run", "liveline", "LivelineFault"
local priority

--- The faults that stand in a buffer; in all of them if none is given. Of the same source, what is no error tells
--- which generation runs.
function M.all(buffer)
  return vim.tbl_filter(function(diagnostic)
    return diagnostic.source == SOURCE
  end, vim.diagnostic.get(buffer, { severity = vim.diagnostic.severity.ERROR }))
end

local function show(buffer)
  if not vim.api.nvim_buf_is_loaded(buffer) then
    return
  end
  vim.fn.sign_unplace(GROUP, { buffer = buffer })
  local last = vim.api.nvim_buf_line_count(buffer)
  for _, fault in ipairs(M.all(buffer)) do
    local line = math.min(fault.lnum + 1, last)
    vim.fn.sign_place(0, GROUP, NAME, buffer, { lnum = line, priority = priority })
  end
end

--- Shows them from now on.
function M.setup(sign)
  priority = sign.priority
  vim.cmd("highlight default link LivelineFault DiagnosticSignError")
  vim.fn.sign_define(NAME, { text = sign.text, texthl = NAME })
  local group = vim.api.nvim_create_augroup("LivelineFaults", {})
  vim.api.nvim_create_autocmd({ "DiagnosticChanged", "BufReadPost" }, {
    group = group,
    callback = function(event)
      show(event.buf)
    end,
  })
end

return M
