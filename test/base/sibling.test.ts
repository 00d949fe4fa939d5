import assert from "node:assert/strict";
import { test } from "node:test";
import { sibling } from "../../lib/base/sibling.ts";

test("unbuilt, an entry is the .ts file at its path", () => {
  const url = sibling("file:///app/lib/store/engine.ts", "./sqlite/thread");
  assert.equal(url.href, "file:///app/lib/store/sqlite/thread.ts");
});

test("in the bundle it lies flat beside its importer as .js", () => {
  const url = sibling("file:///app/dist/index.js", "./sqlite/thread");
  assert.equal(url.href, "file:///app/dist/thread.js");
});
