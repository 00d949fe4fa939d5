import assert from "node:assert/strict";
import { test } from "node:test";
import { preview } from "../../lib/cron/preview.ts";

const facts = { now: Date.UTC(2026, 2, 28, 12), zone: "Europe/Berlin" };
const texts = (dates: Date[]) => dates.map((date) => date.toISOString().slice(0, 16));

test("it shows the next five times across the change of the clock", () => {
  assert.deepEqual(texts(preview("30 2 * * *", {}, facts)), [
    "2026-03-29T01:00",
    "2026-03-30T00:30",
    "2026-03-31T00:30",
    "2026-04-01T00:30",
    "2026-04-02T00:30",
  ]);
});

test("from, count and zone are taken", () => {
  const options = { from: new Date(Date.UTC(2026, 0, 1)), count: 2, zone: "UTC" };
  const shown = ["2026-01-01T02:30", "2026-01-02T02:30"];
  assert.deepEqual(texts(preview("30 2 * * *", options, facts)), shown);
  const later = { ...options, from: Date.UTC(2026, 0, 1, 2, 30) };
  assert.deepEqual(texts(preview("30 2 * * *", later, facts))[0], "2026-01-02T02:30");
});

test("a whole schedule is taken, and its own zone", () => {
  const spec = { cron: "30 2 * * *", zone: "Asia/Tokyo", job: "report", jitter: "1m" };
  assert.deepEqual(texts(preview(spec, { count: 1, zone: "UTC" }, facts)), ["2026-03-28T17:30"]);
});

test("every counts from where it starts", () => {
  assert.deepEqual(texts(preview({ every: "90m" }, { count: 2 }, facts)), [
    "2026-03-28T13:30",
    "2026-03-28T15:00",
  ]);
});

test("it shows fewer where no more come", () => {
  assert.deepEqual(preview("0 0 0 1 1 * 2020", {}, facts), []);
  assert.equal(preview({ at: "2026-03-29T09:00" }, {}, facts).length, 1);
});

const refused: [spec: string | object, options: object, path: string][] = [
  ["61 * * * *", {}, "cron"],
  [{ every: "5m", cron: "@daily" }, {}, "every"],
  [{ cron: "@daily", zone: "Mars" }, {}, "zone"],
  ["@daily", { zone: "Mars" }, "options.zone"],
  ["@daily", { count: 0 }, "options.count"],
  ["@daily", { count: 1_001 }, "options.count"],
  ["@daily", { from: "x" }, "options.from"],
  ["@daily", { form: 1 }, "options.form"],
];

for (const [spec, options, path] of refused) {
  test(`${JSON.stringify(spec)} with ${JSON.stringify(options)} is refused at ${path}`, () => {
    assert.throws(() => preview(spec, options, facts), { path });
  });
}
