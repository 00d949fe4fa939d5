import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type { JobStore } from "../../../lib/store/store.ts";
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
  member,
  one,
  rescue,
  retry,
  settle,
  settlement,
  stopped,
  t0,
} from "../kit.ts";

/** What a worker runs, read from the rows of its jobs. */
const { cases, check } = caseList();
export const slotCases = cases;

async function workerOf(store: JobStore, id: string) {
  const found = (await store.read({ type: "workers" })).find((worker) => worker.id === id);
  assert.ok(found, `there is no worker ${id}`);
  return found;
}

check("a worker's slots show its runs with what they say, and end with them", async (storage) => {
  const definitions = [definition("mail", { queue: "post", redact: ["token"] })];
  const who = await member(storage, "a", { definitions, jobs: ["zip", "mail"] });
  const args = '{"to":"x","token":"secret"}';
  await enqueue(who.store, [job("one", { queue: "post", args, tags: ["t"] })]);
  const run = await claimOne(who);
  const note = { seq: run.seq, fence: run.fence, progress: 0.5, checkIn: "half", at: t0 };
  await one(who.store, { type: "note", notes: [note] });
  const { busy, running, jobs, queues, slots } = await workerOf(who.store, "a");
  assert.deepEqual([busy, running, jobs, queues], [1, 1, ["mail", "zip"], ["post"]]);
  assert.deepEqual(slots, [
    {
      ...{ jobId: "one", name: "mail", queue: "post", attempt: 1, args, redact: ["token"] },
      ...{ startedAt: t0, progress: 0.5, checkIn: "half", lingering: false },
    },
  ]);
  await settle(who, settlement(run, completed));
  const after = await workerOf(who.store, "a");
  assert.deepEqual([after.busy, after.running, after.slots], [0, 0, []]);
});

check("a worker's queues are those of its names, where their jobs are", async (storage) => {
  const who = await member(storage, "a", { definitions: [definition("mail")] });
  await enqueue(who.store, [job("1", { queue: "z" }), job("2", { name: "other", queue: "no" })]);
  assert.deepEqual((await workerOf(who.store, "a")).queues, ["mail", "z"]);
});

check("what was claimed ahead takes no slot until it is entered", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const { jobs } = await claimFor(who, [demand(1, { ahead: [{ name: "mail", count: 1 }] })]);
  const shown = async () => {
    const { busy, running, slots } = await workerOf(who.store, "a");
    return [busy, running, slots.map(({ jobId, startedAt }) => [jobId, startedAt])];
  };
  assert.deepEqual(await shown(), [1, 2, [["one", t0]]]);
  const second = jobs.find(({ ahead }) => ahead);
  assert.ok(second);
  const { seq, fence } = second;
  await one(who.store, { type: "enter", runs: [{ seq, fence, startedAt: t0 - 5 }] });
  const both = [
    ["two", t0 - 5],
    ["one", t0],
  ];
  assert.deepEqual(await shown(), [2, 2, both]);
});

check("a run that lingers keeps its slot, whatever became of its job", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two", "three");
  const runs = await claim(who);
  await settle(who, ...runs.map((run) => settlement(run, stopped, { lingers: true })));
  await retry(who, "two");
  await claimOne(who, t0 + 30);
  await one(who.store, { type: "delete", ids: ["three"] });
  const { busy, running, lingering, slots } = await workerOf(who.store, "a");
  assert.deepEqual([busy, running, lingering], [4, 1, 3]);
  const shown = slots.map((slot) => [slot.jobId, slot.attempt, slot.startedAt, slot.lingering]);
  const order = (row: unknown[]) => String(row);
  assert.deepEqual(
    shown.sort((x, y) => (order(x) < order(y) ? -1 : 1)),
    [
      [undefined, undefined, undefined, true],
      ["one", 1, t0, true],
      ["two", undefined, undefined, true],
      ["two", 1, t0 + 30, false],
    ],
  );
});

check("of many runs the longest are shown and all are counted", async (storage) => {
  const who = await member(storage, "a");
  const count = limits.workerSlots + 5;
  await enqueue(
    who.store,
    Array.from({ length: count }, (_, at) => job(`${at}`)),
  );
  await claim(who, 5);
  await claim(who, count, ["mail"], t0 + 1);
  const { busy, slots } = await workerOf(who.store, "a");
  assert.deepEqual([busy, slots.length], [count, limits.workerSlots]);
  assert.equal(slots.filter(({ startedAt }) => startedAt === t0).length, 5);
});

check("large arguments are left out of a slot", async (storage) => {
  const who = await member(storage, "a");
  const args = JSON.stringify("a".repeat(limits.slotArgsBytes));
  await enqueue(who.store, [job("one", { args })]);
  await claimOne(who);
  assert.equal((await workerOf(who.store, "a")).slots[0]?.args, undefined);
});

check("a dead worker shows what it ran until it is noticed", async (storage) => {
  const who = await member(storage, "a");
  const doomed = await member(storage, "b");
  await add(doomed.store, "one");
  await claim(doomed);
  await kill(doomed);
  const { alive, busy, slots } = await workerOf(who.store, "b");
  assert.deepEqual([alive, busy, slots[0]?.jobId], [false, 1, "one"]);
  await rescue(who);
  assert.equal((await who.store.read({ type: "workers" })).length, 1);
});

check("what a dead worker held runs before what came later, of its priority", async (storage) => {
  const who = await member(storage, "a");
  const doomed = await member(storage, "b");
  await add(doomed.store, "entered", "ahead");
  await claimFor(doomed, [demand(1, { ahead: [{ name: "mail", count: 1 }] })]);
  await enqueue(who.store, [job("later"), job("urgent", { priority: 5 })], t0 + 1);
  await kill(doomed);
  await rescue(who);
  const order: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    const run = await claimOne(who, t0 + 2);
    order.push(run.id);
    await settle(who, settlement(run, completed));
  }
  assert.deepEqual(order, ["entered", "urgent", "ahead", "later"]);
});

check("an ask shows with the job that it waits for", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await claimOne(who);
  await end(who, "cancel", "one");
  const why = await who.store.read({ type: "why", id: "one" });
  assert.deepEqual([why?.owner, why?.ask, why?.job.state], ["a", "cancel", "running"]);
});
