import assert from "node:assert/strict";
import { test } from "node:test";
import { parseInstant } from "../../lib/cron/instant.ts";
import { zoneOf } from "../../lib/cron/zone.ts";

const berlin = zoneOf("Europe/Berlin", "zone");

const read: [value: Date | number | string, instant: string][] = [
  [new Date(1_500), "1970-01-01T00:00:01.500Z"],
  [1_500, "1970-01-01T00:00:01.500Z"],
  ["2026-07-01T09:00Z", "2026-07-01T09:00:00.000Z"],
  ["2026-07-01T09:00:30.25+05:45", "2026-07-01T03:15:30.250Z"],
  ["2026-07-01T09:00-03:30", "2026-07-01T12:30:00.000Z"],
  ["2026-07-01T09:00", "2026-07-01T07:00:00.000Z"],
  ["2026-01-01 09:00", "2026-01-01T08:00:00.000Z"],
  ["2026-01-01", "2025-12-31T23:00:00.000Z"],
  ["2026-03-29T02:30", "2026-03-29T01:00:00.000Z"],
  ["2026-10-25T02:30", "2026-10-25T00:30:00.000Z"],
];

for (const [value, instant] of read) {
  test(`${String(value)} is ${instant} by Berlin's clock`, () => {
    assert.equal(new Date(parseInstant(value, berlin, "at")).toISOString(), instant);
  });
}

const refused = [
  ...["", "tomorrow", "2026-02-30T00:00", "2026-13-01", "2026-01-01T24:00", "2026-01-01T09:60"],
  ...[-1, Number.NaN, 1e18, new Date(Number.NaN), null, undefined, {}, true],
];

for (const value of refused) {
  test(`${JSON.stringify(value) ?? String(value)} is no moment`, () => {
    assert.throws(() => parseInstant(value, berlin, "schedules.once.at"), {
      code: "ERR_ERGATE_SCHEDULE",
      path: "schedules.once.at",
      message: /a moment is a Date/,
    });
  });
}
