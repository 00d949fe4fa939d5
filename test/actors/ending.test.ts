import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob, ErgateError, type JobContext, type Runtime } from "../../actors/index.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import {
  aborted,
  advance,
  bounded,
  handler,
  made,
  places,
  refuses,
  type Signal,
  signal,
  started,
  threadVoice,
  turns,
} from "./kit.ts";

/** A job that tells when it is entered, waits to be asked to end, and ends as its argument says. */
function waiting() {
  const entered: Signal<JobContext>[] = [signal(), signal(), signal()];
  let runs = 0;
  const job = defineJob("waiting", {
    async run(end: string, ctx) {
      entered[runs++]?.resolve(ctx);
      await aborted(ctx.signal);
      if (end === "throw") throw new Error("whatever");
      return (ctx.signal.reason as ErgateError).code;
    },
  });
  return { job, entered: (run = 0) => (entered[run] as Signal<JobContext>).promise };
}

async function stateOf(runtime: Runtime, id: string) {
  const job = await runtime.jobs.get(id);
  return [job?.state, job?.reason];
}

for (const [place, storage] of Object.entries(places)) {
  for (const move of ["stop", "cancel"] as const) {
    const state = { stop: "stopped", cancel: "cancelled" }[move];

    test(`${place}: ${move} ends what waits at once`, bounded, async (t) => {
      const runtime = await made(t, { storage: storage(t), jobs: [defineJob("idle")] });
      const now = await runtime.enqueue("idle");
      const later = await runtime.enqueue("idle", 0, { delay: "1h" });
      assert.equal(await runtime.jobs[move](now.id, "no more"), true);
      assert.equal(await runtime.jobs[move](later.id), true);
      assert.deepEqual(await stateOf(runtime, now.id), [state, "no more"]);
      assert.equal((await stateOf(runtime, later.id))[0], state);
      assert.equal(await runtime.jobs[move](now.id), false);
      assert.equal(await runtime.jobs[move]("nobody"), false);
    });

    test(
      `${place}: ${move} aborts a running job's signal; a throw is that outcome`,
      bounded,
      async (t) => {
        const { job, entered } = waiting();
        const runtime = await started(t, { storage: storage(t), jobs: [job] });
        const { id } = await runtime.enqueue(job, "throw");
        const ctx = await entered();
        assert.equal(await runtime.jobs[move](id, "enough"), true);
        await refuses(
          runtime.result(id),
          move === "stop" ? "ERR_ERGATE_RESULT_STOPPED" : "ERR_ERGATE_RESULT_CANCELLED",
        );
        assert.deepEqual(await stateOf(runtime, id), [state, "enough"]);
        const reason = ctx.signal.reason as ErgateError;
        assert.ok(reason instanceof ErgateError);
        assert.deepEqual(
          [reason.code, reason.message],
          [`ERR_ERGATE_RUN_${state.toUpperCase()}`, "enough"],
        );
      },
    );

    test(`${place}: after ${move} a normal return completes`, bounded, async (t) => {
      const { job, entered } = waiting();
      const runtime = await started(t, { storage: storage(t), jobs: [job] });
      const { id } = await runtime.enqueue(job, "return");
      await entered();
      await runtime.jobs[move](id);
      assert.equal(await runtime.result(id), `ERR_ERGATE_RUN_${state.toUpperCase()}`);
    });
  }
}

for (const move of ["stop", "cancel"] as const) {
  const state = { stop: "stopped", cancel: "cancelled" }[move];

  test(`${move} reaches an asynchronous handler in a thread`, bounded, async (t) => {
    const heard = threadVoice(t);
    const job = defineJob("polite", { thread: handler("polite") });
    const runtime = await started(t, { jobs: [job], threads: 1 });
    const thrower = await runtime.enqueue(job, { end: "throw" });
    await heard(thrower.id, "entered");
    await runtime.jobs[move](thrower.id, "enough");
    await assert.rejects(runtime.result(thrower.id));
    assert.deepEqual(await stateOf(runtime, thrower.id), [state, "enough"]);
    const returner = await runtime.enqueue(job, { end: "return" });
    await heard(returner.id, "entered");
    await runtime.jobs[move](returner.id, "enough");
    const reason = { name: "ErgateError", code: `ERR_ERGATE_RUN_${state.toUpperCase()}` };
    assert.deepEqual(await runtime.result(returner.id), { ...reason, message: "enough" });
  });

  test(`${move} reaches synchronous work in a thread that looks`, bounded, async (t) => {
    const heard = threadVoice(t);
    const job = defineJob("loop", { thread: handler("loop") });
    const runtime = await started(t, { jobs: [job], threads: 1 });
    const thrower = await runtime.enqueue(job, { by: "throwIfEnded" });
    await heard(thrower.id, "entered");
    await runtime.jobs[move](thrower.id, "enough");
    await assert.rejects(runtime.result(thrower.id));
    assert.deepEqual(await stateOf(runtime, thrower.id), [state, "enough"]);
    const looker = await runtime.enqueue(job, { by: "command" });
    await heard(looker.id, "entered");
    await runtime.jobs[move](looker.id);
    assert.equal(await runtime.result(looker.id), move);
  });
}

test(
  "a thread that ignores its stop is ended after graceMs, and harms nobody else",
  bounded,
  async (t) => {
    const heard = threadVoice(t);
    const deaf = defineJob("deaf", { thread: handler("deaf"), graceMs: 200 });
    const polite = defineJob("polite", { thread: handler("polite") });
    const echo = defineJob("echo", { thread: handler("echo") });
    const runtime = await started(t, { jobs: [deaf, polite, echo], threads: 2 });
    const bystander = await runtime.enqueue(polite, { end: "return" });
    await heard(bystander.id, "entered");
    const stopped = await runtime.enqueue(deaf);
    await heard(stopped.id, "entered");
    const queued = await Promise.all([1, 2, 3].map((n) => runtime.enqueue(echo, n)));
    await runtime.jobs.stop(stopped.id, "enough");
    await refuses(runtime.result(stopped.id), "ERR_ERGATE_RESULT_STOPPED");
    for (const { id } of queued) {
      const { attempt } = (await runtime.result(id)) as { attempt: number };
      assert.equal(attempt, 1);
      assert.equal((await runtime.jobs.get(id))?.errors.length, 0);
    }
    assert.equal((await runtime.jobs.get(bystander.id))?.state, "running");
    await runtime.jobs.stop(bystander.id);
    await runtime.result(bystander.id);
  },
);

test("a thread's run that takes too long has failed, and is tried again", bounded, async (t) => {
  const deaf = defineJob("deaf", {
    thread: handler("deaf"),
    timeout: 100,
    graceMs: 50,
    maxAttempts: 1,
  });
  const runtime = await started(t, { jobs: [deaf], threads: 1 });
  const { id } = await runtime.enqueue(deaf);
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  assert.match((await runtime.jobs.get(id))?.errors[0]?.message ?? "", /100 ms/);
});

test(
  "a loop run that takes too long has failed; its own timeout goes before the job's",
  bounded,
  async (t) => {
    const { job, entered } = waiting();
    const clock = new VirtualClock();
    const runtime = await started(t, { clock, jobs: [job] });
    const { id } = await runtime.enqueue(job, "throw", { timeout: "20s", maxAttempts: 1 });
    const ctx = await entered();
    await advance(clock, 19_000);
    assert.equal(ctx.signal.aborted, false);
    await advance(clock, 1_000);
    assert.equal((ctx.signal.reason as ErgateError).code, "ERR_ERGATE_RUN_TIMEOUT");
    const job1 = await runtime.jobs.get(id);
    assert.deepEqual([job1?.state, job1?.reason], ["dead", "the run took longer than 20000 ms"]);
  },
);

test("a loop run that ignores its timeout keeps its slot until it returns", bounded, async (t) => {
  const clock = new VirtualClock();
  const release = signal();
  const deaf = defineJob("deaf", {
    timeout: "10s",
    graceMs: 2000,
    maxAttempts: 1,
    run: () => release.promise,
  });
  const quick = defineJob("quick", { run: () => "ran" });
  const runtime = await started(t, { clock, jobs: [deaf, quick], concurrency: 1 });
  const { id } = await runtime.enqueue(deaf);
  const next = await runtime.enqueue(quick);
  await advance(clock, 11_000);
  assert.equal((await runtime.jobs.get(id))?.state, "running");
  await advance(clock, 1_000);
  assert.equal((await runtime.jobs.get(id))?.state, "dead");
  assert.equal((await runtime.stats()).lingering, 1);
  await advance(clock, 60_000);
  assert.equal((await runtime.jobs.get(next.id))?.state, "available");
  release.resolve();
  await turns(50);
  assert.equal((await runtime.jobs.get(next.id))?.result, "ran");
  assert.equal((await runtime.stats()).lingering, 0);
  assert.equal((await runtime.jobs.get(id))?.state, "dead");
});

test(
  "a stopped loop run that never returns is settled without it after graceMs",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const entered = signal();
    const deaf = defineJob("deaf", {
      graceMs: 1000,
      run() {
        entered.resolve();
        return new Promise(() => undefined);
      },
    });
    const runtime = await started(t, { clock, jobs: [deaf] });
    const { id } = await runtime.enqueue(deaf);
    await entered.promise;
    await runtime.jobs.cancel(id, "enough");
    await advance(clock, 1500);
    assert.deepEqual(await stateOf(runtime, id), ["cancelled", "enough"]);
    assert.equal((await runtime.stats()).lingering, 1);
  },
);

test(
  "retry starts a final job over with its history kept, and runs a waiting one now",
  bounded,
  async (t) => {
    let fails = true;
    const job = defineJob("job", {
      maxAttempts: 1,
      run() {
        if (fails) throw new Error("not yet");
        return "now";
      },
    });
    const runtime = await started(t, { jobs: [job] });
    const { id } = await runtime.enqueue(job);
    await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    fails = false;
    assert.equal(await runtime.jobs.retry(id), true);
    assert.equal(await runtime.result(id), "now");
    const again = await runtime.jobs.get(id);
    assert.deepEqual([again?.attempt, again?.errors.length, again?.reason], [1, 1, undefined]);
    assert.equal(await runtime.jobs.retry(id), false);
    const later = await runtime.enqueue(job, 0, { delay: "1h" });
    assert.equal(await runtime.jobs.retry(later.id), true);
    assert.equal(await runtime.result(later.id), "now");
  },
);

test("delete takes any job but a running one, and its lines", bounded, async (t) => {
  const { job, entered } = waiting();
  const chatty = defineJob("chatty", { run: (_args, ctx) => ctx.log.info("hello") });
  const runtime = await started(t, { jobs: [job, chatty] });
  const { id } = await runtime.enqueue(job, "return");
  await entered();
  assert.equal(await runtime.jobs.delete(id), false);
  const talked = await runtime.enqueue(chatty);
  await runtime.result(talked.id);
  assert.equal((await runtime.jobs.logs(talked.id)).items.length, 1);
  assert.equal(await runtime.jobs.delete(talked.id), true);
  assert.equal(await runtime.jobs.get(talked.id), undefined);
  assert.deepEqual((await runtime.jobs.logs(talked.id)).items, []);
  assert.equal(await runtime.jobs.delete(talked.id), false);
});
