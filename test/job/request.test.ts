import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import type { EnqueueOptions } from "../../lib/job/context.ts";
import { newJob, type RequestFacts } from "../../lib/job/request.ts";

const now = 1_000_000;
const stored = {
  ...{ name: "mail", queue: "post", priority: 2, maxAttempts: 7, timeoutMs: 9, crashLimit: 3 },
  unique: undefined,
};
const clock = { now: () => now, monotonic: () => 0, after: () => ({ cancel() {} }) };
const facts: RequestFacts = { clock, newId: () => "made", payloadBytes: 20 };
const request = (args: unknown, options?: object) =>
  newJob(stored, args, options as EnqueueOptions | undefined, facts);

const outside = {
  unique: undefined,
  parent: undefined,
  depth: 0,
  withPrevious: false,
  run: undefined,
};

test("without options a job has its definition's settings and a new id", () => {
  assert.deepEqual(request({ a: 1 }), {
    ...{ id: "made", name: "mail", queue: "post", args: '{"a":1}', priority: 2, maxAttempts: 7 },
    ...{ runAt: undefined, timeoutMs: undefined, tags: undefined },
    ...{ meta: undefined, hook: undefined },
    ...outside,
  });
  assert.equal(request(undefined).args, "null");
});

test("each option overrides the definition", () => {
  const options = {
    ...{ id: "own", queue: "q", priority: -1, maxAttempts: 1, timeout: "1s", tags: ["x"] },
    meta: { trace: "t" },
    ...{ runAt: new Date(5), signal: new AbortController().signal, allowUnknown: true },
  };
  assert.deepEqual(request(1, options), {
    ...{ id: "own", name: "mail", queue: "q", args: "1", priority: -1, maxAttempts: 1 },
    ...{ runAt: 5, timeoutMs: 1_000, tags: ["x"], meta: '{"trace":"t"}', hook: undefined },
    ...outside,
  });
});

test("an id is made only where none was given", () => {
  const never = () => {
    throw new Error("an id was made");
  };
  assert.equal(newJob(stored, 1, { id: "own" }, { ...facts, newId: never }).id, "own");
  assert.equal(newJob(stored, 1, { priority: 1 }, facts).id, "made");
});

test("a delay counts from now, a time is whole milliseconds", () => {
  assert.equal(request(1, { delay: "5s" }).runAt, now + 5_000);
  assert.equal(request(1, { delay: 0 }).runAt, now);
  assert.equal(request(1, { runAt: 10.6 }).runAt, 11);
  assert.equal(request(1, { tags: [] }).tags, undefined);
});

const longText = "x".repeat(limits.idChars + 1);
const refusals: [object, string, string][] = [
  [{ dealy: 1 }, "ERR_ERGATE_OPTION", "options.dealy"],
  [{ id: "" }, "ERR_ERGATE_OPTION", "options.id"],
  [{ id: longText }, "ERR_ERGATE_OPTION", "options.id"],
  [{ id: 7 }, "ERR_ERGATE_OPTION", "options.id"],
  [{ delay: "later" }, "ERR_ERGATE_DURATION", "options.delay"],
  [{ delay: -1 }, "ERR_ERGATE_DURATION", "options.delay"],
  [{ delay: 1, runAt: 2 }, "ERR_ERGATE_OPTION", "options.delay"],
  [{ runAt: "tomorrow" }, "ERR_ERGATE_OPTION", "options.runAt"],
  [{ runAt: new Date(Number.NaN) }, "ERR_ERGATE_OPTION", "options.runAt"],
  [{ runAt: -1 }, "ERR_ERGATE_OPTION", "options.runAt"],
  [{ runAt: 8.65e15 }, "ERR_ERGATE_OPTION", "options.runAt"],
  [{ priority: 1.5 }, "ERR_ERGATE_OPTION", "options.priority"],
  [{ priority: limits.priorityMax + 1 }, "ERR_ERGATE_OPTION", "options.priority"],
  [{ maxAttempts: 0 }, "ERR_ERGATE_OPTION", "options.maxAttempts"],
  [{ timeout: 0 }, "ERR_ERGATE_OPTION", "options.timeout"],
  [{ timeout: "x" }, "ERR_ERGATE_DURATION", "options.timeout"],
  [{ queue: "two words" }, "ERR_ERGATE_QUEUE_NAME", "options.queue"],
  [{ meta: ["x"] }, "ERR_ERGATE_OPTION", "options.meta"],
  [{ meta: { a: 1 } }, "ERR_ERGATE_OPTION", "options.meta"],
  [{ meta: { "": "x" } }, "ERR_ERGATE_OPTION", "options.meta"],
  [{ meta: { a: "x".repeat(limits.metaBytes) } }, "ERR_ERGATE_OPTION", "options.meta"],
  [{ meta: { ...Array(limits.metaTexts + 1).fill("x") } }, "ERR_ERGATE_OPTION", "options.meta"],
  [{ tags: "x" }, "ERR_ERGATE_OPTION", "options.tags"],
  [{ tags: [""] }, "ERR_ERGATE_OPTION", "options.tags"],
  [{ tags: [1] }, "ERR_ERGATE_OPTION", "options.tags"],
  [{ tags: ["x".repeat(limits.tagChars + 1)] }, "ERR_ERGATE_OPTION", "options.tags"],
  [{ tags: Array(limits.tags + 1).fill("x") }, "ERR_ERGATE_OPTION", "options.tags"],
];

for (const [options, code, path] of refusals) {
  const shown = JSON.stringify(options).slice(0, 40);
  test(`bad options are refused by ${code} with the path ${path}: ${shown}`, () => {
    assert.throws(() => request(1, options), { code, path });
  });
}

test("options that are no object are refused", () => {
  for (const options of [[], "x", null]) {
    const refusal = { code: "ERR_ERGATE_OPTION", path: "options" };
    assert.throws(() => request(1, options as object), refusal);
  }
});

test("arguments that JSON would change are refused with their path", () => {
  const flaws: [unknown, string][] = [
    [{ a: { b: 1n } }, "args.a.b"],
    [[1, undefined], "args[1]"],
    [{ at: new Date(0) }, "args.at"],
    [new Map(), "args"],
    [Number.NaN, "args"],
  ];
  for (const [args, path] of flaws) {
    assert.throws(() => request(args), { code: "ERR_ERGATE_PAYLOAD_JSON", path });
  }
});

test("a schema takes a date's text back, so a date is let through", () => {
  const job = newJob({ ...stored, schema: {} }, { at: new Date(0) }, undefined, {
    ...{ ...facts, payloadBytes: 100 },
  });
  assert.equal(job.args, '{"at":"1970-01-01T00:00:00.000Z"}');
});

test("arguments larger than the limit are refused, by bytes and not by characters", () => {
  assert.equal(request("x".repeat(18)).args.length, 20);
  for (const args of ["x".repeat(19), "é".repeat(10)]) {
    assert.throws(() => request(args), { code: "ERR_ERGATE_PAYLOAD_SIZE", path: "args" });
  }
});
