import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { bounded } from "./kit.ts";
import { hour, minute, move, second, spec, t0, toldOf, world } from "./schedule-kit.ts";

test("a saved schedule fires at its next time, in a run that knows it", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("tick", spec({ cron: "* * * * *" }));
  await move(clock, 59 * second);
  assert.deepEqual(entered, []);
  await move(clock, 2 * minute);
  assert.deepEqual(entered, [
    [60, 60],
    [120, 120],
  ]);
  const [first, last] = (await runtime.schedules.runs("tick")).items.reverse();
  assert.deepEqual(
    [first?.trigger, first?.outcome, first?.attempt, first?.error],
    ["cron", "completed", 1, undefined],
  );
  const stored = await runtime.schedules.get("tick");
  assert.equal(stored?.lastRun?.id, last?.id);
  assert.equal(stored?.nextAt, clock.now() + second);
});

test("a job of 60 s on a cron of 1 s runs once, and each skip is recorded", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("tick", spec({ cron: "* * * * * *", args: { ms: minute } }));
  await move(clock, minute);
  assert.deepEqual(entered, [[1, 1]]);
  const seconds = Array.from({ length: 59 }, (_, at) => `${at + 2} cron overlap`);
  assert.deepEqual(await toldOf(runtime, "tick"), ["1 cron undefined", ...seconds]);
  await move(clock, 2 * second);
  // The first ended within second 61, before or after that second's time was decided on.
  assert.equal(entered.length, 2);
});

/** Runs of 25 s, a time each 10 s, over 70 s. */
const overlapping = {
  skip: {
    entered: [10, 40, 70],
    records: ["completed", "overlap", "overlap", "completed", "overlap", "overlap", undefined],
  },
  "queue-one": {
    entered: [10, 35, 60],
    records: ["completed", "completed", "queued", undefined, "queued", undefined, "queued"],
  },
  "queue-all": {
    entered: [10, 35, 60],
    records: ["completed", "completed", undefined, undefined, undefined, undefined, undefined],
  },
  "cancel-running": {
    entered: [10, 20, 30, 40, 50, 60, 70],
    records: [...Array<string>(6).fill("cancelled"), undefined],
  },
  allow: {
    entered: [10, 20, 30, 40, 50, 60, 70],
    records: [...Array<string>(4).fill("completed"), undefined, undefined, undefined],
  },
} as const;

for (const [overlap, wanted] of Object.entries(overlapping)) {
  test(`overlap ${overlap}: runs of 25 s each 10 s`, bounded, async (t) => {
    const { clock, entered, live } = world(t);
    const runtime = await live();
    const slow = spec({ cron: "*/10 * * * * *", args: { ms: 25 * second } });
    await runtime.schedules.upsert("slow", { ...slow, overlap: overlap as "skip" });
    await move(clock, 72 * second);
    assert.deepEqual(
      entered.map(([at]) => at),
      wanted.entered,
    );
    const runs = await toldOf(runtime, "slow");
    const byPlan = runs.toSorted(
      (one, other) => Number.parseInt(one, 10) - Number.parseInt(other, 10),
    );
    assert.deepEqual(
      byPlan,
      wanted.records.map((record, at) => `${10 * (at + 1)} cron ${record}`),
    );
  });
}

test("a run that waits goes as soon as the one before it is stopped", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.queues.pause("work");
  await runtime.schedules.upsert("slow", spec({ cron: "* * * * *", overlap: "queue-all" }));
  await move(clock, 2 * minute);
  assert.deepEqual(await toldOf(runtime), ["60 cron undefined", "120 cron undefined"]);
  const [waits, first] = (await runtime.schedules.runs("slow")).items;
  assert.equal(waits?.jobId, undefined);
  await runtime.jobs.stop(first?.jobId ?? "");
  await move(clock, 0);
  await runtime.queues.resume("work");
  await move(clock, 0);
  assert.deepEqual(entered, [[120, 120]]);
});

/** Each with three times missed, 60 s apart, in a runtime that comes back at 220 s. */
const missed: [string, Parameters<typeof spec>[0], string[], string[]][] = [
  ["skip", { missed: "skip" }, ["60..180 missed ×3"], []],
  ["once", { missed: "once" }, ["60..120 coalesced ×2", "180 catch-up completed"], ["180"]],
  [
    "all(3)",
    { missed: "all(3)" },
    ["60 catch-up completed", "120 catch-up completed", "180 catch-up completed"],
    ["60", "120", "180"],
  ],
  [
    "all(2)",
    { missed: { all: 2 } },
    ["60..60 max ×1", "120 catch-up completed", "180 catch-up completed"],
    ["120", "180"],
  ],
  [
    "all(3) within a window of 110 s",
    { missed: "all(3)", window: "110s" },
    ["60..60 window ×1", "120 catch-up completed", "180 catch-up completed"],
    ["120", "180"],
  ],
  [
    "all(3) with a deadline of 110 s",
    { missed: "all(3)", deadline: "110s" },
    ["60 catch-up deadline", "120 catch-up completed", "180 catch-up completed"],
    ["120", "180"],
  ],
  ["once within a window of 10 s", { missed: "once", window: "10s" }, ["60..180 window ×3"], []],
];

for (const [name, policy, records, entries] of missed) {
  test(`three times without a process: missed ${name}`, bounded, async (t) => {
    const { clock, entered, live, end } = world(t);
    const before = await live();
    await before.schedules.upsert("tick", spec({ cron: "* * * * *", ...policy }));
    await end(before);
    await move(clock, 220 * second);
    const after = await live();
    await move(clock, 0);
    assert.deepEqual(await toldOf(after, "tick"), records);
    assert.deepEqual(
      entered.map(([at, planAt]) => [at, String(planAt)]),
      entries.map((planAt) => [220, planAt]),
    );
    await move(clock, 20 * second);
    assert.deepEqual(entered.at(-1), [240, 240]);
    assert.equal((await toldOf(after, "tick")).length, records.length + 1);
  });
}

test("what passed between a runtime's making and its start was missed", bounded, async (t) => {
  const { clock, live, make, end, entered } = world(t);
  const before = await live();
  await before.schedules.upsert("tick", spec({ cron: "* * * * *" }));
  await end(before);
  const runtime = await make();
  await move(clock, 220 * second);
  await runtime.start();
  await move(clock, 0);
  assert.deepEqual(await toldOf(runtime), ["60..120 coalesced ×2", "180 catch-up completed"]);
  assert.deepEqual(entered, [[220, 180]]);
});

test("a restart within the grace misses nothing", bounded, async (t) => {
  const { clock, entered, live, end } = world(t);
  const before = await live();
  await before.schedules.upsert("tick", spec({ cron: "* * * * *", missed: "skip" }));
  await move(clock, 59 * second);
  await end(before);
  await move(clock, limits.scheduleGraceMs / 4);
  const after = await live();
  await move(clock, 0);
  assert.deepEqual(await toldOf(after, "tick"), ["60 cron completed"]);
  assert.deepEqual(entered, [[74, 60]]);
});

test("steps of an hour: none doubles, none is lost beyond the policy", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("tick", spec({ cron: "* * * * *", missed: "all(100)" }));
  await move(clock, 150 * second);
  clock.jump(hour);
  await move(clock, 40 * second);
  clock.jump(-hour);
  await move(clock, 3 * minute);
  assert.equal(entered.length, 63);
  clock.jump(55 * minute);
  await move(clock, 4 * minute);
  const planned = entered.map(([, planAt]) => planAt);
  const all = Array.from({ length: 65 }, (_, at) => 60 * (at + 1));
  assert.deepEqual(planned, all.slice(0, planned.length));
  assert.equal(planned.length, Math.floor((clock.now() - t0) / minute));
  const triggers = (await toldOf(runtime, "tick")).map((run) => run.split(" ")[1]);
  assert.equal(triggers.filter((trigger) => trigger === "catch-up").length, 60);
});

test("after a sleep the missed are missed, whatever wakes first", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("tick", spec({ cron: "*/10 * * * *", missed: "skip" }));
  await move(clock, 5 * minute);
  clock.jump(hour);
  await runtime.schedules.upsert("other", spec({ cron: "0 0 * * *" }));
  await move(clock, 10 * minute);
  assert.deepEqual(await toldOf(runtime), ["600..3600 missed ×6", "4200 cron completed"]);
  assert.deepEqual(entered, [[4200, 4200]]);
});
