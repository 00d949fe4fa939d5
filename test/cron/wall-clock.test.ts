import assert from "node:assert/strict";
import { test } from "node:test";
import { next, timingOf } from "../../lib/cron/timing.ts";

/** DESIGN section 8, by example: all firings of a day and the night around it, by UTC. */
function firings(expression: string, zone: string, from: string, until: string): string[] {
  const timing = timingOf({ type: "cron", expression, dialect: "ergate", zone }, 0);
  const found: string[] = [];
  const end = Date.parse(`${until}Z`);
  for (let at = next(timing, Date.parse(`${from}Z`) - 1); at !== undefined && at <= end; ) {
    found.push(new Date(at).toISOString().slice(5, 16).replace("T", " "));
    at = next(timing, at);
  }
  return found;
}

const berlin = "Europe/Berlin";
const newYork = "America/New_York";
const lordHowe = "Australia/Lord_Howe";

/** Berlin's clock goes from 2:00 to 3:00 at 01:00 UTC. */
const berlinGap = (expression: string) =>
  firings(expression, berlin, "2026-03-28T23:00", "2026-03-29T02:59");
/** Berlin's clock goes from 3:00 back to 2:00 at 01:00 UTC. */
const berlinOverlap = (expression: string) =>
  firings(expression, berlin, "2026-10-24T22:00", "2026-10-25T02:59");

test("a fixed time in the gap fires once, right after it", () => {
  assert.deepEqual(berlinGap("30 2 * * *"), ["03-29 01:00"]);
  assert.deepEqual(berlinGap("0,30 2 * * *"), ["03-29 01:00"]);
  assert.deepEqual(berlinGap("0-59 2 * * *"), ["03-29 01:00"]);
  assert.deepEqual(berlinGap("15,45 30 2 * * *"), ["03-29 01:00"]);
  assert.deepEqual(berlinGap("0 1-4 * * *"), ["03-29 00:00", "03-29 01:00", "03-29 02:00"]);
});

test("a fixed time that comes twice fires once, at the first", () => {
  assert.deepEqual(berlinOverlap("30 2 * * *"), ["10-25 00:30"]);
  assert.deepEqual(berlinOverlap("0,30 2 * * *"), ["10-25 00:00", "10-25 00:30"]);
  assert.deepEqual(berlinOverlap("30 1-3 * * *"), ["10-24 23:30", "10-25 00:30", "10-25 02:30"]);
});

test("asked within a second pass, a fixed time that was in the first comes the next day", () => {
  const timing = timingOf(
    { type: "cron", expression: "30 2 * * *", dialect: "ergate", zone: berlin },
    0,
  );
  assert.equal(next(timing, Date.UTC(2026, 9, 25, 1, 10)), Date.UTC(2026, 9, 26, 1, 30));
});

test("a step or a star follows real time: none of the gap, both of the overlap", () => {
  assert.deepEqual(berlinGap("*/30 2 * * *"), []);
  assert.deepEqual(berlinGap("30 * * * *"), [
    "03-28 23:30",
    "03-29 00:30",
    "03-29 01:30",
    "03-29 02:30",
  ]);
  assert.deepEqual(berlinGap("0 */2 * * *"), ["03-28 23:00", "03-29 02:00"]);
  assert.deepEqual(berlinOverlap("*/30 2 * * *"), [
    ...["10-25 00:00", "10-25 00:30", "10-25 01:00", "10-25 01:30"],
  ]);
  assert.deepEqual(berlinOverlap("0 */2 * * *"), ["10-24 22:00", "10-25 00:00", "10-25 01:00"]);
  assert.deepEqual(berlinOverlap("30 * * * *"), [
    ...["10-24 22:30", "10-24 23:30", "10-25 00:30", "10-25 01:30", "10-25 02:30"],
  ]);
});

test("a list of minutes that croner fires four times, or not at all, fires as fixed times do", () => {
  const overlap = firings("0,30 1 * * *", newYork, "2026-11-01T04:00", "2026-11-01T08:00");
  assert.deepEqual(overlap, ["11-01 05:00", "11-01 05:30"]);
  const gap = firings("0,30 2 * * *", newYork, "2026-03-08T05:00", "2026-03-08T09:00");
  assert.deepEqual(gap, ["03-08 07:00"]);
});

test("half an hour is set on Lord Howe", () => {
  const gap = (expression: string) =>
    firings(expression, lordHowe, "2026-10-03T14:00", "2026-10-03T16:59");
  assert.deepEqual(gap("15 2 * * *"), ["10-03 15:30"]);
  assert.deepEqual(gap("45 2 * * *"), ["10-03 15:45"]);
  assert.deepEqual(gap("*/15 2 * * *"), ["10-03 15:30", "10-03 15:45"]);
  const overlap = (expression: string) =>
    firings(expression, lordHowe, "2026-04-04T13:00", "2026-04-04T15:59");
  assert.deepEqual(overlap("45 1 * * *"), ["04-04 14:45"]);
  assert.deepEqual(overlap("*/15 1 * * *"), [
    ...["04-04 14:00", "04-04 14:15", "04-04 14:30", "04-04 14:45", "04-04 15:00", "04-04 15:15"],
  ]);
});

test("what was due on the day that Apia skipped is due as that day ends", () => {
  const apia = (expression: string) =>
    firings(expression, "Pacific/Apia", "2011-12-29T10:00", "2011-12-31T09:59");
  assert.deepEqual(apia("0 9 * * *"), ["12-29 19:00", "12-30 10:00", "12-30 19:00"]);
  assert.deepEqual(apia("0 9 30 12 *"), ["12-30 10:00"]);
  assert.deepEqual(apia("0 */12 30 12 *"), []);
});

test("seconds of a fixed minute come in the first pass alone", () => {
  const found = firings("*/30 59 2 * * *", berlin, "2026-10-24T22:00", "2026-10-25T02:59");
  assert.deepEqual(found, ["10-25 00:59", "10-25 00:59"]);
});

test("a step that means only times in a gap ends its search", () => {
  const expression = "0 */30 2 29 3 * 2026";
  const timing = timingOf({ type: "cron", expression, dialect: "ergate", zone: berlin }, 0);
  assert.equal(next(timing, Date.UTC(2020, 0, 1)), undefined);
});
