-- Does with a script what a person would, in Neovim with Liveline's plugin, and reports what Neovim shows.
-- Reports are JSON, one a line; `line` and `column` are 1-based and count characters.
local DEADLINE = 100000
local env = vim.env
local liveline = require("liveline")

-- What the plugin said to its user.
local said = {}
vim.notify = function(text)
  table.insert(said, text)
end

local function report(event, fields)
  fields = fields or {}
  fields.event = event
  fields.words = liveline.statusline()
  -- What Neovim says itself does not end its lines.
  io.stdout:write("\n" .. vim.fn.json_encode(fields) .. "\n")
  io.stdout:flush()
end

local function give_up(why)
  local messages = vim.fn.execute("messages")
  report("gave up", { why = why, messages = messages, status = liveline.status() or vim.NIL, said = said, log = liveline.log() })
  vim.cmd("cquit 1")
end

local function wait(what, found)
  local value
  local function ask()
    value = found()
    return value and true or false
  end
  if not vim.wait(DEADLINE, ask, 20) then
    give_up(what .. ": not within the deadline")
  end
  return value
end

-- The generation that an attached engine runs, once it is what engines are to run.
local function live()
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

local function live_where(fits)
  return function()
    local generation = live()
    return generation and fits(generation) and generation
  end
end

-- Until the status line says so; with other words in it, something still goes on.
local function wait_for_words(pattern)
  wait("the status line with " .. pattern, function()
    return liveline.statusline():match(pattern)
  end)
end

local function first_of(source)
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })) do
    if diagnostic.source == source then
      return diagnostic
    end
  end
end

local function place(diagnostic)
  local text = vim.api.nvim_buf_get_lines(0, diagnostic.lnum, diagnostic.lnum + 1, true)[1]
  return {
    line = diagnostic.lnum + 1,
    column = vim.fn.strchars(text:sub(1, diagnostic.col)) + 1,
    message = diagnostic.message,
  }
end

local function save_line(line, text)
  vim.api.nvim_buf_set_lines(0, line - 1, line, true, { text })
  vim.cmd("silent write")
end

local function signs()
  return vim.fn.sign_getplaced("%", { group = "liveline" })[1].signs
end

local function lens()
  local shown = require("liveline.lenses").shown(0)
  for line, title in pairs(shown) do
    local text = vim.api.nvim_buf_get_lines(0, line, line + 1, true)[1]
    if text:match("fn update") and title:match("^live") then
      return title
    end
  end
end

local function break_and_mend()
  local line = tonumber(env.LINE)
  local before = wait("a live game", live)
  wait_for_words("^live")
  report("live", { generation = before })
  save_line(line, env.BROKEN)
  local err = wait("the error", function()
    return first_of("liveline")
  end)
  wait_for_words("^error")
  report("error", place(err))
  save_line(line, env.MENDED)
  wait("no error", function()
    return not first_of("liveline")
  end)
  local after = wait("the mended script", live_where(function(generation)
    return generation > before
  end))
  wait_for_words("^live")
  report("mended", { generation = after })
  wait("the lens of the new code", lens)
  return after
end

local function go_back_and_forth(newest)
  vim.cmd("LivelineUndo")
  local undone = wait("the generation before", live_where(function(generation)
    return generation < newest
  end))
  wait_for_words("^live .* undone")
  report("undone", { generation = undone })
  vim.cmd("LivelineRedo " .. env.LIBRARY)
  wait("the newest again", live_where(function(generation)
    return generation == newest
  end))
  vim.cmd("LivelineUndo " .. env.LIBRARY .. " " .. undone)
  wait("the generation that was asked for", live_where(function(generation)
    return generation == undone
  end))
  vim.cmd("LivelineRedo")
  report("redone", { generation = wait("the newest once more", live_where(function(generation)
    return generation == newest
  end)) })
end

local function panic_and_mend()
  local line = tonumber(env.PANIC_LINE)
  save_line(line, env.PANICS)
  local fault = wait("the panic", function()
    return first_of("liveline run")
  end)
  local sign = wait("its sign", function()
    return signs()[1]
  end)
  assert(#signs() == 1 and sign.lnum == line and sign.name == "LivelineFault", vim.inspect(signs()))
  wait_for_words("fault$")
  report("fault", place(fault))
  save_line(line, env.WHOLE)
  wait("no fault", function()
    return not first_of("liveline run") and #signs() == 0
  end)
  report("whole")
end

local function look_around()
  assert(#said == 0, vim.inspect(said))
  vim.cmd("LivelineStatus")
  wait("the status in words", function()
    return said[1] and said[1]:match("Liveline: .*" .. env.LIBRARY .. ": %a+, generation %d+")
  end)
  vim.cmd("LivelineUndo nonsense")
  wait("an answer that names what is wrong", function()
    return said[2] and said[2]:match("nonsense")
  end)
  vim.cmd("LivelineLog")
  assert(table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), "\n"):match("attached"), "the log")
  vim.cmd("bwipeout")
end

local function round()
  assert(liveline.statusline() == "", "no server, no words")
  liveline.setup({ cmd = { env.SERVER, "lsp" }, diagnostics = "errors" })
  vim.cmd("edit " .. vim.fn.fnameescape(env.FILE))
  local newest = break_and_mend()
  go_back_and_forth(newest)
  panic_and_mend()
  look_around()
  vim.cmd("edit " .. vim.fn.fnameescape(env.ROOT .. "/liveline.toml"))
  wait("the same server for liveline.toml", function()
    return #require("liveline.clients").all(vim.api.nvim_get_current_buf()) == 1
  end)
end

local ok, why = pcall(round)
if not ok then
  give_up(why)
end
vim.cmd("qall!")
