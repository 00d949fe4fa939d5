import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob, type JobContext } from "../../actors/index.ts";
import { receiver } from "../hook/receiver.ts";
import { bounded, newFile, refuses, signal, started } from "./kit.ts";

/** What the jobservice's stats manager does in seven operations is done here by a move's commit. */
async function manager(t: Parameters<typeof started>[0], run: Run, more: object = {}) {
  const [first, second] = [signal(), signal()];
  const child = defineJob("child", { run: () => "done" });
  const work = defineJob("work", {
    ...more,
    async run(_args: unknown, ctx) {
      first.resolve();
      await second.promise;
      return run(ctx);
    },
  });
  const runtime = await started(t, { storage: newFile(t), jobs: [work, child] });
  const stats = async (id: string) => {
    const answer = await runtime.fetch(new Request(`http://127.0.0.1/api/v1/jobs/${id}`));
    const body = (await answer.json()) as { job: Record<string, unknown> };
    return body.job;
  };
  return { runtime, work, child, stats, entered: first.promise, go: second.resolve };
}

type Run = (ctx: JobContext) => unknown;

test(
  "save stats: a job's stats are on disk when its submission is answered",
  bounded,
  async (t) => {
    const { runtime, work, stats, go } = await manager(t, () => undefined);
    await runtime.queues.pause("work");
    const { id } = await runtime.enqueue(work, null);
    const { status, name, enqueue_time: at } = await stats(id);
    assert.deepEqual([status, name, typeof at], ["Pending", "work", "number"]);
    go();
  },
);

test("update status: a status moves with its run, and never back", bounded, async (t) => {
  const { runtime, work, stats, entered, go } = await manager(t, () => undefined);
  const { id } = await runtime.enqueue(work, null);
  await entered;
  assert.equal((await stats(id)).status, "Running");
  go();
  await runtime.result(id);
  assert.equal((await stats(id)).status, "Success");
  assert.equal(await runtime.jobs.stop(id), false);
  assert.equal((await stats(id)).status, "Success");
});

test(
  "check in: a text stands with its time, the last one also past the run",
  bounded,
  async (t) => {
    const { runtime, work, stats, go } = await manager(t, (ctx) => {
      for (const text of ["a third", "two thirds", "all of it"]) ctx.checkIn(text);
    });
    const { id } = await runtime.enqueue(work, null);
    go();
    await runtime.result(id);
    const { check_in: text, check_in_at: at } = await stats(id);
    assert.deepEqual([text, typeof at], ["all of it", "number"]);
  },
);

test("die at: it is there as soon as the last attempt has failed", bounded, async (t) => {
  const fail = () => Promise.reject(new Error("no such image"));
  const { runtime, work, stats, go } = await manager(t, fail, { maxAttempts: 1 });
  const { id } = await runtime.enqueue(work, null);
  go();
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  const { status, die_at: at } = await stats(id);
  assert.deepEqual([status, typeof at], ["Error", "number"]);
});

test(
  "report status: each status and check-in is told in order, none is lost",
  bounded,
  async (t) => {
    const hook = await receiver(t);
    const { runtime, work, go } = await manager(t, (ctx) => ctx.checkIn("halfway"));
    const { id } = await runtime.enqueue(work, null, { hook: hook.url });
    go();
    const told = (await hook.has(3)).map(({ body }) => [body.job_id, body.status, body.check_in]);
    assert.deepEqual(told, [
      [id, "Running", undefined],
      [id, "Running", "halfway"],
      [id, "Success", undefined],
    ]);
  },
);

test("persist executions: what a run launches stands with it, in order", bounded, async (t) => {
  const launched: string[] = [];
  const { runtime, work, stats, go } = await manager(t, async (ctx) => {
    for (let at = 0; at < 3; at++) launched.push((await ctx.enqueue("child")).id);
  });
  const { id } = await runtime.enqueue(work, null);
  go();
  await runtime.result(id);
  const { executions, multiple_executions: several } = await stats(id);
  assert.deepEqual([executions, several], [launched, true]);
  for (const each of launched) assert.equal((await stats(each)).upstream_job_id, id);
});

test("update stats: a hook registered later is told of what comes", bounded, async (t) => {
  const hook = await receiver(t);
  const { runtime, work, entered, go } = await manager(t, () => undefined);
  const { id } = await runtime.enqueue(work, null);
  await entered;
  await runtime.hooks.register(id, hook.url);
  go();
  const [only] = await hook.has(1);
  assert.deepEqual([only?.body.job_id, only?.body.status], [id, "Success"]);
});
