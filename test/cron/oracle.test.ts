import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { compare, dayMs, zones } from "./compare.ts";
import { expressions } from "./expressions.ts";
import { type Minutes, reader, walk } from "./oracle.ts";

/** All stretches of five years in which a zone's clock was set, and one of each year in which not. */
function stretches(zone: string): Minutes[] {
  const read = reader(zone);
  const years = [2009, 2010, 2011, 2012, 2013];
  const starts = years.map((year) => Date.UTC(year, 5, 1 + (year % 28)));
  let offset: number | undefined;
  for (let at = Date.UTC(2009, 0, 1); at < Date.UTC(2014, 0, 1); at += dayMs / 2) {
    const now = read(at) - at / 60_000;
    if (offset !== undefined && now !== offset) starts.push(at - dayMs / 2);
    offset = now;
  }
  return starts.map((at) => walk(zone, at - 1.5 * dayMs, at + dayMs));
}

for (const zone of zones) {
  test(`random expressions fire in ${zone} when a walk through each minute says so`, () => {
    const walked = stretches(zone);
    let count = 0;
    fc.assert(
      fc.property(expressions, fc.constantFrom(...walked), (expression, minutes) => {
        count += compare(expression, zone, minutes);
      }),
      { numRuns: 300 },
    );
    assert.ok(count > 1_000, `only ${count} firings were compared`);
  });
}
