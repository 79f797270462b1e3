// What the status items say in every state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contexts, display, plain, type Engine, type Library, type Phase } from "../src/status";

const ENGINE: Engine = { session: "s1", name: "game", pid: 7, libraries: { scripts: 4 } };
const RELOAD = { saveToLiveMicros: 81_400, buildMicros: 70_100, speculated: false };

const clock = (micros: number): string => `${micros / 1_000_000} s`;
const shown = (phase: Phase) => display(phase, clock);

function library(state: Library["state"], more: Partial<Library> = {}): Library {
  return { library: "scripts", state, generation: 4, ...more };
}

function running(libraries: Library[], engines: Engine[] = [ENGINE]): Phase {
  return { kind: "running", status: { libraries, engines } };
}

function check(phase: Phase, text: string, severity = "normal"): void {
  assert.equal(shown(phase).text, text);
  assert.equal(shown(phase).severity, severity);
}

test("each state has its words", () => {
  check({ kind: "starting" }, "starting");
  check({ kind: "stopped", reason: "gone" }, "stopped", "error");
  check(running([library("building")]), "building");
  check(running([library("failed")]), "scripts failed", "error");
  check(running([library("live", { lastReload: RELOAD })]), "live · gen 4 · 81 ms");
  check(running([library("live")]), "live · gen 4");
  check(running([library("idle")], []), "no engine", "warning");
  check(running([library("idle")]), "waiting · gen 4");
  check(running([], []), "no scripts");
});

test("what was gone back to and what engines refuse is said", () => {
  const refused = { scripts: { generation: 4, outcome: "refused", reason: "another `World`" } } as const;
  const phase = running([library("live", { undone: 3 })], [{ ...ENGINE, refused }]);
  check(phase, "live · gen 3 · undone");
  const { tooltip } = shown(phase);
  assert.match(tooltip, /generation 4, gone back to generation 3/);
  assert.ok(tooltip.includes("game does not run generation 4 of scripts: another \\`World\\`"), tooltip);
});

test("what an engine does not take stands in the way of the words that it lives", () => {
  const refused = { scripts: { generation: 4, outcome: "restored", reason: "it panicked" } } as const;
  const engines = [{ ...ENGINE, refused }];
  check(running([library("idle")], engines), "gen 4 · taken back", "warning");
  check(running([library("idle", { generation: 5 })], engines), "waiting · gen 5");
  check(running([library("idle", { undone: 3 })], engines), "waiting · gen 3 · undone");
});

test("a time is told with the generation that it is of", () => {
  const lastReload = { ...RELOAD, generation: 4 };
  check(running([library("live", { lastReload })]), "live · gen 4 · 81 ms");
  check(running([library("live", { lastReload, undone: 3 })]), "live · gen 3 · undone");
  check(running([library("live", { lastReload, generation: 5 })]), "live · gen 5");
});

test("a failure hides what else is going on", () => {
  check(running([library("building"), library("failed", { library: "ai" })]), "ai failed", "error");
  check(running([library("failed"), library("failed", { library: "ai" })]), "2 libraries failed", "error");
  check(running([library("failed")], []), "scripts failed", "error");
});

test("the last reload is shown and not the highest number", () => {
  const early = library("live", { library: "ai", generation: 9, movedAtUnixMicros: 1 });
  const late = library("live", { generation: 2, movedAtUnixMicros: 2 });
  check(running([early, late]), "scripts · live · gen 2");
  check(running([late, { ...early, movedAtUnixMicros: 3, undone: 8 }]), "ai · live · gen 8 · undone");
});

test("before the first reload the newest generation is shown", () => {
  check(running([library("live"), library("live", { library: "ai", generation: 9 })]), "live · gen 9");
});

test("the tooltip names every library and engine", () => {
  const { tooltip } = shown(running([library("live", { lastReload: RELOAD, movedAtUnixMicros: 5_000_000 })]));
  assert.equal(
    tooltip,
    "**scripts**: live, generation 4, at 5 s, live 81 ms after the save (built in 70 ms)\n\ngame (process 7) is attached",
  );
  assert.match(shown(running([library("live", { lastReload: { ...RELOAD, speculated: true } })])).tooltip, /built before the save/);
  assert.match(shown(running([library("failed")])).tooltip, /does not build, its last good build is generation 4/);
  assert.match(shown(running([], [])).tooltip, /No package .* is a script library/);
});

test("a text that is no markdown stays as it is", () => {
  assert.equal(plain("a_b [c](command:x) $(bug)"), "a\\_b \\[c\\]\\(command:x\\) \\$\\(bug\\)");
});

test("views and the walkthrough learn what has happened", () => {
  const none = { running: false, hasScripts: false, hasEngine: false, hasReloaded: false, hasUndone: false };
  assert.deepEqual(contexts({ kind: "starting" }), none);
  assert.deepEqual(contexts(running([library("idle")], [])), { ...none, running: true, hasScripts: true });
  const undone = running([library("live", { movedAtUnixMicros: 1, undone: 3 })]);
  assert.ok(Object.values(contexts(undone)).every(Boolean));
});
