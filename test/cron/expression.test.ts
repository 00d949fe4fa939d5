import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Dialect } from "../../lib/cron/dialect.ts";
import { parseExpression } from "../../lib/cron/expression.ts";
import { nextWall } from "../../lib/cron/pattern.ts";

const start = Date.UTC(2026, 0, 1);

/** The first walls past the start of 2026, as text without its zeros. */
function walls(expression: string, dialect: Dialect = "ergate", count = 3): string[] {
  const pattern = parseExpression(expression, dialect, "cron");
  const found: string[] = [];
  let wall: number | undefined = start - 1;
  while (found.length < count) {
    wall = nextWall(pattern, wall);
    if (wall === undefined) break;
    found.push(new Date(wall).toISOString().slice(0, -5).replace(/:00$/, ""));
  }
  return found;
}

const refused: [expression: string, reason: string, column: number][] = [
  ["61 * * * *", "minute 61 is out of range 0–59", 1],
  ["* 24 * * *", "hour 24 is out of range 0–23", 3],
  ["*   24 * * *", "hour 24 is out of range 0–23", 5],
  ["0 0 0 * *", "day of month 0 is out of range 1–31", 5],
  ["0 0 32 * *", "day of month 32 is out of range 1–31", 5],
  ["0 0 1,2,32 * *", "day of month 32 is out of range 1–31", 5],
  ["0 0 * 13 *", "month 13 is out of range 1–12", 7],
  ["0 0 * * 8", "day of week 8 is out of range 0–7", 9],
  ["60 0 0 * * *", "second 60 is out of range 0–59", 1],
  ["0 0 0 1 1 * 1969", "year 1969 is out of range 1970–2099", 13],
  ["0 0 0 1 1 * 2100", "year 2100 is out of range 1970–2099", 13],
  ["0-999999999/1 * * * *", "minute 999999999 is out of range 0–59", 1],
  ["999999999999999999999999 * * * *", "minute 99999999999999999999 is out of range 0–59", 1],
  ["*/0 * * * *", 'minute step "0" is out of range 1–60', 1],
  ["*/61 * * * *", 'minute step "61" is out of range 1–60', 1],
  ["0 */25 * * *", 'hour step "25" is out of range 1–24', 3],
  ["*/x * * * *", 'minute step "x" is out of range 1–60', 1],
  ["*/ * * * *", 'minute step "" is out of range 1–60', 1],
  ["*/5/5 * * * *", 'minute "*/5/5" has two steps', 1],
  ["5/15 * * * *", 'minute step needs a range: "5-59/…", or "*/…"', 1],
  ["0 5-2 * * *", "hour range 5–2 runs backwards", 3],
  ["0 0 * * FRI-MON", "day of week range 5–1 runs backwards", 9],
  ["0 1-2-3 * * *", 'hour "1-2-3" is no range', 3],
  ["0 1- * * *", "hour misses a value", 3],
  ["0 -1 * * *", "hour misses a value", 3],
  ["0 1.5 * * *", 'hour "1.5" is no hour', 3],
  ["0 1,,2 * * *", "hour has an empty place in its list", 3],
  ["0 , * * *", "hour has an empty place in its list", 3],
  ["0 x * * *", 'hour "x" is no hour', 3],
  ["0 0 * JANUARY *", 'month "january" is no month', 7],
  ["0 0 * FOO *", 'month "foo" is no month', 7],
  ["0 0 * * MONDAY", 'day of week "monday" is no day of week', 9],
  ["0 0 * * L", 'day of week L needs a day, such as "5L" for the last Friday', 9],
  ["0 0 * * 9L", "day of week 9 is out of range 0–7", 9],
  ["0 0 * * 5#6", "day of week #6 is out of range #1–#5", 9],
  ["0 0 * * 5#0", "day of week #0 is out of range #1–#5", 9],
  ["0 0 * * 5#", "day of week # is out of range #1–#5", 9],
  ["0 0 32W * *", "day of month 32 is out of range 1–31", 5],
  ["0 0 1-5W * *", 'day of month "5w" is no day of month', 5],
  ["0 L * * *", 'hour "l" is no hour', 3],
  ["0 0 30 2 *", "day of month 30 never comes in month 2", 5],
  ["0 0 31 4,6,9,11 *", "day of month 31 never comes in month 4,6,9,11", 5],
  ["0 0 0 29 2 * 2023", "day of month 29 never comes in month 2 of year 2023", 7],
  ["0 0 31W 2 *", "day of month 31W never comes in month 2", 5],
  ["", "0 fields where 5 to 7 are expected", 1],
  ["   ", "0 fields where 5 to 7 are expected", 4],
  ["* * * *", "4 fields where 5 to 7 are expected", 8],
  ["* * * * * * * 8", "8 fields where 5 to 7 are expected", 15],
  ["@often", "no nickname; known are @hourly", 1],
  ["@daily 5", "no nickname; known are @hourly", 1],
  ["@every 5m", "no nickname; known are @hourly", 1],
];

for (const [expression, reason, column] of refused) {
  test(`"${expression}" is refused: ${reason}, column ${column}`, () => {
    assert.throws(
      () => parseExpression(expression, "ergate", "schedules.nightly.cron"),
      (error: Error & { code?: string; path?: string }) => {
        assert.equal(error.code, "ERR_ERGATE_SCHEDULE");
        assert.equal(error.path, "schedules.nightly.cron");
        assert.ok(
          error.message.startsWith(`schedules.nightly.cron ${JSON.stringify(expression)}:`),
        );
        assert.ok(error.message.includes(`: ${reason}`), error.message);
        assert.ok(error.message.endsWith(`, column ${column}`), error.message);
        return true;
      },
    );
  });
}

test("an expression that is too long is refused before it is read", () => {
  const long = `${"0,".repeat(limits.cronChars)}0 * * * *`;
  assert.throws(() => parseExpression(long, "ergate", "cron"), /the limit is 500$/);
});

test("no text is refused with anything but a reason and a column", () => {
  const alphabet = fc.constantFrom(..."0123456789*/,-?#LW@ JANMO".split(""), "SUN", "\t", "é");
  const text = fc.array(alphabet, { maxLength: 30 }).map((parts) => parts.join(""));
  const dialect = fc.constantFrom<Dialect>("ergate", "robfig-v1", "cronexpr");
  fc.assert(
    fc.property(text, dialect, (expression, dialect) => {
      try {
        parseExpression(expression, dialect, "cron");
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        assert.equal(code, "ERR_ERGATE_SCHEDULE", message);
        assert.match(message, /, column \d+$/);
      }
    }),
    { numRuns: 2_000 },
  );
});

const read: [expression: string, first: string[]][] = [
  ["15 10 * * *", ["2026-01-01T10:15", "2026-01-02T10:15"]],
  ["30 15 10 * * *", ["2026-01-01T10:15:30", "2026-01-02T10:15:30"]],
  ["30 15 10 1 1 * 2028,2030", ["2028-01-01T10:15:30", "2030-01-01T10:15:30"]],
  ["0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]],
  ["0 0 31 * *", ["2026-01-31T00:00", "2026-03-31T00:00"]],
  ["0 0 ? * 1", ["2026-01-05T00:00", "2026-01-12T00:00"]],
  ["0 0 1 JAN,jul *", ["2026-01-01T00:00", "2026-07-01T00:00"]],
  ["0 0 * * SUN", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 0 * * 0", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 0 * * 7", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["0 0 * * sat-sun", ["2026-01-03T00:00", "2026-01-04T00:00", "2026-01-10T00:00"]],
  ["0 0 13 * FRI", ["2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"]],
  ["0 0 */15 * MON", ["2026-01-01T00:00", "2026-01-05T00:00", "2026-01-12T00:00"]],
  ["0 0 L * *", ["2026-01-31T00:00", "2026-02-28T00:00"]],
  ["0 0 LW * *", ["2026-01-30T00:00", "2026-02-27T00:00", "2026-03-31T00:00"]],
  ["0 0 1W 8 *", ["2026-08-03T00:00", "2027-08-02T00:00"]],
  ["0 0 31W 5 *", ["2026-05-29T00:00", "2027-05-31T00:00"]],
  ["0 0 15W * *", ["2026-01-15T00:00", "2026-02-16T00:00", "2026-03-16T00:00"]],
  ["0 0 * * 5L", ["2026-01-30T00:00", "2026-02-27T00:00"]],
  ["0 0 * * FRIL", ["2026-01-30T00:00", "2026-02-27T00:00"]],
  ["0 0 * * 5#2", ["2026-01-09T00:00", "2026-02-13T00:00"]],
  ["0 0 * * fri#5", ["2026-01-30T00:00", "2026-05-29T00:00"]],
  ["20-40/10 0 1 1 *", ["2026-01-01T00:20", "2026-01-01T00:30", "2026-01-01T00:40"]],
  ["@hourly", ["2026-01-01T00:00", "2026-01-01T01:00"]],
  ["@daily", ["2026-01-01T00:00", "2026-01-02T00:00"]],
  ["@midnight", ["2026-01-01T00:00", "2026-01-02T00:00"]],
  ["@Weekly", ["2026-01-04T00:00", "2026-01-11T00:00"]],
  ["@monthly", ["2026-01-01T00:00", "2026-02-01T00:00"]],
  ["@yearly", ["2026-01-01T00:00", "2027-01-01T00:00"]],
  ["@annually", ["2026-01-01T00:00", "2027-01-01T00:00"]],
  ["* * * * * * 2025", []],
];

for (const [expression, first] of read) {
  test(`"${expression}" means ${first.join(", ") || "nothing more"}`, () => {
    assert.deepEqual(walls(expression, "ergate", first.length || 1), first);
  });
}

const foreign: [dialect: Dialect, expression: string, first: string[]][] = [
  ["robfig-v1", "30 15 10 * *", ["2026-01-01T10:15:30", "2026-01-02T10:15:30"]],
  ["robfig-v1", "30 15 10 * * MON", ["2026-01-05T10:15:30", "2026-01-12T10:15:30"]],
  ["robfig-v1", "0 5/15 0 1 1", ["2026-01-01T00:05", "2026-01-01T00:20", "2026-01-01T00:35"]],
  ["robfig-v1", "0 */90 * * *", ["2026-01-01T00:00", "2026-01-01T01:00"]],
  ["robfig-v1", "0 0 0 */15 * MON", ["2026-02-16T00:00", "2026-03-16T00:00"]],
  ["robfig-v1", "0 0 0 13 * FRI", ["2026-01-02T00:00", "2026-01-09T00:00", "2026-01-13T00:00"]],
  ["robfig-v1", "@midnight", ["2026-01-01T00:00", "2026-01-02T00:00"]],
  ["cronexpr", "15 10 * * *", ["2026-01-01T10:15", "2026-01-02T10:15"]],
  ["cronexpr", "15 10 1 1 * 2028", ["2028-01-01T10:15"]],
  ["cronexpr", "30 15 10 1 1 * 2028", ["2028-01-01T10:15:30"]],
  ["cronexpr", "5/15 0 1 january *", ["2026-01-01T00:05", "2026-01-01T00:20"]],
  ["cronexpr", "0 0 LW * *", ["2026-01-30T00:00", "2026-02-27T00:00"]],
  ["cronexpr", "0 0 * * friday#2", ["2026-01-09T00:00", "2026-02-13T00:00"]],
];

for (const [dialect, expression, first] of foreign) {
  test(`${dialect} reads "${expression}" as ${first.join(", ")}`, () => {
    assert.deepEqual(walls(expression, dialect, first.length), first);
  });
}

const foreignRefused: [dialect: Dialect, expression: string, reason: RegExp][] = [
  ["robfig-v1", "* * * *", /4 fields where 5 to 6 are expected, column 8$/],
  ["robfig-v1", "* * * * * * 2026", /7 fields where 5 to 6 are expected, column 13$/],
  ["robfig-v1", "0 0 0 * * 7", /day of week 7 is out of range 0–6, column 11$/],
  ["robfig-v1", "0 0 0 L *", /day of month "l" is no day of month, column 7$/],
  ["robfig-v1", "0 */0 * * *", /minute step "0" is out of range 1 and more, column 3$/],
  ["cronexpr", "@midnight", /no nickname/],
  ["cronexpr", "0 0 1 1 * 1969", /year 1969 is out of range 1970–2099, column 11$/],
];

for (const [dialect, expression, reason] of foreignRefused) {
  test(`${dialect} refuses "${expression}"`, () => {
    assert.throws(() => parseExpression(expression, dialect, "cron"), reason);
  });
}
