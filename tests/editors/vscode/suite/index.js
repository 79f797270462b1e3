// Runs inside VS Code's extension host: the same round through the API that other extensions use.
const assert = require("node:assert/strict");
const vscode = require("vscode");

const DEADLINE = 120_000;
const { FILE, LINE, BROKEN, MENDED, LIBRARY } = process.env;

/** Waits for `found` to give something, asking at every event that could change it. */
function wait(what, found, ...events) {
  return new Promise((resolve, reject) => {
    const ask = () => {
      const value = found();
      if (value !== undefined) {
        finish(() => resolve(value));
      }
    };
    const subscriptions = events.map((event) => event(ask));
    const timer = setTimeout(() => finish(() => reject(new Error(`${what}: not within the deadline`))), DEADLINE);
    // Statuses have no event of VS Code's own.
    const interval = setInterval(ask, 50);
    const finish = (then) => {
      clearTimeout(timer);
      clearInterval(interval);
      subscriptions.forEach((subscription) => subscription.dispose());
      then();
    };
    ask();
  });
}

async function saveLine(editor, text) {
  const line = editor.document.lineAt(Number(LINE) - 1);
  assert.ok(await editor.edit((edit) => edit.replace(line.range, text)));
  assert.ok(await editor.document.save());
}

function errors(document) {
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter((one) => one.severity === vscode.DiagnosticSeverity.Error);
}

async function liveGeneration(api, after) {
  const end = Date.now() + DEADLINE;
  while (Date.now() < end) {
    const { libraries, engines } = await api.status();
    const library = libraries.find((one) => one.library === LIBRARY);
    const runs = engines.some((engine) => engine.libraries[LIBRARY] === library?.generation);
    if (library?.state === "live" && runs && library.generation > after) {
      return library.generation;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no generation after ${after} is live within the deadline`);
}

exports.run = async () => {
  const document = await vscode.workspace.openTextDocument(FILE);
  const editor = await vscode.window.showTextDocument(document);
  const extension = vscode.extensions.getExtension("liveline.liveline");
  assert.ok(extension, "the extension is installed");
  const api = await extension.activate();
  console.log(`activation: ${api.activationMillis} ms`);
  const before = await liveGeneration(api, 0);

  await saveLine(editor, BROKEN);
  const changed = vscode.languages.onDidChangeDiagnostics;
  const [error] = await wait("the error", () => (errors(document).length > 0 ? errors(document) : undefined), changed);
  assert.equal(error.source, "liveline");
  assert.equal(error.range.start.line, Number(LINE) - 1);
  assert.equal(document.getText(error.range), '"pink"');
  assert.match(error.message, /mismatched types/);

  await saveLine(editor, MENDED);
  await wait("no error", () => (errors(document).length === 0 ? true : undefined), changed);
  const after = await liveGeneration(api, before);
  const { libraries: kept } = await api.history();
  const [newest] = kept.find((one) => one.library === LIBRARY).generations;
  assert.deepEqual([newest.generation, newest.outcome, newest.runsIn?.length], [after, "applied", 1]);

  const commands = await vscode.commands.getCommands(true);
  for (const name of ["build", "reload", "undo", "redo", "bench", "startEngine", "resetState", "restartEngine", "showLog", "restartServer", "showOutput"]) {
    assert.ok(commands.includes(`liveline.${name}`), `liveline.${name} is registered`);
  }
  await vscode.commands.executeCommand("liveline.build");
  await liveGeneration(api, after);
  await vscode.commands.executeCommand("liveline.restartServer");
  await liveGeneration(api, 0);
};
