import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob, type ErgateError, type JobContext } from "../../actors/index.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import {
  aborted,
  advance,
  bounded,
  handler,
  made,
  newFile,
  refuses,
  signal,
  started,
  threadVoice,
} from "./kit.ts";

test("stop waits for what runs, and lets it complete", bounded, async (t) => {
  const file = newFile(t);
  const entered = signal<JobContext>();
  const release = signal();
  const job = defineJob("job", {
    async run(_args, ctx) {
      entered.resolve(ctx);
      await release.promise;
      return "done";
    },
  });
  const runtime = await started(t, { storage: file, jobs: [job] });
  const { id } = await runtime.enqueue(job);
  const waiting = await runtime.enqueue(job, 0, { priority: -1 });
  const ctx = await entered.promise;
  const stopping = runtime.stop();
  await aborted(ctx.stopping);
  assert.equal(ctx.signal.aborted, false);
  release.resolve();
  await stopping;
  const reader = await made(t, { storage: file });
  assert.equal(await reader.result(id), "done");
  assert.ok(["available", "completed"].includes((await reader.jobs.get(waiting.id))?.state ?? ""));
});

test(
  "stop aborts the signal at its grace less 5 s, and gives interrupted jobs back",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const storage = { file: newFile(t), place: "inline" as const };
    const entered = signal<JobContext>();
    const polite = defineJob("polite", {
      async run(_args, ctx) {
        entered.resolve(ctx);
        await aborted(ctx.signal);
        throw ctx.signal.reason;
      },
    });
    const runtime = await started(t, { clock, storage, jobs: [polite] });
    const { id } = await runtime.enqueue(polite);
    const ctx = await entered.promise;
    const begun = clock.now();
    let abortedAt = 0;
    ctx.signal.addEventListener("abort", () => {
      abortedAt = clock.now();
      // A stop of the runtime is none of the job: code that looks goes on, and is given back.
      assert.equal(ctx.command(), undefined);
    });
    const stopping = runtime.stop({ graceMs: "12s" });
    await advance(clock, 12_000);
    await stopping;
    assert.equal(abortedAt - begun, 7000);
    assert.equal((ctx.signal.reason as ErgateError).code, "ERR_ERGATE_RUN_INTERRUPTED");
    const reader = await made(t, { storage });
    const job = await reader.jobs.get(id);
    assert.deepEqual([job?.state, job?.attempt, job?.errors], ["available", 0, []]);
    const kept = await reader.jobs.executions(id);
    assert.deepEqual(
      kept.map(({ outcome }) => outcome),
      ["interrupted"],
    );
  },
);

test("stop abandons a loop run that hears nothing, at its grace", bounded, async (t) => {
  const clock = new VirtualClock();
  const storage = { file: newFile(t), place: "inline" as const };
  const entered = signal();
  const deaf = defineJob("deaf", {
    graceMs: "1h" as unknown as number,
    run() {
      entered.resolve();
      return new Promise(() => undefined);
    },
  });
  const runtime = await started(t, { clock, storage, jobs: [deaf] });
  const { id } = await runtime.enqueue(deaf);
  await entered.promise;
  let over = false;
  const stopping = runtime.stop({ graceMs: 6000 }).then(() => {
    over = true;
  });
  await advance(clock, 5900);
  assert.equal(over, false);
  await advance(clock, 100);
  await stopping;
  const reader = await made(t, { storage });
  const job = await reader.jobs.get(id);
  assert.deepEqual([job?.state, job?.attempt], ["available", 0]);
});

test("stop ends a thread that hears nothing, and gives its job back", bounded, async (t) => {
  const heard = threadVoice(t);
  const file = newFile(t);
  const deaf = defineJob("deaf", { thread: handler("deaf") });
  const runtime = await started(t, { storage: file, jobs: [deaf], threads: 1 });
  const { id } = await runtime.enqueue(deaf);
  await heard(id, "entered");
  const waiting = await runtime.enqueue(deaf);
  await runtime.stop({ graceMs: 300 });
  const reader = await made(t, { storage: file });
  for (const one of [id, waiting.id]) {
    const job = await reader.jobs.get(one);
    assert.deepEqual([job?.state, job?.attempt, job?.errors], ["available", 0, []]);
  }
});

test("stop tells threads at once through ctx.stopping", bounded, async (t) => {
  const heard = threadVoice(t);
  const file = newFile(t);
  const loop = defineJob("loop", { thread: handler("loop") });
  const runtime = await started(t, { storage: file, jobs: [loop], threads: 1 });
  const { id } = await runtime.enqueue(loop, { by: "stopping" });
  await heard(id, "entered");
  await runtime.stop();
  const reader = await made(t, { storage: file });
  assert.equal(await reader.result(id), "saw stopping");
});

test(
  "a second start is the first one: no second worker, and what runs goes on",
  bounded,
  async (t) => {
    const job = defineJob("job", { run: () => "done" });
    const runtime = await started(t, { jobs: [job] });
    const starting = runtime.start();
    assert.equal(runtime.start(), starting);
    await starting;
    assert.equal((await runtime.workers.list()).length, 1);
    assert.equal(await runtime.enqueueAndWait(job), "done");
  },
);

test("a second stop is the first one", bounded, async (t) => {
  const runtime = await started(t);
  const first = runtime.stop();
  assert.equal(runtime.stop({ graceMs: 0 }), first);
  await first;
  assert.equal(runtime.stop(), first);
});

test("a stop with nothing to wait for takes no time", bounded, async (t) => {
  const clock = new VirtualClock();
  const runtime = await started(t, { clock, jobs: [defineJob("job", { run: () => 1 })] });
  await runtime.enqueueAndWait("job");
  await runtime.stop();
  const idle = await made(t, { clock });
  await idle.stop();
});

test("a stop with a bad grace is refused as a promise, and stops nothing", bounded, async (t) => {
  const runtime = await started(t, { jobs: [defineJob("job", { run: () => 1 })] });
  const stopping = runtime.stop({ graceMs: "soon" });
  await refuses(stopping, "ERR_ERGATE_DURATION", "graceMs");
  assert.equal(await runtime.enqueueAndWait("job"), 1);
});

test("after the stop everything is refused with one code", bounded, async (t) => {
  const runtime = await started(t, {
    storage: newFile(t),
    jobs: [defineJob("job", { run: () => 1 })],
  });
  const { id } = await runtime.enqueue("job");
  await runtime.stop();
  await refuses(runtime.enqueue("job"), "ERR_ERGATE_STOPPED");
  await refuses(runtime.enqueueMany([{ job: "job" }]), "ERR_ERGATE_STOPPED");
  await refuses(runtime.start(), "ERR_ERGATE_STOPPED");
  await refuses(runtime.jobs.get(id), "ERR_ERGATE_STOPPED");
  await refuses(runtime.jobs.stop(id), "ERR_ERGATE_STOPPED");
  await refuses(runtime.jobs.logs(id), "ERR_ERGATE_STOPPED");
  await refuses(runtime.result(id), "ERR_ERGATE_STOPPED");
  await refuses(runtime.stats(), "ERR_ERGATE_STOPPED");
  await refuses(runtime.register({ name: "other", run: () => 1 }), "ERR_ERGATE_STOPPED");
});

test("a wait for a result ends when the runtime stops", bounded, async (t) => {
  const runtime = await started(t, {
    storage: newFile(t),
    jobs: [defineJob("job", { run: () => 1 })],
  });
  const { id } = await runtime.enqueue("job", 0, { delay: "1h" });
  const waiting = refuses(runtime.result(id), "ERR_ERGATE_STOPPED");
  await runtime.stop();
  await waiting;
});

test("a subscription of events ends when the runtime stops", bounded, async (t) => {
  const runtime = await started(t);
  const events = runtime.events();
  const next = events.next();
  await runtime.stop();
  assert.deepEqual(await next, { done: true, value: undefined });
});

test("a started runtime that stops during its start stops cleanly", bounded, async (t) => {
  const release = signal();
  const runtime = await made(t, { context: () => release.promise });
  const starting = runtime.start();
  const refused = refuses(starting, "ERR_ERGATE_STOPPED");
  const stopping = runtime.stop();
  release.resolve();
  await refused;
  await stopping;
});

test("a runtime is disposed of by its scope's end", bounded, async (t) => {
  const runtime = await started(t);
  await runtime[Symbol.asyncDispose]();
  await refuses(runtime.start(), "ERR_ERGATE_STOPPED");
});
