// The page of "Which Is Faster?", and what a run says on its way.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { page, parse, progress, type Report } from "../src/bench";

const TEXT = readFileSync(new URL("bench-report.json", import.meta.url), "utf8");

function report(): Report {
  const parsed = parse(TEXT);
  assert.ok(parsed);
  return parsed;
}

test("a run says how far it is", () => {
  assert.deepEqual(progress("building the copy for the first time\n"), { message: "building the copy for the first time" });
  assert.deepEqual(progress("enemy: round 0 of 4"), { message: "enemy: round 0 of 4", done: 0 });
  assert.equal(progress("a: b: round 4 of 4").done, 0.8);
});

test("what is no report of this form is none", () => {
  assert.equal(parse(""), undefined);
  assert.equal(parse("null"), undefined);
  assert.equal(parse('{"version":2,"scripts":[]}'), undefined);
});

test("every way has its row with a bar, and the fastest is told apart", () => {
  const html = page(report(), "n0nce");
  for (const { name } of report().scripts[0]?.measures ?? []) {
    assert.ok(html.includes(`<th scope="row">${name}`), name);
  }
  assert.equal(html.match(/class="fastest"/g)?.length, 1);
  assert.match(html, /width="100\.00%"/);
  assert.match(html, /swap at the next frame/);
});

test("the page runs nothing, loads nothing and takes names as text", () => {
  const first = report().scripts[0];
  assert.ok(first);
  const html = page({ ...report(), scripts: [{ ...first, library: "<script>x</script>" }] }, "n0nce");
  assert.match(html, /default-src 'none'; style-src 'nonce-n0nce'/);
  assert.doesNotMatch(html, /<script|style="|src=/);
  assert.match(html, /&lt;script&gt;/);
});

test("a workspace without anything to measure says so", () => {
  assert.match(page({ ...report(), scripts: [] }, "n"), /nothing was measured/);
});
