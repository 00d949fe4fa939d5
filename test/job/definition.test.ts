import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { limits } from "../../lib/base/limits.ts";
import { defineJob, parseDefinition } from "../../lib/job/definition.ts";
import { registry, storedForm } from "../../lib/job/registry.ts";

const half = { next: () => 0.5 };
const define = (name: unknown, options: object = {}) => defineJob(name as string, options);

test("a job with a name only has the documented defaults", () => {
  const { backoff, schema, run, thread, timeoutMs, onDead, unique, ...rest } = define("mail");
  assert.deepEqual(rest, {
    ...{ name: "mail", queue: "mail", priority: 0, maxAttempts: 4, crashLimit: 3 },
    ...{ graceMs: limits.jobGraceMs, skipDead: false, redact: [], hook: undefined },
    ...{ concurrency: undefined, weight: undefined, command: undefined },
  });
  const given = [backoff, schema, run, thread, timeoutMs, onDead, unique];
  assert.deepEqual(given, Array(7).fill(undefined));
});

test("a command job tries once, runs one at a time, and both can be set", () => {
  const backup = define("backup", { command: "tar c .", timeout: "10m", grace: "2s" });
  assert.equal(backup.maxAttempts, 1);
  assert.equal(backup.concurrency, 1);
  assert.equal(backup.timeoutMs, 600_000);
  assert.equal(backup.command?.graceMs, 2_000);
  assert.equal(backup.command?.text, "tar c .");
  const other = define("other", { argv: ["true"], maxAttempts: 3, concurrency: 5, graceMs: 7 });
  assert.equal(other.maxAttempts, 3);
  assert.equal(other.concurrency, 5);
  assert.equal(other.command?.graceMs, 7);
});

test("a command beside a handler, and a command's option without one, are refused", () => {
  const refused = (options: object, path: string) =>
    assert.throws(() => define("x", options), { code: "ERR_ERGATE_OPTION", path: `job x.${path}` });
  refused({ command: "true", run: () => 1 }, "run");
  refused({ argv: ["true"], thread: new URL("file:///x.ts") }, "thread");
  refused({ cwd: "/tmp" }, "cwd");
  refused({ run: () => 1, output: "merged" }, "output");
  refused({ command: "" }, "command");
  refused({ command: "true", argv: ["true"] }, "argv");
});

test("every option is taken as it was given", () => {
  const run = () => 1;
  const onDead = () => 2;
  const args = z.object({ to: z.string() });
  const found = define("mail", {
    ...{ queue: "post", priority: -5, maxAttempts: 1, timeout: "30s", backoff: "5s" },
    ...{ crashLimit: Number.POSITIVE_INFINITY, graceMs: 0, args, run },
    ...{ skipDead: true, onDead, redact: ["card.number", "*.token", "card.number"] },
  });
  assert.deepEqual(
    [found.queue, found.priority, found.maxAttempts, found.timeoutMs, found.graceMs],
    ["post", -5, 1, 30_000, 0],
  );
  assert.equal(found.backoff?.(3, undefined, half), 5_000);
  assert.deepEqual([found.skipDead, found.onDead], [true, onDead]);
  assert.deepEqual(found.redact, ["card.number", "*.token"]);
  assert.equal(found.crashLimit, Number.POSITIVE_INFINITY);
  assert.deepEqual([found.schema, found.run], [args, run]);
  assert.equal(define("a", { backoff: (n: number) => n }).backoff?.(3, undefined, half), 3);
});

test("a thread is named by a URL, as an object or as text", () => {
  const url = new URL("./handler.ts", import.meta.url);
  assert.equal(define("a", { thread: url }).thread, url);
  assert.equal(define("a", { thread: url.href }).thread?.href, url.href);
});

/** What is refused: the options, the code, and the path behind "job mail". */
const refusals: [object, string, string][] = [
  [{ nmae: 1 }, "ERR_ERGATE_OPTION", ".nmae"],
  [{ queue: "" }, "ERR_ERGATE_QUEUE_NAME", ".queue"],
  [{ queue: "two words" }, "ERR_ERGATE_QUEUE_NAME", ".queue"],
  [{ queue: 1 }, "ERR_ERGATE_OPTION", ".queue"],
  [{ priority: 0.5 }, "ERR_ERGATE_OPTION", ".priority"],
  [{ priority: limits.priorityMax + 1 }, "ERR_ERGATE_OPTION", ".priority"],
  [{ priority: -limits.priorityMax - 1 }, "ERR_ERGATE_OPTION", ".priority"],
  [{ maxAttempts: 0 }, "ERR_ERGATE_OPTION", ".maxAttempts"],
  [{ maxAttempts: limits.maxAttemptsMax + 1 }, "ERR_ERGATE_OPTION", ".maxAttempts"],
  [{ maxAttempts: "4" }, "ERR_ERGATE_OPTION", ".maxAttempts"],
  [{ timeout: "soon" }, "ERR_ERGATE_DURATION", ".timeout"],
  [{ timeout: 0 }, "ERR_ERGATE_OPTION", ".timeout"],
  [{ timeout: -1 }, "ERR_ERGATE_DURATION", ".timeout"],
  [{ backoff: "x" }, "ERR_ERGATE_DURATION", ".backoff"],
  [{ backoff: null }, "ERR_ERGATE_DURATION", ".backoff"],
  [{ backoff: {} }, "ERR_ERGATE_OPTION", ".backoff.type"],
  [{ backoff: { type: "cubic" } }, "ERR_ERGATE_OPTION", ".backoff.type"],
  [{ backoff: { type: "fixed", dleay: 1 } }, "ERR_ERGATE_OPTION", ".backoff.dleay"],
  [{ backoff: { type: "fixed", delay: "x" } }, "ERR_ERGATE_DURATION", ".backoff.delay"],
  [{ backoff: { type: "fixed", delay: -1 } }, "ERR_ERGATE_DURATION", ".backoff.delay"],
  [{ backoff: { type: "fixed", factor: 3 } }, "ERR_ERGATE_OPTION", ".backoff.factor"],
  [{ backoff: { type: "linear", factor: 3 } }, "ERR_ERGATE_OPTION", ".backoff.factor"],
  [{ backoff: { type: "default", delay: 3 } }, "ERR_ERGATE_OPTION", ".backoff.delay"],
  [{ backoff: { type: "exponential", factor: 0.5 } }, "ERR_ERGATE_OPTION", ".backoff.factor"],
  [{ backoff: { type: "linear", max: "8d" } }, "ERR_ERGATE_OPTION", ".backoff.max"],
  [{ backoff: { type: "linear", jitter: 1.5 } }, "ERR_ERGATE_OPTION", ".backoff.jitter"],
  [{ backoff: { type: "linear", jitter: "half" } }, "ERR_ERGATE_OPTION", ".backoff.jitter"],
  [{ skipDead: 1 }, "ERR_ERGATE_OPTION", ".skipDead"],
  [{ onDead: "log" }, "ERR_ERGATE_OPTION", ".onDead"],
  [{ redact: "password" }, "ERR_ERGATE_OPTION", ".redact"],
  [{ redact: ["a", ""] }, "ERR_ERGATE_OPTION", ".redact[1]"],
  [{ redact: ["a..b"] }, "ERR_ERGATE_OPTION", ".redact[0]"],
  [{ redact: [7] }, "ERR_ERGATE_OPTION", ".redact[0]"],
  [{ crashLimit: 0 }, "ERR_ERGATE_OPTION", ".crashLimit"],
  [{ crashLimit: Number.NaN }, "ERR_ERGATE_OPTION", ".crashLimit"],
  [{ graceMs: "x" }, "ERR_ERGATE_DURATION", ".graceMs"],
  [{ concurrency: 0 }, "ERR_ERGATE_OPTION", ".concurrency"],
  [{ weight: -1 }, "ERR_ERGATE_OPTION", ".weight"],
  [{ weight: 100_001 }, "ERR_ERGATE_OPTION", ".weight"],
  [{ weight: 2, queue: "other" }, "ERR_ERGATE_OPTION", ".weight"],
  [{ args: {} }, "ERR_ERGATE_OPTION", ".args"],
  [{ args: 1 }, "ERR_ERGATE_OPTION", ".args"],
  [{ run: 1 }, "ERR_ERGATE_OPTION", ".run"],
  [{ thread: "./handler.ts" }, "ERR_ERGATE_OPTION", ".thread"],
  [{ thread: 1 }, "ERR_ERGATE_OPTION", ".thread"],
  [{ run: () => 1, thread: new URL("file:///x.js") }, "ERR_ERGATE_OPTION", ".thread"],
];

for (const [options, code, path] of refusals) {
  const [key] = Object.keys(options);
  test(`a bad ${key} is refused by ${code} with its path: ${JSON.stringify(options).slice(0, 80)}`, () => {
    assert.throws(() => define("mail", options), { code, path: `job mail${path}` });
  });
}

test("a name that is none is refused with its path", () => {
  for (const name of ["", "two words", "x".repeat(limits.nameChars + 1), undefined, 7]) {
    const path = `job ${String(name)}.name`;
    assert.throws(() => define(name), { code: "ERR_ERGATE_JOB_NAME", path });
  }
});

test("a plain object of the same shape is a definition, and a checked one is taken as it is", () => {
  const run = () => 1;
  const plain = parseDefinition({ name: "mail", run }, "jobs[0]");
  assert.deepEqual([plain.name, plain.queue, plain.run], ["mail", "mail", run]);
  assert.equal(parseDefinition(plain, "jobs[0]"), plain);
  assert.ok(Object.isFrozen(plain));
  for (const value of [null, undefined, "mail", [], () => 1]) {
    const refusal = { code: "ERR_ERGATE_OPTION", path: "jobs[0]" };
    assert.throws(() => parseDefinition(value, "jobs[0]"), refusal);
  }
  const unnamed = { code: "ERR_ERGATE_JOB_NAME", path: "jobs[1].name" };
  assert.throws(() => parseDefinition({ run }, "jobs[1]"), unnamed);
});

test("a registry finds jobs by name and refuses a second one of a name", () => {
  const jobs = registry();
  const mail = jobs.add(define("mail"), "jobs[0]");
  jobs.add({ name: "post" }, "jobs[1]");
  assert.equal(jobs.get("mail"), mail);
  assert.equal(jobs.get("none"), undefined);
  assert.deepEqual(
    jobs.all().map(({ name }) => name),
    ["mail", "post"],
  );
  const twice = { code: "ERR_ERGATE_JOB_NAME", path: "jobs[2]" };
  assert.throws(() => jobs.add({ name: "mail" }, "jobs[2]"), twice);
});

test("the stored form is what another process needs to enqueue by name", () => {
  const unique = { by: { key: "k" }, until: "1s" };
  assert.deepEqual(storedForm(define("mail", { timeout: 5, unique, run: () => 1 })), {
    ...{ name: "mail", queue: "mail", priority: 0, maxAttempts: 4, timeoutMs: 5, crashLimit: 3 },
    ...{ concurrency: undefined, redact: [], isCommand: false, hook: undefined },
    unique: { by: { type: "key", key: "k" }, until: 1_000, onConflict: "keep", moveTime: false },
  });
});
