import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { createClient } from "../../lib/client/remote.ts";
import { aborted, bounded, refuses } from "../actors/kit.ts";
import { minute, move, second, spec, t0, world } from "../actors/schedule-kit.ts";
import { served } from "../http/kit.ts";

test(
  "an ended schedule has no more times, its runs are stopped, and it can be read",
  bounded,
  async (t) => {
    const { clock, entered, live } = world(t);
    const { schedules, jobs } = await live();
    await schedules.upsert("one", spec({ cron: "* * * * *", args: { ms: 10 * minute } }));
    await move(clock, 70 * second);
    assert.equal(await schedules.end("one", "no longer wanted"), true);
    await move(clock, 5 * minute);
    assert.deepEqual(entered, [[60, 60]]);
    const { items } = await schedules.runs("one");
    assert.deepEqual(
      items.map(({ outcome }) => outcome),
      ["stopped"],
    );
    assert.equal((await jobs.get(items[0]?.jobId ?? ""))?.reason, "no longer wanted");
    const { cron, end, nextAt } = (await schedules.get("one")) ?? {};
    assert.deepEqual([cron, end, nextAt], ["* * * * *", t0 + 70 * second, undefined]);
    assert.equal(await schedules.end("one"), false);
    await refuses(schedules.end("none"), "ERR_ERGATE_SCHEDULE_UNKNOWN", "name");
  },
);

test(
  "one that begins later can be ended before it began, and outlives a restart as that",
  bounded,
  async (t) => {
    const { clock, entered, live, end } = world(t);
    const first = await live();
    const start = t0 + 10 * minute;
    await first.schedules.upsert("one", spec({ cron: "* * * * *", start, paused: true }));
    assert.equal(await first.schedules.end("one"), true);
    await end(first);
    const { schedules } = await live();
    const stored = await schedules.get("one");
    assert.deepEqual([stored?.start, stored?.end, stored?.problem], [undefined, t0, undefined]);
    await schedules.resume("one");
    await move(clock, 20 * minute);
    assert.deepEqual(entered, []);
  },
);

test(
  "of schedules of one name that are made at once one is, until it has ended",
  bounded,
  async (t) => {
    const { clock, entered, live } = world(t);
    const { schedules } = await live();
    const make = (minutes: number) =>
      schedules.create("one", spec({ cron: `*/${minutes} * * * *`, args: { ms: 0 } }));
    const made = await Promise.all([make(1), make(2), make(3)]);
    assert.deepEqual(made.filter((done) => done).length, 1);
    await schedules.end("one");
    assert.equal(await make(2), true);
    assert.equal(await make(1), false);
    await move(clock, 4 * minute);
    assert.deepEqual(
      entered.map(([, planAt]) => planAt),
      [120, 240],
    );
  },
);

test("what a schedule says as meta its jobs have", bounded, async (t) => {
  const { clock, live } = world(t);
  const { schedules, jobs } = await live();
  await schedules.upsert("one", spec({ cron: "* * * * *", args: { ms: 0 }, meta: { by: "x" } }));
  await move(clock, 61 * second);
  const { items } = await jobs.list();
  assert.deepEqual(
    items.map(({ meta }) => meta),
    [{ by: "x" }],
  );
  const bad = spec({ cron: "* * * * *", meta: { by: 1 } as never });
  await refuses(schedules.upsert("one", bad), "ERR_ERGATE_OPTION", "spec.meta");
});

test("over HTTP schedules are made once and ended as in process", bounded, async (t) => {
  const wait = defineJob("wait", {
    async run(_args: unknown, ctx) {
      await aborted(ctx.signal);
      throw ctx.signal.reason;
    },
  });
  const { runtime, url } = await served(t, {}, { jobs: [wait] });
  const { schedules } = createClient({ url });
  const daily = { cron: "0 3 * * *", job: "wait" };
  assert.equal(await schedules.create("daily", daily), true);
  assert.equal(await schedules.create("daily", daily), false);
  const { jobId = "" } = await schedules.trigger("daily");
  assert.equal(await schedules.end("daily", "enough"), true);
  await refuses(runtime.result(jobId), "ERR_ERGATE_RESULT_STOPPED");
  assert.equal(await schedules.end("daily"), false);
  assert.equal((await schedules.get("daily"))?.nextAt, undefined);
});
