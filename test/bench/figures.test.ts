import assert from "node:assert/strict";
import { test } from "node:test";
import { median, percentile, rounded, spreadOf } from "../../bench/figures.ts";

test("the median is the middle one, or the mean of the two in the middle", () => {
  assert.equal(median([5, 1, 9]), 5);
  assert.equal(median([4, 1, 9, 2]), 3);
  assert.equal(median([7]), 7);
});

test("samples stay in their order", () => {
  const samples = [3, 1, 2];
  median(samples);
  assert.deepEqual(samples, [3, 1, 2]);
});

test("a percentile lies between its neighbours", () => {
  const hundred = Array.from({ length: 101 }, (_, at) => at);
  assert.equal(percentile(hundred, 0.99), 99);
  assert.equal(percentile([0, 10], 0.25), 2.5);
  assert.equal(percentile(hundred, 1), 100);
});

test("of no sample there is no median", () => {
  assert.ok(Number.isNaN(median([])));
});

test("a spread is the least and the most, and figures keep three digits", () => {
  assert.deepEqual(spreadOf([2, 9, 4]), { min: 2, max: 9 });
  assert.equal(rounded(123_456), 123_000);
  assert.equal(rounded(0.123456), 0.123);
});
