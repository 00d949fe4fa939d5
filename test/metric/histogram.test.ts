import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { Histogram } from "../../lib/metric/histogram.ts";

const durations = fc.array(fc.double({ min: 0.001, max: 1e9, noNaN: true }), { minLength: 1 });
const quantiles = [0, 0.1, 0.5, 0.9, 0.99, 1];

test("a quantile is within 4.5 % of the exact one", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const sorted = values.toSorted((one, other) => one - other);
      for (const p of quantiles) {
        const exact = sorted[Math.max(1, Math.ceil(p * sorted.length)) - 1] as number;
        const got = histogram.quantile(p);
        assert.ok(Math.abs(got - exact) <= exact * 0.045, `p${p}: ${got} for ${exact}`);
      }
    }),
  );
});

test("merged histograms are as one that saw everything", () => {
  fc.assert(
    fc.property(durations, durations, (some, others) => {
      const [one, other, both] = [new Histogram(), new Histogram(), new Histogram()];
      for (const value of some) one.record(value);
      for (const value of others) other.record(value);
      for (const value of [...some, ...others]) both.record(value);
      one.merge(other);
      const { sum, ...view } = one.view();
      const { sum: sumBoth, ...viewBoth } = both.view();
      assert.deepEqual(view, viewBoth);
      assert.ok(Math.abs(sum - sumBoth) <= sumBoth * 1e-9);
    }),
  );
});

test("an empty histogram is all zeros, and odd durations count as 0 or in the last bucket", () => {
  const histogram = new Histogram();
  assert.deepEqual(histogram.view(), { count: 0, sum: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 });
  for (const ms of [-5, Number.NaN, 0]) histogram.record(ms);
  assert.deepEqual(histogram.view(), { count: 3, sum: 0, min: 0, max: 0, p50: 0, p90: 0, p99: 0 });
  histogram.record(1e15);
  assert.equal(histogram.count, 4);
  assert.equal(histogram.view().max, 1e15);
});

test("what stayed within its edges is counted exactly", () => {
  fc.assert(
    fc.property(durations, (values) => {
      const histogram = new Histogram();
      for (const value of values) histogram.record(value);
      const { bounds, within, count } = histogram.buckets();
      assert.equal(count, values.length);
      assert.deepEqual(
        within,
        bounds.map((bound) => values.filter((value) => value <= bound).length),
      );
    }),
  );
  const edges = new Histogram();
  for (const bound of edges.buckets().bounds) edges.record(bound);
  assert.deepEqual(edges.buckets().within, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});
