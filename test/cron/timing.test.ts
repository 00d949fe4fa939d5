import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import {
  between,
  countBetween,
  lastBetween,
  next,
  type TimingSpec,
  timingOf,
} from "../../lib/cron/timing.ts";

const start = Date.UTC(2026, 0, 1);
const zone = "Europe/Berlin";
const cron = (expression: string, more: { start?: number; end?: number } = {}): TimingSpec => ({
  type: "cron",
  expression,
  dialect: "ergate",
  zone,
  ...more,
});

test("every fires at creation + n · every, however late it is asked", () => {
  const timing = timingOf({ type: "every", everyMs: 300_000, zone }, start);
  assert.equal(next(timing, start - 1e9), start + 300_000);
  assert.equal(next(timing, start), start + 300_000);
  assert.equal(next(timing, start + 300_000), start + 600_000);
  assert.equal(next(timing, start + 1_234_567), start + 1_500_000);
});

test("every stays on its grid for ever", () => {
  const everyMs = fc.integer({ min: limits.scheduleEveryMs, max: 1e10 });
  fc.assert(
    fc.property(everyMs, fc.nat(1e12), (everyMs, later) => {
      const timing = timingOf({ type: "every", everyMs, zone }, start);
      const at = next(timing, start + later) as number;
      assert.equal((at - start) % everyMs, 0);
      assert.ok(at > start + later && at - everyMs <= start + later);
    }),
  );
});

test("at fires once", () => {
  const timing = timingOf({ type: "at", at: start, zone }, 0);
  assert.equal(next(timing, start - 1), start);
  assert.equal(next(timing, start), undefined);
});

test("the first moment counts in, the end does not", () => {
  const hour = 3_600_000;
  const specs = [cron("0 * * * *"), { type: "every", everyMs: hour, zone } as const];
  for (const spec of specs) {
    const window = { start: start + hour, end: start + 3 * hour };
    const timing = timingOf({ ...spec, ...window }, start - 24 * hour);
    assert.deepEqual(between(timing, 0, start + 9 * hour, 10), [start + hour, start + 2 * hour]);
  }
  const at = { type: "at", at: start, zone } as const;
  assert.equal(next(timingOf({ ...at, end: start }, 0), 0), undefined);
  assert.equal(next(timingOf({ ...at, start: start + 1 }, 0), 0), undefined);
});

test("between gives no more than it is asked for", () => {
  const timing = timingOf(cron("* * * * *"), 0);
  assert.equal(between(timing, start, start + 3_600_000, 7).length, 7);
  assert.deepEqual(between(timing, start, start + 120_000, 7), [start + 60_000, start + 120_000]);
  assert.deepEqual(between(timing, start, start + 59_999, 7), []);
});

const timings = fc.oneof(
  fc
    .constantFrom(
      "* * * * *",
      "*/7 * * * * *",
      "0 3 * * *",
      "30 2 * * SUN",
      "0 0 29 2 *",
      "5 * 1 * *",
    )
    .map((expression) => timingOf(cron(expression), 0)),
  fc
    .integer({ min: 500, max: 1e8 })
    .map((everyMs) => timingOf({ type: "every", everyMs, zone }, start)),
  fc.nat(4 * 86_400_000).map((late) => timingOf({ type: "at", at: start + late, zone }, 0)),
);

test("the last firing of a stretch, and their count, are those of a walk", () => {
  const spans = fc.tuple(fc.nat(300 * 86_400_000), fc.nat(3 * 3_600_000));
  fc.assert(
    fc.property(timings, spans, (timing, [later, length]) => {
      const from = start + later;
      const walked = between(timing, from, from + length, 30_000);
      assert.equal(lastBetween(timing, from, from + length), walked.at(-1));
      assert.deepEqual(countBetween(timing, from, from + length), {
        count: walked.length,
        more: false,
      });
    }),
  );
});

test("a year of seconds is looked over in some 50 questions, and counted up to a bound", () => {
  const year = 365 * 86_400_000;
  const timing = timingOf(cron("* * * * * *"), 0);
  assert.equal(lastBetween(timing, start, start + year), start + year);
  const counted = { count: limits.scheduleCounted, more: true };
  assert.deepEqual(countBetween(timing, start, start + year), counted);
  const every = timingOf({ type: "every", everyMs: 10, zone }, start);
  assert.deepEqual(countBetween(every, start, start + year), { count: year / 10, more: false });
});
