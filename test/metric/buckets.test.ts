import assert from "node:assert/strict";
import { test } from "node:test";
import { Buckets } from "../../lib/metric/buckets.ts";

test("each bound counts what is within it, with what is within those before it", () => {
  const buckets = new Buckets([1, 4, 16]);
  for (const value of [0, 1, 1.5, 4, 5, 17]) buckets.record(value);
  const { within, count, sum } = buckets.view();
  assert.deepEqual([within, count, sum], [[2, 4, 5], 6, 28.5]);
});
