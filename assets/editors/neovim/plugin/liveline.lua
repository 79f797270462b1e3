-- Defines the commands; `require("liveline").setup({})` starts servers.
if vim.g.loaded_liveline then
  return
end
vim.g.loaded_liveline = true
require("liveline.commands").define()
