import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { defineJob } from "../../actors/index.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import {
  advance,
  bounded,
  eventually,
  handler,
  made,
  refuses,
  signal,
  started,
  threadVoice,
  turns,
} from "./kit.ts";

/** What users of other job libraries know of their workers, and rely on. */

const waiting = { state: ["scheduled", "available", "running", "retryable"] } as const;

test(
  "three kinds of jobs run once each, and nothing of them is left waiting",
  bounded,
  async (t) => {
    const ran: unknown[] = [];
    const jobs = ["one", "two", "three"].map((name) =>
      defineJob(name, { run: (args) => void ran.push([name, args]) }),
    );
    const runtime = await made(t, { jobs });
    const ids = await Promise.all(jobs.map(async (job, at) => (await runtime.enqueue(job, at)).id));
    await runtime.start();
    await Promise.all(ids.map((id) => runtime.result(id)));
    assert.deepEqual(ran.sort(), [
      ["one", 0],
      ["three", 2],
      ["two", 1],
    ]);
    assert.equal(await runtime.jobs.count(waiting), 0);
    assert.equal(await runtime.jobs.count({ state: "dead" }), 0);
  },
);

test(
  "a job in progress is no longer waiting, shows its arguments, and is gone from there after",
  bounded,
  async (t) => {
    const gate = signal();
    const slow = defineJob("slow", { run: () => gate.promise });
    const runtime = await started(t, { jobs: [slow] });
    const { id } = await runtime.enqueue(slow, { n: 7 });
    const running = await eventually(
      () => runtime.jobs.list({ state: "running" }),
      ({ items }) => items.length === 1,
    );
    const [job] = running.items;
    assert.deepEqual([job?.id, job?.name, job?.args], [id, "slow", { n: 7 }]);
    assert.equal(await runtime.jobs.count({ state: "available" }), 0);
    gate.resolve();
    await runtime.result(id);
    assert.equal(await runtime.jobs.count(waiting), 0);
  },
);

test("a job that fails once waits once, due within 80 s, with its failure", bounded, async (t) => {
  const clock = new VirtualClock();
  const bad = defineJob("bad", { maxAttempts: 3, run: () => Promise.reject(new Error("sorry")) });
  const runtime = await started(t, { clock, jobs: [bad] });
  await runtime.enqueue(bad);
  await turns(30);
  const { items } = await runtime.jobs.list(waiting);
  assert.equal(items.length, 1);
  const [job] = items;
  assert.equal(job?.state, "retryable");
  const inMs = (job?.runAt ?? 0) - clock.now();
  assert.ok(inMs > 0 && inMs < 80_000, `${inMs}`);
  assert.deepEqual(
    job?.errors.map(({ attempt, message }) => [attempt, message]),
    [[1, "sorry"]],
  );
});

test(
  "a job's own backoff is called once a failure, and its answer is the wait",
  bounded,
  async (t) => {
    const clock = new VirtualClock();
    const calls: unknown[] = [];
    const bad = defineJob("bad", {
      maxAttempts: 3,
      backoff(attempt, error) {
        calls.push([attempt, (error as Error).message]);
        return 42_000;
      },
      run: () => Promise.reject(new Error("sorry")),
    });
    const runtime = await started(t, { clock, jobs: [bad] });
    const { id } = await runtime.enqueue(bad);
    await turns(30);
    assert.deepEqual(calls, [[1, "sorry"]]);
    assert.equal((await runtime.jobs.get(id))?.runAt, clock.now() + 42_000);
    await advance(clock, 42_000);
    assert.deepEqual(calls[1], [2, "sorry"]);
    await advance(clock, 42_000);
    assert.equal(calls.length, 2, "the last failure has no wait");
  },
);

test("a policy spaces the attempts", bounded, async (t) => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const start = clock.now();
  const bad = defineJob("bad", {
    maxAttempts: 4,
    backoff: { type: "exponential", delay: "1m", factor: 3 },
    run() {
      ran.push((clock.now() - start) / 60_000);
      throw new Error("no");
    },
  });
  const runtime = await started(t, { clock, jobs: [bad] });
  await runtime.enqueue(bad);
  await advance(clock, 60 * 60_000);
  assert.deepEqual(ran, [0, 1, 4, 13]);
});

test(
  "with one attempt a failing job is dead at once; with skipDead it is nowhere",
  bounded,
  async (t) => {
    const run = () => Promise.reject(new Error("sorry"));
    const jobs = [
      defineJob("dead", { maxAttempts: 1, run }),
      defineJob("nowhere", { maxAttempts: 1, skipDead: true, run }),
    ];
    const runtime = await started(t, { jobs });
    for (const job of jobs) await runtime.enqueue(job);
    await eventually(
      async () => (await runtime.stats()).total.counts.dead,
      (dead) => dead === 2,
    );
    const { items } = await eventually(
      () => runtime.jobs.list(),
      (page) => page.items.length === 1,
    );
    assert.deepEqual(
      items.map(({ name, state, attempt, errors }) => [name, state, attempt, errors.length]),
      [["dead", "dead", 1, 1]],
    );
  },
);

/** What `run` may be, and what is said of what it can't be. */
const shapes: [string, unknown, RegExp | undefined][] = [
  ["a function", () => 1, undefined],
  ["one of two parameters", (_args: unknown, _ctx: unknown) => 1, undefined],
  ["an async function", async () => 1, undefined],
  ["a method", { run: () => 1 }.run, undefined],
  ["a bound function", (() => 1).bind(null), undefined],
  ["a number", 5, /run must be a function \(args, ctx\) => result, not a number/],
  ["a text", "./handler.ts", /not a string/],
  ["null", null, /not null/],
  ["an object", { default: () => 1 }, /not an object/],
  ["a list", [() => 1], /not a list/],
  ["a promise", Promise.resolve(() => 1), /not a promise: await it first/],
  ["a class", class Handler {}, /not a class/],
  ["a generator", function* handle() {}, /not a generator/],
];

for (const [name, run, message] of shapes) {
  test(`a handler that is ${name} is ${message ? "refused" : "run"}`, bounded, async (t) => {
    const define = () => defineJob("x", { run: run as () => number });
    if (message) {
      assert.throws(define, { code: "ERR_ERGATE_OPTION", path: "job x.run", message });
      return;
    }
    const runtime = await started(t, { jobs: [define()] });
    assert.equal(await runtime.enqueueAndWait("x"), 1);
  });
}

for (const [name, message] of [
  ["shapeless", /it has no default export: a function \(args, ctx\) => result/],
  ["classy", /its default export must be a function \(args, ctx\) => result, not a class/],
] as const) {
  test(
    `a thread's module that is ${name} is refused at start by what it lacks`,
    bounded,
    async (t) => {
      const job = defineJob("x", { thread: handler(name) });
      const runtime = await made(t, { jobs: [job], threads: 1 });
      const error = await refuses(runtime.start(), "ERR_ERGATE_HANDLER_LOAD");
      assert.match(error.message, message);
      assert.match(error.message, /job "x"/);
    },
  );
}

const order = z.object({
  id: z.int(),
  price: z.number().nonnegative(),
  paid: z.boolean(),
  note: z.string().optional(),
  lines: z.array(z.object({ sku: z.string().min(1) })).max(2),
});
const sound = { id: 7, price: 1.5, paid: true, lines: [{ sku: "a" }] };

/** Arguments, and the path at which the schema refuses them. */
const typed: [string, unknown, string | undefined][] = [
  ["all there", sound, undefined],
  ["an integral float", { ...sound, id: 7.0 }, undefined],
  ["the largest safe integer", { ...sound, id: Number.MAX_SAFE_INTEGER }, undefined],
  ["past the largest safe integer", { ...sound, id: 2 ** 53 }, "args.id"],
  ["a fraction for an integer", { ...sound, id: 7.5 }, "args.id"],
  ["a text for an integer", { ...sound, id: "7" }, "args.id"],
  ["a missing field", { ...sound, paid: undefined }, "args.paid"],
  ["null for a boolean", { ...sound, paid: null }, "args.paid"],
  ["a negative price", { ...sound, price: -1 }, "args.price"],
  ["a bad item of a list", { ...sound, lines: [{ sku: "a" }, { sku: "" }] }, "args.lines[1].sku"],
  ["too many items", { ...sound, lines: Array(3).fill({ sku: "a" }) }, "args.lines"],
  ["a list for the whole", [], "args"],
  ["nothing", undefined, "args"],
];

for (const [name, args, path] of typed) {
  test(`typed arguments, ${name}: ${path ? `refused at ${path}` : "taken"}`, bounded, async (t) => {
    const job = defineJob("order", { args: order, run: ({ id }) => id });
    const runtime = await started(t, { jobs: [job] });
    const run = runtime.enqueueAndWait("order", args);
    if (path === undefined) assert.equal(await run, (args as { id: number }).id);
    else await refuses(run, "ERR_ERGATE_PAYLOAD_SCHEMA", path);
    assert.equal(await runtime.jobs.count(), path === undefined ? 1 : 0);
  });
}

test(
  "a timeout really ends a run that hears nothing, and frees its thread for the next",
  bounded,
  async (t) => {
    const voice = threadVoice(t);
    const deaf = defineJob("deaf", { ...{ thread: handler("deaf"), maxAttempts: 1 }, graceMs: 1 });
    const echo = defineJob("echo", { thread: handler("echo") });
    const runtime = await started(t, { jobs: [deaf, echo], threads: 1 });
    const { id } = await runtime.enqueue(deaf, null, { timeout: 1 });
    await voice(id, "entered");
    const error = await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
    assert.match(error.message, /longer than 1 ms/);
    assert.ok(await runtime.enqueueAndWait(echo));
  },
);

test("an idle runtime begins a job without waiting for any timer", bounded, async (t) => {
  const clock = new VirtualClock();
  const now = defineJob("now", { run: () => clock.now() });
  const runtime = await started(t, { clock, jobs: [now] });
  await advance(clock, 3_600_000);
  const at = clock.now();
  assert.equal(await runtime.enqueueAndWait(now), at);
});

test("a delay may be shorter than a second, and a time may be a timestamp", bounded, async (t) => {
  const clock = new VirtualClock();
  const ran: number[] = [];
  const start = clock.now();
  const job = defineJob("job", { run: () => void ran.push(clock.now() - start) });
  const runtime = await started(t, { clock, jobs: [job] });
  await runtime.enqueue(job, null, { delay: 250 });
  await runtime.enqueue(job, null, { runAt: start + 777 });
  await advance(clock, 249);
  assert.deepEqual(ran, []);
  await advance(clock, 1);
  assert.deepEqual(ran, [250]);
  await advance(clock, 1000);
  assert.deepEqual(ran, [250, 777]);
});
