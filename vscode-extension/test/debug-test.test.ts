// What a debugger is told to debug one test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODELLDB, CPPTOOLS, debugConfiguration, isTestStart } from "../src/debug-test";

const start = {
  test: "tests::adds",
  program: "/t/player",
  arguments: ["--exact", "tests::adds"],
  folder: "/game",
  environment: { LD_LIBRARY_PATH: "/t" },
};

test("CodeLLDB goes before cpptools, and without either there is nothing to start", () => {
  const with_ = (...there: string[]) => debugConfiguration(start, (extension) => there.includes(extension));
  assert.equal(with_(CODELLDB, CPPTOOLS)?.type, "lldb");
  assert.deepEqual(with_(CODELLDB)?.env, { LD_LIBRARY_PATH: "/t" });
  const cpp = with_(CPPTOOLS);
  assert.equal(cpp?.type, "cppdbg");
  assert.deepEqual(cpp.environment, [{ name: "LD_LIBRARY_PATH", value: "/t" }]);
  assert.deepEqual([cpp.program, cpp.cwd], ["/t/player", "/game"]);
  assert.equal(with_(), undefined);
});

test("only what the server sends is started", () => {
  assert.ok(isTestStart(start));
  for (const other of [undefined, null, 3, {}, { ...start, program: 1 }]) {
    assert.ok(!isTestStart(other));
  }
});
