-- Does with a script what a person would, in Neovim with Liveline's plugin, and reports what Neovim shows.
local env = vim.env
local liveline = require("liveline")
local steps = dofile(env.STEPS)
local report, wait, live, live_where = steps.report, steps.wait, steps.live, steps.live_where
local wait_for_words, first_of, place, save_line = steps.wait_for_words, steps.first_of, steps.place, steps.save_line
local said = steps.said

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
  steps.give_up(why)
end
vim.cmd("qall!")
