import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, made, newFile, started } from "../actors/kit.ts";
import { records, within, worker } from "./kit.ts";

const bounded = { timeout: 110_000 };

test("three processes drain one file: each job runs exactly once", bounded, async (t) => {
  const file = newFile(t);
  const producer = await started(t, { storage: file, threads: 1 });
  const jobs = Array.from({ length: 3000 }, () => ({ job: "count", allowUnknown: true }));
  const receipts = await producer.enqueueMany(jobs);
  await Promise.all([1, 2, 3].map(() => worker(t, file)));
  await producer.queues.drain("count");
  const ran = records(file);
  assert.equal(ran.length, 3000);
  assert.deepEqual(new Set(ran.map(({ id }) => id)), new Set(receipts.map(({ id }) => id)));
  assert.ok(ran.every(({ attempt }) => attempt === 1));
  assert.equal(await producer.jobs.count({ state: "completed" }), 3000);
});

for (const move of ["stop", "cancel"] as const) {
  test(`${move} in one process reaches a run in another at once`, bounded, async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file, threads: 1 });
    const there = await worker(t, file);
    await within(t, 500, async () => {
      const { id } = await here.enqueue("hang");
      await there.line("entered", id);
      const before = Date.now();
      assert.equal(await here.jobs[move](id, "enough"), true);
      await assert.rejects(here.result(id));
      const took = Date.now() - before;
      const job = await here.jobs.get(id);
      assert.equal(job?.state, { stop: "stopped", cancel: "cancelled" }[move]);
      assert.equal(job?.reason, "enough");
      return took;
    });
  });
}

test(
  "what another process does is an event here, soon and marked as remote",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file, threads: 1 });
    await worker(t, file);
    const events = here.events({ types: ["completed"] });
    await within(t, 100, async () => {
      const { id } = await here.enqueue("started");
      for (;;) {
        const { value } = await events.next();
        if (value?.id !== id) continue;
        assert.equal(value.remote, true);
        return Date.now() - value.at;
      }
    });
    await events.return?.();
  },
);

test(
  "each process is listed as a worker while it lives, and not after it stopped",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file, threads: 1 });
    const there = await worker(t, file);
    const others = async () => (await here.workers.list()).filter(({ pid }) => pid !== process.pid);
    const listed = await others();
    assert.deepEqual(
      listed.map(({ pid, alive }) => [pid, alive]),
      [[there.pid, true]],
    );
    there.end();
    assert.equal(await there.gone(), 0);
    await eventually(others, (workers) => workers.length === 0);
  },
);

test("a producer that never started hears of a result at once too", bounded, async (t) => {
  const file = newFile(t);
  const producer = await made(t, { storage: file });
  await worker(t, file);
  await within(t, 300, async () => {
    const before = Date.now();
    await producer.result((await producer.enqueue("started")).id);
    return Date.now() - before;
  });
});
