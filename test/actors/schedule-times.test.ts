import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import type { TestRuntime } from "../../actors/testing.ts";
import type { ScheduleOptions } from "../../lib/cron/schedule.ts";
import { made } from "../testing/kit.ts";
import { bounded } from "./kit.ts";
import { hour, minute, second, t0 } from "./schedule-kit.ts";

/** When each run began, in a runtime whose clock moves from `from` by `duration`. */
async function fired(
  t: Parameters<typeof made>[0],
  from: string,
  duration: string,
  schedule: Partial<ScheduleOptions>,
): Promise<string[]> {
  const began: string[] = [];
  const job = defineJob("work", {
    run: () => void began.push(new Date(runtime.clock.now()).toISOString().slice(5, 16)),
  });
  const spec: ScheduleOptions = { job, zone: "UTC", ...schedule };
  const runtime: TestRuntime = made(t, {
    jobs: [job],
    now: new Date(from),
    schedules: { one: spec },
  });
  await runtime.advance(duration as "1d");
  return began;
}

const berlin = { zone: "Europe/Berlin" };
const lordHowe = { zone: "Australia/Lord_Howe" };

const changes: [string, string, string, Partial<ScheduleOptions>, string[]][] = [
  [
    "a fixed time in Berlin's gap runs once, right after it",
    "2026-03-28T12:00:00Z",
    "2d",
    { ...berlin, cron: "30 2 * * *" },
    ["03-29T01:00", "03-30T00:30"],
  ],
  [
    "a fixed time in Berlin's overlap runs once, the first time",
    "2026-10-24T12:00:00Z",
    "2d",
    { ...berlin, cron: "30 2 * * *" },
    ["10-25T00:30", "10-26T01:30"],
  ],
  [
    "steps follow real time through Berlin's gap",
    "2026-03-29T00:10:00Z",
    "2h",
    { ...berlin, cron: "*/30 * * * *" },
    ["03-29T00:30", "03-29T01:00", "03-29T01:30", "03-29T02:00"],
  ],
  [
    "steps follow real time through Berlin's overlap",
    "2026-10-25T00:10:00Z",
    "2h",
    { ...berlin, cron: "*/30 * * * *" },
    ["10-25T00:30", "10-25T01:00", "10-25T01:30", "10-25T02:00"],
  ],
  [
    "a fixed time in Lord Howe's gap of half an hour runs once, right after it",
    "2026-10-03T00:00:00Z",
    "2d",
    { ...lordHowe, cron: "15 2 * * *" },
    ["10-03T15:30", "10-04T15:15"],
  ],
  [
    "a fixed time in Lord Howe's overlap of half an hour runs once",
    "2026-04-04T00:00:00Z",
    "2d",
    { ...lordHowe, cron: "45 1 * * *" },
    ["04-04T14:45", "04-05T15:15"],
  ],
  [
    "it fires from its start on and at its end no more",
    "2026-01-01T00:00:30Z",
    "1h",
    { cron: "* * * * *", start: "2026-01-01T00:03:00Z", end: "2026-01-01T00:05:00Z" },
    ["01-01T00:03", "01-01T00:04"],
  ],
  [
    "one instant fires once",
    "2026-01-01T00:00:00Z",
    "9d",
    { at: "2026-01-03T04:05:00Z" },
    ["01-03T04:05"],
  ],
  [
    "one instant that is past for longer than the window never fires",
    "2026-01-01T00:00:00Z",
    "9d",
    { at: "2025-12-30T23:59:59Z" },
    [],
  ],
];

for (const [what, from, duration, schedule, wanted] of changes) {
  test(what, bounded, async (t) => {
    assert.deepEqual(await fired(t, from, duration, schedule), wanted);
  });
}

test("jitter delays each run by the same, and its plan stays the plan", bounded, async (t) => {
  const job = defineJob("work", { run: () => undefined });
  const schedule = { cron: "0 * * * *", zone: "UTC", job, jitter: "10m" } as const;
  const given = { jobs: [job], schedules: { one: schedule, two: schedule } };
  const delays = async (name: string) => {
    const runtime = made(t, given);
    await runtime.advance("3h 15m".replace(" 15m", "") as "3h");
    await runtime.advance("15m");
    const { items } = await runtime.schedules.runs(name);
    assert.deepEqual(
      items.map(({ planAt }) => (planAt - t0) / hour),
      [3, 2, 1],
    );
    for (const run of items) assert.equal(run.scheduleAt, run.startAt);
    return items.map(({ planAt, startAt = 0 }) => startAt - planAt);
  };
  const [one, two, again] = [await delays("one"), await delays("two"), await delays("one")];
  assert.equal(new Set(one).size, 1);
  assert.deepEqual(one, again);
  assert.notDeepEqual(one, two);
  for (const delay of [one[0], two[0]]) {
    assert.ok(delay !== undefined && delay > second && delay < 10 * minute, String(delay));
  }
});
