import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cancelJob,
  defineJob,
  discard,
  type Execution,
  type Runtime,
  retryAfter,
} from "../../actors/index.ts";
import { aborted, bounded, eventually, handler, newFile, refuses, signal, started } from "./kit.ts";

/** Every attempt that did not complete is kept: when, where, how long, how it ended, and why. */

const minute = 60_000;

async function kept(runtime: Runtime, id: string): Promise<Execution[]> {
  const found = await eventually(
    () => runtime.jobs.executions(id),
    (all) => all.length > 0 && all.every(({ outcome }) => outcome !== "running"),
  );
  const worker = (await runtime.workers.list())[0]?.id;
  for (const one of found) {
    assert.equal(one.worker, worker, "the runtime that ran it");
    const { startedAt = Number.NaN, finishedAt = Number.NaN } = one;
    assert.ok(startedAt > 0 && finishedAt >= startedAt, `from ${startedAt} to ${finishedAt}`);
  }
  return found;
}

/** What a loop's handler does, and how its attempt is kept. */
const table: [string, () => unknown, string, string | undefined, RegExp | undefined][] = [
  [
    "an Error",
    () => Promise.reject(new TypeError("bad")),
    "failed",
    "bad",
    /TypeError: bad\n +at /,
  ],
  [
    "a synchronous throw",
    () => {
      throw new RangeError("far");
    },
    "failed",
    "far",
    /RangeError/,
  ],
  ["a text", () => Promise.reject("just text"), "failed", "just text", undefined],
  ["undefined", () => Promise.reject(undefined), "failed", "undefined", undefined],
  ["an object", () => Promise.reject({ code: 7 }), "failed", "[object Object]", undefined],
  [
    "causes",
    () => Promise.reject(new Error("top", { cause: new Error("root") })),
    "failed",
    "top",
    /caused by: Error: root/,
  ],
  [
    "an AggregateError",
    () => Promise.any([Promise.reject(new Error("one"))]),
    "failed",
    "All promises were rejected",
    /one of its errors: Error: one/,
  ],
  [
    "what can't be text",
    () => Promise.reject(Object.create(null)),
    "failed",
    "[unprintable]",
    undefined,
  ],
  ["retryAfter", () => retryAfter("1h", new Error("busy")), "failed", "busy", /Error: busy/],
  ["discard", () => discard("old"), "discarded", undefined, undefined],
  ["cancelJob", () => cancelJob("not now"), "cancelled", undefined, undefined],
  ["a result without JSON", () => new Map(), "failed", undefined, /ErgateError/],
];

for (const [name, run, outcome, message, stack] of table) {
  test(`an attempt that ended by ${name} is kept as ${outcome}`, bounded, async (t) => {
    const runtime = await started(t, { jobs: [defineJob("job", { run })] });
    const { id } = await runtime.enqueue("job");
    const [one, ...more] = await kept(runtime, id);
    assert.deepEqual(more, []);
    assert.deepEqual([one?.attempt, one?.outcome], [1, outcome]);
    if (message !== undefined) assert.equal(one?.error?.message, message);
    if (stack === undefined) assert.equal(one?.error?.stack, undefined);
    else assert.match(one?.error?.stack ?? "", stack);
  });
}

test(
  "an attempt that was stopped, cancelled or timed out is kept with what it threw",
  bounded,
  async (t) => {
    const run = async (_args: unknown, ctx: { signal: AbortSignal }) => {
      await aborted(ctx.signal);
      throw new Error("let go");
    };
    const jobs = [
      defineJob("stopped", { run }),
      defineJob("cancelled", { run }),
      defineJob("failed", { run, timeout: 1 }),
    ];
    const runtime = await started(t, { jobs });
    const ids = new Map<string, string>();
    for (const job of jobs) ids.set(job.name, (await runtime.enqueue(job)).id);
    await eventually(
      () => runtime.jobs.count({ state: "running" }),
      (count) => count === 2,
    );
    await runtime.jobs.stop(ids.get("stopped") ?? "", "enough");
    await runtime.jobs.cancel(ids.get("cancelled") ?? "", "enough");
    for (const [name, id] of ids) {
      const [one] = await kept(runtime, id);
      const message = name === "failed" ? "the run took longer than 1 ms" : "let go";
      assert.deepEqual([one?.outcome, one?.error?.message], [name, message]);
    }
  },
);

test("an attempt that a shutdown interrupted is kept, and given back", bounded, async (t) => {
  const file = newFile(t);
  const entered = signal();
  const job = defineJob("job", {
    async run(_args: unknown, ctx) {
      entered.resolve();
      await aborted(ctx.signal);
      throw ctx.signal.reason;
    },
  });
  const first = await started(t, { storage: file, jobs: [job] });
  const worker = (await first.workers.list())[0]?.id;
  const { id } = await first.enqueue(job);
  await entered.promise;
  await first.stop({ graceMs: 0 });
  const second = await started(t, { storage: file, jobs: [defineJob("job", { run: () => 2 })] });
  assert.equal(await second.result(id), 2);
  const all = await second.jobs.executions(id);
  assert.deepEqual(
    all.map((one) => [one.attempt, one.outcome]),
    [
      [1, "interrupted"],
      [1, "completed"],
    ],
  );
  assert.equal(all[0]?.worker, worker);
});

test("attempts that a retry by hand supersedes stay", bounded, async (t) => {
  let runs = 0;
  const job = defineJob("job", {
    maxAttempts: 1,
    run() {
      if (++runs === 1) throw new Error("the first time");
      return "done";
    },
  });
  const runtime = await started(t, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  await runtime.jobs.retry(id);
  assert.equal(await runtime.result(id), "done");
  const all = await runtime.jobs.executions(id);
  assert.deepEqual(
    all.map((one) => [one.attempt, one.outcome, one.error?.message]),
    [
      [1, "failed", "the first time"],
      [1, "completed", undefined],
    ],
  );
});

/** What a thread's handler does, and what is kept of it. */
const inThread: [string, RegExp, RegExp | undefined][] = [
  ["error", /^of its own$/, /TypeError[\s\S]*caused by: Error: the cause/],
  ["text", /^just text$/, undefined],
  ["nothing", /^undefined$/, undefined],
  ["aggregate", /^both failed$/, /one of its errors: Error: second/],
  ["panic", /^the thread of the run died: out of any try$/, /RUN_LOST|thread of the run died/],
];

for (const [how, message, stack] of inThread) {
  test(`a thread's attempt that ended by ${how} is kept as a failure`, bounded, async (t) => {
    const job = defineJob("thrower", { thread: handler("thrower") });
    const runtime = await started(t, { jobs: [job], threads: 1 });
    const { id } = await runtime.enqueue(job, { how });
    const [one] = await kept(runtime, id);
    assert.deepEqual([one?.attempt, one?.outcome], [1, "failed"]);
    assert.match(one?.error?.message ?? "", message);
    if (stack === undefined) assert.equal(one?.error?.stack, undefined);
    else assert.match(one?.error?.stack ?? "", stack);
  });
}

test("a thread's error and directive say when the next attempt is", bounded, async (t) => {
  const job = defineJob("thrower", {
    thread: handler("thrower"),
    backoff: { type: "fixed", delay: "1m" },
  });
  const runtime = await started(t, { jobs: [job], threads: 1 });
  const at = 4_000_000_000_000;
  const ends = await Promise.all(
    ["error", "busy", "later"].map(async (how) => {
      const { id } = await runtime.enqueue(job, { how, at });
      const [one] = await kept(runtime, id);
      const { runAt = 0 } = (await runtime.jobs.get(id)) ?? {};
      return [one?.error?.message, runAt === at ? "then" : runAt - (one?.finishedAt ?? 0)];
    }),
  );
  assert.deepEqual(ends, [
    ["of its own", minute],
    ["busy", 60 * minute],
    ["not yet", "then"],
  ]);
});
