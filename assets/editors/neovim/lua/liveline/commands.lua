-- The user commands.
local M = {}

local clients = require("liveline.clients")
local words = require("liveline.words")

local function say(text, level)
  vim.notify("Liveline: " .. text, level or vim.log.levels.INFO)
end

local function with_client(use)
  local client = clients.meant(vim.api.nvim_get_current_buf())
  if client then
    use(client)
  else
    say("no server runs here; open a Rust file of a cargo workspace, after `require('liveline').setup({})`", vim.log.levels.ERROR)
  end
end

local function execute(command, argument)
  with_client(function(client)
    local params = { command = "liveline." .. command, arguments = argument and { argument } or {} }
    clients.request(client, "workspace/executeCommand", params, function(err)
      if err then
        say(err.message, vim.log.levels.ERROR)
      end
    end)
  end)
end

local function complete()
  local status = require("liveline").status()
  return vim.tbl_map(function(library)
    return library.library
  end, status and status.libraries or {})
end

local function of_library(command)
  return function(event)
    -- Without an argument, Neovim 0.7 gives one that is empty.
    execute(command, event.args ~= "" and { library = event.args } or nil)
  end
end

-- `[library] [generation]`, each for itself.
local function undo(event)
  local argument = {}
  for _, word in ipairs(event.fargs) do
    local generation = tonumber(word)
    argument[generation and "generation" or "library"] = generation or word
  end
  execute("undo", next(argument) and argument or nil)
end

local function reset_state(event)
  local library, types = event.fargs[1], vim.list_slice(event.fargs, 2)
  execute("resetState", library and { library = library, types = #types > 0 and types or nil })
end

local function test(event)
  execute("test", next(event.fargs) and { library = event.fargs[1], test = event.fargs[2] } or nil)
end

local function show_log()
  local lines = require("liveline").log()
  vim.cmd("new")
  local buffer = vim.api.nvim_get_current_buf()
  vim.bo[buffer].buftype = "nofile"
  vim.bo[buffer].bufhidden = "wipe"
  vim.bo[buffer].swapfile = false
  vim.api.nvim_buf_set_lines(buffer, 0, -1, true, lines)
  vim.bo[buffer].modifiable = false
  vim.cmd("normal! G")
end

local function show_status()
  with_client(function(client)
    clients.request(client, "liveline/status", {}, function(err, status)
      if err then
        say(err.message, vim.log.levels.ERROR)
      else
        say(table.concat(words.details(status), "\n"))
      end
    end)
  end)
end

local COMMANDS = {
  Build = { of_library("build"), "?", "Build the scripts now: [library]" },
  Reload = { of_library("reload"), "?", "Load the current generation again: [library]" },
  Undo = { undo, "*", "Run the generation before, or the given one: [library] [generation]" },
  Redo = { of_library("redo"), "?", "Run the next generation again: [library]" },
  Test = { test, "*", "Run the scripts' tests: [library] [test]" },
  ResetState = { reset_state, "*", "Start the scripts' state anew: [library [type...]]" },
  ClearFaults = { of_library("clearFaults"), "?", "Clear what running scripts failed with: [library]" },
  RestartEngine = {
    function()
      execute("restartEngine")
    end,
    0,
    "Restart the game that `liveline run` started",
  },
  Log = { show_log, 0, "Show what the server logged" },
  Status = { show_status, 0, "Say what is built, live and attached" },
}

--- Defines them.
function M.define()
  for name, command in pairs(COMMANDS) do
    local takes, what = command[2], command[3]
    vim.api.nvim_create_user_command("Liveline" .. name, command[1], {
      nargs = takes,
      desc = "Liveline: " .. what,
      complete = takes ~= 0 and complete or nil,
    })
  end
end

return M
