import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { defineJob, snooze } from "../../actors/index.ts";
import { testRuntime } from "../../actors/testing.ts";
import { bounded, refuses, signal } from "../actors/kit.ts";
import { hour, made, minute, outcomes } from "./kit.ts";

test("nothing runs before a drain, also after start()", bounded, async (t) => {
  const ran: unknown[] = [];
  const note = defineJob("note", { run: (args: number) => void ran.push(args) });
  const runtime = made(t, { jobs: [note] });
  await runtime.enqueue(note, 1);
  await runtime.start();
  const receipt = await runtime.enqueue(note, 2);
  assert.equal(receipt.state, "available");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ran, []);
  assert.equal((await runtime.jobs.get(receipt.id))?.state, "available");
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 2 }));
  assert.deepEqual(ran, [1, 2]);
});

test("nothing runs between two drains", bounded, async (t) => {
  const note = defineJob("note", { run: () => undefined });
  const runtime = made(t, { jobs: [note] });
  assert.deepEqual(await runtime.drain(), outcomes({}));
  await runtime.enqueue(note);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    runtime.enqueued(note).map(({ state }) => state),
    ["available"],
  );
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 1 }));
});

test("a drain runs what the jobs enqueue, and what those enqueue", bounded, async (t) => {
  const count = defineJob("count", {
    async run(left: number, ctx) {
      if (left > 1) await ctx.enqueue("count", left - 1);
      if (left === 3) await ctx.enqueue("count", 1, { with: "result" });
    },
  });
  const runtime = made(t, { jobs: [count] });
  await runtime.enqueue(count, 5);
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 6 }));
});

test("a drain waits for real work that handlers await", bounded, async (t) => {
  const server = createServer((_request, response) => response.end("hello"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const fetched = defineJob("fetched", {
    timeout: "1s",
    run: async () => (await fetch(`http://127.0.0.1:${port}`)).text(),
  });
  const runtime = made(t, { jobs: [fetched] });
  const { id } = await runtime.enqueue(fetched);
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 1 }));
  assert.equal(await runtime.result(id), "hello");
  // An advance waits, too: else the clock would have been moved past the timeout meanwhile.
  await runtime.enqueue(fetched, undefined, { delay: "1h" });
  assert.deepEqual(await runtime.advance("2h"), outcomes({ completed: 1 }));
});

test("a drain answers how the runs ended", bounded, async (t) => {
  const { discard, cancelJob } = await import("../../actors/index.ts");
  const fates: Record<string, () => unknown> = {
    complete: () => 1,
    fail: () => assert.fail("once more"),
    discard: () => discard("no use"),
    cancel: () => cancelJob("not wanted"),
    snooze: () => snooze(minute),
  };
  const job = defineJob("job", { run: (fate: string) => fates[fate]?.() });
  const runtime = made(t, { jobs: [job] });
  for (const fate of Object.keys(fates)) await runtime.enqueue(job, fate);
  await runtime.enqueue(job, "fail", { maxAttempts: 1 });
  const expected = { completed: 1, failed: 1, dead: 2, cancelled: 1, snoozed: 1 };
  assert.deepEqual(await runtime.drain(), outcomes(expected));
});

test("what is due at once again runs in the same drain", bounded, async (t) => {
  let runs = 0;
  const restless = defineJob("restless", {
    backoff: 0,
    run() {
      if (++runs < 3) assert.fail("again");
      return runs < 6 ? snooze(0) : runs;
    },
  });
  const runtime = made(t, { jobs: [restless] });
  await runtime.enqueue(restless);
  assert.deepEqual(await runtime.drain(), outcomes({ failed: 2, snoozed: 3, completed: 1 }));
});

test(
  "jobs that are always due again at once are told, not drained for ever",
  bounded,
  async (t) => {
    const endless = defineJob("endless", { run: () => snooze(0) });
    const runtime = made(t, { jobs: [endless] });
    await runtime.enqueue(endless);
    const error = await refuses(runtime.drain(), "ERR_ERGATE_WAIT_TIMEOUT");
    assert.match(error.message, /no rest within 10000 rounds/);
  },
);

test("a drain names the job that does not end in real time", bounded, async (t) => {
  const stuck = defineJob("stuck", { run: () => new Promise(() => {}) });
  const runtime = made(t, { jobs: [stuck], patience: 0 });
  const { id } = await runtime.enqueue(stuck);
  const error = await refuses(runtime.drain({ timeout: 20 }), "ERR_ERGATE_WAIT_TIMEOUT");
  assert.match(error.message, new RegExp(`job "stuck" \\(${id}, attempt 1\\).* 20 ms.*advance`));
  // What failed holds again.
  await runtime.enqueue(stuck);
  assert.equal(runtime.enqueued(stuck)[1]?.state, "available");
});

test("a handler may be let go while a drain waits for it", bounded, async (t) => {
  const entered = signal();
  const let_go = signal<string>();
  const gated = defineJob("gated", {
    run() {
      entered.resolve();
      return let_go.promise;
    },
  });
  const runtime = made(t, { jobs: [gated] });
  const { id } = await runtime.enqueue(gated);
  const drained = runtime.drain();
  await entered.promise;
  assert.equal((await runtime.jobs.get(id))?.state, "running");
  let_go.resolve("done");
  assert.deepEqual(await drained, outcomes({ completed: 1 }));
});

test("a run that ended is settled although another still runs", bounded, async (t) => {
  const runtime = made(t, {
    jobs: [
      defineJob("short", { run: () => "short" }),
      defineJob("long", { run: () => runtime.clock.sleep("1h") }),
    ],
  });
  await runtime.enqueue("long");
  const { id } = await runtime.enqueue("short");
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 1, running: 1 }));
  assert.equal(await runtime.result(id), "short");
  assert.deepEqual(await runtime.advance("1h"), outcomes({ completed: 1 }));
});

test("what a handler enqueues with a higher priority comes next", bounded, async (t) => {
  const ran: string[] = [];
  const note = defineJob("note", {
    async run(name: string, ctx) {
      ran.push(name);
      if (ran.length === 20) await ctx.enqueue("note", "urgent", { priority: 1 });
    },
  });
  const runtime = made(t, { jobs: [note], concurrency: 1 });
  for (let at = 0; at < 40; at++) await runtime.enqueue(note, `${at}`);
  await runtime.drain();
  assert.equal(ran.indexOf("urgent"), 20);
});

test("enqueueAndWait and result resolve with the drain that runs the job", bounded, async (t) => {
  const twice = defineJob("twice", { run: (n: number) => n * 2 });
  const runtime = made(t, { jobs: [twice] });
  const waited = runtime.enqueueAndWait(twice, 21);
  await runtime.drain();
  assert.equal(await waited, 42);
});

test("a started runtime, its queues and its moves are as in production", bounded, async (t) => {
  const note = defineJob("note", { run: () => undefined });
  const runtime = made(t, { jobs: [note], namespace: "tests" });
  await runtime.queues.pause("note");
  const paused = await runtime.enqueue(note);
  assert.deepEqual(await runtime.drain(), outcomes({}));
  await runtime.queues.resume("note");
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 1 }));
  const { id } = await runtime.enqueue(note, undefined, { delay: hour });
  assert.equal(await runtime.jobs.cancel(id), true);
  assert.deepEqual(await runtime.advance("2h"), outcomes({}));
  assert.equal((await runtime.jobs.get(id))?.state, "cancelled");
  assert.equal((await runtime.jobs.get(paused.id))?.state, "completed");
});

test("a thousand jobs take less than a second", bounded, async (t) => {
  const note = defineJob("note", { run: async () => undefined });
  const runtime = made(t, { jobs: [note] });
  const from = process.cpuUsage();
  await Promise.all(Array.from({ length: 1000 }, (_, n) => runtime.enqueue(note, n)));
  assert.deepEqual(await runtime.drain(), outcomes({ completed: 1000 }));
  const { user, system } = process.cpuUsage(from);
  // Of this process's own work: how busy the machine is must not matter.
  assert.ok(user + system < 1_000_000, `${user + system} µs`);
});

test("what is wrong with the options is refused at once, with its path", () => {
  const wrong: [object, string, string][] = [
    [{ mode: "automatic" }, "ERR_ERGATE_OPTION", "mode"],
    [{ seed: -1 }, "ERR_ERGATE_OPTION", "seed"],
    [{ now: "today" }, "ERR_ERGATE_OPTION", "now"],
    [{ now: new Date(Number.NaN) }, "ERR_ERGATE_OPTION", "now"],
    [{ patience: "long" }, "ERR_ERGATE_DURATION", "patience"],
    [{ storage: "app.db" }, "ERR_ERGATE_OPTION", "storage"],
    [{ clock: {} }, "ERR_ERGATE_OPTION", "clock"],
    [{ threads: 0 }, "ERR_ERGATE_OPTION", "threads.count"],
    [{ colour: "red" }, "ERR_ERGATE_OPTION", "colour"],
    [{ jobs: [{ name: "" }] }, "ERR_ERGATE_JOB_NAME", "jobs[0].name"],
  ];
  for (const [options, code, path] of wrong) {
    assert.throws(() => testRuntime(options), { code, path });
  }
});

test("a duration that is none is refused by its name", bounded, async (t) => {
  const runtime = made(t);
  await refuses(runtime.advance("soon"), "ERR_ERGATE_DURATION", "duration");
  await refuses(runtime.drain({ timeout: -1 }), "ERR_ERGATE_DURATION", "timeout");
  await refuses(runtime.clock.sleep("a while"), "ERR_ERGATE_DURATION", "duration");
});
