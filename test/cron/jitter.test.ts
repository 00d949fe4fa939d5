import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { delayMsOf, gapMsOf } from "../../lib/cron/jitter.ts";
import { next, timingOf } from "../../lib/cron/timing.ts";
import { expressions } from "./expressions.ts";
import { everComes, textOf } from "./oracle.ts";

test("a name's delay is the same in every process", () => {
  const source = new URL("../../lib/cron/jitter.ts", import.meta.url).href;
  const script = `import { delayMsOf } from ${JSON.stringify(source)};
    console.log(delayMsOf("nightly", 3600000), delayMsOf("日報", 3600000));`;
  const other = execFileSync(process.execPath, ["--input-type=module", "-e", script]).toString();
  assert.equal(other.trim(), `${delayMsOf("nightly", 3_600_000)} ${delayMsOf("日報", 3_600_000)}`);
});

test("a delay is a whole number from 0 up to the jitter, and grows with it", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 0, max: 1e9 }), (name, jitterMs) => {
      const delay = delayMsOf(name, jitterMs);
      assert.ok(Number.isInteger(delay) && delay >= 0 && delay <= Math.max(0, jitterMs - 1));
      assert.ok(Math.abs(delayMsOf(name, jitterMs * 2) - 2 * delay) <= 1);
    }),
  );
});

test("names that differ in a last digit spread over the whole jitter", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let at = 0; at < 1_000; at++) {
    const tenth = delayMsOf(`report-${at}`, 10);
    tenths[tenth] = (tenths[tenth] ?? 0) + 1;
  }
  for (const count of tenths) assert.ok(count > 60 && count < 140, String(tenths));
});

const gaps: [expression: string, seconds: number][] = [
  ["* * * * * *", 1],
  ["*/7 * * * * *", 4],
  ["* * * * *", 60],
  ["0,50 * * * *", 600],
  ["0,30 9-17 * * *", 1_800],
  ["0 9 * * *", 86_400],
  ["0 0,23 * * *", 3_600],
  ["0 9 * * MON", 7 * 86_400],
  ["0 0 1,31 * *", 86_400],
  ["0 0 1 * *", 28 * 86_400],
  ["0 9 1 1 *", 365 * 86_400],
  ["0 0 0 1 1 * 2030", Number.POSITIVE_INFINITY],
];

for (const [expression, seconds] of gaps) {
  test(`"${expression}" leaves ${seconds} s between two firings`, () => {
    const spec = { type: "cron", expression, dialect: "ergate", zone: "UTC" } as const;
    assert.equal(gapMsOf(timingOf(spec, 0)), seconds * 1_000);
  });
}

test("no two firings are closer than the gap", () => {
  fc.assert(
    fc.property(expressions.filter(everComes), fc.nat(1_000), (expression, days) => {
      const spec = { type: "cron", dialect: "ergate", zone: "UTC" } as const;
      const timing = timingOf({ ...spec, expression: textOf(expression) }, 0);
      const gap = gapMsOf(timing) as number;
      let at = next(timing, Date.UTC(2010, 0, 1) + days * 86_400_000);
      for (let step = 0; step < 50 && at !== undefined; step++) {
        const later = next(timing, at);
        if (later !== undefined) assert.ok(later - at >= gap, textOf(expression));
        at = later;
      }
    }),
    { numRuns: 300 },
  );
});
