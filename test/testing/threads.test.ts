import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { defineJob } from "../../actors/index.ts";
import { virtualStartMs } from "../../lib/kernel/testkit.ts";
import { bounded, handler, refuses } from "../actors/kit.ts";
import { day, made, minute, outcomes, second } from "./kit.ts";

const at = "2031-05-01";
const counting = new URL("./handlers/counting.ts", import.meta.url);
const child = defineJob<{ from: string }>("child", { run: () => undefined });

function counted(options: object = {}) {
  return defineJob<{ at: string; end?: string }>("counted", { thread: counting, ...options });
}

test(
  "a thread job runs in the test's process, with a thread's ctx and module",
  bounded,
  async (t) => {
    const job = counted();
    const runtime = made(t, { jobs: [job, child] });
    const { id } = await runtime.enqueue(job, { at }, { delay: "1d" });
    assert.deepEqual(await runtime.advance("1d"), outcomes({ completed: 3 }));
    const result = { year: 2031, base: { from: "setup" } };
    assert.deepEqual(await runtime.result(id), result);
    const found = await runtime.jobs.get(id);
    assert.equal(found?.checkIn, "half way");
    assert.equal(found?.startedAt, virtualStartMs + day);
    assert.deepEqual(
      runtime.enqueued(child).map(({ args }) => args),
      [{ from: "counted" }, { from: "result" }],
    );
    const { items } = await runtime.jobs.logs(id);
    assert.deepEqual(
      items.map(({ at, text }) => [at, text]),
      [[virtualStartMs + day, 'counting {"runs":1}']],
    );
    assert.deepEqual(await runtime.workers.list().then(([worker]) => worker?.threads), 4);
  },
);

test("a thread module is set up once and torn down by the stop", bounded, async (t) => {
  const { lives } = (await import(counting.href)) as { lives: string[] };
  lives.length = 0;
  const job = counted();
  const runtime = made(t, { jobs: [job, child] });
  for (let count = 0; count < 20; count++) await runtime.enqueue(job, { at });
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 60 }));
  await runtime.stop();
  assert.equal(lives.length, 2);
  assert.match(lives.join(), /^setup,teardown after \d+$/);
});

test(
  "an error of a thread job crosses as from a thread, and its backoff sees it",
  bounded,
  async (t) => {
    const seen: unknown[] = [];
    const job = counted({
      maxAttempts: 2,
      backoff(_attempt: number, error: { name: string; code: string }) {
        seen.push([error.constructor.name, error.name, error.code]);
        return "7m";
      },
    });
    const runtime = made(t, { jobs: [job, child] });
    const { id } = await runtime.enqueue(job, { at, end: "throw" });
    assert.deepEqual(await runtime.advance("7m"), outcomes({ failed: 1, dead: 1 }));
    assert.deepEqual(seen, [["Error", "RangeError", "E_MORE"]]);
    const errors = (await runtime.jobs.get(id))?.errors.map(({ at, message }) => [at, message]);
    assert.deepEqual(errors, [
      [virtualStartMs, "no more"],
      [virtualStartMs + 7 * minute, "no more"],
    ]);
    const bad = await runtime.enqueue(job, { at: "no date" }, { maxAttempts: 1 });
    assert.deepEqual(await runtime.drain(), outcomes({ dead: 1 }));
    assert.match((await runtime.jobs.get(bad.id))?.reason ?? "", /at/);
  },
);

test(
  "a thread job's timeout comes in virtual time, and its grace ends what ignores it",
  bounded,
  async (t) => {
    const job = counted({ timeout: "30s", graceMs: 5000, maxAttempts: 1 });
    const runtime = made(t, { jobs: [job, child], patience: 1 });
    const waits = await runtime.enqueue(job, { at, end: "wait" });
    assert.deepEqual(await runtime.advance("30s"), outcomes({ dead: 1 }));
    assert.equal((await runtime.jobs.get(waits.id))?.reason, "the run took longer than 30000 ms");
    const hangs = await runtime.enqueue(job, { at, end: "hang" });
    assert.deepEqual(await runtime.advance("34s"), outcomes({ running: 1 }));
    assert.deepEqual(await runtime.advance("1s"), outcomes({ dead: 1 }));
    const found = await runtime.jobs.get(hangs.id);
    assert.equal(found?.finishedAt, virtualStartMs + 65 * second);
    // Its place is free again.
    for (let count = 0; count < 5; count++) await runtime.enqueue(job, { at });
    assert.deepEqual(await runtime.drain(), outcomes({ completed: 15 }));
  },
);

test(
  "a running thread job is cancelled, a waiting one withdrawn, and both by a stop",
  bounded,
  async (t) => {
    const job = counted({ maxAttempts: 1 });
    const runtime = made(t, { jobs: [job, child], threads: "in-process", patience: 1 });
    const { id } = await runtime.enqueue(job, { at, end: "wait" });
    await runtime.advance(0);
    assert.equal(await runtime.jobs.cancel(id, "not wanted"), true);
    assert.deepEqual(await runtime.drain(), outcomes({ cancelled: 1 }));
    const hangs = await runtime.enqueue(job, { at, end: "hang" });
    await runtime.advance(0);
    await runtime.stop({ graceMs: "10s" });
    assert.equal(runtime.enqueued(job).find((each) => each.id === hangs.id)?.state, "available");
  },
);

test("a module that can't be loaded is told by the first drain", bounded, async (t) => {
  const broken = defineJob("broken", { thread: handler("broken") });
  const error = await refuses(made(t, { jobs: [broken] }).drain(), "ERR_ERGATE_HANDLER_LOAD");
  assert.match(error.message, /job "broken"/);
});

test("with a number of threads the jobs run in real ones", bounded, async (t) => {
  const where = defineJob<unknown, { threadId: number }>("where", { thread: handler("setup") });
  const runtime = made(t, { jobs: [where], threads: 1 });
  const { id } = await runtime.enqueue(where, null, { delay: "1d" });
  assert.deepEqual(await runtime.advance("1d"), outcomes({ completed: 1 }));
  const result = await runtime.result<{ threadId: number }>(id);
  assert.notEqual(result.threadId, threadId);
  const found = await runtime.jobs.get(id);
  assert.equal(found?.startedAt, virtualStartMs + day);
  assert.equal(found?.finishedAt, virtualStartMs + day);
});
