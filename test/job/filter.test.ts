import assert from "node:assert/strict";
import { test } from "node:test";
import { ErgateError } from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";
import { parseFilter } from "../../lib/job/filter.ts";
import type { JobFilter } from "../../lib/job/job.ts";

test("a filter is taken over as it is, its times as milliseconds", () => {
  const since = new Date(1_700_000_000_000);
  const given: JobFilter = { state: "dead", name: "a", error: "f", text: "x", since, ids: ["1"] };
  assert.deepEqual(parseFilter(given, []), { ...given, since: since.getTime() });
  assert.deepEqual(parseFilter({}, []), {});
});

const bad: [object, string][] = [
  [{ state: "done" }, "state"],
  [{ state: ["dead", "done"] }, "state"],
  [{ error: 7 }, "error"],
  [{ text: ["a"] }, "text"],
  [{ text: "a".repeat(limits.filterTextChars + 1) }, "text"],
  [{ since: "yesterday" }, "since"],
  [{ until: Number.NaN }, "until"],
  [{ until: new Date("never") }, "until"],
  [{ ids: "one" }, "ids"],
  [{ ids: [1] }, "ids"],
  [{ ids: new Array(limits.filterIds + 1).fill("a") }, "ids"],
  [{ states: "dead" }, "states"],
];

for (const [filter, path] of bad) {
  test(`${JSON.stringify(filter).slice(0, 60)} is refused at ${path}`, () => {
    assert.throws(
      () => parseFilter(filter as JobFilter, []),
      (error) => error instanceof ErgateError && error.path === path,
    );
  });
}
