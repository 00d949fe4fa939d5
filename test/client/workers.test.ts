import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { statusOf } from "../../lib/client/workers.ts";
import type { JobContext } from "../../lib/job/context.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { advance, bounded, eventually, handler, places, signal, started } from "../actors/kit.ts";

test("a worker's lock says whether it lives; where that can't be probed its silence does", () => {
  const now = 1_000_000;
  const heard = (msAgo: number) => now - msAgo + limits.leaseMs;
  const status = (alive: boolean | undefined, msAgo: number) =>
    statusOf({ alive, leaseUntil: heard(msAgo) }, now);
  assert.equal(status(true, 3_600_000), "healthy");
  assert.equal(status(false, 0), "dead");
  assert.equal(status(undefined, 10_000), "healthy");
  assert.equal(status(undefined, 10_001), "dead");
});

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: a worker is listed with its jobs and what it runs, secrets hidden`,
    bounded,
    async (t) => {
      const gate = signal();
      const entered = signal<JobContext>();
      const mail = defineJob("mail", {
        redact: ["token"],
        queue: "post",
        run: (_args: object, ctx) => {
          ctx.progress(0.25, "begun");
          entered.resolve(ctx);
          return gate.promise;
        },
      });
      const idle = defineJob("idle", { run: () => undefined });
      const given = { storage: storage(t), jobs: [mail, idle], concurrency: 7, threads: 1 };
      const runtime = await started(t, given);
      const { id } = await runtime.enqueue(mail, { to: "a@b.c", token: "secret" });
      await entered.promise;
      const [worker, ...others] = await eventually(
        () => runtime.workers.list(),
        ([one]) => one?.slots[0]?.progress !== undefined,
      );
      assert.deepEqual(others, []);
      assert.ok(worker);
      const { pid, namespace, status, jobs, queues, concurrency, threads } = worker;
      assert.deepEqual([pid, namespace, status], [process.pid, "default", "healthy"]);
      assert.deepEqual(
        [jobs, queues, concurrency, threads],
        [["idle", "mail"], ["idle", "post"], 7, 1],
      );
      const { running, busy, lingering } = worker;
      assert.deepEqual([running, busy, lingering], [1, 1, 0]);
      assert.ok(worker.heartbeatAt >= worker.startedAt);
      const [slot] = worker.slots;
      const { startedAt, ...rest } = slot ?? {};
      assert.ok((startedAt ?? 0) >= worker.startedAt);
      assert.deepEqual(rest, {
        ...{ jobId: id, name: "mail", queue: "post", attempt: 1, progress: 0.25, checkIn: "begun" },
        ...{ args: { to: "a@b.c", token: "[redacted]" }, lingering: false },
      });
      gate.resolve();
      await runtime.result(id);
      const [after] = await runtime.workers.list();
      assert.deepEqual([after?.busy, after?.slots], [0, []]);
    },
  );
}

test("a thread's run is a busy slot of its worker", bounded, async (t) => {
  const job = defineJob("gate", { thread: handler("deaf"), graceMs: 1 });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const { id } = await runtime.enqueue(job, {});
  const [worker] = await eventually(
    () => runtime.workers.list(),
    ([one]) => one?.busy === 1,
  );
  assert.deepEqual(
    worker?.slots.map(({ jobId, name }) => [jobId, name]),
    [[id, "gate"]],
  );
  await runtime.jobs.stop(id);
  await eventually(
    () => runtime.workers.list(),
    ([one]) => one?.busy === 0,
  );
});

test("a worker's heart beats while it holds jobs", bounded, async (t) => {
  const clock = new VirtualClock();
  const gate = signal();
  const job = defineJob("slow", { run: () => gate.promise });
  const runtime = await started(t, { clock, jobs: [job] });
  await runtime.enqueue(job);
  await eventually(
    () => runtime.workers.list(),
    ([one]) => one?.busy === 1,
  );
  const begun = clock.now();
  for (let beat = 1; beat <= 3; beat++)
    await clock.advanceAsync(limits.leaseRenewMs, () => Promise.resolve());
  const [worker] = await eventually(
    () => runtime.workers.list(),
    ([one]) => (one?.heartbeatAt ?? 0) >= begun + 3 * limits.leaseRenewMs,
  );
  assert.equal(worker?.status, "healthy");
  gate.resolve();
});

test("a run of more than a day is still shown among its worker's runs", bounded, async (t) => {
  const clock = new VirtualClock(undefined, { skipIdle: true });
  const gate = signal();
  const job = defineJob("slow", {
    run(_args, ctx) {
      ctx.checkIn("begun");
      return gate.promise;
    },
  });
  const runtime = await started(t, { clock, jobs: [job] });
  const { id } = await runtime.enqueue(job);
  await eventually(
    () => runtime.workers.list(),
    ([one]) => one?.slots[0]?.checkIn === "begun",
  );
  await advance(clock, 25 * 3_600_000);
  const [worker] = await runtime.workers.list();
  assert.deepEqual(
    [worker?.status, worker?.slots.map(({ jobId, checkIn }) => [jobId, checkIn])],
    ["healthy", [[id, "begun"]]],
  );
  assert.equal((await runtime.jobs.get(id))?.attempt, 1);
  gate.resolve();
  await runtime.result(id);
});
