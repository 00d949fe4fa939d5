import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import type { Runtime } from "../../lib/client/client.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { advance, bounded, eventually, made, newFile, started } from "./kit.ts";

/** Names that a process doesn't know: enqueued by another version, or with `allowUnknown`. */

const own = defineJob("own", { run: () => "done" });
const soonMs = 5_000;

async function unroutable(runtime: Runtime): Promise<number> {
  const queues = await runtime.queues.list();
  return queues.reduce((sum, queue) => sum + queue.unroutable, 0);
}

test(
  "a scheduled job of an unknown name is promoted when it is due, and never killed",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const runtime = await started(t, { clock, jobs: [own] });
    const { id } = await runtime.enqueue("novel", {}, { delay: soonMs, allowUnknown: true });
    assert.equal((await runtime.why(id)).facts.type, "scheduled");
    await advance(clock, soonMs);
    const job = await eventually(
      () => runtime.jobs.get(id),
      (found) => found?.state !== "scheduled",
    );
    assert.equal(job?.state, "available");
    assert.equal(await unroutable(runtime), 1);
    assert.equal((await runtime.why(id)).facts.type, "unroutable");
    await advance(clock, 10 * soonMs);
    await runtime.enqueueAndWait(own);
    const after = await runtime.jobs.get(id);
    assert.deepEqual([after?.state, after?.attempt, after?.reason], ["available", 0, undefined]);
  },
);

test(
  "a job that another version's process retries is no business of this one: it waits, and runs there",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const storage = { file: newFile(t), place: "inline" } as const;
    const here = await started(t, { clock, storage, jobs: [own] });
    let tries = 0;
    const novel = defineJob("novel", {
      backoff: () => 1_000,
      run: () => {
        tries++;
        if (tries === 1) throw new Error("not yet");
        return tries;
      },
    });
    const there = await started(t, { clock, storage, jobs: [novel] });
    const { id } = await there.enqueue(novel);
    await eventually(
      () => here.jobs.get(id),
      (job) => job?.state === "retryable",
    );
    await there.stop();
    await advance(clock, 10_000);
    const waits = await eventually(
      () => here.jobs.get(id),
      (job) => job?.state === "available",
    );
    assert.deepEqual([waits?.attempt, waits?.errors.length], [1, 1]);
    assert.equal(await unroutable(here), 1);
    const again = await started(t, { clock, storage, jobs: [novel] });
    assert.equal(await again.result(id), 2);
    assert.equal(await unroutable(here), 0);
  },
);

test("what nobody knows stands in nobody's way", bounded, async (t) => {
  const runtime = await made(t, { jobs: [own] });
  const novel = Array.from({ length: 100 }, () => ({ job: "novel", queue: "own" }));
  const options = { allowUnknown: true, priority: 9 };
  await runtime.enqueueMany(novel.map((request) => ({ ...request, ...options })));
  await runtime.start();
  assert.equal(await runtime.enqueueAndWait(own), "done");
  assert.deepEqual((await runtime.queues.drain()).unroutable, 100);
});
