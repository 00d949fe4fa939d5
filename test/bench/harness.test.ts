import assert from "node:assert/strict";
import { test } from "node:test";
import { column, compare, createBench, type Figures } from "../../bench/harness.ts";
import { reachText, reportTable } from "../../bench/report.ts";

const base = {
  name: "a",
  settings: { durability: "fsync" },
  unit: "jobs/s",
  against: "b",
  value: [60, 50, 90],
  limit: [100, 100, 120],
};

test("a row is a ratio of medians, with the spread of the rounds' own ratios", () => {
  const row = compare("full", { ...base, least: 0.6 });
  assert.equal(row.value, 60);
  assert.equal(row.limit, 100);
  assert.equal(row.ratio, 0.6);
  assert.deepEqual(row.spread, { min: 0.5, max: 0.75 });
  assert.equal(row.met, true);
  assert.equal(row.rounds, 3);
});

test("a reach is from below or from above", () => {
  const { met, direction, reach } = compare("full", { ...base, most: 0.5 });
  assert.deepEqual({ met, direction, reach }, { met: false, direction: "at most", reach: 0.5 });
  assert.equal(compare("full", { ...base, least: 0.61 }).met, false);
  assert.equal(reachText(compare("full", { ...base, most: 2 })), "≤ 2×");
  assert.equal(reachText(compare("full", { ...base, least: 0.7 })), "≥ 0.7×");
});

test("without a reach, and in a smoke, nothing is judged", () => {
  const { met, reach, direction } = compare("full", base);
  assert.deepEqual({ met, reach, direction }, { met: null, reach: null, direction: null });
  assert.equal(compare("smoke", { ...base, least: 0.9 }).met, null);
});

test("a row that is judged by its value says so", () => {
  const row = { ...compare("full", { ...base, most: 10 }), of: "value", unit: "ms" } as const;
  assert.equal(reachText(row), "≤ 10 ms");
});

test("sides are measured in turn, a round after the other", async () => {
  const order: string[] = [];
  const run = async (side: string, input: { n: number }): Promise<Figures> => {
    order.push(side + input.n);
    return { rate: order.length };
  };
  const bench = createBench("quick", run, () => undefined);
  const [limit, ours] = await bench.interleave([
    ["limit", { n: 1 }],
    ["ours", { n: 2 }],
  ]);
  assert.equal(order.join(" "), "limit1 ours2 limit1 ours2 limit1 ours2");
  assert.deepEqual(column(limit, "rate"), [1, 3, 5]);
  assert.deepEqual(column(ours, "rate"), [2, 4, 6]);
  assert.throws(() => column(ours, "ms"), /no figure "ms"/);
});

test("each scale has its sizes", () => {
  const size = (scale: "full" | "quick" | "smoke") =>
    createBench(
      scale,
      async () => ({}),
      () => undefined,
    ).size(3, 2, 1);
  assert.deepEqual([size("full"), size("quick"), size("smoke")], [3, 2, 1]);
});

test("the table names its columns and says whether a reach was met", () => {
  const rows = [compare("full", { ...base, least: 0.6 }), compare("full", { ...base, least: 0.7 })];
  const [head = "", met = "", missed = ""] = reportTable(rows).split("\n");
  const heads = "name settings value unit limit ratio reach met spread against".split(" ");
  assert.deepEqual(head.trim().split(/\s+/), heads);
  assert.match(met, /durability fsync +60 +jobs\/s +100 +0\.6 +≥ 0\.6× +yes +0\.5–0\.75/);
  assert.match(missed, /≥ 0\.7× +NO/);
});
