import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { made } from "../testing/kit.ts";

const zones = [
  ...["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Tokyo"],
  ...["Australia/Lord_Howe", "America/St_Johns", "Africa/Cairo", "Pacific/Auckland"],
  "America/Sao_Paulo",
];
const from = Date.UTC(2026, 0, 1);
const dayMs = 86_400_000;

/** The days whose wall clock shows that hour at some moment, or whose gap it lies in: each one. */
function daysIn(zone: string, hour: number): number {
  const shown = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", hourCycle: "h23" },
  });
  const days = new Set<string>();
  for (let at = from + 60_000; at <= from + 365 * dayMs; at += 15 * 60_000) {
    const part = Object.fromEntries(shown.formatToParts(at).map((each) => [each.type, each.value]));
    if (Number(part.hour) === hour) days.add(`${part.year}-${part.month}-${part.day}`);
  }
  return days.size;
}

test("a year of 1000 daily schedules in 10 zones: each ran once a day, in 20 s of a core", {
  timeout: 300_000,
}, async (t) => {
  const ran = new Map<string, number>();
  const count = defineJob("count", {
    run(_args, ctx) {
      const name = ctx.schedule?.name ?? "";
      ran.set(name, (ran.get(name) ?? 0) + 1);
    },
  });
  const schedules = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, at) => {
      const zone = zones[at % 10] ?? "UTC";
      return [`s${at}`, { cron: "0 4 * * *", zone, job: count }];
    }),
  );
  // As a runtime prunes them; kept, the year's 365 000 jobs cost the collector as much again.
  const retention = { completed: "1h", runs: { age: "7d" } } as const;
  const runtime = made(t, { jobs: [count], now: from, schedules, retention });
  await runtime.drain();
  const began = systemClock.monotonic();
  const before = process.cpuUsage();
  for (let day = 0; day < 365; day++) await runtime.advance(dayMs);
  const { user } = process.cpuUsage(before);
  t.diagnostic(`${((systemClock.monotonic() - began) / 1_000).toFixed(1)} s`);
  const seconds = user / 1e6;
  t.diagnostic(`${seconds.toFixed(1)} s of a core`);
  const wanted = new Map(zones.map((zone) => [zone, daysIn(zone, 4)]));
  for (let at = 0; at < 1_000; at++) {
    assert.equal(
      ran.get(`s${at}`),
      wanted.get(zones[at % 10] ?? ""),
      `s${at} in ${zones[at % 10]}`,
    );
  }
  assert.ok(seconds <= 20, `${seconds} s`);
});
