import assert from "node:assert/strict";
import {
  add,
  allRows,
  caseList,
  claim,
  claimOne,
  completed,
  definition,
  demand,
  enqueue,
  job,
  member,
  one,
  row,
  settlement,
  snapshot,
  t0,
} from "../kit.ts";

/** Enqueueing, batches, namespaces, and what a storage tells of itself. */
const { cases, check } = caseList();
export const enqueueCases = cases;

check("an enqueued job can be read as it was given", async (storage) => {
  const who = await member(storage, "a");
  const given = { queue: "post", priority: 3, maxAttempts: 9, timeoutMs: 50, tags: ["x", "y"] };
  await enqueue(who.store, [job("one", { ...given, args: '{"text":"é"}' })]);
  const { seq, ...found } = await row(who, "one");
  assert.ok(seq > 0);
  assert.deepEqual(found, {
    ...{ id: "one", name: "mail", queue: "post", state: "available", args: '{"text":"é"}' },
    ...{ result: undefined, priority: 3, attempt: 0, maxAttempts: 9, runAt: t0, createdAt: t0 },
    ...{ startedAt: undefined, finishedAt: undefined, progress: undefined, checkIn: undefined },
    ...{ tags: ["x", "y"], errors: [], reason: undefined, fence: 0 },
    ...{ parent: undefined, depth: 0, meta: {}, checkInAt: undefined },
  });
  assert.equal(await who.store.read({ type: "job", id: "none" }), undefined);
  const [claimed] = await claim(who);
  assert.equal(claimed?.timeoutMs, 50);
  assert.equal(claimed?.bytes, Buffer.byteLength('{"text":"é"}'));
});

check("meta and a hook travel with a job to its runs", async (storage) => {
  const who = await member(storage, "a");
  const meta = '{"trace":"00-1","kind":"Generic"}';
  await enqueue(who.store, [
    ...[job("one", { meta }), job("two", { hook: '{"url":"http://a"}' }), job("three")],
    job("four", { meta, unique: { key: "k", until: "done", onConflict: "keep", moveTime: false } }),
  ]);
  assert.deepEqual((await row(who, "one")).meta, { trace: "00-1", kind: "Generic" });
  assert.deepEqual((await row(who, "two")).meta, {});
  const runs = await claim(who, 4);
  assert.deepEqual(
    runs.map((run) => [run.id, run.meta, run.hooked]),
    [
      ...[
        ["one", meta, false],
        ["two", undefined, true],
      ],
      ...[
        ["three", undefined, false],
        ["four", meta, false],
      ],
    ],
  );
});

check("a later runAt waits, a past one is due at its own time", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [
    job("later", { runAt: t0 + 1 }),
    job("now", { runAt: t0 }),
    job("past", { runAt: t0 - 5 }),
  ]);
  assert.equal((await row(who, "later")).state, "scheduled");
  assert.equal((await row(who, "now")).state, "available");
  const past = await row(who, "past");
  assert.deepEqual([past.state, past.runAt, past.createdAt], ["available", t0 - 5, t0]);
});

check("an id that exists is a duplicate and changes nothing", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  await claim(who, 1);
  const before = await allRows(who.store);
  const again = [job("two"), job("one", { args: "2", priority: 9, runAt: t0 + 50 })];
  const { duplicates } = await enqueue(who.store, again, t0 + 7);
  assert.deepEqual(duplicates, [
    { type: "duplicate", at: 0, id: "two", state: "available" },
    { type: "duplicate", at: 1, id: "one", state: "running" },
  ]);
  assert.deepEqual(await allRows(who.store), before);
});

check("an id twice in one batch is one job", async (storage) => {
  const who = await member(storage, "a");
  const jobs = [job("one", { args: "1", runAt: t0 + 5 }), job("one", { args: "2" }), job("two")];
  const { duplicates } = await enqueue(who.store, jobs);
  assert.deepEqual(duplicates, [{ type: "duplicate", at: 1, id: "one", state: "scheduled" }]);
  assert.equal((await row(who, "one")).args, "1");
  assert.equal((await allRows(who.store)).length, 2);
});

check("many jobs at once keep their order, also with duplicates among them", async (storage) => {
  const who = await member(storage, "a");
  const ids = Array.from({ length: 100 }, (_, at) => `id-${at}`);
  await add(who.store, "id-40", "id-41");
  const { duplicates } = await enqueue(
    who.store,
    ids.map((id) => job(id)),
  );
  assert.deepEqual(
    duplicates.map(({ at }) => at),
    [40, 41],
  );
  const order = (await claim(who)).map(({ id }) => id);
  assert.deepEqual(order, ["id-40", "id-41", ...ids.filter((_, at) => at !== 40 && at !== 41)]);
});

check("a batch is done in order and in full", async (storage) => {
  const who = await member(storage, "a");
  const answers = await who.store.apply([
    { type: "enqueue", jobs: [job("one")], now: t0 },
    { type: "end", move: "stop", ids: ["one"], reason: "r", now: t0 },
    { type: "retry", ids: ["one"], now: t0 },
  ]);
  assert.equal(answers.length, 3);
  assert.deepEqual(answers[1], {
    ends: [{ type: "moved", id: "one", name: "mail", queue: "mail" }],
  });
  assert.equal((await row(who, "one")).state, "available");
});

check("a batch with a write that can't be done does nothing at all", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two", "three");
  const [run] = await claim(who, 1);
  assert.ok(run);
  const before = await snapshot(who);
  const batch = who.store.apply([
    { type: "enqueue", jobs: [job("four", { queue: "new" })], now: t0 },
    { type: "settle", settlements: [settlement(run, completed)], followers: [] },
    { type: "end", move: "cancel", ids: ["two"], reason: "r", now: t0 },
    { type: "delete", ids: ["three"] },
    { type: "pause", queue: "mail", now: t0 },
    { type: "declare", definitions: [definition("x")], now: t0 },
    { type: "claim", worker: who.worker + 1_000, demands: [demand(1)], now: t0 },
  ]);
  await assert.rejects(batch, { name: "ErgateError" });
  assert.deepEqual(await snapshot(who), before);
  assert.deepEqual(await who.store.read({ type: "definitions" }), []);
  assert.deepEqual(
    (await claim(who)).map(({ id }) => id),
    ["two", "three"],
  );
});

check("a worker that leaves and claims in one batch does neither", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  const { worker } = who;
  const batch = who.store.apply([
    { type: "leave", worker, now: t0 },
    { type: "claim", worker, demands: [demand(1)], now: t0 },
  ]);
  await assert.rejects(batch, { name: "ErgateError" });
  assert.equal((await claimOne(who)).id, "one");
});

check("a worker that left can't claim, and its batch does nothing", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await one(who.store, { type: "leave", worker: who.worker, now: t0 });
  const before = await snapshot(who);
  await assert.rejects(claimOne(who), { name: "ErgateError" });
  assert.deepEqual(await snapshot(who), before);
});

check("namespaces don't see each other", async (storage) => {
  const here = await member(storage, "a", { definitions: [definition("mail")] });
  const there = await member(storage, "b", { namespace: "other" });
  await add(here.store, "one");
  await enqueue(there.store, [job("one", { args: "2" })]);
  assert.equal((await row(there, "one")).args, "2");
  const [run] = await claim(here);
  assert.equal(run?.id, "one");
  assert.equal((await row(there, "one")).state, "available");
  assert.equal((await there.store.read({ type: "workers" })).length, 1);
  assert.deepEqual(await there.store.read({ type: "definitions" }), []);
  await one(there.store, { type: "pause", queue: "mail", now: t0 });
  const [queue] = await here.store.read({ type: "queues" });
  assert.equal(queue?.pausedAt, undefined);
  const { cursor } = await there.store.read({
    type: "changes",
    since: undefined,
    tracked: [],
    limit: 9,
  });
  const tracked = [run?.seq ?? 0];
  const { moved } = await there.store.read({ type: "changes", since: cursor, tracked, limit: 9 });
  assert.deepEqual(moved, []);
});

check("its health says that it is sound", async (storage) => {
  const store = await storage.open();
  const health = await store.read({ type: "health" });
  assert.deepEqual(health.problems, []);
  assert.equal(health.durability, store.durability);
});

check("a closed store refuses", async (storage) => {
  const who = await member(storage, "a");
  await who.store.close();
  await who.store.close();
  await assert.rejects(enqueue(who.store, [job("one")]), { name: "ErgateError" });
  await assert.rejects(who.store.read({ type: "queues" }), { name: "ErgateError" });
});
