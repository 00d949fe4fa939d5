import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, defineJob, type RuntimeOptions } from "../../actors/index.ts";
import type { ErrorCode } from "../../lib/base/error.ts";
import { bounded, made, newFile, refuses, started } from "../actors/kit.ts";

const circle: Record<string, unknown> = {};
circle.again = circle;
const unreadable = {
  get field() {
    throw new Error("not now");
  },
};

const enqueues: [why: string, args: unknown, options: object, code: ErrorCode, path: string][] = [
  ["a large payload", "x".repeat(2 ** 20), {}, "ERR_ERGATE_PAYLOAD_SIZE", "args"],
  ["a Map", { a: new Map() }, {}, "ERR_ERGATE_PAYLOAD_JSON", "args.a"],
  ["a NaN", [1, Number.NaN], {}, "ERR_ERGATE_PAYLOAD_JSON", "args[1]"],
  ["undefined in a list", { a: [undefined] }, {}, "ERR_ERGATE_PAYLOAD_JSON", "args.a[0]"],
  ["a Date without a schema", { at: new Date(0) }, {}, "ERR_ERGATE_PAYLOAD_JSON", "args.at"],
  ["a bad delay", 0, { delay: "soon" }, "ERR_ERGATE_DURATION", "options.delay"],
  ["delay with runAt", 0, { delay: 1, runAt: 1 }, "ERR_ERGATE_OPTION", "options.delay"],
  ["a bad runAt", 0, { runAt: "now" }, "ERR_ERGATE_OPTION", "options.runAt"],
  ["a bad queue", 0, { queue: "a b" }, "ERR_ERGATE_QUEUE_NAME", "options.queue"],
  ["an unknown option", 0, { retries: 3 }, "ERR_ERGATE_OPTION", "options.retries"],
  ["a bad priority", 0, { priority: 0.5 }, "ERR_ERGATE_OPTION", "options.priority"],
  ["no attempts", 0, { maxAttempts: 0 }, "ERR_ERGATE_OPTION", "options.maxAttempts"],
  ["bad tags", 0, { tags: [1] }, "ERR_ERGATE_OPTION", "options.tags"],
  ["a circle", circle, {}, "ERR_ERGATE_PAYLOAD_JSON", "args.again"],
  ["what can't be read", unreadable, {}, "ERR_ERGATE_PAYLOAD_JSON", "args"],
];

for (const [why, args, options, code, path] of enqueues) {
  test(`enqueue refuses ${why}`, bounded, async (t) => {
    const runtime = await made(t, { jobs: [defineJob("job")] });
    await refuses(runtime.enqueue("job", args, options), code, path === "" ? undefined : path);
    assert.equal(await runtime.jobs.count(), 0);
  });
}

/** What callers without types give in the place of an id, a reason or options. */
const calls: [why: string, call: (runtime: Untyped) => unknown, code: ErrorCode, path: string][] = [
  ...["get", "stop", "cancel", "retry", "delete", "logs", "executions"].flatMap((name) =>
    [undefined, {}, 7].map(
      (id) =>
        [
          `jobs.${name}(${JSON.stringify(id)})`,
          ({ jobs }: Untyped) => jobs[name]?.(id),
          "ERR_ERGATE_OPTION",
          "id",
        ] as [string, (runtime: Untyped) => unknown, ErrorCode, string],
    ),
  ),
  ["a reason of its own", ({ jobs }) => jobs.stop?.("x", {}), "ERR_ERGATE_OPTION", "reason"],
  [
    "a long reason",
    ({ jobs }) => jobs.cancel?.("x", "x".repeat(9000)),
    "ERR_ERGATE_OPTION",
    "reason",
  ],
  ["an attempt", ({ jobs }) => jobs.logs?.("x", { attempt: "1" }), "ERR_ERGATE_OPTION", "attempt"],
  ["a log's option", ({ jobs }) => jobs.logs?.("x", { lines: 1 }), "ERR_ERGATE_OPTION", "lines"],
  ["result(7)", ({ result }) => result(7), "ERR_ERGATE_OPTION", "id"],
  ["a wait's option", ({ result }) => result("x", { timeot: 1 }), "ERR_ERGATE_OPTION", "timeot"],
  ["a wait's signal", ({ result }) => result("x", { signal: 1 }), "ERR_ERGATE_OPTION", "signal"],
  ["no options", ({ result }) => result("x", null), "ERR_ERGATE_OPTION", "options"],
  [
    "a drain's signal",
    ({ queues }) => queues.drain?.("job", { signal: {} }),
    "ERR_ERGATE_OPTION",
    "signal",
  ],
  ["a list's cursor", ({ jobs }) => jobs.list?.({ cursor: 5 }), "ERR_ERGATE_OPTION", "cursor"],
  ["a cursor of groups", ({ jobs }) => jobs.groups?.({ cursor: 5 }), "ERR_ERGATE_OPTION", "cursor"],
  ["no job", ({ enqueue }) => enqueue(null), "ERR_ERGATE_OPTION", "job"],
  ["no request", ({ enqueueMany }) => enqueueMany([null]), "ERR_ERGATE_OPTION", "requests[0].job"],
  [
    "an option of one of many",
    ({ enqueueMany }) => enqueueMany([{ job: "job" }, { job: "job", delay: "soon" }]),
    "ERR_ERGATE_DURATION",
    "requests[1].delay",
  ],
  [
    "arguments of one of many",
    ({ enqueueMany }) => enqueueMany([{ job: "job", args: { to: [Number.NaN] } }]),
    "ERR_ERGATE_PAYLOAD_JSON",
    "requests[0].args.to[0]",
  ],
  [
    "a signal of enqueue",
    ({ enqueue }) => enqueue("job", 1, { signal: 1 }),
    "ERR_ERGATE_OPTION",
    "options.signal",
  ],
  [
    "a wait's timeout",
    ({ enqueueAndWait }) => enqueueAndWait("job", 1, { timeout: "x" }),
    "ERR_ERGATE_DURATION",
    "timeout",
  ],
  ["a backup to nowhere", ({ backup }) => backup(""), "ERR_ERGATE_OPTION", "file"],
  ["a stop's option", ({ stop }) => stop({ grace: 5 }), "ERR_ERGATE_OPTION", "grace"],
];

type Call = (...args: unknown[]) => unknown;
type Untyped = Record<
  "enqueue" | "enqueueMany" | "enqueueAndWait" | "result" | "backup" | "stop",
  Call
> & { jobs: Record<string, Call>; queues: Record<string, Call> };

test("calls refuse what is none of theirs, and the runtime goes on", bounded, async (t) => {
  const job = defineJob("job", { run: (args: unknown) => args });
  const runtime = await started(t, { storage: newFile(t), jobs: [job] });
  for (const [why, call, code, path] of calls) {
    const error = await refuses(async () => call(runtime as unknown as Untyped), code);
    assert.equal(error.path, path, why);
  }
  assert.equal(await runtime.jobs.count(), 0);
  assert.equal(await runtime.enqueueAndWait(job, 7), 7);
  assert.ok(runtime.actors().every(({ restarts }) => restarts === 0));
});

const creations: [why: string, options: object, code: ErrorCode, path: string][] = [
  ["no storage", { storage: "" }, "ERR_ERGATE_OPTION", "storage"],
  ["an unknown option", { storge: 1 }, "ERR_ERGATE_OPTION", "storge"],
  ["a bad concurrency", { concurrency: 0 }, "ERR_ERGATE_OPTION", "concurrency"],
  ["bad threads", { threads: { count: 0 } }, "ERR_ERGATE_OPTION", "threads.count"],
  ["a bad retention", { retention: { dead: "x" } }, "ERR_ERGATE_DURATION", "retention.dead"],
  ["a bad namespace", { namespace: "a b" }, "ERR_ERGATE_QUEUE_NAME", "namespace"],
  [
    "a bad log age",
    { log: { retention: { age: "x" } } },
    "ERR_ERGATE_DURATION",
    "log.retention.age",
  ],
  [
    "bad log bytes",
    { log: { retention: { bytes: -1 } } },
    "ERR_ERGATE_OPTION",
    "log.retention.bytes",
  ],
  ["a bad level", { log: { level: "loud" } }, "ERR_ERGATE_OPTION", "log.level"],
  [
    "a bad default",
    { jobs: [{ name: "a" }], defaults: { timeout: "x" } },
    "ERR_ERGATE_DURATION",
    "",
  ],
  ["a clock that is none", { clock: Date }, "ERR_ERGATE_OPTION", "clock"],
  ["queues in a Map", { queues: new Map([["a", {}]]) }, "ERR_ERGATE_OPTION", "queues"],
  ["a list of queues", { queues: [] }, "ERR_ERGATE_OPTION", "queues"],
  ["a bad logger", { logger: {} }, "ERR_ERGATE_OPTION", "logger"],
  ["a bad job", { jobs: [{ name: "a", run: 1 }] }, "ERR_ERGATE_OPTION", "jobs[0].run"],
  [
    "bad defaults without a job",
    { defaults: { timeout: "x" } },
    "ERR_ERGATE_DURATION",
    "defaults.timeout",
  ],
];

for (const [why, options, code, path] of creations) {
  test(`createRuntime refuses ${why}`, bounded, async () => {
    const given = { storage: ":memory:", ...options } as RuntimeOptions;
    await refuses(
      async () => {
        const runtime = await createRuntime(given);
        await runtime.stop();
      },
      code,
      path === "" ? undefined : path,
    );
  });
}

test("namespaces on one file are invisible to each other", bounded, async (t) => {
  const storage = newFile(t);
  const one = await made(t, { storage, namespace: "one", jobs: [defineJob("job")] });
  const other = await made(t, { storage, namespace: "other", jobs: [defineJob("job")] });
  const { id } = await one.enqueue("job", 1, { id: "same" });
  assert.equal(await other.jobs.get(id), undefined);
  assert.equal((await other.enqueue("job", 2, { id: "same" })).disposition, "created");
  assert.equal(await other.jobs.stop("same"), true);
  assert.equal((await one.jobs.get("same"))?.state, "available");
});
