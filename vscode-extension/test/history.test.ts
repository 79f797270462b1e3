// The rows of the history view.
import assert from "node:assert/strict";
import { test } from "node:test";
import { place, query, rows, type Generation, type Row } from "../src/history";

const clock = (micros: number): string => `${micros / 1_000_000} s`;

function generation(number: number, more: Partial<Generation> = {}): Generation {
  return { generation: number, trigger: "save", buildMicros: 70_000, ...more };
}

function shown(told: number, ...generations: Generation[]): { root: Row; children: readonly Row[] } {
  const [root] = rows({ libraries: [{ library: "enemy", told, generations }] }, clock);
  assert.ok(root);
  return { root, children: root.children };
}

function one(more: Partial<Generation>): Row {
  const [row] = shown(4, generation(4, more)).children;
  assert.ok(row);
  return row;
}

test("a library says what runs and opens when there is something to go back to", () => {
  const { root, children } = shown(4, generation(4, { outcome: "applied", runsIn: ["arena"] }), generation(3));
  assert.deepEqual([root.label, root.description, root.isOpen, root.kind], ["enemy", "generation 4 runs", true, "library"]);
  assert.deepEqual(children.map(({ label, kind }) => [label, kind]), [["Generation 4", "told"], ["Generation 3", "generation"]]);
  assert.equal(shown(4, generation(4, { trigger: "initial" })).root.isOpen, false);
  assert.equal(shown(4, generation(4)).root.description, "no engine runs it");
  const two = shown(4, generation(4, { runsIn: ["new"] }), generation(3, { runsIn: ["old"] }));
  assert.equal(two.root.description, "generations 4 and 3 run");
});

test("the library that was built last comes first", () => {
  const library = (name: string, at: number) => ({ library: name, told: 1, generations: [generation(1, { atUnixMicros: at })] });
  const all = rows({ libraries: [library("a", 1), library("b", 3), library("c", 2)] }, clock);
  assert.deepEqual(all.map(({ label }) => label), ["b", "c", "a"]);
});

test("a library without any generation is not there", () => {
  assert.deepEqual(rows({ libraries: [{ library: "enemy", told: 0, generations: [] }] }, clock), []);
});

test("a generation says what came of it, its trigger, the time of day and how long it took to live", () => {
  const row = one({ outcome: "applied", runsIn: ["arena"], atUnixMicros: 5_000_000, saveToLiveMicros: 81_400 });
  assert.equal(row.description, "runs · 5 s · 81 ms · save");
  assert.equal(row.tooltip, "Generation 4 of enemy\nRuns in arena\nBegan with: save, 5 s, built in 70 ms\nLive 81 ms after the save");
  assert.equal(one({ trigger: "watch", outcome: "applied" }).description, "save");
  assert.match(one({ speculated: true }).tooltip, /built before the save/);
  assert.match(one({ unsaved: true }).tooltip, /never saved/);
});

test("what went wrong has its icon, its word and its reason", () => {
  for (const [outcome, icon, word] of [
    ["refused", "circle-slash", "refused"],
    ["restored", "discard", "taken back"],
    ["crashed", "error", "crashed"],
  ] as const) {
    const row = one({ outcome, reason: "SIGSEGV" });
    assert.deepEqual([row.icon, row.description], [icon, `${word} · save`]);
    assert.match(row.tooltip, /: SIGSEGV$/m);
    assert.match(one({ outcome, runsIn: ["other"] }).tooltip, /It runs in other/);
  }
  assert.equal(one({ outcome: "applied" }).icon, "check");
  assert.equal(one({}).icon, "circle-outline");
});

test("a place survives the way through a query", () => {
  const of = { library: "a b&c=größe", generation: 12 };
  assert.deepEqual(place(query(of)), of);
  assert.equal(place("library=a"), undefined);
  assert.equal(place("generation=x&library=a"), undefined);
});
