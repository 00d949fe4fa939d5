import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { made, newFile, started } from "../actors/kit.ts";
import { records, worker } from "./kit.ts";

const bounded = { timeout: 110_000 };

test("two processes drain one file: each job runs exactly once", bounded, async (t) => {
  const file = newFile(t);
  const producer = await started(t, { storage: file, threads: 1 });
  const jobs = Array.from({ length: 600 }, () => ({ job: "count", allowUnknown: true }));
  const receipts = await producer.enqueueMany(jobs);
  await Promise.all([1, 2].map(() => worker(t, file)));
  await producer.queues.drain("count");
  const ran = records(file);
  assert.equal(ran.length, 600);
  assert.deepEqual(new Set(ran.map(({ id }) => id)), new Set(receipts.map(({ id }) => id)));
  assert.ok(ran.every(({ attempt }) => attempt === 1));
  assert.equal(await producer.jobs.count({ state: "completed" }), 600);
});

test(
  "what one process enqueues another starts at once, not at its next poll",
  bounded,
  async (t) => {
    const file = newFile(t);
    const producer = await started(t, { storage: file, threads: 1 });
    await worker(t, file);
    const waits: number[] = [];
    for (let at = 0; at < 20; at++) {
      const before = Date.now();
      const { id } = await producer.enqueue("started");
      waits.push(((await producer.result(id)) as number) - before);
    }
    waits.sort((one, other) => one - other);
    const [p50 = 0, most = 0] = [waits[10], waits[19]];
    t.diagnostic(`enqueue to start: p50 ${p50} ms, most ${most} ms`);
    // Some 5 ms on a quiet machine; by polls alone nearly each would take a whole one.
    assert.ok(p50 < limits.pollMs / 3, `p50 ${p50} ms`);
  },
);

test(
  "a queue that one process pauses is paused in all, until one resumes it",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await started(t, { storage: file, threads: 1 });
    const there = await made(t, { storage: file });
    await worker(t, file);
    assert.equal(await here.queues.pause("pid"), true);
    const { id } = await here.enqueue("pid");
    // Two of its neighbours, one after the other, have run: the worker has looked.
    for (const name of ["started", "started"]) await here.result((await here.enqueue(name)).id);
    assert.equal((await there.jobs.get(id))?.state, "available");
    assert.equal(await there.queues.resume("pid"), true);
    assert.equal(typeof (await here.result(id)), "number");
  },
);

test(
  "a limit that one process sets holds another's claims at once, and a process that runs nothing says why",
  bounded,
  async (t) => {
    const file = newFile(t);
    const here = await made(t, { storage: file });
    const there = await worker(t, file);
    assert.equal(await here.queues.configure("hang", { concurrency: 1 }), true);
    const receipts = await here.enqueueMany([1, 2, 3].map((at) => ({ job: "hang", args: at })));
    const [first = "", ...held] = receipts.map(({ id }) => id);
    await there.line("entered", first);
    // A neighbour that came after them has run: the worker has looked.
    await here.result((await here.enqueue("started")).id);
    for (const id of held) {
      const { facts } = await here.why(id);
      assert.ok(facts.type === "limited", facts.type);
      assert.deepEqual([facts.by, facts.limit, facts.taken], ["queue", 1, 1]);
      assert.deepEqual(
        facts.runs.map(({ jobId }) => jobId),
        [first],
      );
    }
    assert.deepEqual(
      there.all("entered").map(({ entered }) => entered),
      [first],
    );
    assert.equal(await here.queues.configure("hang", { concurrency: null }), true);
    for (const id of held) await there.line("entered", id);
    const drained = here.queues.drain("hang");
    for (const { id } of receipts) await here.jobs.stop(id);
    const none = { scheduled: 0, retryable: 0, paused: 0, limited: 0, unroutable: 0 };
    assert.deepEqual(await drained, none);
    assert.equal(await here.jobs.count({ state: "stopped" }), 3);
  },
);
