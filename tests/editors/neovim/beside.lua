-- Liveline and rust-analyzer in one buffer. MODE says who shows errors, with what README.md says for that: "liveline",
-- or "rust-analyzer", where both do at first, as for a user who sets nothing.
local env = vim.env
local liveline = require("liveline")
local steps = dofile(env.STEPS)
local report, wait, live = steps.report, steps.wait, steps.live
local line = tonumber(env.LINE)

local shows_all = env.MODE == "liveline"
local leaves_errors = shows_all and liveline.RUST_ANALYZER or nil
local is_ready = false
-- The sources of all errors that stood at the line since they were last forgotten.
local seen = {}

local function start_rust_analyzer()
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.experimental = { serverStatusNotification = true }
  local id = vim.lsp.start_client({
    name = "rust-analyzer",
    cmd = { "rust-analyzer" },
    root_dir = env.ROOT,
    init_options = leaves_errors,
    settings = leaves_errors and { ["rust-analyzer"] = leaves_errors },
    capabilities = capabilities,
    handlers = {
      ["experimental/serverStatus"] = function(_, status)
        is_ready = status.quiescent
      end,
    },
  })
  vim.lsp.buf_attach_client(0, id)
end

-- The sources of what stands at the line as an error now, but for what running scripts failed with.
local function sources()
  local found = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0, { severity = vim.diagnostic.severity.ERROR })) do
    if diagnostic.lnum == line - 1 and diagnostic.source ~= "liveline run" then
      table.insert(found, diagnostic.source)
    end
  end
  table.sort(found)
  return found
end

local function watch()
  vim.api.nvim_create_autocmd("DiagnosticChanged", {
    callback = function()
      for _, source in ipairs(sources()) do
        seen[source] = true
      end
    end,
  })
end

local function type_line(number, text)
  vim.api.nvim_buf_set_lines(0, number - 1, number, true, { text })
end

-- What each server answers, by its name; the cursor is put at the last `text` of the line.
local function ask(method, number, text, more)
  local shown = vim.api.nvim_buf_get_lines(0, number - 1, number, true)[1]
  local at = assert(shown:find(text, 1, true), shown)
  vim.api.nvim_win_set_cursor(0, { number, at - 1 + #text - 1 })
  local params = vim.tbl_extend("force", vim.lsp.util.make_position_params(0), more or {})
  local answers = {}
  for id, answer in pairs(assert(vim.lsp.buf_request_sync(0, method, params, 60000))) do
    answers[vim.lsp.get_client_by_id(id).name] = answer.result
  end
  return answers
end

local function help()
  local clock = tonumber(env.PANIC_LINE)
  local hover
  wait("a hover of rust-analyzer", function()
    hover = ask("textDocument/hover", clock, "clock")
    return hover["rust-analyzer"]
  end)
  local before = #steps.said
  vim.lsp.buf.hover()
  wait("the hover's window", function()
    return #vim.api.nvim_list_wins() > 1
  end)
  vim.cmd("wincmd w")
  vim.cmd("quit")
  local whole = vim.api.nvim_buf_get_lines(0, clock - 1, clock, true)[1]
  type_line(clock, whole .. " self.")
  local completion = wait("completions of rust-analyzer", function()
    local answers = ask("textDocument/completion", clock, " self.")
    local items = answers["rust-analyzer"] and (answers["rust-analyzer"].items or answers["rust-analyzer"])
    return items and #items > 0 and { of_rust_analyzer = #items, of_liveline = answers.liveline or vim.NIL }
  end)
  type_line(clock, whole)
  local encodings = {}
  for _, client in pairs(vim.lsp.buf_get_clients(0)) do
    encodings[client.name] = client.offset_encoding
  end
  report("help", {
    hover_of_liveline = hover.liveline or vim.NIL,
    said = vim.list_slice(steps.said, before + 1),
    completion = completion,
    encodings = encodings,
  })
end

-- What can be done about what stands in the line.
local function actions()
  local found = {}
  local params = vim.lsp.util.make_given_range_params({ line, 0 }, { line, 1000 })
  params.context = { diagnostics = vim.lsp.diagnostic.get_line_diagnostics(0, line - 1) }
  for id, answer in pairs(assert(vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 60000))) do
    for _, action in ipairs(answer.result or {}) do
      table.insert(found, { of = vim.lsp.get_client_by_id(id).name, title = action.title })
    end
  end
  return found
end

local function set(diagnostics)
  liveline.setup({ cmd = { env.SERVER, "lsp" }, diagnostics = diagnostics })
end

local function is_shown_by(found, source)
  return vim.tbl_contains(found, source)
end

-- Without any settings both show it; then Liveline is told not to.
local function leave_errors_to_rust_analyzer()
  local both = wait("the error twice", function()
    local now = sources()
    return is_shown_by(now, "liveline") and #now > 1 and now
  end)
  report("twice", { sources = both })
  set("off")
  wait("the error of rust-analyzer alone", function()
    return not is_shown_by(sources(), "liveline")
  end)
  seen = {}
end

-- An error is typed, then saved.
local function break_it()
  type_line(line, env.BROKEN)
  if shows_all then
    wait("the error before the save", function()
      return steps.first_of("liveline")
    end)
  end
  vim.cmd("silent write")
  steps.wait_for_words("^error")
  if not shows_all then
    leave_errors_to_rust_analyzer()
  end
  report("error", {
    sources = wait("the error", function()
      local now = sources()
      return #now > 0 and now
    end),
  })
end

local function mend()
  type_line(line, env.MISTYPED)
  vim.cmd("silent write")
  local offered
  if shows_all then
    offered = wait("a quick fix", function()
      local all = actions()
      for _, action in ipairs(all) do
        if action.title:match("similar name") then
          return all
        end
      end
    end)
  end
  local before = live() or 0
  steps.save_line(line, env.MENDED)
  local after = wait("the mended script", steps.live_where(function(generation)
    return generation > before
  end))
  wait("no error", function()
    return #sources() == 0
  end)
  report("mended", { generation = after, actions = offered or {} })
end

local function panic()
  local number = tonumber(env.PANIC_LINE)
  steps.save_line(number, env.PANICS)
  local fault = wait("the panic", function()
    return steps.first_of("liveline run")
  end)
  report("fault", steps.place(fault))
  steps.save_line(number, env.WHOLE)
  wait("no fault", function()
    return not steps.first_of("liveline run")
  end)
end

local function round()
  set("all")
  vim.cmd("edit " .. vim.fn.fnameescape(env.FILE))
  start_rust_analyzer()
  watch()
  wait("a live game", live)
  wait("rust-analyzer", function()
    return is_ready
  end)
  if shows_all then
    help()
    wait("a lens of Liveline", function()
      return next(require("liveline.lenses").shown(0))
    end)
  end
  break_it()
  mend()
  panic()
  report("seen", { sources = vim.tbl_keys(seen) })
end

local ok, why = pcall(round)
if not ok then
  steps.give_up(why)
end
vim.cmd("qall!")
