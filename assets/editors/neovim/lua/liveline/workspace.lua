-- Which cargo workspace a file belongs to.
local M = {}

local function parent(path)
  local above = vim.fn.fnamemodify(path, ":h")
  return above ~= path and above or nil
end

local function says_workspace(manifest)
  for _, line in ipairs(vim.fn.readfile(manifest)) do
    if line:match("^%s*%[workspace[%].]") then
      return true
    end
  end
  return false
end

local function home(variable, default)
  local folder = vim.env[variable]
  return vim.fn.resolve(folder and folder ~= "" and folder or vim.fn.expand(default))
end

-- The sources of dependencies and of std are read, not edited: no server starts for them.
local function is_foreign(path)
  local cargo, rustup = home("CARGO_HOME", "~/.cargo"), home("RUSTUP_HOME", "~/.rustup")
  for _, folder in ipairs({ cargo .. "/registry/", cargo .. "/git/", rustup .. "/toolchains/" }) do
    if vim.startswith(path, folder) then
      return true
    end
  end
  return false
end

--- Whether a file is one that Liveline has something to say of.
function M.concerns(path)
  return path:match("%.rs$") ~= nil or vim.fn.fnamemodify(path, ":t") == "liveline.toml"
end

--- The folder of the nearest manifest with a `[workspace]`, else of the nearest manifest, else nothing.
function M.root(path)
  local nearest
  local folder = parent(vim.fn.resolve(path))
  if folder == nil or is_foreign(folder .. "/") then
    return nil
  end
  while folder do
    local manifest = folder .. "/Cargo.toml"
    if vim.fn.filereadable(manifest) == 1 then
      nearest = nearest or folder
      if says_workspace(manifest) then
        return folder
      end
    end
    folder = parent(folder)
  end
  return nearest
end

return M
