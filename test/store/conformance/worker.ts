import assert from "node:assert/strict";
import type { WorkerRow } from "../../../lib/protocol/worker.ts";
import {
  add,
  caseList,
  claim,
  claimFor,
  claimOne,
  completed,
  demand,
  end,
  hour,
  kill,
  type Member,
  member,
  one,
  rescue,
  row,
  settle,
  settlement,
  t0,
} from "../kit.ts";

const { cases, check } = caseList();
export const workerCases = cases;

const outcomesOf = async (who: Member, id: string) =>
  ((await who.store.read({ type: "executions", id })) ?? []).map(({ outcome }) => outcome);

check("workers are listed while they are joined, with their jobs and lease", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  await add(who.store, "one", "two");
  await claim(other);
  await one(other.store, { type: "beat", worker: other.worker, leaseUntil: t0 + 5 });
  const listed = async () =>
    (await who.store.read({ type: "workers" })).map(({ id, alive, running, leaseUntil }) => {
      return [id, alive, running, leaseUntil];
    });
  assert.deepEqual(await listed(), [
    ["a", true, 0, t0 + hour],
    ["b", true, 2, t0 + 5],
  ]);
  await one(other.store, { type: "leave", worker: other.worker, now: t0 });
  await other.store.close();
  assert.deepEqual(await listed(), [["a", true, 0, t0 + hour]]);
  assert.deepEqual(await rescue(who), []);
});

check("a worker that leaves gives its jobs back unmarked, but an ask holds", async (storage) => {
  const who = await member(storage, "a");
  const leaver = await member(storage, "b");
  await add(who.store, "one", "two");
  await claim(leaver);
  await end(who, "cancel", "two");
  await one(leaver.store, { type: "leave", worker: leaver.worker, now: t0 });
  const { state, attempt, startedAt } = await row(who, "one");
  assert.deepEqual([state, attempt, startedAt], ["available", 0, undefined]);
  assert.deepEqual(await outcomesOf(who, "one"), []);
  assert.equal((await row(who, "two")).state, "cancelled");
  assert.deepEqual(await outcomesOf(who, "two"), ["cancelled"]);
  const run = await claimOne(who);
  assert.deepEqual([run.id, run.suspect], ["one", false]);
});

check("a runtime that joins anew gives back what it held", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const [run] = await claim(who);
  assert.ok(run);
  await end(who, "cancel", "two");
  const workers = await who.store.read({ type: "workers" });
  const [{ namespace: _, alive: __, running: ___, ...worker }] = workers as [WorkerRow];
  const join = { type: "join", worker, definitions: [], now: t0 + 40 } as const;
  const old = { type: "claim", worker: who.worker, demands: [], now: t0 } as const;
  await assert.rejects(who.store.apply([join, old]), { name: "ErgateError" });
  assert.equal((await row(who, "one")).state, "running");
  const again = await one(who.store, join);
  assert.deepEqual(await who.store.read({ type: "workers" }), [
    { ...workers[0], running: 0, busy: 0, slots: [] },
  ]);
  const { state, finishedAt } = await row(who, "two");
  assert.deepEqual([state, finishedAt], ["cancelled", t0 + 40]);
  await assert.rejects(claimOne(who), { name: "ErgateError" });
  const next = await claimOne({ ...who, worker: again.worker });
  assert.deepEqual([next.id, next.attempt, next.suspect], ["one", 1, false]);
  assert.deepEqual((await settle(who, settlement(run, completed))).late, [0]);
});

check(
  "a worker's row tells the digest of what its code declares, also after it joined anew",
  async (storage) => {
    const who = await member(storage, "a", { declared: "ab12" });
    await member(storage, "b");
    const declared = async () =>
      (await who.store.read({ type: "workers" })).map(({ id, declared }) => [id, declared]).sort();
    assert.deepEqual(await declared(), [
      ["a", "ab12"],
      ["b", undefined],
    ]);
    const rows = await who.store.read({ type: "workers" });
    const worker = { ...(rows[0] as WorkerRow), declared: "cd34" };
    await one(who.store, { type: "join", worker, definitions: [], now: t0 });
    assert.deepEqual((await declared())[0], ["a", "cd34"]);
  },
);

check("a runtime that left may join anew", async (storage) => {
  const who = await member(storage, "a");
  const [{ namespace: _, alive: __, running: ___, ...worker }] = (await who.store.read({
    type: "workers",
  })) as [WorkerRow];
  await one(who.store, { type: "leave", worker: who.worker, now: t0 });
  const again = await one(who.store, { type: "join", worker, definitions: [], now: t0 });
  await add(who.store, "one");
  assert.equal((await claimOne({ ...who, worker: again.worker })).id, "one");
});

check("the jobs of a living worker are left alone", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  await add(who.store, "one");
  await claim(other);
  assert.deepEqual(await rescue(who), []);
  assert.deepEqual(await rescue(other), []);
  assert.equal((await row(who, "one")).state, "running");
});

check("a dead worker's jobs are given back with their attempt", async (storage) => {
  const who = await member(storage, "a");
  const dying = await member(storage, "b");
  await add(who.store, "entered", "ahead");
  const ahead = [{ name: "mail", count: 1 }];
  const { jobs } = await claimFor(dying, [demand(1, { ahead })]);
  await kill(dying);
  const found = { id: "b", pid: 7, released: 2, suspects: 1, poisoned: [] };
  assert.deepEqual(await rescue(who), [found]);
  assert.deepEqual(await rescue(who), []);
  for (const id of ["entered", "ahead"]) {
    const { state, attempt, startedAt, runAt } = await row(who, id);
    assert.deepEqual([state, attempt, startedAt, runAt], ["available", 0, undefined, t0]);
  }
  const [kept] = (await who.store.read({ type: "executions", id: "entered" })) ?? [];
  const { error, ...times } = kept ?? {};
  const crashed = { attempt: 1, outcome: "crashed", startedAt: t0, finishedAt: t0 + hour };
  assert.deepEqual(times, { ...crashed, worker: "b" });
  assert.match(error?.message ?? "", /died/);
  assert.deepEqual(await outcomesOf(who, "ahead"), []);
  const again = await claim(who);
  assert.deepEqual(
    again.map((run) => [run.id, run.suspect]),
    [
      ["entered", true],
      ["ahead", false],
    ],
  );
  const [first] = jobs;
  assert.ok(first);
  assert.deepEqual((await settle(who, settlement(first, completed))).late, [0]);
});

check("the asks of a dead worker's jobs are done", async (storage) => {
  const who = await member(storage, "a");
  const dying = await member(storage, "b");
  await add(who.store, "one", "two");
  await claim(dying);
  await end(who, "stop", "one");
  await end(who, "cancel", "two");
  await kill(dying);
  await rescue(who);
  for (const [id, state, move] of [
    ["one", "stopped", "stop"],
    ["two", "cancelled", "cancel"],
  ]) {
    const found = await row(who, id as string);
    const { reason, finishedAt, attempt } = found;
    const expected = [state, `${move} it`, t0 + hour, 1];
    assert.deepEqual([found.state, reason, finishedAt, attempt], expected);
    assert.deepEqual(await outcomesOf(who, id as string), [state]);
  }
});

check("a rescue leaves other namespaces to their own", async (storage) => {
  const who = await member(storage, "a", { namespace: "other" });
  const doomed = await member(storage, "b");
  await add(doomed.store, "one");
  await claim(doomed);
  await kill(doomed);
  assert.deepEqual(await rescue(who), []);
  const own = await member(storage, "c");
  assert.equal((await rescue(own)).length, 1);
  assert.equal((await row(own, "one")).state, "available");
});
