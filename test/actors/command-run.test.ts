import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, places, started } from "./kit.ts";

const hello = defineJob("hello", { command: 'echo "hi $ERGATE_PLANNED_AT"; exit 3' });
const fine = defineJob("fine", { argv: ["sh", "-c", "echo fine"] });

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a schedule's command has its exit and output on record, also when it failed`,
    bounded,
    async (t) => {
      const runtime = await started(t, { storage: storage(t), jobs: [hello, fine] });
      const spec = { cron: "0 3 * * *", zone: "UTC", job: "hello" };
      await runtime.schedules.upsert("nightly", spec);
      const run = await runtime.schedules.trigger("nightly");
      await assert.rejects(runtime.result(run.jobId ?? ""));
      const [kept] = (await runtime.schedules.runs("nightly")).items;
      assert.deepEqual(
        [kept?.outcome, kept?.exitCode, kept?.signal, kept?.output, kept?.truncated],
        ["dead", 3, undefined, `hi ${run.planAt}\n`, false],
      );
      assert.equal(kept?.command, 'echo "hi $ERGATE_PLANNED_AT"; exit 3');
      assert.match(kept?.error ?? "", /exit/);
      const { planAt, scheduleAt, startAt = 0, endAt = 0 } = kept;
      assert.ok(planAt <= scheduleAt && scheduleAt <= startAt && startAt <= endAt);
    },
  );

  test(`${place}: a command that is enqueued by hand has a run on record`, bounded, async (t) => {
    const runtime = await started(t, { storage: storage(t), jobs: [hello, fine] });
    const { id } = await runtime.enqueue(fine);
    await runtime.result(id);
    await runtime.jobs.delete(id);
    const { items } = await runtime.schedules.runs();
    assert.deepEqual(
      items.map(({ jobId, schedule, trigger, outcome, exitCode, output }) => {
        return [jobId, schedule, trigger, outcome, exitCode, output];
      }),
      [[id, undefined, "manual", "completed", 0, "fine\n"]],
    );
  });
}
