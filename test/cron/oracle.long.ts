import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { compare, dayMs, zones } from "./compare.ts";
import { expressions } from "./expressions.ts";
import { type Expression, reader, walk } from "./oracle.ts";

/** Five whole years in which all of these zones but two set their clocks, and today's of two. */
const walks: [zone: string, from: number, until: number][] = [
  ...zones.map((zone): [string, number, number] => [zone, 2009, 2014]),
  ["Europe/Berlin", 2022, 2027],
  ["Africa/Casablanca", 2022, 2027],
];

/** Seconds are for the short stretches of the quick test: five years have 157 million. */
const minutely = expressions.map(
  (each): Expression => ({ ...each, second: [{ kind: "one", value: 0 }] }),
);

for (const [zone, from, until] of walks) {
  test(`random expressions fire in ${zone} in each minute from ${from} to ${until} that they mean`, () => {
    const minutes = walk(zone, Date.UTC(from, 0, 1) - 2 * dayMs, Date.UTC(until, 0, 1));
    let count = 0;
    fc.assert(
      fc.property(minutely, (expression) => {
        count += compare(expression, zone, minutes);
      }),
      { numRuns: 10 },
    );
    assert.ok(count > 1_000, `only ${count} firings were compared`);
  });
}

test("no zone sets its clock and sets it back between two looks at it", () => {
  const lookMs = 3 * dayMs;
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const read = reader(zone);
    const offsetAt = (at: number) => read(at) - Math.floor(at / 60_000);
    for (let year = 1970; year < 2038; year++) {
      let last = Number.NEGATIVE_INFINITY;
      let offset = offsetAt(Date.UTC(year, 0, 1));
      for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += dayMs) {
        const now = offsetAt(at);
        if (now === offset) continue;
        assert.ok(at - last > lookMs + dayMs, `${zone} ${new Date(at).toISOString()}`);
        [last, offset] = [at, now];
      }
    }
  }
});
