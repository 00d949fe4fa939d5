import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { bounded, handler, newFile, refuses, started } from "./kit.ts";

/** Chains of jobs that enqueue each other. */

type Link = { left: number; with: "result" | undefined };

const loop = defineJob<Link, unknown>("link", {
  maxAttempts: 1,
  async run({ left, with: when }, ctx) {
    if (left === 0) return "end";
    const args = { left: left - 1, with: when };
    if (when === "result") return ctx.enqueue("link", args, { with: when });
    return (await ctx.enqueue("link", args)).id;
  },
});
const thread = defineJob<Link, unknown>("link", { maxAttempts: 1, thread: handler("link") });

for (const [place, link] of [
  ["loop", loop],
  ["thread", thread],
] as const) {
  for (const when of [undefined, "result"] as const) {
    const how = when === undefined ? "at once" : "with its result";
    const options = { jobs: [link], threads: 1 };

    test(`${place}: a job enqueued ${how} tells its parent and its depth`, bounded, async (t) => {
      const runtime = await started(t, { storage: newFile(t), ...options });
      const { id } = await runtime.enqueue(link, { left: 2, with: when });
      await runtime.queues.drain();
      const jobs = (await runtime.jobs.list()).items.reverse();
      const ids = jobs.map((job) => job.id);
      assert.equal(ids[0], id);
      assert.deepEqual(
        jobs.map(({ parent, depth }) => [parent, depth]),
        [
          [undefined, 0],
          [ids[0], 1],
          [ids[1], 2],
        ],
      );
    });

    test(`${place}: a chain that goes on for ever by jobs enqueued ${how} ends`, {
      timeout: 60_000,
    }, async (t) => {
      const storage = { file: newFile(t), durability: "memory" } as const;
      const runtime = await started(t, { storage, ...options });
      await runtime.enqueue(link, { left: 2 * limits.jobDepth, with: when });
      await runtime.queues.drain();
      const { items } = await runtime.jobs.list({ state: "dead" });
      const [last] = items;
      assert.deepEqual([items.length, last?.depth], [1, limits.jobDepth]);
      const { message } = await refuses(runtime.result(last?.id ?? ""), "ERR_ERGATE_RESULT_DEAD");
      assert.match(message, /at the end of a chain of 1000 jobs/);
      assert.equal(await runtime.jobs.count(), limits.jobDepth + 1);
    });
  }
}

test("a retried job keeps its parent and its depth", bounded, async (t) => {
  const runtime = await started(t, { storage: newFile(t), jobs: [loop] });
  await runtime.queues.pause("link");
  const { id } = await runtime.enqueue(loop, { left: 1, with: undefined });
  await runtime.jobs.stop(id);
  await runtime.jobs.retry(id);
  await runtime.queues.resume("link");
  const child = (await runtime.result(id)) as string;
  await runtime.result(child);
  const before = await runtime.jobs.get(child);
  assert.deepEqual([before?.parent, before?.depth], [id, 1]);
});
