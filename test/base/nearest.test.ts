import assert from "node:assert/strict";
import { test } from "node:test";
import { nearest } from "../../lib/base/nearest.ts";

const known = ["maxAttempts", "timeout", "backoff", "run", "queue"];

test("a word with a letter dropped, added, changed or swapped is recognized", () => {
  for (const word of ["timeou", "timeoutt", "timeaut", "timeuot"]) {
    assert.equal(nearest(word, known), "timeout");
  }
  assert.equal(nearest("max_attempts", known), "maxAttempts");
  assert.equal(nearest("Queue", known), "queue");
});

test("a word that is like none of them means none of them", () => {
  for (const word of ["colour", "x", "", "retries"]) assert.equal(nearest(word, known), undefined);
});

test("of several the nearest is meant", () => {
  assert.equal(nearest("pausd", ["paused", "pause"]), "paused");
  assert.equal(nearest("pausee", ["pauses", "pause"]), "pauses");
});
