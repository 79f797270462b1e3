-- Says `status-words.json` in the plugin's words; reports what differs, as JSON, one a line.
local words = require("liveline.words")

-- As Neovim's client decodes: `null` and what is absent are told apart.
local cases = vim.json.decode(table.concat(vim.fn.readfile(vim.env.CASES), "\n"))
for _, case in ipairs(cases) do
  local said = {
    about = case.about,
    words = words.headline(case.status, case.faults),
    details = words.details(case.status),
  }
  io.stdout:write(vim.json.encode(said) .. "\n")
end
vim.cmd("qall!")
