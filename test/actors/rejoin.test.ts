import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { defineJob, ErgateError, type JobContext } from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import type { ErrorCode } from "../../lib/base/error.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { aborted, advance, bounded, refuses, signal, silent } from "./kit.ts";

/** A store in memory that refuses a commit for which `next` gives a code. */
function refusing(next: () => ErrorCode | undefined): JobStore {
  const inner = memoryStorage().open();
  return {
    ...{ durability: inner.durability, read: inner.read.bind(inner) },
    ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
    close: () => inner.close(),
    async apply(batch) {
      const code = next();
      if (code !== undefined) throw new ErgateError(code, "as the test says");
      return inner.apply(batch);
    },
  };
}

test(
  "a store that died and then refuses for long costs a runtime its runs, not its life",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const faults: ErrorCode[] = [];
    const store = refusing(() => faults.shift());
    const entered = [signal<JobContext>(), signal<JobContext>()];
    const release = signal();
    let runs = 0;
    const job = defineJob("job", {
      async run(_args, ctx) {
        entered[runs++]?.resolve(ctx);
        await release.promise;
        return runs;
      },
    });
    const options = { storage: ":memory:", clock, jobs: [job], concurrency: 2, logger: silent };
    const runtime = runtimeOf(new Assembly(parseOptions(options), store));
    t.after(() => runtime.stop({ graceMs: 0 }));
    await runtime.start();
    const { id } = await runtime.enqueue(job);
    const first = await (entered[0] as (typeof entered)[0]).promise;
    faults.push("ERR_ERGATE_STORE_FAILED", ...Array(8).fill("ERR_ERGATE_STORE_FULL"));
    await refuses(runtime.enqueue(job), "ERR_ERGATE_STORE_FAILED");
    await advance(clock, 60_000);
    assert.deepEqual(faults, []);
    await (entered[1] as (typeof entered)[1]).promise;
    // The run of before goes on, keeps its slot, and was told that nobody waits for it.
    assert.equal((await runtime.stats()).lingering, 1);
    assert.equal((first.signal.reason as ErgateError).code, "ERR_ERGATE_RUN_INTERRUPTED");
    assert.equal(first.signal.aborted, true);
    release.resolve();
    assert.equal(await runtime.result(id), 2);
    const row = await runtime.jobs.get(id);
    assert.deepEqual([row?.attempt, row?.errors], [1, []]);
    assert.equal((await runtime.stats()).lingering, 0);
    assert.equal((await runtime.workers.list()).length, 1);
  },
);

test("a stop returns although the store refuses whatever it would write", bounded, async (t) => {
  const clock = new VirtualClock();
  let fault: ErrorCode | undefined;
  const entered = signal<JobContext>();
  const job = defineJob("job", {
    async run(_args, ctx) {
      entered.resolve(ctx);
      await aborted(ctx.signal);
      throw ctx.signal.reason;
    },
  });
  const options = { storage: ":memory:", clock, jobs: [job], logger: silent };
  const store = refusing(() => fault);
  const runtime = runtimeOf(new Assembly(parseOptions(options), store));
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const { id } = await runtime.enqueue(job);
  const ctx = await entered.promise;
  fault = "ERR_ERGATE_STORE_FULL";
  let over = false;
  const stopped = runtime.stop({ graceMs: 10_000 }).finally(() => {
    over = true;
  });
  await advance(clock, 4_999);
  assert.deepEqual([ctx.signal.aborted, over], [false, false]);
  await advance(clock, 5_001);
  assert.deepEqual([ctx.signal.aborted, over], [true, true]);
  await stopped;
  // Its lock is gone with the runtime: another process gives the run back.
  await refuses(runtime.jobs.get(id), "ERR_ERGATE_STOPPED");
});
