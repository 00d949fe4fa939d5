import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { defineJob, ErgateError, type JobContext } from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import type { ErrorCode } from "../../lib/base/error.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import { advance, bounded, refuses, signal, silent } from "./kit.ts";

test(
  "a store that died and then refuses for long costs a runtime its runs, not its life",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const inner = memoryStorage().open();
    const faults: ErrorCode[] = [];
    const store = {
      ...{ durability: inner.durability, read: inner.read.bind(inner) },
      ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
      close: () => inner.close(),
      async apply(batch: Parameters<typeof inner.apply>[0]) {
        const code = faults.shift();
        if (code !== undefined) throw new ErgateError(code, "as the test says");
        return inner.apply(batch);
      },
    };
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
