import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare, dayMs, zones } from "./compare.ts";
import { expressions } from "./expressions.ts";
import { type Expression, reader, walk } from "./oracle.ts";

/** Two times five whole years: of the first ones all zones set their clocks, the last are today's. */
const eras: [from: number, until: number][] = [
  [2009, 2014],
  [2022, 2027],
];

/** Seconds are for the short stretches of the quick test: five years have 157 million. */
const minutely = expressions.map(
  (each): Expression => ({ ...each, second: [{ kind: "one", value: 0 }] }),
);

for (const zone of zones) {
  for (const [from, until] of eras) {
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
}

test("no zone sets its clock and sets it back between two looks at it", () => {
  const lookMs = 7 * dayMs;
  for (const zone of Intl.supportedValuesOf("timeZone")) {
    const read = reader(zone);
    const offsetAt = (at: number) => read(at) - Math.floor(at / 60_000);
    for (let year = 1970; year < 2038; year++) {
      let last = Number.NEGATIVE_INFINITY;
      let offset = offsetAt(Date.UTC(year, 0, 1));
      for (let at = Date.UTC(year, 0, 1); at < Date.UTC(year + 1, 0, 1); at += 2 * dayMs) {
        const now = offsetAt(at);
        if (now === offset) continue;
        assert.ok(at - last > lookMs + 2 * dayMs, `${zone} ${new Date(at).toISOString()}`);
        [last, offset] = [at, now];
      }
    }
  }
});
