import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import {
  add,
  caseList,
  claim,
  claimFor,
  claimOne,
  definition,
  demand,
  enqueue,
  job,
  kill,
  member,
  one,
  rescue,
  settle,
  settlement,
  stopped,
  t0,
  uniqueKey,
} from "../kit.ts";

/** The facts around one job, gathered in one snapshot. */
const { cases, check } = caseList();
export const whyCases = cases;

async function why(store: JobStore, id: string) {
  const row = await store.read({ type: "why", id });
  assert.ok(row, `there is no job ${id}`);
  return row;
}

check("nothing is told of a job that does not exist", async (storage) => {
  const who = await member(storage, "a");
  assert.equal(await who.store.read({ type: "why", id: "none" }), undefined);
});

check("the jobs ahead of one are those that a claim would take before it", async (storage) => {
  const who = await member(storage, "a", { jobs: ["mail", "zip"] });
  await enqueue(who.store, [
    ...[job("urgent", { priority: 2 }), job("first"), job("own"), job("last")],
    ...[job("sooner", { runAt: t0 - 5, name: "zip", queue: "mail" })],
    ...[job("less", { priority: -1 }), job("elsewhere", { queue: "other", priority: 9 })],
    ...[job("unknown", { name: "novel", queue: "mail", priority: 9 })],
    ...[job("later", { runAt: t0 + 5, priority: 9 })],
  ]);
  assert.equal((await why(who.store, "own")).ahead, 3);
  assert.equal((await why(who.store, "urgent")).ahead, 0);
  assert.equal((await why(who.store, "less")).ahead, 5);
  // One of each queue.
  await claimFor(who, [demand(2, { names: ["mail", "zip"] })]);
  assert.equal((await why(who.store, "own")).ahead, 2);
});

check("the jobs ahead are counted up to a bound", async (storage) => {
  const who = await member(storage, "a");
  const jobs = Array.from({ length: limits.whyAhead + 50 }, (_, at) =>
    job(`${at}`, { priority: at % 2 }),
  );
  await enqueue(who.store, [...jobs, job("own", { priority: -1 })]);
  assert.equal((await why(who.store, "own")).ahead, limits.whyAhead + 1);
});

check("a limit is told with who uses it, lingering runs too", async (storage) => {
  const definitions = [definition("mail", { concurrency: 3 })];
  const queues = [{ name: "mail", settings: { concurrency: 2 }, paused: undefined }];
  const who = await member(storage, "a", { definitions, queues });
  await add(who.store, "one", "two", "three");
  const runs = await claim(who);
  assert.equal(runs.length, 2);
  const [first] = runs;
  assert.ok(first);
  await settle(who, settlement(first, stopped, { lingers: true }));
  const { inQueue, ofJob, settings } = await why(who.store, "three");
  const used = [
    { jobId: "two", worker: "a", lingering: false },
    { jobId: "one", worker: "a", lingering: true },
  ];
  assert.deepEqual(inQueue, { limit: 2, taken: 2, runs: used });
  assert.deepEqual(ofJob, { limit: 3, taken: 2, runs: used });
  assert.equal(settings.concurrency, 2);
});

check("of many runs in a limit the first are named and all are counted", async (storage) => {
  const definitions = [definition("mail", { concurrency: 30 })];
  const who = await member(storage, "a", { definitions });
  const jobs = Array.from({ length: 31 }, (_, at) => job(`${at}`));
  await enqueue(who.store, jobs);
  await claim(who);
  const { ofJob, inQueue } = await why(who.store, "30");
  assert.deepEqual([ofJob.taken, ofJob.runs.length], [30, limits.whyRuns]);
  assert.deepEqual(inQueue, { limit: undefined, taken: 0, runs: [] });
});

check("a rate's bucket and a pause are told as they stand", async (storage) => {
  const rate = { limit: 1, perMs: 1_000 };
  const queues = [{ name: "mail", settings: { rate }, paused: undefined }];
  const who = await member(storage, "a", { queues });
  await add(who.store, "one", "two");
  await claim(who);
  await one(who.store, { type: "pause", queue: "mail", until: t0 + 9, now: t0 + 1 });
  const { bucket, settings, pausedAt, pausedUntil } = await why(who.store, "two");
  assert.deepEqual([bucket, settings.rate], [{ credit: 0, at: t0 }, rate]);
  assert.deepEqual([pausedAt, pausedUntil], [t0 + 1, t0 + 9]);
});

check("a suspect is told with what runs alone now, and how often it crashed", async (storage) => {
  const who = await member(storage, "a");
  const doomed = await member(storage, "b");
  await add(doomed.store, "one", "two");
  await claim(doomed);
  await kill(doomed);
  await rescue(who);
  assert.equal((await claim(who)).length, 1);
  const { suspect, crashes, suspectsRunning, workers } = await why(who.store, "two");
  assert.deepEqual([suspect, crashes, suspectsRunning], [true, 1, ["one"]]);
  assert.deepEqual(
    workers.map(({ id, alive, jobs }) => [id, alive, jobs]),
    [["a", true, ["mail"]]],
  );
});

check("a running job names its worker, also one that died", async (storage) => {
  const who = await member(storage, "a");
  const doomed = await member(storage, "b");
  await add(doomed.store, "one");
  await claimOne(doomed);
  await kill(doomed);
  const { owner, workers } = await why(who.store, "one");
  assert.deepEqual([owner, workers.find(({ id }) => id === "b")?.alive], ["b", false]);
});

check("a final job whose key another holds names that one", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("one", { unique: uniqueKey("k", { until: 60_000 }) })]);
  assert.equal((await why(who.store, "one")).keyHolder, undefined);
  await settle(who, settlement(await claimOne(who), stopped));
  assert.equal((await why(who.store, "one")).keyHolder, undefined);
  const later = t0 + 61_000;
  await enqueue(who.store, [job("two", { unique: uniqueKey("k", { until: 60_000 }) })], later);
  const holder = async () => (await why(who.store, "one")).keyHolder;
  assert.deepEqual(await holder(), { id: "two", until: undefined });
  const run = await claimOne(who, later);
  await settle(who, settlement(run, stopped, { finishedAt: later + 5 }));
  assert.deepEqual(await holder(), { id: "two", until: later + 60_000 });
});
