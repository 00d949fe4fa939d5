import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters, otherNames } from "../../lib/metric/counter.ts";
import { RunStats } from "../../lib/metric/run-stats.ts";
import { countedAs, runOutcomes } from "../../lib/metric/snapshot.ts";
import { RateWindow } from "../../lib/metric/window.ts";

test("counts rise by name and label, and names past the bound are counted as one", () => {
  const counters = new Counters(["good", "bad"], 2);
  counters.add("a", "good");
  counters.add("a", "good", 4);
  counters.add("b", "bad");
  counters.add("c", "bad");
  counters.add("d", "bad", 2);
  assert.deepEqual([...counters.names()], ["a", "b", otherNames]);
  assert.deepEqual(counters.counts("a"), { good: 5, bad: 0 });
  assert.equal(counters.get(otherNames, "bad"), 3);
  assert.deepEqual(counters.counts(), { good: 5, bad: 4 });
  assert.equal(counters.get("unknown", "good"), 0);
});

test("rates count whole seconds, forget older ones, and bear a clock below zero", () => {
  const window = new RateWindow();
  for (let ms = -30_000; ms < 60_000; ms += 100) window.add(ms);
  assert.deepEqual(
    [1, 10, 60].map((seconds) => window.rate(60_000, seconds)),
    [10, 10, 10],
  );
  window.add(60_500, 100);
  assert.equal(window.rate(60_999, 1), 10);
  assert.equal(window.rate(61_000, 1), 100);
  assert.equal(window.rate(61_000, 10), 19);
  assert.equal(window.rate(80_000, 10), 0);
  assert.equal(window.rate(130_000, 60), 0);
  window.add(5, 7);
  assert.equal(window.rate(131_000, 1), 7);
});

test("a snapshot shows counts, durations and throughput by name and in all", () => {
  const stats = new RunStats();
  for (let at = 0; at < 100; at++) stats.ran("mail", "completed", 5000 + at, 10, 2);
  stats.ran("mail", "failed", 5500, 1000, 2);
  stats.ran("resize", "released", 5500, undefined, undefined);
  stats.ran("resize", countedAs("discarded"), 5500, 7, undefined);
  stats.dropped(3);
  const snapshot = stats.snapshot(1_700_000_000_000, 6000);
  const none = Object.fromEntries(runOutcomes.map((outcome) => [outcome, 0]));
  assert.deepEqual(snapshot.byName.mail?.counts, { ...none, completed: 100, failed: 1 });
  assert.deepEqual(snapshot.byName.resize?.counts, { ...none, released: 1, dead: 1 });
  assert.deepEqual(snapshot.total.counts, {
    ...none,
    completed: 100,
    failed: 1,
    released: 1,
    dead: 1,
  });
  assert.equal(snapshot.total.runMs.count, 102);
  assert.ok(Math.abs((snapshot.byName.mail?.runMs.p90 as number) - 10) < 0.5);
  assert.equal(snapshot.byName.mail?.runMs.max, 1000);
  assert.equal(snapshot.byName.resize?.waitMs.count, 0);
  assert.deepEqual(snapshot.throughput, { last1s: 102, last10s: 10.2, last60s: 1.7 });
  assert.equal(snapshot.droppedHints, 3);
  assert.equal(snapshot.at, 1_700_000_000_000);
});

test("a snapshot is frozen to its leaves and stays as it was", () => {
  const stats = new RunStats();
  stats.ran("__proto__", "completed", 0, 1, 1);
  const snapshot = stats.snapshot(0, 0);
  const frozen = (value: unknown): boolean =>
    typeof value !== "object" ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.ok(frozen(snapshot));
  stats.ran("__proto__", "completed", 0, 1, 1);
  assert.deepEqual(Object.keys(snapshot.byName), ["__proto__"]);
  assert.equal(snapshot.total.counts.completed, 1);
});

test("names past the bound share their durations too", () => {
  const stats = new RunStats(1);
  for (const name of ["a", "b", "c"]) stats.ran(name, "completed", 0, 1, 1);
  const { byName } = stats.snapshot(0, 0);
  assert.deepEqual(Object.keys(byName), ["a", otherNames]);
  assert.equal(byName[otherNames]?.runMs.count, 2);
});
