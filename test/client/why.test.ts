import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Runtime } from "../../lib/client/client.ts";
import { factsOf, type WhyFacts } from "../../lib/client/why.ts";
import { sentenceOf } from "../../lib/client/why-sentence.ts";
import { defaultQueue } from "../../lib/job/queue.ts";
import type { JobState } from "../../lib/job/state.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import type { WhyRow } from "../../lib/protocol/why.ts";
import {
  advance,
  bounded,
  eventually,
  made,
  places,
  refuses,
  signal,
  started,
} from "../actors/kit.ts";

const now = 1_700_000_000_000;
const none = { limit: undefined, taken: 0, runs: [] };
const worker = {
  ...{ host: "here", pid: 7, version: "1", leaseUntil: now, jobs: ["mail"] },
  declared: undefined,
};

/** A row as it is where a free worker would take the job next. */
function row(
  state: JobState,
  change: Partial<WhyRow> = {},
  job: Partial<WhyRow["job"]> = {},
): WhyRow {
  return {
    job: {
      ...{ seq: 1, id: "j", name: "mail", queue: "post", state, args: "{}", result: undefined },
      ...{ priority: 0, attempt: 1, maxAttempts: 4, runAt: now, createdAt: now, fence: 1 },
      ...{ startedAt: undefined, finishedAt: undefined, progress: undefined, checkIn: undefined },
      ...{ checkInAt: undefined, meta: {} },
      ...{ tags: [], errors: [], reason: undefined, parent: undefined, depth: 0 },
      ...job,
    },
    ...{ ask: undefined, suspect: false, crashes: 0, suspectsRunning: [], owner: undefined },
    keyHolder: undefined,
    workers: [{ ...worker, id: "w", alive: true }],
    ...{ settings: defaultQueue, pausedAt: undefined, pausedUntil: undefined, bucket: undefined },
    ...{ inQueue: none, ofJob: none, ahead: 0 },
    ...change,
  };
}

const dead = { ...worker, id: "w", alive: false };
const at = "2023-11-14T22:13:20.000Z";
const runs = [
  { jobId: "a", worker: "w", lingering: false },
  { jobId: undefined, worker: undefined, lingering: true },
];
const use = { limit: 3, taken: 3, runs };
const rate = { limit: 1, perMs: 1_000 };
const error = {
  at: now,
  attempt: 1,
  message: "boom",
  stack: undefined,
  worker: "w",
  fingerprint: "f",
};

const told: [string, WhyRow, WhyFacts["type"], string][] = [
  [
    "a key that another holds",
    row(
      "dead",
      { keyHolder: { id: "b", until: undefined } },
      { finishedAt: now, reason: "poison" },
    ),
    "dead",
    `It is dead since ${at}: poison; job b holds its unique key.`,
  ],
  [
    "a key whose period is over",
    row("stopped", { keyHolder: { id: "b", until: now } }, { finishedAt: now, reason: "no" }),
    "stopped",
    `It was stopped at ${at}: no.`,
  ],
  ["completed", row("completed", {}, { finishedAt: now }), "completed", `It completed at ${at}.`],
  [
    "stopped",
    row("stopped", {}, { finishedAt: now, reason: "enough" }),
    "stopped",
    `It was stopped at ${at}: enough.`,
  ],
  [
    "cancelled",
    row("cancelled", {}, { finishedAt: now, reason: "no" }),
    "cancelled",
    `It was cancelled at ${at}: no.`,
  ],
  [
    "dead",
    row("dead", {}, { finishedAt: now, reason: "poison" }),
    "dead",
    `It is dead since ${at}: poison.`,
  ],
  [
    "running",
    row("running", { owner: "w" }, { startedAt: now }),
    "running",
    `It runs since ${at} on worker w (process 7 on here), attempt 1 of 4.`,
  ],
  [
    "asked to end",
    row("running", { owner: "w", ask: "stop" }, { startedAt: now }),
    "running",
    `It runs since ${at} on worker w (process 7 on here), attempt 1 of 4; it was asked to stop.`,
  ],
  [
    "claimed ahead",
    row("running", { owner: "w" }),
    "claimed",
    "It was taken by worker w (process 7 on here) and is next in line there.",
  ],
  [
    "held by the dead",
    row("running", { owner: "w", workers: [dead] }, { startedAt: now }),
    "running",
    "It was running on worker w (process 7 on here), which died; it runs again once another worker notices.",
  ],
  [
    "scheduled",
    row("scheduled", {}, { runAt: now + 1 }),
    "scheduled",
    "It waits for its time, 2023-11-14T22:13:20.001Z.",
  ],
  ["due", row("scheduled"), "scheduled", `It was due at ${at}, and starts any moment.`],
  [
    "due, nobody there",
    row("scheduled", { workers: [] }),
    "noWorker",
    "No worker is alive: it waits until one starts.",
  ],
  [
    "retryable",
    row("retryable", { workers: [] }, { runAt: now + 1, errors: [error] }),
    "retryable",
    'Attempt 1 of 4 failed with "boom"; it is tried again at 2023-11-14T22:13:20.001Z.',
  ],
  [
    "paused",
    row("available", { pausedAt: now, ahead: 5 }),
    "paused",
    `Its queue post is paused since ${at}.`,
  ],
  [
    "paused for a time",
    row("available", { pausedAt: now, pausedUntil: now + 1 }),
    "paused",
    `Its queue post is paused since ${at}, until 2023-11-14T22:13:20.001Z.`,
  ],
  [
    "paused until before now",
    row("available", { pausedAt: now - 9, pausedUntil: now }),
    "waiting",
    "It is the next of its queue post, and waits for a free slot.",
  ],
  [
    "no worker at all",
    row("available", { workers: [] }),
    "noWorker",
    "No worker is alive: it waits until one starts.",
  ],
  [
    "only dead workers",
    row("available", { workers: [dead] }),
    "noWorker",
    "No worker is alive: it waits until one starts.",
  ],
  [
    "a name of no worker",
    row("available", {}, { name: "novel" }),
    "unroutable",
    'No worker knows the name "novel" (1 is alive, version 1).',
  ],
  [
    "its queue's limit",
    row("available", { inQueue: use, ahead: 4 }),
    "limited",
    "Its queue post has its limit 3/3 used by a on w, a deleted job (lingering: it can't be ended), 1 more.",
  ],
  [
    "its job's limit",
    row("available", { ofJob: { ...use, limit: 1 } }),
    "limited",
    "Its name mail has its limit 3/1 used by a on w, a deleted job (lingering: it can't be ended), 1 more.",
  ],
  [
    "a limit with room",
    row("available", { inQueue: { ...use, limit: 4 } }),
    "waiting",
    "It is the next of its queue post, and waits for a free slot.",
  ],
  [
    "a rate",
    row("available", { settings: { ...defaultQueue, rate }, bucket: { credit: 0, at: now } }),
    "rate",
    "Its queue post starts at most 1 jobs in 1000 ms; the next one may start at 2023-11-14T22:13:21.000Z.",
  ],
  [
    "a rate with a token",
    row("available", { settings: { ...defaultQueue, rate } }),
    "waiting",
    "It is the next of its queue post, and waits for a free slot.",
  ],
  [
    "a crash",
    row("available", { suspect: true, crashes: 1, suspectsRunning: ["b"] }),
    "suspect",
    "It ran when its process died (1 crash so far) and waits to run alone, after b.",
  ],
  [
    "a mate's crash",
    row("available", { suspect: true }),
    "suspect",
    "It ran when its process died (another job is the likelier cause) and waits to run alone.",
  ],
  [
    "one before it",
    row("available", { ahead: 1 }),
    "waiting",
    "It is behind 1 job of its queue post.",
  ],
  [
    "many before it",
    row("available", { ahead: limits.whyAhead + 1 }),
    "waiting",
    "It is behind more than 1000 jobs of its queue post.",
  ],
];

for (const [what, given, type, sentence] of told) {
  test(`why: ${what}`, () => {
    const facts = factsOf(given, now);
    assert.equal(facts.type, type);
    assert.equal(sentenceOf(facts), sentence);
  });
}

test("a long error is cut in the sentence, and whole in the facts", () => {
  const message = "a".repeat(1_000);
  const errors = [{ ...error, message }];
  const facts = factsOf(row("retryable", {}, { runAt: now + 1, errors }), now);
  assert.equal(facts.type === "retryable" && facts.error, message);
  assert.ok(sentenceOf(facts).length < 400);
});

async function typeOf(runtime: Runtime, id: string): Promise<string> {
  return (await runtime.why(id)).facts.type;
}

for (const [place, storage] of Object.entries(places)) {
  test(`${place}: a job's life as why tells it`, bounded, async (t) => {
    const gate = signal();
    const mail = defineJob("mail", { concurrency: 1, run: () => gate.promise });
    const bad = defineJob("bad", { run: () => Promise.reject(new Error("sorry")) });
    const runtime = await made(t, { storage: storage(t), jobs: [mail, bad] });
    const first = await runtime.enqueue(mail);
    assert.equal(await typeOf(runtime, first.id), "noWorker");
    await runtime.start();
    const seen = await eventually(
      () => runtime.why(first.id),
      ({ facts }) => facts.type === "running",
    );
    const [own] = await runtime.workers.list();
    assert.equal(seen.facts.type === "running" && seen.facts.worker?.id, own?.id);
    const second = await runtime.enqueue(mail);
    const { facts } = await runtime.why(second.id);
    assert.deepEqual(facts, {
      ...{ type: "limited", by: "job", name: "mail", limit: 1, taken: 1 },
      runs: [{ jobId: first.id, worker: own?.id, lingering: false }],
    });
    const unknown = await runtime.enqueue("novel", {}, { allowUnknown: true });
    assert.equal(await typeOf(runtime, unknown.id), "unroutable");
    const later = await runtime.enqueue(mail, {}, { delay: "1h" });
    assert.equal(await typeOf(runtime, later.id), "scheduled");
    const failed = await runtime.enqueue(bad);
    const retried = await eventually(
      () => runtime.why(failed.id),
      ({ facts }) => facts.type === "retryable",
    );
    assert.match(retried.sentence, /^Attempt 1 of 4 failed with "sorry"; it is tried again at 2/);
    await runtime.queues.pause("mail", { for: "1h" });
    assert.match(
      (await runtime.why(second.id)).sentence,
      /^Its queue mail is paused since .+, until/,
    );
    await runtime.jobs.stop(later.id, "enough");
    assert.match((await runtime.why(later.id)).sentence, /^It was stopped at .+: enough\.$/);
    gate.resolve();
    await runtime.result(first.id);
    assert.equal(await typeOf(runtime, first.id), "completed");
    await refuses(runtime.why("nobody"), "ERR_ERGATE_JOB_NOT_FOUND", "id");
  });
}

test("why a job waits behind a rate, others, and a run that can't be ended", bounded, async (t) => {
  const clock = new VirtualClock();
  const gate = signal();
  const slow = defineJob("slow", { concurrency: 1, graceMs: 1_000, run: () => gate.promise });
  const mail = defineJob("mail", { run: () => undefined });
  const queues = { mail: { rate: { limit: 1, per: "1h" } } } as const;
  const runtime = await started(t, { clock, jobs: [slow, mail], queues, concurrency: 2 });
  const first = await runtime.enqueue(mail);
  await runtime.result(first.id);
  const second = await runtime.enqueue(mail);
  const { facts } = await runtime.why(second.id);
  assert.equal(facts.type === "rate" && facts.nextAt, clock.now() + 3_600_000);
  const running = await runtime.enqueue(slow);
  await eventually(
    () => typeOf(runtime, running.id),
    (type) => type === "running",
  );
  const behind = await runtime.enqueue(slow);
  await runtime.jobs.cancel(running.id);
  await advance(clock, 1_000);
  await eventually(
    () => typeOf(runtime, running.id),
    (type) => type === "cancelled",
  );
  const limited = await runtime.why(behind.id);
  assert.match(limited.sentence, /limit 1\/1 used by .+ \(lingering: it can't be ended\)\.$/);
  gate.resolve();
  await runtime.result(behind.id);
});

test("why a job waits behind others of its queue", bounded, async (t) => {
  const gate = signal();
  const mail = defineJob("mail", { run: () => gate.promise });
  const runtime = await started(t, { jobs: [mail], concurrency: 1 });
  const receipts = await runtime.enqueueMany([1, 2, 3].map(() => ({ job: mail })));
  const [first = "", second = "", third = ""] = receipts.map(({ id }) => id);
  await eventually(
    () => typeOf(runtime, first),
    (type) => type === "running",
  );
  assert.match((await runtime.why(second)).sentence, /^It is the next of its queue mail/);
  assert.match((await runtime.why(third)).sentence, /^It is behind 1 job of its queue mail\.$/);
  gate.resolve();
});
