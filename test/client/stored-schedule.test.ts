import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, made, places } from "../actors/kit.ts";

const job = defineJob("report", { run: () => 1 });
const day = 86_400_000;

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: what was got of a schedule may be changed and saved again`,
    bounded,
    async (t) => {
      const { schedules } = await made(t, { storage: storage(t), jobs: [job] });
      const given = {
        cron: "0 3 * * *",
        zone: "Asia/Tokyo",
        job,
        args: { page: 1 },
        deadline: "1m",
      };
      assert.equal(await schedules.upsert("nightly", given), undefined);
      const got = await schedules.get("nightly");
      assert.ok(got);
      const previous = await schedules.upsert("nightly", { ...got, paused: true });
      const { name, createdAt, nextAt, lastRun, running, revision, problem, ...spec } = got;
      assert.deepEqual(previous, spec);
      const changed = await schedules.get("nightly");
      assert.deepEqual(
        { ...changed, nextAt, revision },
        { ...got, paused: true },
        "all but what pausing it changes is as it was",
      );
      assert.ok((changed?.revision ?? 0) > revision);
      assert.equal(changed?.nextAt, undefined);
    },
  );
}

test("a look ahead from what was got counts `every` from where the schedule does", async (t) => {
  const { schedules } = await made(t, { jobs: [job] });
  await schedules.upsert("often", { every: "1d", job });
  const got = await schedules.get("often");
  assert.ok(got);
  const from = got.createdAt + 1.5 * day;
  const times = schedules.preview(got, { from, count: 2 }).map((at) => at.getTime());
  assert.deepEqual(times, [got.createdAt + 2 * day, got.createdAt + 3 * day]);
  const fresh = schedules.preview({ every: "1d" }, { from, count: 1 });
  assert.equal(fresh[0]?.getTime(), from + day);
});

test("a name, a spec or options that are none are refused with their path", async (t) => {
  const { schedules } = await made(t, { jobs: [job] });
  const refused = { code: "ERR_ERGATE_OPTION", path: "name" };
  for (const call of ["get", "pause", "resume", "remove", "trigger"] as const) {
    await assert.rejects(schedules[call](7 as never), refused, call);
  }
  await assert.rejects(schedules.runs({ limit: 1 } as never), refused);
  await assert.rejects(schedules.list({ limit: 0 }), { path: "options.limit" });
  await assert.rejects(schedules.upsert(7 as never, { every: "1d", job }), {
    code: "ERR_ERGATE_SCHEDULE",
    path: "spec",
  });
  assert.throws(() => schedules.preview(undefined as never), { path: "spec" });
  assert.throws(() => schedules.preview({ every: "1d", evry: 1 } as never), { path: "evry" });
});
