import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import type { JobContext } from "../../lib/job/context.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import {
  advance,
  bounded,
  eventually,
  made,
  newFile,
  places,
  refuses,
  signal,
  started,
  turns,
} from "./kit.ts";

/** A handler that counts how many of it run at once. */
function counted() {
  const seen = { now: 0, most: 0, done: 0 };
  const run = async () => {
    seen.most = Math.max(seen.most, ++seen.now);
    await turns(2);
    seen.now--;
    seen.done++;
  };
  return { seen, run };
}

for (const [place, storage] of Object.entries(places)) {
  test(`in ${place} a queue's concurrency is never exceeded, and is used`, bounded, async (t) => {
    const { seen, run } = counted();
    const job = defineJob("mail", { run });
    const queues = { mail: { concurrency: 3 } };
    const runtime = await started(t, { storage: storage(t), jobs: [job], queues });
    await runtime.enqueueMany(Array.from({ length: 60 }, () => ({ job })));
    await runtime.queues.drain("mail");
    assert.deepEqual([seen.most, seen.done], [3, 60]);
  });
}

test("a job's concurrency holds over two runtimes of a file", bounded, async (t) => {
  const storage = newFile(t);
  const { seen, run } = counted();
  const job = defineJob("mail", { run, concurrency: 2 });
  const first = await started(t, { storage, jobs: [job] });
  await started(t, { storage, jobs: [job] });
  await first.enqueueMany(Array.from({ length: 60 }, () => ({ job })));
  await first.queues.drain("mail");
  assert.deepEqual([seen.most, seen.done], [2, 60]);
});

test(
  "a rate lets so many start at once, and then one each part of its time",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    let runs = 0;
    const job = defineJob("mail", { run: () => void runs++ });
    const queues = { mail: { rate: { limit: 10, per: "1s" } } } as const;
    const runtime = await started(t, { clock, jobs: [job], queues });
    await runtime.enqueueMany(Array.from({ length: 40 }, () => ({ job })));
    await eventually(
      () => runs,
      (count) => count >= 10,
    );
    await advance(clock, 99);
    assert.equal(runs, 10);
    await advance(clock, 1);
    assert.equal(runs, 11);
    await advance(clock, 900);
    assert.equal(runs, 20);
  },
);

test("weights share the starts 5 to 2 to 1 within 6 % of any 800", bounded, async (t) => {
  const starts: string[] = [];
  const jobs = ["a", "b", "c"].map((name, at) =>
    defineJob(name, { weight: [5, 2, 1][at] as number, run: () => void starts.push(name) }),
  );
  const runtime = await made(t, { jobs, concurrency: 7 });
  const requests = jobs.flatMap((job) => Array.from({ length: 1_500 }, () => ({ job })));
  await runtime.enqueueMany(requests);
  await runtime.start();
  await runtime.queues.drain();
  // As long as all three have jobs.
  const until = starts.lastIndexOf("a");
  for (let from = 0; from + 800 <= until; from += 50) {
    const part = starts.slice(from, from + 800);
    for (const [name, share] of [
      ["a", 500],
      ["b", 200],
      ["c", 100],
    ] as const) {
      const count = part.filter((one) => one === name).length;
      assert.ok(Math.abs(count / share - 1) <= 0.06, `${name}: ${count} from ${from}`);
    }
  }
});

test("a pause with a duration ends by itself, in every process", bounded, async (t) => {
  const clock = new VirtualClock();
  let runs = 0;
  const job = defineJob("mail", { run: () => void runs++ });
  const runtime = await started(t, { clock, jobs: [job] });
  assert.equal(await runtime.queues.pause("mail", { for: "5m" }), true);
  await runtime.enqueue(job);
  const [paused] = await runtime.queues.list();
  assert.equal(paused?.pausedUntil, clock.now() + 300_000);
  await advance(clock, 299_999);
  assert.equal(runs, 0);
  await advance(clock, 1);
  await eventually(
    () => runs,
    (count) => count === 1,
  );
  assert.equal((await runtime.queues.list())[0]?.pausedAt, undefined);
});

test("limits are changed at run time, and take hold at once", bounded, async (t) => {
  const gate = signal();
  let running = 0;
  const job = defineJob("mail", {
    run: () => {
      running++;
      return gate.promise;
    },
  });
  const runtime = await started(t, { jobs: [job], queues: { mail: { concurrency: 1 } } });
  await runtime.enqueueMany(Array.from({ length: 5 }, () => ({ job })));
  await eventually(
    () => running,
    (count) => count === 1,
  );
  assert.equal(await runtime.queues.configure("mail", { concurrency: 4 }), true);
  await eventually(
    () => running,
    (count) => count === 4,
  );
  assert.equal(await runtime.queues.configure("mail", { concurrency: null }), true);
  await eventually(
    () => running,
    (count) => count === 5,
  );
  gate.resolve();
});

test("a run that ignores its cancel keeps its place in the limit", bounded, async (t) => {
  const clock = new VirtualClock();
  const gate = signal();
  const entered: string[] = [];
  const run = (_args: unknown, ctx: JobContext) => {
    entered.push(ctx.id);
    return entered.length === 1 ? gate.promise : undefined;
  };
  const job = defineJob("mail", { run, concurrency: 1, graceMs: 1_000 });
  const runtime = await started(t, { clock, jobs: [job] });
  const first = await runtime.enqueue(job);
  const second = await runtime.enqueue(job);
  await eventually(
    () => entered.length,
    (count) => count === 1,
  );
  await runtime.jobs.cancel(first.id);
  await advance(clock, 1_000);
  await eventually(
    () => runtime.jobs.get(first.id),
    (found) => found?.state === "cancelled",
  );
  const report = await runtime.queues.drain("mail");
  assert.equal(report.limited, 1);
  assert.deepEqual(entered, [first.id]);
  gate.resolve();
  await runtime.result(second.id);
  assert.deepEqual(entered, [first.id, second.id]);
});

test("a drain says what it leaves: paused, for later, of no worker", bounded, async (t) => {
  const job = defineJob("mail", { run: () => undefined });
  const runtime = await started(t, { jobs: [job] });
  await runtime.queues.pause("held");
  await runtime.enqueue(job, {}, { queue: "held" });
  await runtime.enqueue(job, {}, { delay: "1h" });
  await runtime.enqueue("novel", {}, { allowUnknown: true });
  await runtime.enqueue(job);
  const left = { scheduled: 1, retryable: 0, paused: 1, limited: 0, unroutable: 1 };
  assert.deepEqual(await runtime.queues.drain(), left);
});

const bad = [
  [{ mail: { weight: 0 } }, "queues.mail.weight"],
  [{ mail: { weight: -1 } }, "queues.mail.weight"],
  [{ mail: { concurrency: 0 } }, "queues.mail.concurrency"],
  [{ mail: { rate: { limit: 0, per: "1s" } } }, "queues.mail.rate.limit"],
  [{ mail: { rate: { limit: 1 } } }, "queues.mail.rate.per"],
  [{ mail: { rate: { limit: 1, per: 0 } } }, "queues.mail.rate.per"],
  [{ mail: { maxDepth: 0 } }, "queues.mail.maxDepth"],
  [{ mail: { speed: 1 } }, "queues.mail.speed"],
  [7, "queues"],
] as const;

for (const [queues, path] of bad) {
  test(`queues: ${JSON.stringify(queues)} is refused at ${path}`, async (t) => {
    await refuses(made(t, { queues: queues as never }), "ERR_ERGATE_OPTION", path);
  });
}

test("configure refuses what createRuntime refuses", async (t) => {
  const runtime = await made(t);
  const change = runtime.queues.configure("mail", { concurrency: 0 });
  await refuses(change, "ERR_ERGATE_OPTION", "options.concurrency");
  const pause = runtime.queues.pause("mail", { for: "soon" as never });
  await refuses(pause, "ERR_ERGATE_DURATION", "options.for");
  const over = runtime.queues.pause("mail", { for: 0 });
  await refuses(over, "ERR_ERGATE_OPTION", "options.for");
});
