// What the status item says in every state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { display, type Engine, type Library, type Phase } from "../src/status";

const ENGINE: Engine = { session: "s1", name: "game", pid: 7, libraries: { scripts: 4 } };
const RELOAD = { saveToLiveMicros: 81_400, buildMicros: 70_100, speculated: false };

function library(state: Library["state"], more: Partial<Library> = {}): Library {
  return { library: "scripts", state, generation: 4, ...more };
}

function running(libraries: Library[], engines: Engine[] = [ENGINE]): Phase {
  return { kind: "running", status: { libraries, engines } };
}

function check(phase: Phase, text: string, severity = "normal"): void {
  const shown = display(phase);
  assert.equal(shown.text.replace(/^\$\([^)]*\) /, ""), text);
  assert.equal(shown.severity, severity);
}

test("each state has its words", () => {
  check({ kind: "starting" }, "Liveline: starting");
  check({ kind: "stopped", reason: "gone" }, "Liveline: stopped", "error");
  check(running([library("building")]), "Liveline: building");
  check(running([library("failed")]), "Liveline: scripts failed", "error");
  check(running([library("live", { lastReload: RELOAD })]), "Liveline: live · gen 4 · 81 ms");
  check(running([library("live")]), "Liveline: live · gen 4");
  check(running([library("idle")], []), "Liveline: no engine", "warning");
  check(running([library("idle")]), "Liveline: waiting · gen 4");
  check(running([], []), "Liveline: no scripts");
});

test("what was gone back to and what engines refuse is said", () => {
  const refused = { scripts: { generation: 4, outcome: "refused", reason: "another `World`" } } as const;
  const phase = running([library("live", { undone: 3 })], [{ ...ENGINE, refused }]);
  check(phase, "Liveline: live · gen 3 · undone");
  const { tooltip } = display(phase);
  assert.match(tooltip, /generation 4, gone back to generation 3/);
  assert.match(tooltip, /game does not run generation 4 of scripts: another `World`/);
});

test("a failure hides what else is going on", () => {
  check(running([library("building"), library("failed", { library: "ai" })]), "Liveline: ai failed", "error");
  check(running([library("failed")], []), "Liveline: scripts failed", "error");
});

test("the newest generation is the one shown", () => {
  check(running([library("live"), library("live", { generation: 9 })]), "Liveline: live · gen 9");
});

test("the tooltip names every library and engine", () => {
  const { tooltip } = display(running([library("live", { lastReload: RELOAD })]));
  assert.equal(
    tooltip,
    "scripts: live, generation 4, live 81 ms after the save (built in 70 ms)\ngame (process 7) is attached",
  );
  assert.match(display(running([library("live", { lastReload: { ...RELOAD, speculated: true } })])).tooltip, /built before the save/);
  assert.match(display(running([], [])).tooltip, /No package .* is a script library/);
});
