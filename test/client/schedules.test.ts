import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { defineJob } from "../../actors/index.ts";
import type { ErrorCode } from "../../lib/base/error.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { ScheduleOptions } from "../../lib/cron/schedule.ts";
import { bounded, handler, refuses, silent } from "../actors/kit.ts";
import { hour, minute, move, second, spec, t0, toldOf, world } from "../actors/schedule-kit.ts";

const strict = defineJob("strict", {
  args: {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) =>
        typeof value === "number" ? { value } : { issues: [{ message: "no number", path: ["n"] }] },
    },
  },
  run: () => undefined,
});

const refused: [string, object, ErrorCode, string, RegExp][] = [
  ["minute 61", { cron: "61 * * * *" }, "ERR_ERGATE_SCHEDULE", "spec.cron", /61.*column 1\b/],
  [
    "hour 24 in the second field",
    { cron: "0 24 * * *" },
    "ERR_ERGATE_SCHEDULE",
    "spec.cron",
    /24.*column 3\b/,
  ],
  [
    "a range that would fill the memory",
    { cron: "1-100000000 * * * *" },
    "ERR_ERGATE_SCHEDULE",
    "spec.cron",
    /100000000.*column [13]\b/,
  ],
  ["30 February", { cron: "0 0 30 2 *" }, "ERR_ERGATE_SCHEDULE", "spec.cron", /never/],
  [
    "a zone that is none",
    { zone: "Europe/Nowhere" },
    "ERR_ERGATE_SCHEDULE",
    "spec.zone",
    /Nowhere/,
  ],
  ["an unknown job", { job: "nobody" }, "ERR_ERGATE_JOB_UNKNOWN", "spec.job", /nobody/],
  [
    "args that fail the schema",
    { job: "strict", args: "one" },
    "ERR_ERGATE_PAYLOAD_SCHEMA",
    "spec.args.n",
    /no number/,
  ],
  ["an unknown field", { corn: "* * * * *" }, "ERR_ERGATE_OPTION", "spec.corn", /corn/],
  ["two timings", { every: "1m" }, "ERR_ERGATE_OPTION", "spec.every", /cron/],
];

for (const [what, change, code, path, says] of refused) {
  test(`${what} is refused at the save, with the bad field`, bounded, async (t) => {
    const { live, work } = world(t);
    const runtime = await live({ jobs: [work, strict] });
    const given = spec({ cron: "* * * * *", ...change });
    const error = await refuses(runtime.schedules.upsert("one", given), code, path);
    assert.match(error.message, says);
    assert.equal(await runtime.schedules.get("one"), undefined);
  });
}

test("a save returns what was, and changes the next firing only", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const { schedules } = await live();
  const first = spec({ cron: "* * * * *", args: { ms: 90 * second } });
  assert.equal(await schedules.upsert("one", first), undefined);
  await move(clock, 70 * second);
  const other = spec({ cron: "*/2 * * * *", overlap: "allow", args: { ms: 0 } });
  const before = await schedules.upsert("one", other);
  assert.deepEqual([before?.cron, before?.args, before?.job], [first.cron, first.args, "work"]);
  const running = await schedules.get("one");
  assert.deepEqual([running?.running, running?.cron], [1, "*/2 * * * *"]);
  await move(clock, 3 * minute);
  assert.deepEqual(
    entered.map(([, planAt]) => planAt),
    [60, 120, 240],
  );
  // What it returned is a spec again.
  await schedules.upsert("one", before as ScheduleOptions);
  assert.equal((await schedules.get("one"))?.cron, first.cron);
});

test("a save that lands at the due instant loses no time", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("one", spec({ cron: "0 * * * *" }));
  // The wall clock is there before the timer is.
  clock.jump(hour);
  await runtime.schedules.upsert("one", spec({ cron: "30 * * * *" }));
  await move(clock, second);
  assert.deepEqual(entered, [[3600, 3600]]);
  assert.equal((await runtime.schedules.get("one"))?.nextAt, t0 + 90 * minute);
});

test("a save between a time and its delay by jitter loses no time", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const { schedules } = await live();
  await schedules.upsert("one", spec({ cron: "0 * * * *", jitter: "30m" }));
  const dueAt = (await schedules.get("one"))?.nextAt ?? 0;
  assert.ok(dueAt > t0 + hour + minute, String(dueAt));
  clock.jump(hour - 10 * second);
  await move(clock, 11 * second);
  await schedules.upsert("one", spec({ cron: "59 * * * *" }));
  await move(clock, second);
  clock.jump(31 * minute);
  await move(clock, 5 * second);
  assert.deepEqual(
    entered.map(([, planAt]) => planAt),
    [3600],
  );
});

test("two saves at once land one after the other, and each sees the other", bounded, async (t) => {
  const { live } = world(t);
  const one = await live();
  const other = await live();
  await one.schedules.upsert("one", spec({ every: "1h", args: { ms: 0 } }));
  const save = (runtime: Runtime, ms: number) =>
    runtime.schedules.upsert("one", spec({ every: "1h", args: { ms } }));
  const saves = Array.from({ length: 10 }, (_, at) => save(at % 2 ? one : other, at + 1));
  const seen = [...(await Promise.all(saves)), await one.schedules.get("one")];
  const all = seen.map((each) => Number((each?.args as { ms?: number })?.ms));
  all.sort((a, b) => a - b);
  assert.deepEqual(all, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a pause lets times pass, and a resume records them as skipped", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const { schedules } = await live();
  await schedules.upsert("one", spec({ cron: "* * * * *" }));
  assert.equal(await schedules.pause("one"), true);
  assert.equal(await schedules.pause("one"), false);
  assert.equal((await schedules.get("one"))?.nextAt, undefined);
  await move(clock, 150 * second);
  // A change meanwhile keeps the pause's record.
  await schedules.upsert("one", spec({ cron: "* * * * *", paused: true, overlap: "allow" }));
  await move(clock, 70 * second);
  assert.equal(await schedules.resume("one"), true);
  await move(clock, 40 * second);
  const runtime = { schedules } as Runtime;
  assert.deepEqual(await toldOf(runtime, "one"), [
    "60..120 paused ×2",
    "180..180 paused ×1",
    "240 cron completed",
  ]);
  assert.deepEqual(entered, [[240, 240]]);
  await refuses(schedules.pause("two"), "ERR_ERGATE_SCHEDULE_UNKNOWN", "name");
});

test("a pause on a clock that was set back runs nothing again", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  await runtime.schedules.upsert("one", spec({ cron: "* * * * *", missed: "skip" }));
  clock.jump(395 * second);
  await move(clock, 2 * second);
  assert.deepEqual(await toldOf(runtime), ["60..360 missed ×6"]);
  clock.jump(-6 * minute);
  await runtime.schedules.pause("one");
  await runtime.schedules.resume("one");
  await move(clock, 90 * second);
  assert.deepEqual(entered, []);
});

test("a trigger runs it now, beside its times, by its overlap or another", bounded, async (t) => {
  const { clock, entered, live } = world(t);
  const runtime = await live();
  const { schedules } = runtime;
  await schedules.upsert("one", spec({ cron: "0 * * * *", args: { ms: minute }, jitter: "1m" }));
  const nextAt = (await schedules.get("one"))?.nextAt;
  await move(clock, second);
  const run = await schedules.trigger("one");
  assert.deepEqual([run.trigger, run.planAt, run.schedule], ["manual", t0 + second, "one"]);
  await move(clock, second);
  assert.deepEqual(entered, [[1, 1]]);
  assert.equal((await schedules.trigger("one")).skipReason, "overlap");
  assert.equal((await schedules.trigger("one", { overlap: "allow" })).outcome, undefined);
  assert.equal((await schedules.get("one"))?.nextAt, nextAt);
  await refuses(schedules.trigger("two"), "ERR_ERGATE_SCHEDULE_UNKNOWN", "name");
});

test("what is removed during a run ends normally and stays on record", bounded, async (t) => {
  const { clock, live } = world(t);
  const { schedules } = await live();
  await schedules.upsert("one", spec({ cron: "* * * * *", args: { ms: 30 * second } }));
  await move(clock, 70 * second);
  assert.equal(await schedules.remove("one"), true);
  assert.equal(await schedules.remove("one"), false);
  assert.equal(await schedules.get("one"), undefined);
  await move(clock, 3 * minute);
  assert.deepEqual(await toldOf({ schedules } as Runtime, "one"), ["60 cron completed"]);
  // Made anew it begins anew.
  await schedules.upsert("one", spec({ every: "1m" }));
  assert.equal((await schedules.get("one"))?.nextAt, clock.now() + minute);
});

test("runs come in pages, newest first, of one schedule or of all", bounded, async (t) => {
  const { clock, live } = world(t);
  const { schedules } = await live();
  for (const name of ["a", "b"]) await schedules.upsert(name, spec({ cron: "* * * * *" }));
  await move(clock, 3 * minute);
  const first = await schedules.runs("a", { limit: 2 });
  const rest = await schedules.runs("a", { limit: 2, cursor: first.next ?? "" });
  const minutes = [...first.items, ...rest.items].map(({ planAt }) => (planAt - t0) / minute);
  assert.deepEqual([minutes, rest.next], [[3, 2, 1], undefined]);
  assert.equal((await schedules.runs()).items.length, 6);
  assert.deepEqual(
    (await schedules.list({ limit: 1 })).items.map(({ name }) => name),
    ["a"],
  );
  await refuses(schedules.runs("a", { cursor: "nonsense" }), "ERR_ERGATE_CURSOR");
  await refuses(schedules.runs("a", { limit: 0 }), "ERR_ERGATE_OPTION", "options.limit");
});

test("a run retries its job on one record, with its planned time", bounded, async (t) => {
  const { clock, live } = world(t);
  const seen: unknown[] = [];
  const flaky = defineJob("flaky", {
    backoff: "10s",
    run(_args, ctx) {
      seen.push([ctx.attempt, ctx.schedule]);
      if (ctx.attempt === 1) throw new Error("not yet");
    },
  });
  const { schedules } = await live({ jobs: [flaky] });
  await schedules.upsert("one", { cron: "* * * * *", zone: "UTC", job: flaky });
  await move(clock, 65 * second);
  const [failed] = (await schedules.runs("one")).items;
  assert.deepEqual([failed?.outcome, failed?.error], [undefined, "not yet"]);
  await move(clock, 10 * second);
  const [done, ...others] = (await schedules.runs("one")).items;
  assert.deepEqual([done?.id, done?.outcome, done?.attempt], [failed?.id, "completed", 2]);
  assert.deepEqual(others, []);
  const schedule = { name: "one", planAt: t0 + minute };
  assert.deepEqual(seen, [
    [1, schedule],
    [2, schedule],
  ]);
});

for (const [what, edit] of [
  ["no JSON", "UPDATE schedules SET spec = 'x{' WHERE name = 'bad'"],
  [
    "30 February",
    "UPDATE schedules SET spec = replace(spec, '* * * * *', '0 0 30 2 *') WHERE name = 'bad'",
  ],
] as const) {
  test(
    `a spec that somebody edited into ${what} fires no more, the others go on`,
    bounded,
    async (t) => {
      const { clock, file, entered, live, end } = world(t);
      const before = await live();
      for (const name of ["bad", "good"]) {
        await before.schedules.upsert(name, spec({ cron: "* * * * *" }));
      }
      await end(before);
      const db = new Database(file);
      db.exec(edit);
      db.close();
      const logged: string[] = [];
      const logger = { ...silent, error: (_: object, text: string) => void logged.push(text) };
      const { schedules } = await live({ logger });
      await move(clock, 5 * minute);
      assert.deepEqual(
        entered.map(([, planAt]) => planAt),
        [60, 120, 180, 240, 300],
      );
      assert.equal(logged.length, 1, logged.join("\n"));
      assert.match(logged[0] ?? "", /"bad" can't be read and fires no more/);
      const { items } = await schedules.list();
      assert.deepEqual(
        items.map(({ name, nextAt, problem }) => [
          name,
          nextAt !== undefined,
          problem !== undefined,
        ]),
        [
          ["bad", false, true],
          ["good", true, false],
        ],
      );
      await refuses(schedules.resume("bad"), "ERR_ERGATE_SCHEDULE");
      await refuses(schedules.trigger("bad"), "ERR_ERGATE_SCHEDULE");
      await schedules.upsert("bad", spec({ cron: "* * * * *" }));
      await move(clock, minute);
      assert.equal(entered.length, 7);
    },
  );
}

test("a handler in a thread knows its planned time", bounded, async (t) => {
  const { made } = await import("../testing/kit.ts");
  const job = defineJob("planned", { thread: handler("planned") });
  const runtime = made(t, {
    jobs: [job],
    schedules: { one: { cron: "* * * * *", zone: "UTC", job } },
  });
  await runtime.advance("1m");
  const { id } = runtime.assertEnqueued(job);
  assert.deepEqual(await runtime.result(id), { name: "one", planAt: t0 + minute });
});
