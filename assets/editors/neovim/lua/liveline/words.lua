-- What the status line says: `liveline/status` in a few words. Plain values in, text out.
local M = {}

local function milliseconds(micros)
  return string.format("%d ms", math.floor(micros / 1000 + 0.5))
end

local function find(libraries, wanted)
  for _, library in ipairs(libraries) do
    if wanted(library) then
      return library
    end
  end
end

-- The library that something happened to last, else the one with the highest generation.
local function shown(libraries)
  local last = libraries[1]
  for _, library in ipairs(libraries) do
    local moved, before = library.movedAtUnixMicros or 0, last.movedAtUnixMicros or 0
    if moved > before or moved == before and library.generation > last.generation then
      last = library
    end
  end
  return last
end

local function of_library(library)
  local words = {
    library.state == "live" and "live" or "waiting",
    string.format("%s %d", library.library, library.undone or library.generation),
  }
  if library.undone then
    table.insert(words, "undone")
  elseif library.unsaved then
    table.insert(words, "unsaved")
  end
  if library.lastReload then
    table.insert(words, milliseconds(library.lastReload.saveToLiveMicros))
  end
  return table.concat(words, " · ")
end

local function of_status(status)
  local failed = find(status.libraries, function(library)
    return library.state == "failed"
  end)
  if failed then
    return "error · " .. failed.library
  end
  local building = find(status.libraries, function(library)
    return library.state == "building"
  end)
  if building then
    return "building"
  end
  if #status.libraries == 0 then
    return "no scripts"
  end
  return #status.engines == 0 and "no engine" or of_library(shown(status.libraries))
end

--- One line: the worst or busiest state is what matters at a glance. `faults` is how many of the running scripts'
--- failures stand at their lines.
function M.headline(status, faults)
  local words = of_status(status)
  if (faults or 0) > 0 then
    words = string.format("%s · %d %s", words, faults, faults == 1 and "fault" or "faults")
  end
  return words
end

local function library_line(library)
  local line = string.format("%s: %s, generation %d", library.library, library.state, library.generation)
  if library.undone then
    line = line .. string.format(", gone back to generation %d", library.undone)
  end
  local reload = library.lastReload
  if reload then
    local build = reload.speculated and "built before the save" or "built in " .. milliseconds(reload.buildMicros)
    line = line .. string.format(", live %s after the save (%s)", milliseconds(reload.saveToLiveMicros), build)
  end
  return line
end

local function engine_lines(engine)
  local lines = { string.format("%s (process %d) is attached", engine.name, engine.pid) }
  for library, refused in pairs(engine.refused or {}) do
    local verb = refused.outcome == "restored" and "took back" or "does not run"
    local what = string.format("generation %d of %s: %s", refused.generation, library, refused.reason)
    table.insert(lines, string.format("%s %s %s", engine.name, verb, what))
  end
  return lines
end

--- All of it, one line each.
function M.details(status)
  local lines = vim.tbl_map(library_line, status.libraries)
  if #status.libraries == 0 then
    table.insert(lines, "No package of this workspace is a script library.")
  end
  for _, engine in ipairs(status.engines) do
    vim.list_extend(lines, engine_lines(engine))
  end
  if #status.engines == 0 then
    table.insert(lines, "No engine is attached: start the game.")
  end
  return lines
end

return M
