import assert from "node:assert/strict";
import { test } from "node:test";
import { isEvery, parseEvery } from "../../lib/cron/every.ts";

const read: [text: string, ms: number][] = [
  ["@every 1h30m", 5_400_000],
  ["@every 90s", 90_000],
  ["@every 1.5h", 5_400_000],
  ["@every 1h0m1s", 3_601_000],
  ["@every 1m0.5s", 60_000],
  ["@every 300ms", 1_000],
  ["@every 5us", 1_000],
  ["@every +2m", 120_000],
];

for (const [text, ms] of read) {
  test(`"${text}" is ${ms} ms, as robfig takes it`, () => {
    assert.ok(isEvery(text));
    assert.equal(parseEvery(text, "cron"), ms);
  });
}

for (const text of [
  "@every",
  "@every ",
  "@every 5",
  "@every 1d",
  "@every -5m",
  "@every 5m x",
  "@every 9999999999h",
]) {
  test(`"${text}" is refused`, () => {
    assert.throws(() => parseEvery(text, "cron"), { code: "ERR_ERGATE_SCHEDULE", path: "cron" });
  });
}
