import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { defineJob, type JobContext, type Lease } from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import {
  aborted,
  advance,
  bounded,
  handler,
  places,
  refuses,
  signal,
  silent,
  started,
} from "./kit.ts";

for (const [place, storage] of Object.entries(places)) {
  test(
    `${place}: what a run forgets to release is free in the commit of its end`,
    bounded,
    async (t) => {
      const ends: Record<string, () => unknown> = {
        returns: () => "done",
        throws: () => Promise.reject(new Error("no")),
      };
      const job = defineJob("job", {
        maxAttempts: 1,
        async run(how: string, ctx) {
          const leases = [await ctx.lock("ledger"), await ctx.lock("other")];
          await leases[1]?.release();
          return ends[how]?.();
        },
      });
      const runtime = await started(t, { storage: storage(t), jobs: [job] });
      for (const how of Object.keys(ends)) {
        const { id } = await runtime.enqueue(job, how);
        await runtime.result(id).catch(() => undefined);
        // The next one does not lose to the lock of the last: the end was not told before.
        const next = await runtime.locks.acquire("ledger", { wait: 0 });
        await next.release();
      }
    },
  );
}

test("the settlement and the release travel in one batch", bounded, async (t) => {
  const inner = memoryStorage().open();
  const batches: string[][] = [];
  const store = {
    ...{ durability: inner.durability, read: inner.read.bind(inner) },
    ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
    close: () => inner.close(),
    apply(batch: Parameters<typeof inner.apply>[0]) {
      batches.push(batch.map(({ type }) => type));
      return inner.apply(batch);
    },
  };
  const job = defineJob("job", { run: async (_args, ctx) => (await ctx.lock("ledger")).fence });
  const settings = parseOptions({ storage: ":memory:", jobs: [job], logger: silent });
  const runtime = runtimeOf(new Assembly(settings, store));
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  await runtime.enqueueAndWait(job);
  const [settled, ...others] = batches.filter((types) => types.includes("settle"));
  assert.deepEqual(settled?.slice(0, 2), ["settle", "release"]);
  assert.deepEqual(
    [others, batches.flat().filter((type) => type === "release")],
    [[], ["release"]],
  );
});

test("a lock names the job whose run holds it", bounded, async (t) => {
  const held = signal();
  const gate = signal();
  const job = defineJob("job", {
    async run(_args, ctx) {
      await ctx.lock("ledger");
      held.resolve();
      await gate.promise;
    },
  });
  const runtime = await started(t, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  await held.promise;
  const [worker] = await runtime.workers.list();
  const taken = await refuses(
    runtime.locks.acquire("ledger", { wait: 0 }),
    "ERR_ERGATE_LOCK_TAKEN",
  );
  assert.equal(taken.id, id);
  assert.ok(taken.message.includes(`pid ${process.pid}, worker ${worker?.id}, job ${id}`));
  assert.equal((await runtime.locks.list()).items[0]?.jobId, id);
  gate.resolve();
  await runtime.result(id);
});

test("a run that waits for a lock hears that it is cancelled", bounded, async (t) => {
  const waits = signal();
  const job = defineJob("job", {
    async run(_args, ctx) {
      waits.resolve();
      await ctx.lock("ledger");
    },
  });
  const runtime = await started(t, { jobs: [job] });
  const lease = await runtime.locks.acquire("ledger");
  const { id } = await runtime.enqueue(job);
  await waits.promise;
  await runtime.jobs.cancel(id);
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_CANCELLED");
  await lease.release();
  await runtime.locks.acquire("ledger", { wait: 0 });
});

test("a lock that comes when its run is over is free at once", bounded, async (t) => {
  let late: Promise<Lease> | undefined;
  const job = defineJob("job", {
    run(_args, ctx) {
      late = ctx.lock("ledger");
      late.catch(() => undefined);
    },
  });
  const runtime = await started(t, { jobs: [job] });
  await runtime.enqueueAndWait(job);
  await refuses(late as Promise<Lease>, "ERR_ERGATE_LOCK_LOST");
  await (await runtime.locks.acquire("ledger")).release();
});

test(
  "a handler that outlives its job's end keeps its lock until it returns",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const entered = signal<{ ctx: JobContext; lease: Lease }>();
    const gate = signal();
    const deaf = defineJob("deaf", {
      graceMs: 1_000,
      async run(_args, ctx) {
        entered.resolve({ ctx, lease: await ctx.lock("ledger", { ttl: "6s" }) });
        await gate.promise;
      },
    });
    const runtime = await started(t, { clock, jobs: [deaf] });
    const { id } = await runtime.enqueue(deaf);
    const { lease } = await entered.promise;
    await runtime.jobs.cancel(id);
    await advance(clock, 60_000);
    assert.equal((await runtime.jobs.get(id))?.state, "cancelled");
    assert.equal(lease.signal.aborted, false);
    await refuses(runtime.locks.acquire("ledger", { wait: 0 }), "ERR_ERGATE_LOCK_TAKEN");
    const next = runtime.locks.acquire("ledger");
    gate.resolve();
    assert.ok((await next).fence > lease.fence);
  },
);

test("a stop that abandons a handler tells it that its lock is lost", bounded, async (t) => {
  const entered = signal<Lease>();
  const gate = signal();
  t.after(() => gate.resolve());
  const deaf = defineJob("deaf", {
    async run(_args, ctx) {
      entered.resolve(await ctx.lock("ledger"));
      await gate.promise;
    },
  });
  const runtime = await started(t, { jobs: [deaf] });
  await runtime.enqueue(deaf);
  const lease = await entered.promise;
  await runtime.stop({ graceMs: 0 });
  await aborted(lease.signal);
  assert.equal(lease.signal.reason.code, "ERR_ERGATE_LOCK_LOST");
  assert.equal(await lease.release(), false);
});

test("a queue that crashes and joins anew holds on to its runtime's locks", bounded, async (t) => {
  const clock = new VirtualClock();
  const storage = memoryStorage();
  const inner = storage.open();
  let crash = false;
  const store = {
    ...{ durability: inner.durability, read: inner.read.bind(inner) },
    ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
    close: () => inner.close(),
    async apply(batch: Parameters<typeof inner.apply>[0]) {
      if (crash) {
        crash = false;
        throw new Error("the queue crashes of it");
      }
      return inner.apply(batch);
    },
  };
  const settings = parseOptions({ storage: ":memory:", clock, logger: silent });
  const runtime = runtimeOf(new Assembly(settings, store));
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const lease = await runtime.locks.acquire("ledger", { ttl: "6s" });
  const [before] = await runtime.workers.list();
  crash = true;
  await refuses(runtime.enqueue("x", {}, { allowUnknown: true }), "ERR_ERGATE_STORE_FAILED");
  await advance(clock, 60_000);
  const [after] = await runtime.workers.list();
  assert.notEqual(after?.id, before?.id);
  assert.equal(lease.signal.aborted, false);
  assert.equal(await lease.release(), true);
});

test("ctx.lock in a thread is refused, and says where it works", bounded, async (t) => {
  const locks = defineJob("locks", { maxAttempts: 1, thread: handler("locks") });
  const runtime = await started(t, { jobs: [locks], threads: 1 });
  assert.match(
    String(await runtime.enqueueAndWait(locks)),
    /^ERR_ERGATE_LOCK_THREAD .*in the loop can/,
  );
});
