import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, eventually, handler, newFile, started } from "./kit.ts";

const child = defineJob("child", { run: (args: unknown) => args });
const loop = defineJob("parent", {
  async run(args: { end: string }, ctx) {
    await ctx.enqueue(child, { from: "at once" });
    await ctx.enqueue(child, { from: "with the result" }, { with: "result" });
    if (args.end === "throw") throw new Error("no children, please");
  },
});
const thread = defineJob("parent", { thread: handler("parent") });

for (const [place, parent] of [
  ["loop", loop],
  ["thread", thread],
] as const) {
  test(`${place}: a job enqueued with the result is committed with it`, bounded, async (t) => {
    const runtime = await started(t, { storage: newFile(t), jobs: [parent, child], threads: 1 });
    await runtime.enqueueAndWait("parent", { end: "return" });
    assert.equal(await runtime.jobs.count({ name: "child" }), 2);
    await runtime.queues.drain();
    assert.equal(await runtime.jobs.count({ name: "child", state: "completed" }), 2);
  });

  test(`${place}: a run that fails enqueues nothing with its result`, bounded, async (t) => {
    const runtime = await started(t, { storage: newFile(t), jobs: [parent, child], threads: 1 });
    const { id } = await runtime.enqueue("parent", { end: "throw" });
    await eventually(
      () => runtime.jobs.get(id),
      (job) => job?.state === "retryable",
    );
    const { items } = await runtime.jobs.list({ name: "child" });
    assert.deepEqual(
      items.map(({ args }) => args),
      [{ from: "at once" }],
    );
  });
}

test("100 000 calls of enqueue at once all resolve", { timeout: 110_000 }, async (t) => {
  const runtime = await started(t, { storage: newFile(t), jobs: [child] });
  const calls = Array.from({ length: 100_000 }, (_, at) => runtime.enqueue("child", at));
  const ids = new Set((await Promise.all(calls)).map(({ id }) => id));
  assert.equal(ids.size, 100_000);
  await runtime.queues.drain("child");
  assert.equal((await runtime.stats()).counts.completed, 100_000);
});
