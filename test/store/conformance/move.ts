import assert from "node:assert/strict";
import {
  add,
  caseList,
  claim,
  claimOne,
  completed,
  discarded,
  end,
  enqueue,
  failed,
  hour,
  job,
  member,
  one,
  retry,
  row,
  settle,
  settlement,
  t0,
} from "../kit.ts";

/** Moves by hand: stop, cancel, discard, retry, delete, purge, promote. */
const { cases, check } = caseList();
export const moveCases = cases;

check("stop, cancel and discard end waiting jobs at once", async (storage) => {
  const who = await member(storage, "a");
  const ends = { stop: "stopped", cancel: "cancelled", discard: "dead" } as const;
  for (const [move, state] of Object.entries(ends) as ["stop", "stopped"][]) {
    const waiting = [job(`${move} now`), job(`${move} later`, { runAt: t0 + hour })];
    await enqueue(who.store, waiting);
    const ids = waiting.map(({ id }) => id);
    const moved = ids.map((id) => ({ type: "moved", id, name: "mail", queue: "mail" }));
    assert.deepEqual(await end(who, move, ...ids), moved);
    for (const id of ids) {
      const { state: now, reason, finishedAt, attempt } = await row(who, id);
      assert.deepEqual([now, reason, finishedAt, attempt], [state, `${move} it`, t0 + 9, 0]);
    }
  }
  assert.deepEqual(await claim(who), []);
  assert.deepEqual(await who.store.read({ type: "executions", id: "stop now" }), []);
});

check("a running job is asked, and final and unknown ones are told apart", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "running", "done");
  const [run, done] = await claim(who);
  assert.ok(run && done);
  await settle(who, settlement(done, completed));
  assert.deepEqual(await end(who, "stop", "running", "done", "none"), [
    { type: "asked", id: "running", worker: who.worker, seq: run.seq, fence: run.fence },
    { type: "final", id: "done", state: "completed" },
    { type: "unknown", id: "none" },
  ]);
  assert.equal((await row(who, "running")).state, "running");
});

check("a cancel overrides a stop, and no stop a cancel", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const [first, second] = await claim(who);
  assert.ok(first && second);
  await end(who, "stop", "one");
  await end(who, "cancel", "one", "two");
  await end(who, "stop", "two");
  await settle(who, settlement(first, failed), settlement(second, failed));
  assert.equal((await row(who, "one")).state, "cancelled");
  const { state, reason } = await row(who, "two");
  assert.deepEqual([state, reason], ["cancelled", "cancel it"]);
});

check("of two asks alike the first stands: its run was told already", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const runs = await claim(who);
  const ids = ["one", "two"];
  for (const reason of ["first", "second"]) {
    await one(who.store, { type: "end", move: "stop", ids: ["one"], reason, now: t0 });
    await one(who.store, { type: "end", move: "cancel", ids: ["two"], reason, now: t0 });
  }
  await settle(who, ...runs.map((run) => settlement(run, failed)));
  for (const id of ids) assert.equal((await row(who, id)).reason, "first");
});

check("a discard ends a running job by its fence, and keeps the attempt", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  await add(who.store, "one");
  const run = await claimOne(who);
  const [answer] = await end(other, "discard", "one");
  assert.equal(answer?.type, "moved");
  assert.deepEqual((await settle(who, settlement(run, completed))).late, [0]);
  assert.equal((await row(who, "one")).state, "dead");
  assert.deepEqual(await who.store.read({ type: "executions", id: "one" }), [
    {
      ...{ attempt: 1, outcome: "discarded", startedAt: t0, finishedAt: t0 + 9 },
      ...{ worker: "a", error: undefined },
    },
  ]);
});

check("a retry starts a final job over and runs a waiting one now", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "failed");
  await settle(who, settlement(await claimOne(who), failed));
  await enqueue(who.store, [job("stopped"), job("later", { runAt: t0 + hour }), job("ready")]);
  await end(who, "stop", "stopped");
  const types = (await retry(who, "failed", "stopped", "later", "none")).map(({ type }) => type);
  assert.deepEqual(types, ["moved", "moved", "moved", "unknown"]);
  assert.deepEqual(await retry(who, "ready"), [
    { type: "refused", id: "ready", state: "available" },
  ]);
  for (const [id, attempt] of [
    ["failed", 1],
    ["stopped", 0],
    ["later", 0],
  ] as const) {
    const { state, attempt: found, runAt, reason } = await row(who, id);
    assert.deepEqual([state, found, runAt, reason], ["available", attempt, t0 + 20, undefined]);
  }
  assert.equal((await claim(who)).length, 4);
});

check("any job but a running one can be deleted, with its attempts", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "dead", "running");
  const [first] = await claim(who);
  assert.ok(first);
  await settle(who, settlement(first, discarded));
  await enqueue(who.store, [job("ready"), job("later", { runAt: t0 + hour })]);
  const ids = ["dead", "running", "ready", "later", "ready", "none"];
  const { deletions } = await one(who.store, { type: "delete", ids });
  assert.deepEqual(
    deletions.map(({ type }) => type),
    ["deleted", "running", "deleted", "deleted", "unknown", "unknown"],
  );
  assert.equal(await who.store.read({ type: "job", id: "dead" }), undefined);
  assert.equal(await who.store.read({ type: "executions", id: "dead" }), undefined);
  await add(who.store, "dead");
  assert.deepEqual((await row(who, "dead")).errors, []);
});

check("a purge deletes the waiting jobs of its queue, at most its limit", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "failed", "running");
  const [first] = await claim(who);
  assert.ok(first);
  await settle(who, settlement(first, failed));
  await enqueue(who.store, [
    ...[job("ready"), job("later", { runAt: t0 + hour }), job("ended")],
    ...[job("other", { name: "post", queue: "mail" }), job("elsewhere", { queue: "x" })],
  ]);
  await end(who, "stop", "ended");
  const purge = (limit: number) => one(who.store, { type: "purge", queue: "mail", limit });
  const deleted = [...(await purge(3)).deleted];
  assert.equal(deleted.length, 3);
  deleted.push(...(await purge(3)).deleted, ...(await purge(3)).deleted);
  assert.deepEqual(deleted.sort(), ["failed", "later", "other", "ready"]);
  for (const id of ["running", "ended", "elsewhere"]) await row(who, id);
});

check("what is due is promoted in order, the rest tells when it is due", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [
    ...[job("third", { runAt: t0 + 3 }), job("first", { runAt: t0 + 1 })],
    ...[job("second", { runAt: t0 + 3 - 1, name: "post" }), job("fourth", { runAt: t0 + 3 })],
  ]);
  const promote = (now: number, limit = 9) => one(who.store, { type: "promote", now, limit });
  assert.deepEqual(await promote(t0), { promoted: [], nextAt: t0 + 1 });
  const { promoted, nextAt } = await promote(t0 + 3, 3);
  assert.deepEqual(promoted, [
    { id: "first", name: "mail", queue: "mail" },
    { id: "second", name: "post", queue: "post" },
    { id: "third", name: "mail", queue: "mail" },
  ]);
  assert.equal(nextAt, t0 + 3);
  assert.equal((await row(who, "first")).runAt, t0 + 1);
  assert.equal((await row(who, "fourth")).state, "scheduled");
  assert.deepEqual((await promote(t0 + 3)).nextAt, undefined);
  const order = (await claim(who)).map(({ id }) => id);
  assert.deepEqual(order, ["first", "third", "fourth"]);
});

check("a failed job is promoted with its attempts counted", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await settle(who, settlement(await claimOne(who), failed));
  const early = { type: "promote", now: t0 + 4_999, limit: 9 } as const;
  assert.deepEqual(await one(who.store, early), { promoted: [], nextAt: t0 + 5_000 });
  await one(who.store, { ...early, now: t0 + 5_000 });
  assert.equal((await claimOne(who)).attempt, 2);
});
