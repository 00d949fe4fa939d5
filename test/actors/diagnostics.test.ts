import assert from "node:assert/strict";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { defineJob, snooze } from "../../actors/index.ts";
import { bounded, eventually, handler, made, newFile, refuses, started } from "./kit.ts";

type Message = Record<string, unknown>;

const names = [
  "ergate:job:enqueue",
  "ergate:job:start",
  "ergate:job:settle",
  "ergate:queue:commit",
];

/** What a channel tells until the test's end. */
function heard(t: TestContext, name: string): Message[] {
  const messages: Message[] = [];
  const hear = (message: unknown) => void messages.push(message as Message);
  subscribe(name, hear);
  t.after(() => unsubscribe(name, hear));
  return messages;
}

/** So many ends were told: a result may be read before, from the file. */
async function ends(settled: readonly Message[], count: number): Promise<void> {
  await eventually(
    () => settled.length,
    (length) => length >= count,
  );
}

const echo = defineJob("echo", { run: (args: unknown) => args, queue: "post" });
const fails = defineJob("fails", { run: () => Promise.reject(new Error("no")), maxAttempts: 1 });
const shy = defineJob("shy", { run: () => snooze("1h") });
const thread = defineJob("thread", { thread: handler("echo") });

test("a job's enqueue, start and settle are told, each once", bounded, async (t) => {
  const [enqueued = [], begun = [], settled = []] = names.map((name) => heard(t, name));
  const runtime = await started(t, {
    storage: newFile(t),
    jobs: [echo, fails, shy, thread],
    threads: 1,
  });
  const { id } = await runtime.enqueue(echo, 1, { id: "once" });
  assert.equal((await runtime.enqueue(echo, 1, { id: "once" })).disposition, "duplicate");
  await ends(settled, 1);
  const job = await runtime.jobs.get(id);
  const { startedAt, finishedAt, createdAt } = job ?? {};
  const who = { id, name: "echo", queue: "post" };
  assert.deepEqual(enqueued, [{ ...who, state: "available", at: createdAt }]);
  assert.deepEqual(begun, [{ ...who, attempt: 1, at: startedAt }]);
  const end = { startedAt, finishedAt, reason: undefined };
  assert.deepEqual(settled, [{ ...who, attempt: 1, state: "completed", ...end }]);
  await runtime.enqueue(echo, 2, { delay: "1h" });
  assert.equal(enqueued.at(-1)?.state, "scheduled");
  await refuses(runtime.enqueueAndWait(fails), "ERR_ERGATE_RESULT_DEAD");
  await ends(settled, 2);
  assert.deepEqual([settled.at(-1)?.state, settled.at(-1)?.reason], ["dead", "no"]);
  const scheduled = runtime.events({ types: ["scheduled"] });
  const snoozed = await runtime.enqueue(shy);
  assert.equal((await scheduled.next()).value?.id, snoozed.id);
  assert.deepEqual([settled.at(-1)?.id, settled.at(-1)?.state], [snoozed.id, "scheduled"]);
  await runtime.enqueue(thread, 1);
  await ends(settled, 4);
  assert.deepEqual([begun.at(-1)?.name, settled.at(-1)?.name], ["thread", "thread"]);
});

test("a commit is told with what it did", bounded, async (t) => {
  const commits = heard(t, "ergate:queue:commit");
  const runtime = await made(t, { storage: newFile(t), jobs: [echo] });
  await runtime.enqueueMany([1, 2, 3].map((args) => ({ job: echo, args })));
  // The janitor's own moves may travel along.
  const { at, durationMs, moves, ...did } = commits.find(({ enqueued }) => enqueued) ?? {};
  assert.ok(Number(durationMs) >= 0 && Number(at) > 0 && Number(moves) >= 0);
  assert.deepEqual(did, { enqueued: 3, settled: 0, claims: false, error: undefined });
  const before = commits.length;
  await runtime.queues.pause("post");
  assert.ok(commits.slice(before).some(({ moves }) => Number(moves) > 0));
  await runtime.queues.resume("post");
  await runtime.start();
  await runtime.queues.drain();
  // A read may see a commit before its answer is told.
  await runtime.stop();
  assert.ok(commits.some(({ claims }) => claims === true));
  assert.equal(
    commits.reduce((sum, { settled }) => sum + Number(settled), 0),
    3,
  );
  assert.ok(commits.every(({ error }) => error === undefined));
});

test("while nobody subscribes no message is made", bounded, async (t) => {
  const runtime = await started(t, { jobs: [echo] });
  for (const name of names) assert.equal(channel(name).hasSubscribers, false);
  const publish = t.mock.method(Object.getPrototypeOf(channel(names[0] ?? "")), "publish");
  await runtime.enqueueAndWait(echo, 1);
  assert.equal(publish.mock.callCount(), 0);
});

test("docs/diagnostics.md names every channel, and no other", () => {
  const page = readFileSync(new URL("../../docs/diagnostics.md", import.meta.url), "utf8");
  const named = new Set(page.match(/ergate:\w+:\w+/g));
  assert.deepEqual([...named].sort(), [...names].sort());
});
