import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defineJob, type Runtime } from "../../actors/index.ts";
import { bounded, eventually, handler, made, newFile, started, threadVoice } from "./kit.ts";

const gate = defineJob<{ hold: boolean }, string>("gate", { thread: handler("gate") });
const quick = { job: gate, args: { hold: false }, tags: ["ahead"] };

/** A runtime whose only thread is held by a run, with two jobs claimed ahead behind it. */
async function withAhead(t: TestContext, file: string) {
  const heard = threadVoice(t);
  const channel = new BroadcastChannel("ergate-test-gate");
  t.after(() => channel.close());
  const runtime = await started(t, { storage: file, jobs: [gate], threads: 1 });
  for (let run = 0; run < 30; run++) await runtime.enqueueAndWait(gate, { hold: false });
  const hold = { job: gate, args: { hold: true } };
  const receipts = await runtime.enqueueMany([hold, quick, quick]);
  const [held = "", ...ahead] = receipts.map(({ id }) => id);
  await heard(held, "entered");
  await eventually(
    () => statesOf(runtime, ahead),
    (states) => states.every((state) => state === "running"),
  );
  for (const id of ahead) assert.equal((await runtime.jobs.get(id))?.startedAt, undefined);
  return { runtime, held, ahead, open: () => channel.postMessage("open") };
}

async function statesOf(runtime: Runtime, ids: readonly string[]) {
  return Promise.all(ids.map(async (id) => (await runtime.jobs.get(id))?.state));
}

test("a pause gives back what a thread has not entered, in one commit", bounded, async (t) => {
  const { runtime, held, ahead, open } = await withAhead(t, newFile(t));
  await runtime.queues.pause("gate");
  const counts: number[] = [];
  await eventually(
    async () => counts.push(await runtime.jobs.count({ state: "available" })),
    () => counts.at(-1) === 2,
  );
  assert.ok(!counts.includes(1));
  assert.deepEqual(await statesOf(runtime, [held, ...ahead]), [
    "running",
    "available",
    "available",
  ]);
  open();
  assert.equal(await runtime.result(held), "held");
  assert.deepEqual(await statesOf(runtime, ahead), ["available", "available"]);
  await runtime.queues.resume("gate");
  for (const id of ahead) {
    assert.equal(await runtime.result(id), "quick");
    assert.equal((await runtime.jobs.get(id))?.attempt, 1);
    assert.equal((await runtime.jobs.executions(id)).length, 1);
  }
});

test("a stop gives back at once what a thread has not entered", bounded, async (t) => {
  const file = newFile(t);
  const { runtime, held, ahead, open } = await withAhead(t, file);
  const reader = await made(t, { storage: file });
  const stopping = runtime.stop();
  await eventually(
    () => statesOf(reader, ahead),
    (states) => states.every((state) => state === "available"),
  );
  assert.deepEqual(await statesOf(reader, [held]), ["running"]);
  open();
  await stopping;
  assert.equal(await reader.result(held), "held");
  for (const id of ahead) {
    const job = await reader.jobs.get(id);
    assert.deepEqual([job?.state, job?.attempt, job?.errors], ["available", 0, []]);
    assert.deepEqual(await reader.jobs.executions(id), []);
  }
});

for (const [move, state] of [
  ["stopAll", "stopped"],
  ["cancelAll", "cancelled"],
] as const) {
  test(`${move} ends at once what a thread has not entered`, bounded, async (t) => {
    const { runtime, held, ahead, open } = await withAhead(t, newFile(t));
    assert.equal(await runtime.jobs[move]({ tag: "ahead", state: "running" }, "enough"), 2);
    await eventually(
      () => statesOf(runtime, ahead),
      (states) => states.every((reached) => reached === state),
    );
    assert.deepEqual(await statesOf(runtime, [held]), ["running"]);
    for (const id of ahead) assert.equal((await runtime.jobs.get(id))?.reason, "enough");
    open();
    assert.equal(await runtime.result(held), "held");
  });
}

test(
  "of a thread job that was never measured as many are claimed as threads are idle",
  bounded,
  async (t) => {
    const heard = threadVoice(t);
    const polite = defineJob("polite", { thread: handler("polite") });
    const other = defineJob("other", { run: () => "done" });
    const runtime = await started(t, { storage: newFile(t), jobs: [polite, other], threads: 2 });
    const requests = Array.from({ length: 10 }, () => ({ job: polite, args: {} }));
    const [first, second] = await runtime.enqueueMany(requests);
    await heard(first?.id ?? "", "entered");
    await heard(second?.id ?? "", "entered");
    // Whatever was asked of the store before is done before this is.
    await runtime.enqueueAndWait(other);
    assert.equal(await runtime.jobs.count({ state: "running" }), 2);
    await runtime.stop({ graceMs: 0 });
  },
);
