import assert from "node:assert/strict";
import type { DeclaredQueue, QueueSettings } from "../../../lib/job/queue.ts";
import {
  add,
  caseList,
  claim,
  claimFor,
  claimOne,
  completed,
  definition,
  demand,
  end,
  enqueue,
  job,
  kill,
  type Member,
  member,
  one,
  outcomes,
  released,
  rescue,
  settle,
  settlement,
  stopped,
  type TestStorage,
  t0,
} from "../kit.ts";

/** What limits leave: of a job, of a queue, over all processes, and how they are set. */
const { cases, check } = caseList();
export const limitCases = cases;

function declared(name: string, settings: Partial<QueueSettings>): DeclaredQueue {
  return { name, settings, paused: undefined };
}

async function configure(who: Member, queue: string, settings: Partial<QueueSettings>, now = t0) {
  return (await one(who.store, { type: "configure", queue, settings, now })).changed;
}

/** Two processes and ten jobs of a queue with a limit of 3. */
async function pairOf(storage: TestStorage, queues: readonly DeclaredQueue[]) {
  const first = await member(storage, "a", { queues });
  const second = await member(storage, "b");
  await add(first.store, ...Array.from({ length: 10 }, (_, at) => `j${at}`));
  return [first, second] as const;
}

check("a queue's concurrency holds over two processes", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 3 })]);
  const runs = await claim(first, 2);
  assert.equal(runs.length, 2);
  assert.equal((await claim(second, 9)).length, 1);
  assert.equal((await claim(first, 9)).length, 0);
  await settle(first, settlement(runs[0] as (typeof runs)[0], completed));
  assert.equal((await claim(second, 9)).length, 1);
});

for (const [how, outcome] of Object.entries(outcomes)) {
  check(`a run that is ${how} frees its place in the limits`, async (storage) => {
    const definitions = [definition("mail", { concurrency: 1 })];
    const queues = [declared("mail", { concurrency: 1 })];
    const who = await member(storage, "a", { definitions, queues });
    await add(who.store, "one", "two");
    const run = await claimOne(who);
    assert.deepEqual(await claim(who, 9), []);
    await settle(who, settlement(run, outcome));
    assert.equal((await claim(who, 9)).length, 1);
  });
}

check("a job's concurrency holds over its queues and over two processes", async (storage) => {
  const definitions = [definition("mail", { concurrency: 2 })];
  const first = await member(storage, "a", { definitions });
  const second = await member(storage, "b");
  const jobs = ["mail", "post", "news"].flatMap((queue) =>
    [1, 2, 3].map((n) => job(`${queue}${n}`, { queue })),
  );
  await enqueue(first.store, [...jobs, job("other", { name: "other" })]);
  assert.equal((await claim(first, 9, ["mail", "other"])).length, 3);
  assert.deepEqual(await claim(second, 9, ["mail", "other"]), []);
});

check("what a limit holds is said, so that the end of a run is worth a look", async (storage) => {
  const [first] = await pairOf(storage, [declared("mail", { concurrency: 1 })]);
  const free = await claimFor(first, [demand(1)]);
  assert.deepEqual([free.jobs.length, free.dry, free.held], [1, [true], true]);
  const none = await claimFor(first, [demand(5)]);
  assert.deepEqual([none.jobs.length, none.dry, none.held], [0, [true], true]);
});

check("what is limited is never claimed ahead of a free slot", async (storage) => {
  const definitions = [definition("post", { concurrency: 5 })];
  const queues = [declared("mail", { concurrency: 5 }), declared("news", { rate: rate(9, 1) })];
  const who = await member(storage, "a", { definitions, queues });
  for (const name of ["mail", "post", "news", "free"]) {
    await enqueue(
      who.store,
      [1, 2].map((n) => job(`${name}${n}`, { name })),
    );
  }
  const names = ["mail", "post", "news", "free"];
  const ahead = names.map((name) => ({ name, count: 2 }));
  const { jobs } = await claimFor(who, [demand(0, { names, ahead })]);
  // Its next would go before those that wait: their weights would not hold.
  assert.deepEqual(
    jobs.map((run) => run.id),
    ["free1"],
  );
});

check("the turn of a queue that was not measured ends what is claimed ahead", async (storage) => {
  const who = await member(storage, "a", { queues: [declared("mail", { weight: 3 })] });
  for (const name of ["mail", "post"]) {
    const jobs = Array.from({ length: 9 }, (_, at) => job(`${name}${at}`, { name }));
    await enqueue(who.store, jobs);
  }
  const names = ["mail", "post"];
  const demands = [demand(0, { names, ahead: [{ name: "mail", count: 9 }] })];
  const got = [await claimFor(who, demands), await claimFor(who, demands)];
  assert.deepEqual(
    got.map(({ jobs }) => jobs.length),
    [1, 0],
  );
});

check("a killed process leaves no count behind", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 3 })]);
  assert.equal((await claim(first, 9)).length, 3);
  await kill(first);
  assert.equal((await claim(second, 9)).length, 0);
  await rescue(second);
  const again = await claimFor(second, [demand(9)]);
  assert.ok(again.jobs.length > 0 && again.jobs.length <= 3);
});

check("a run that lingers keeps its place until it is over", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 1 })]);
  const run = await claimOne(first);
  await settle(first, settlement(run, stopped, { lingers: true }));
  assert.equal((await claim(second, 9)).length, 0);
  const [queue] = await second.store.read({ type: "queues" });
  assert.deepEqual([queue?.lingering, queue?.held, queue?.counts.running], [1, 9, 0]);
  await one(first.store, { type: "cease", runs: [run] });
  assert.equal((await claim(second, 9)).length, 1);
});

check("a lingering run's place is free once its process is gone", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 1 })]);
  await settle(first, settlement(await claimOne(first), stopped, { lingers: true }));
  await kill(first);
  await rescue(second);
  assert.equal((await claim(second, 9)).length, 1);
});

check("a running job that is discarded keeps its place until its run ends", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 1 })]);
  const run = await claimOne(first);
  await end(second, "discard", run.id);
  assert.equal((await claim(second, 9)).length, 0);
  assert.deepEqual((await settle(first, settlement(run, completed))).late, [0]);
  assert.equal((await claim(second, 9)).length, 1);
});

function rate(limit: number, perMs: number) {
  return { limit, perMs };
}

check("a rate is a bucket of tokens that every process takes from", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { rate: rate(4, 1_000) })]);
  assert.equal((await claim(first, 3)).length, 3);
  const left = await claimFor(second, [demand(9)]);
  assert.deepEqual([left.jobs.length, left.dry, left.freeAt], [1, [true], t0 + 250]);
  assert.equal((await claim(first, 9, ["mail"], t0 + 249)).length, 0);
  assert.equal((await claim(first, 9, ["mail"], t0 + 250)).length, 1);
  assert.equal((await claim(first, 9, ["mail"], t0 + 10_000)).length, 4);
});

check("a clock that is put back gives no token, and takes none", async (storage) => {
  const [first] = await pairOf(storage, [declared("mail", { rate: rate(2, 1_000) })]);
  assert.equal((await claim(first, 9)).length, 2);
  assert.equal((await claim(first, 9, ["mail"], t0 - 3_600_000)).length, 0);
  assert.equal((await claim(first, 9, ["mail"], t0 - 3_600_000 + 500)).length, 1);
});

check("a job that another holds back lets those behind it pass", async (storage) => {
  const definitions = [definition("mail", { concurrency: 1 })];
  const who = await member(storage, "a", { definitions });
  const jobs = [1, 2, 3].map((n) => job(`m${n}`, { queue: "both" }));
  await enqueue(who.store, [...jobs, job("p1", { name: "post", queue: "both" })]);
  const got = await claim(who, 4, ["mail", "post"]);
  assert.deepEqual(
    got.map((run) => run.id),
    ["m1", "p1"],
  );
});

check("weights are shared over the slots, in turn", async (storage) => {
  const queues = [declared("a", { weight: 5 }), declared("b", { weight: 2 })];
  const who = await member(storage, "a", { queues });
  const jobs = ["a", "b", "c"].flatMap((queue) =>
    Array.from({ length: 50 }, (_, at) => job(`${queue}${at}`, { queue })),
  );
  await enqueue(who.store, jobs);
  const got = (await claim(who, 40)).map((run) => run.queue);
  const count = (part: string[], queue: string) => part.filter((one) => one === queue).length;
  for (const part of [got, got.slice(16)]) {
    const shares = ["a", "b", "c"].map((queue) => count(part, queue) / part.length);
    for (const [at, share] of [5 / 8, 2 / 8, 1 / 8].entries()) {
      assert.ok(Math.abs((shares[at] as number) - share) < 0.06, `${shares}`);
    }
  }
});

check("what is claimed ahead is shared by weight too, and is the time of one", async (storage) => {
  const queues = [declared("a", { weight: 3 })];
  const who = await member(storage, "a", { queues });
  const jobs = ["a", "b"].flatMap((name) =>
    Array.from({ length: 50 }, (_, at) => job(`${name}${at}`, { name })),
  );
  await enqueue(who.store, jobs);
  const ahead = ["a", "b"].map((name) => ({ name, count: 20 }));
  const got = (await claimFor(who, [demand(0, { names: ["a", "b"], ahead })])).jobs;
  const count = (queue: string) => got.filter((run) => run.queue === queue).length;
  assert.deepEqual([count("a"), count("b")], [15, 5]);
});

check("a pause with an end is over then, and says when", async (storage) => {
  const [first] = await pairOf(storage, []);
  const until = t0 + 5_000;
  await one(first.store, { type: "pause", queue: "mail", until, now: t0 });
  const held = await claimFor(first, [demand(9)], t0 + 1);
  assert.deepEqual([held.jobs.length, held.paused, held.freeAt], [0, ["mail"], until]);
  assert.deepEqual((await claimFor(first, [demand(9)], until)).paused, []);
});

check("a pause's end can be moved, and be taken away", async (storage) => {
  const [first] = await pairOf(storage, []);
  const pause = async (until: number | undefined, now: number) =>
    (await one(first.store, { type: "pause", queue: "mail", until, now })).changed;
  assert.deepEqual([await pause(t0 + 9, t0), await pause(t0 + 9, t0 + 1)], [true, false]);
  assert.equal(await pause(undefined, t0 + 2), true);
  const [queue] = await first.store.read({ type: "queues" });
  assert.deepEqual([queue?.pausedAt, queue?.pausedUntil], [t0, undefined]);
});

check("limits are changed at run time, for all processes", async (storage) => {
  const [first, second] = await pairOf(storage, [declared("mail", { concurrency: 1 })]);
  assert.equal((await claim(first, 9)).length, 1);
  assert.equal(await configure(second, "mail", { concurrency: 3 }), true);
  assert.equal(await configure(second, "mail", { concurrency: 3 }), false);
  assert.equal((await claim(first, 9)).length, 2);
  assert.equal(await configure(second, "mail", { concurrency: undefined }), true);
  assert.equal((await claim(first, 9)).length, 7);
});

check("a lower limit ends nothing, and lets nothing more begin", async (storage) => {
  const [first] = await pairOf(storage, [declared("mail", { concurrency: 4 })]);
  const runs = await claim(first, 9);
  await configure(first, "mail", { concurrency: 2 });
  await settle(first, ...runs.slice(0, 2).map((run) => settlement(run, released)));
  assert.equal((await claim(first, 9)).length, 0);
  await settle(first, settlement(runs[2] as (typeof runs)[0], completed));
  assert.equal((await claim(first, 9)).length, 1);
});

check("what was changed at run time lives on until code says something new", async (storage) => {
  const first = await member(storage, "a", { queues: [declared("mail", { weight: 2 })] });
  const weight = async () => (await first.store.read({ type: "queues" }))[0]?.weight;
  await configure(first, "mail", { weight: 7 });
  await member(storage, "b", { queues: [declared("mail", { weight: 2 })] });
  assert.equal(await weight(), 7);
  await member(storage, "c", { queues: [declared("mail", { weight: 3 })] });
  assert.equal(await weight(), 3);
});

check("a declared pause holds until it is resumed by hand, over a restart", async (storage) => {
  const queues = [{ name: "mail", settings: {}, paused: true }];
  const first = await member(storage, "a", { queues });
  await add(first.store, "j");
  assert.deepEqual(await claim(first), []);
  await one(first.store, { type: "resume", queue: "mail", now: t0 });
  const second = await member(storage, "b", { queues });
  assert.equal((await claim(second)).length, 1);
});

check("settings are read as they were set", async (storage) => {
  const settings = { weight: 4, concurrency: 3, rate: rate(2, 500), maxDepth: 9 };
  const who = await member(storage, "a", { queues: [declared("mail", settings)] });
  const [queue] = await who.store.read({ type: "queues" });
  const { weight, concurrency, rate: limit, maxDepth } = queue ?? {};
  assert.deepEqual({ weight, concurrency, rate: limit, maxDepth }, settings);
});

check("available jobs whose name no worker knows are counted as unroutable", async (storage) => {
  const who = await member(storage, "a", { jobs: ["mail"] });
  await enqueue(who.store, [job("m"), job("x", { name: "novel", queue: "mail" })]);
  const unroutable = async () => (await who.store.read({ type: "queues" }))[0]?.unroutable;
  assert.equal(await unroutable(), 1);
  await one(who.store, { type: "declare", definitions: [], jobs: ["mail", "novel"], now: t0 });
  assert.equal(await unroutable(), 0);
});
