-- Edits a script as a person would, in Neovim with its built-in client, and reports what Neovim shows.
-- Reports are JSON, one a line; `line` and `column` are 1-based and count characters.
local DEADLINE = 120000
local env = vim.env
local LINE = tonumber(env.LINE)
local status

local function report(event, fields)
  fields = fields or {}
  fields.event = event
  io.stdout:write(vim.fn.json_encode(fields) .. "\n")
  io.stdout:flush()
end

local function give_up(why)
  report("gave up", { why = why, messages = vim.fn.execute("messages"), status = status or vim.NIL })
  vim.cmd("cquit 1")
end

local function wait(what, found)
  local value
  local function ask()
    value = found()
    return value ~= nil
  end
  if not vim.wait(DEADLINE, ask, 20) then
    give_up(what .. ": not within the deadline")
  end
  return value
end

-- The generation that an attached engine runs, once it is the newest.
local function live()
  for _, library in ipairs(status and status.libraries or {}) do
    if library.library == env.LIBRARY and library.state == "live" then
      for _, engine in ipairs(status.engines) do
        if engine.libraries[env.LIBRARY] == library.generation then
          return library.generation
        end
      end
    end
  end
end

local function first_error()
  return vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })[1]
end

local function save_line(text)
  vim.api.nvim_buf_set_lines(0, LINE - 1, LINE, true, { text })
  vim.cmd("silent write")
end

local function round()
  vim.cmd("edit " .. vim.fn.fnameescape(env.FILE))
  local id = vim.lsp.start_client({
    name = "liveline",
    cmd = { env.SERVER, "lsp" },
    root_dir = env.ROOT,
    handlers = {
      ["liveline/status"] = function(_, parameters)
        status = parameters
      end,
    },
  })
  vim.lsp.buf_attach_client(0, id)
  local before = wait("a live game", live)
  report("live", { generation = before })

  save_line(env.BROKEN)
  local err = wait("the error", first_error)
  local text = vim.api.nvim_buf_get_lines(0, err.lnum, err.lnum + 1, true)[1]
  report("error", {
    line = err.lnum + 1,
    column = vim.fn.strchars(text:sub(1, err.col)) + 1,
    message = err.message,
    source = err.source,
  })

  save_line(env.MENDED)
  wait("no error", function()
    return first_error() == nil and true or nil
  end)
  local after = wait("the mended script", function()
    local generation = live()
    return generation and generation > before and generation or nil
  end)
  report("mended", { generation = after })
end

local ok, why = pcall(round)
if not ok then
  give_up(why)
end
vim.cmd("qall!")
