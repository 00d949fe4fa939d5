import assert from "node:assert/strict";
import { test } from "node:test";
import { Cron } from "croner";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import { parseExpression } from "../../lib/cron/expression.ts";
import { NumberSet } from "../../lib/cron/number-set.ts";
import { type CronPattern, nextWall } from "../../lib/cron/pattern.ts";
import { expressions } from "./expressions.ts";
import { type Expression, everComes, textOf } from "./oracle.ts";

/** Croner takes LW alone, and not in a list. */
function isCroners({ monthDay }: Expression): boolean {
  return monthDay.length === 1 || monthDay.every(({ kind }) => kind !== "LW");
}

test("croner finds the same times on a clock without zone", () => {
  let count = 0;
  const second = fc.integer({ min: 0, max: Date.UTC(2090, 0, 1) / 1_000 });
  fc.assert(
    fc.property(
      expressions.filter((each) => isCroners(each) && everComes(each)),
      second,
      (expression, second) => {
        const text = textOf(expression);
        const croner = new Cron(text, { utcOffset: 0, paused: true });
        const pattern = parseExpression(text, "ergate", "cron");
        let wall: number | undefined = second * 1_000;
        for (let step = 0; step < 5 && wall !== undefined; step++) {
          const expected: Date | null = croner.nextRun(new Date(wall));
          wall = nextWall(pattern, wall);
          assert.equal(wall, expected?.getTime(), text);
          count++;
        }
      },
    ),
    { numRuns: 1_000 },
  );
  assert.ok(count > 1_000, `only ${count} times were compared`);
});

/** The pattern, and how many months were looked at. */
function counted(pattern: CronPattern): { pattern: CronPattern; looked: () => number } {
  let looked = 0;
  const months = new NumberSet();
  for (const month of pattern.months.values()) months.add(month);
  const atLeast = months.atLeast.bind(months);
  months.atLeast = (value) => {
    looked++;
    return atLeast(value);
  };
  return { pattern: { ...pattern, months }, looked: () => looked };
}

test("a date that never comes ends the search after 130 years of its months", () => {
  const monthDays = new NumberSet();
  monthDays.add(30);
  const february = parseExpression("* * 1 2 *", "ergate", "cron");
  const impossible = { ...february, days: { ...february.days, monthDays } };
  const { pattern, looked } = counted(impossible);
  assert.equal(nextWall(pattern, Date.UTC(2026, 0, 1)), undefined);
  assert.ok(looked() <= 2 * (limits.cronSearchYears + 1), `${looked()} months`);
});

test("a year that is past, and one that is far, are not searched for", () => {
  const past = counted(parseExpression("0 * * * * * 2020", "ergate", "cron"));
  assert.equal(nextWall(past.pattern, Date.UTC(2026, 0, 1)), undefined);
  assert.equal(past.looked(), 0);
  const far = counted(parseExpression("0 0 0 1 1 * 2099", "ergate", "cron"));
  assert.equal(nextWall(far.pattern, 0), Date.UTC(2099, 0, 1));
  assert.equal(far.looked(), 1);
});

test("a leap day is found past a century without one", () => {
  const pattern = parseExpression("0 0 29 2 *", "ergate", "cron");
  assert.equal(nextWall(pattern, Date.UTC(2096, 1, 29)), Date.UTC(2104, 1, 29));
});

test("days before 1970 have their weekdays, too", () => {
  const mondays = parseExpression("0 0 * * MON", "ergate", "cron");
  assert.equal(nextWall(mondays, Date.UTC(1969, 6, 16)), Date.UTC(1969, 6, 21));
});

test("a set of numbers has what was added, and knows the next of each", () => {
  const number = fc.integer({ min: 0, max: 59 });
  fc.assert(
    fc.property(fc.array(number), fc.integer({ min: 0, max: 70 }), (values, from) => {
      const set = new NumberSet();
      for (const value of values) set.add(value);
      const sorted = [...new Set(values)].sort((one, other) => one - other);
      assert.deepEqual(set.values(), sorted);
      assert.equal(set.atLeast(from), sorted.find((value) => value >= from) ?? -1);
      assert.equal(set.has(from), sorted.includes(from));
      assert.equal(set.isEmpty, sorted.length === 0);
    }),
  );
});
