import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { bounded } from "../actors/kit.ts";
import { hour, minute, move, second, spec, t0, toldOf, world } from "../actors/schedule-kit.ts";

/** Schedules in odd moments: an instant that has passed, a clock that was wrong, a spoilt record. */

test(
  "one instant that has passed is made up for at once, or told as skipped",
  bounded,
  async (t) => {
    const { clock, entered, live } = world(t);
    const runtime = await live();
    clock.jump(2 * hour);
    await move(clock, 5 * second);
    await runtime.schedules.upsert("just", spec({ at: clock.now() - 1 }));
    await runtime.schedules.upsert("today", spec({ at: t0 + minute }));
    await runtime.schedules.upsert("skipping", spec({ at: t0 + minute, missed: "skip" }));
    await runtime.schedules.upsert("long-ago", spec({ at: t0 - 48 * hour }));
    await move(clock, second);
    assert.equal(entered.length, 2);
    assert.match((await toldOf(runtime, "just")).join(), /^7204.999 cron completed$/);
    assert.deepEqual(await toldOf(runtime, "today"), ["60 catch-up completed"]);
    assert.deepEqual(await toldOf(runtime, "skipping"), ["60..60 missed ×1"]);
    assert.deepEqual(await toldOf(runtime, "long-ago"), ["-172800..-172800 window ×1"]);
    await move(clock, minute);
    assert.equal(entered.length, 2);
  },
);

test(
  "a clock that was a year ahead and is set right leaves no schedule silent, and repeats no run",
  bounded,
  async (t) => {
    const { clock, entered, live } = world(t);
    const runtime = await live();
    await runtime.schedules.upsert("one", spec({ cron: "* * * * *", missed: "skip" }));
    clock.jump(8_760 * hour + 31 * second);
    await move(clock, minute);
    const before = entered.length;
    assert.equal(before, 1);
    clock.jump(-8_760 * hour);
    await move(clock, 3 * minute);
    assert.equal(entered.length, before + 3);
    assert.equal(new Set(entered.map(([, planAt]) => planAt)).size, before + 3);
  },
);

test(
  "a schedule that hands removed stays away until code says something else",
  bounded,
  async (t) => {
    const { live, end } = world(t);
    const hourly = spec({ every: "1h" });
    const first = await live({ schedules: { one: hourly, two: hourly } });
    assert.equal(await first.schedules.remove("one"), true);
    assert.equal(await first.schedules.remove("one"), false);
    assert.equal(await first.schedules.get("one"), undefined);
    await end(first);
    const names = async (runtime: typeof first) =>
      (await runtime.schedules.list()).items.map(({ name }) => name);
    const second1 = await live({ schedules: { one: hourly, two: hourly } });
    assert.deepEqual(await names(second1), ["two"]);
    await end(second1);
    const third = await live({ schedules: { one: spec({ every: "2h" }), two: hourly } });
    assert.deepEqual(await names(third), ["one", "two"]);
    await third.schedules.remove("one");
    await third.schedules.upsert("one", hourly);
    assert.deepEqual(await names(third), ["one", "two"]);
  },
);

test("another jitter moves no interval", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("one", spec({ every: "2m" }));
  await move(clock, minute);
  await runtime.schedules.upsert("one", spec({ every: "2m", jitter: "10s" }));
  await move(clock, 75 * second);
  assert.deepEqual(
    entered.map(([, planAt]) => planAt),
    [120],
  );
});

test("a waiting run that somebody spoilt goes, and holds up no other", bounded, async (t) => {
  const { clock, file, entered, live } = world(t);
  const runtime = await live();
  const long = { ms: 90 * second };
  for (const name of ["one", "two"]) {
    const policy = { cron: "* * * * *", overlap: "queue-all" } as const;
    await runtime.schedules.upsert(name, spec({ ...policy, args: long, end: t0 + 150 * second }));
  }
  await move(clock, 125 * second);
  const db = new Database(file);
  db.prepare("UPDATE runs SET waiting = '{' WHERE schedule = 'one' AND waiting IS NOT NULL").run();
  db.close();
  await move(clock, 200 * second);
  assert.deepEqual(await toldOf(runtime, "two"), ["60 cron completed", "120 cron completed"]);
  assert.deepEqual(await toldOf(runtime, "one"), ["60 cron completed", "120 cron refused"]);
  assert.equal(entered.length, 3);
});
