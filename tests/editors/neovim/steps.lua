-- What the scripts beside this one share: reports, waits with a deadline, and what is to be seen in Neovim.
-- Reports are JSON, one a line; `line` and `column` are 1-based and count characters.
local M = {}

local DEADLINE = 100000
local env = vim.env
local liveline = require("liveline")

--- What Neovim said to its user.
M.said = {}
vim.notify = function(text)
  table.insert(M.said, text)
end

function M.report(event, fields)
  fields = fields or {}
  fields.event = event
  fields.words = liveline.statusline()
  -- What Neovim says itself does not end its lines.
  io.stdout:write("\n" .. vim.fn.json_encode(fields) .. "\n")
  io.stdout:flush()
end

function M.give_up(why)
  local messages = vim.fn.execute("messages")
  M.report("gave up", { why = why, messages = messages, status = liveline.status() or vim.NIL, said = M.said, log = liveline.log() })
  vim.cmd("cquit 1")
end

function M.wait(what, found)
  local value
  local function ask()
    value = found()
    return value and true or false
  end
  if not vim.wait(DEADLINE, ask, 20) then
    M.give_up(what .. ": not within the deadline")
  end
  return value
end

-- The generation that an attached engine runs, once it is what engines are to run.
function M.live()
  local status = liveline.status() or { libraries = {} }
  for _, library in ipairs(status.libraries) do
    if library.library == env.LIBRARY and library.state == "live" then
      local wanted = library.undone or library.generation
      for _, engine in ipairs(status.engines) do
        if engine.libraries[env.LIBRARY] == wanted then
          return wanted
        end
      end
    end
  end
end

function M.live_where(fits)
  return function()
    local generation = M.live()
    return generation and fits(generation) and generation
  end
end

-- Until the status line says so; with other words in it, something still goes on.
function M.wait_for_words(pattern)
  M.wait("the status line with " .. pattern, function()
    return liveline.statusline():match(pattern)
  end)
end

function M.first_of(source)
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })) do
    if diagnostic.source == source then
      return diagnostic
    end
  end
end

function M.place(diagnostic)
  local text = vim.api.nvim_buf_get_lines(0, diagnostic.lnum, diagnostic.lnum + 1, true)[1]
  return {
    line = diagnostic.lnum + 1,
    column = vim.fn.strchars(text:sub(1, diagnostic.col)) + 1,
    message = diagnostic.message,
  }
end

function M.save_line(line, text)
  vim.api.nvim_buf_set_lines(0, line - 1, line, true, { text })
  vim.cmd("silent write")
end

return M
