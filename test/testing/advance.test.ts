import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { defineJob, snooze } from "../../actors/index.ts";
import { virtualStartMs } from "../../lib/kernel/testkit.ts";
import { bounded } from "../actors/kit.ts";
import { abortOf, day, hour, made, minute, outcomes, second } from "./kit.ts";

test("the clock begins at `now` and moves by advance alone", bounded, async (t) => {
  assert.equal(made(t).clock.now(), virtualStartMs);
  const now = new Date("2024-02-29T12:00:00Z");
  const runtime = made(t, { now });
  assert.equal(made(t, { now: now.getTime() }).clock.now(), now.getTime());
  await runtime.drain();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(runtime.clock.now(), now.getTime());
  await runtime.advance("36h");
  assert.equal(new Date(runtime.clock.now()).toISOString(), "2024-03-02T00:00:00.000Z");
});

test("what is due on the way runs at its own time, in order", bounded, async (t) => {
  const ran: [string, number][] = [];
  const runtime = made(t, {
    jobs: [
      defineJob("note", {
        run: (name: string) => void ran.push([name, runtime.clock.now() - virtualStartMs]),
      }),
    ],
  });
  await runtime.enqueue("note", "third", { delay: "3h" });
  await runtime.enqueue("note", "first", { delay: "1h" });
  await runtime.enqueue("note", "second", { runAt: new Date(virtualStartMs + 2 * hour) });
  await runtime.enqueue("note", "more urgent", { delay: "3h", priority: 1 });
  await runtime.enqueue("note", "now");
  await runtime.enqueue("note", "later", { delay: 3 * hour + 1 });
  assert.deepEqual(await runtime.advance("3h"), outcomes({ completed: 5 }));
  assert.deepEqual(ran, [
    ["now", 0],
    ["first", hour],
    ["second", 2 * hour],
    ["more urgent", 3 * hour],
    ["third", 3 * hour],
  ]);
  await runtime.advance(1);
  assert.deepEqual(ran.at(-1), ["later", 3 * hour + 1]);
});

test("a later job that a later job enqueues comes at its time, too", bounded, async (t) => {
  const ran: number[] = [];
  const runtime = made(t, {
    jobs: [
      defineJob("tick", {
        async run(_args: unknown, ctx) {
          ran.push(runtime.clock.now() - virtualStartMs);
          await ctx.enqueue("tick", null, { delay: "8h" });
        },
      }),
    ],
  });
  await runtime.enqueue("tick");
  assert.deepEqual(await runtime.advance("1d"), outcomes({ completed: 4 }));
  assert.deepEqual(ran, [0, 8 * hour, 16 * hour, 24 * hour]);
});

test(
  "retries come after their backoff, over virtual days, until the job is dead",
  bounded,
  async (t) => {
    const ran: number[] = [];
    const bad = defineJob("bad", {
      maxAttempts: 4,
      backoff: (attempt) => `${attempt}d`,
      run: () => {
        ran.push(runtime.clock.now() - virtualStartMs);
        throw new Error("out of order");
      },
    });
    const runtime = made(t, { jobs: [bad] });
    const { id } = await runtime.enqueue(bad);
    assert.deepEqual(await runtime.drain(), outcomes({ failed: 1 }));
    assert.deepEqual(await runtime.advance("3d"), outcomes({ failed: 2 }));
    assert.deepEqual(await runtime.advance("7d"), outcomes({ dead: 1 }));
    assert.deepEqual(ran, [0, day, 3 * day, 6 * day]);
    const job = await runtime.jobs.get(id);
    assert.deepEqual(
      job?.errors.map(({ at }) => at - virtualStartMs),
      ran,
    );
    assert.equal(job?.state, "dead");
  },
);

test("a snoozed job wakes at its time with its attempt given back", bounded, async (t) => {
  const attempts: [number, number][] = [];
  const lazy = defineJob("lazy", {
    run(_args, ctx) {
      attempts.push([runtime.clock.now() - virtualStartMs, ctx.attempt]);
      return attempts.length < 3 ? snooze("90m") : "up";
    },
  });
  const runtime = made(t, { jobs: [lazy] });
  await runtime.enqueue(lazy);
  assert.deepEqual(await runtime.advance("3h"), outcomes({ snoozed: 2, completed: 1 }));
  assert.deepEqual(attempts, [
    [0, 1],
    [90 * minute, 1],
    [180 * minute, 1],
  ]);
});

test("a timeout comes in virtual time, and is a failed attempt", bounded, async (t) => {
  const reasons: unknown[] = [];
  const slow = defineJob("slow", {
    timeout: "30s",
    maxAttempts: 2,
    backoff: "10m",
    async run(_args, ctx) {
      const reason = await abortOf(ctx.signal);
      reasons.push([runtime.clock.now() - virtualStartMs, (reason as { code: string }).code]);
      throw reason;
    },
  });
  const runtime = made(t, { jobs: [slow], patience: 1 });
  const { id } = await runtime.enqueue(slow);
  assert.deepEqual(await runtime.advance("29s"), outcomes({ running: 1 }));
  assert.deepEqual(await runtime.advance("1s"), outcomes({ failed: 1 }));
  assert.deepEqual(await runtime.advance("1h"), outcomes({ dead: 1 }));
  assert.deepEqual(reasons, [
    [30 * second, "ERR_ERGATE_RUN_TIMEOUT"],
    [11 * minute, "ERR_ERGATE_RUN_TIMEOUT"],
  ]);
  const job = await runtime.jobs.get(id);
  assert.equal(job?.reason, "the run took longer than 30000 ms");
});

test("a run that ignores its timeout is given up after its grace", bounded, async (t) => {
  const deaf = defineJob("deaf", {
    timeout: "30s",
    graceMs: 5000,
    maxAttempts: 1,
    run: () => new Promise(() => {}),
  });
  const runtime = made(t, { jobs: [deaf], patience: 1 });
  await runtime.enqueue(deaf);
  assert.deepEqual(await runtime.advance("34s"), outcomes({ running: 1 }));
  assert.deepEqual(await runtime.advance("1s"), outcomes({ dead: 1 }));
  assert.equal((await runtime.stats()).lingering, 1);
});

test("a drain that waits for a run ends with the advance that ends it", bounded, async (t) => {
  const slow = defineJob("slow", {
    timeout: "30s",
    maxAttempts: 1,
    run: async (_args, ctx) => Promise.reject(await abortOf(ctx.signal)),
  });
  const runtime = made(t, { jobs: [slow], patience: 1 });
  await runtime.enqueue(slow);
  const drained = runtime.drain();
  assert.deepEqual(await runtime.advance("30s"), outcomes({ dead: 1 }));
  assert.deepEqual(await drained, outcomes({ dead: 1 }));
});

test("a handler that sleeps on the virtual clock goes on when it is moved", bounded, async (t) => {
  const woke: number[] = [];
  const napping = defineJob("napping", {
    timeout: "1h",
    async run() {
      await runtime.clock.sleep("20m");
      woke.push(runtime.clock.now() - virtualStartMs);
      await runtime.clock.sleep("20m");
      woke.push(runtime.clock.now() - virtualStartMs);
      return "rested";
    },
  });
  const runtime = made(t, { jobs: [napping] });
  const { id } = await runtime.enqueue(napping);
  assert.deepEqual(await runtime.drain(), outcomes({ running: 1 }));
  assert.deepEqual(await runtime.advance("2h"), outcomes({ completed: 1 }));
  assert.deepEqual(woke, [20 * minute, 40 * minute]);
  assert.equal(await runtime.result(id), "rested");
});

test("an advance waits for the real work that follows a virtual sleep", bounded, async (t) => {
  const reading = defineJob("reading", {
    async run() {
      await runtime.clock.sleep("20m");
      for (let count = 0; count < 20; count++) await readFile(import.meta.filename);
      return runtime.clock.now() - virtualStartMs;
    },
  });
  const runtime = made(t, { jobs: [reading] });
  const { id } = await runtime.enqueue(reading);
  assert.deepEqual(await runtime.advance("2h"), outcomes({ completed: 1 }));
  assert.equal(await runtime.result(id), 20 * minute);
});

test("a virtual sleep ends with its signal", bounded, async (t) => {
  const napping = defineJob("napping", {
    timeout: "1h",
    maxAttempts: 1,
    run: (_args, ctx) => runtime.clock.sleep("2h", { signal: ctx.signal }),
  });
  const runtime = made(t, { jobs: [napping] });
  await runtime.enqueue(napping);
  assert.deepEqual(await runtime.advance("59m"), outcomes({ running: 1 }));
  assert.deepEqual(await runtime.advance("1m"), outcomes({ dead: 1 }));
  const signal = AbortSignal.abort(new Error("too late"));
  await assert.rejects(runtime.clock.sleep(0, { signal }), /too late/);
  const sleep = runtime.clock.sleep("1m");
  await runtime.advance("1m");
  await sleep;
});

test("waits with a timeout end in virtual time", bounded, async (t) => {
  const runtime = made(t, { jobs: [defineJob("note", { run: () => undefined })] });
  const { id } = await runtime.enqueue("note", null, { delay: "2d" });
  const waited = runtime.result(id, { timeout: "1d" });
  const late = assert.rejects(waited, { code: "ERR_ERGATE_WAIT_TIMEOUT" });
  await runtime.advance("1d");
  await late;
});

test("advances that are called together move the clock one after the other", bounded, async (t) => {
  const ran: number[] = [];
  const runtime = made(t, {
    jobs: [defineJob("note", { run: () => void ran.push(runtime.clock.now() - virtualStartMs) })],
  });
  for (const delay of ["1h", "3h"]) await runtime.enqueue("note", null, { delay });
  const [one, other] = await Promise.all([runtime.advance("2h"), runtime.advance("2h")]);
  assert.deepEqual([one.completed + other.completed, ran], [2, [hour, 3 * hour]]);
  assert.equal(runtime.clock.now(), virtualStartMs + 4 * hour);
});

test("a year passes in a moment, and all that was enqueued is still there", bounded, async (t) => {
  let ran = 0;
  const daily = defineJob("daily", {
    async run(_args: unknown, ctx) {
      ran++;
      await ctx.enqueue("daily", null, { delay: "1d" });
    },
  });
  const runtime = made(t, { jobs: [daily] });
  await runtime.enqueue("daily");
  const following = runtime.events({ types: ["dead"] });
  const from = process.cpuUsage();
  await runtime.advance("365d");
  const { user } = process.cpuUsage(from);
  assert.equal(ran, 366);
  assert.equal(runtime.enqueued(daily).length, 367);
  // Polls and probes of each second of a year would take minutes.
  assert.ok(user < 5_000_000, `${user} µs`);
  await following.return?.();
});

test("a retention that is given is kept to", bounded, async (t) => {
  const note = defineJob("note", { run: () => undefined });
  const runtime = made(t, { jobs: [note], retention: { completed: "1h" } });
  const { id } = await runtime.enqueue(note);
  await runtime.advance("59m");
  assert.equal((await runtime.jobs.get(id))?.state, "completed");
  await runtime.advance("2m");
  assert.equal(await runtime.jobs.get(id), undefined);
});
