// When to offer that rust-analyzer leaves errors to Liveline.
import assert from "node:assert/strict";
import { test } from "node:test";
import { shouldOffer, type Beside } from "../src/beside";

const BOTH: Beside = { isThere: true, checkOnSave: true, analysis: true, libraries: 2, diagnostics: "all", wasAsked: false };

test("it is offered where both would show the same errors, once", () => {
  assert.ok(shouldOffer(BOTH));
  assert.ok(shouldOffer({ ...BOTH, checkOnSave: undefined }), "on is what it is without a word");
  assert.ok(shouldOffer({ ...BOTH, diagnostics: "errors" }));
  assert.ok(shouldOffer({ ...BOTH, checkOnSave: false }), "what it finds itself is said twice too");
  assert.ok(!shouldOffer({ ...BOTH, wasAsked: true }));
});

test("it is not offered where there is nothing to say twice", () => {
  assert.ok(!shouldOffer({ ...BOTH, isThere: false }));
  assert.ok(!shouldOffer({ ...BOTH, libraries: 0 }));
  const without = { ...BOTH, analysis: false };
  assert.ok(!shouldOffer({ ...without, checkOnSave: false }));
  assert.ok(!shouldOffer({ ...without, checkOnSave: { enable: false } }), "as older versions write it");
  assert.ok(!shouldOffer({ ...BOTH, diagnostics: "off" }));
});
