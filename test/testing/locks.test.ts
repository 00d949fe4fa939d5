import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, refuses } from "../actors/kit.ts";
import { made, outcomes } from "./kit.ts";

test("locks are held, renewed and awaited by the virtual clock", bounded, async (t) => {
  const order: string[] = [];
  const runtime = made(t, {
    jobs: [
      defineJob("nap", {
        async run(name: string, ctx) {
          const { signal } = await ctx.lock("bed");
          order.push(`${name} sleeps`);
          await runtime.clock.sleep("6m");
          assert.equal(signal.aborted, false);
          order.push(`${name} wakes`);
        },
      }),
    ],
  });
  await runtime.enqueue("nap", "one");
  await runtime.enqueue("nap", "two");
  await runtime.advance("3m");
  await refuses(runtime.locks.acquire("bed", { wait: 0 }), "ERR_ERGATE_LOCK_TAKEN");
  const waits = refuses(runtime.locks.acquire("bed", { wait: "2m" }), "ERR_ERGATE_LOCK_TAKEN");
  await runtime.advance("2m");
  await waits;
  assert.deepEqual(await runtime.advance("7m"), outcomes({ completed: 2 }));
  assert.deepEqual(order, ["one sleeps", "one wakes", "two sleeps", "two wakes"]);
  assert.deepEqual((await runtime.locks.list()).items, []);
});
