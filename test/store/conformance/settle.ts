import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import { fingerprintOf } from "../../../lib/job/fingerprint.ts";
import type { Outcome } from "../../../lib/job/outcome.ts";
import {
  add,
  boom,
  cancelled,
  caseList,
  claim,
  claimOne,
  completed,
  discarded,
  end,
  enqueue,
  failed,
  interrupted,
  job,
  keptRuns,
  type Member,
  member,
  one,
  outcomes,
  released,
  retry,
  row,
  settle,
  settlement,
  skipped,
  snapshot,
  snoozed,
  stopped,
  t0,
} from "../kit.ts";

async function settledAs(who: Member, id: string, outcome: Outcome) {
  await add(who.store, id);
  const run = await claimOne(who);
  const startedAt = t0 + 3;
  const { late } = await settle(who, settlement(run, outcome, { startedAt, finishedAt: t0 + 8 }));
  assert.deepEqual(late, []);
  const { state, attempt, runAt, startedAt: started, finishedAt, reason } = await row(who, id);
  return { state, attempt, runAt, startedAt: started, finishedAt, reason };
}

const executions = async (who: Member, id: string) =>
  (await who.store.read({ type: "executions", id })) ?? [];

async function finalBytes(who: Member): Promise<number> {
  const ever = { completed: Infinity, stopped: Infinity, cancelled: Infinity, dead: Infinity };
  const retention = { ageMs: ever, count: ever, bytes: Infinity, runs: keptRuns };
  return (await one(who.store, { type: "prune", retention, now: t0, limit: 9 })).finalBytes;
}

/** What each end of a run makes of its job, and what a late one does not. */
const { cases, check } = caseList();
export const settleCases = cases;

check("a completed run keeps its result", async (storage) => {
  const who = await member(storage, "a");
  const end = await settledAs(who, "one", { type: "completed", result: '{"ok":true}' });
  const times = { runAt: t0, startedAt: t0 + 3, finishedAt: t0 + 8 };
  assert.deepEqual(end, { state: "completed", attempt: 1, reason: undefined, ...times });
  assert.equal((await row(who, "one")).result, '{"ok":true}');
  const [execution] = await executions(who, "one");
  assert.deepEqual([execution?.outcome, execution?.startedAt], ["completed", t0 + 3]);
});

check("a failed run waits for its next attempt, with its error kept", async (storage) => {
  const who = await member(storage, "a");
  const end = await settledAs(who, "one", failed);
  const times = { runAt: t0 + 5_000, startedAt: t0 + 3, finishedAt: undefined };
  assert.deepEqual(end, { state: "retryable", attempt: 1, reason: undefined, ...times });
  assert.deepEqual((await row(who, "one")).errors, [
    { at: t0 + 8, attempt: 1, ...boom, worker: "a", fingerprint: fingerprintOf(boom) },
  ]);
  const kept = { attempt: 1, outcome: "failed", worker: "a", error: boom };
  assert.deepEqual(await executions(who, "one"), [
    { ...kept, startedAt: t0 + 3, finishedAt: t0 + 8 },
  ]);
});

check("dead, stopped and cancelled runs are final with a reason and kept", async (storage) => {
  const who = await member(storage, "a");
  const ends = { dead: discarded, stopped, cancelled };
  for (const [state, outcome] of Object.entries(ends)) {
    const end = await settledAs(who, state, outcome);
    const times = { runAt: t0, startedAt: t0 + 3, finishedAt: t0 + 8 };
    const { reason } = outcome as { reason: string };
    assert.deepEqual(end, { state, attempt: 1, reason, ...times });
    const [kept, ...more] = await executions(who, state);
    const how = state === "dead" ? "failed" : state;
    assert.deepEqual([kept?.outcome, kept?.error, more], [how, boom, []]);
  }
});

check(
  "a run that discards its job is kept as discarded, one that fails last as failed",
  async (storage) => {
    const who = await member(storage, "a");
    await settledAs(who, "given up", { ...discarded, error: undefined } as Outcome);
    await settledAs(who, "failed", discarded);
    const kept = await Promise.all(["given up", "failed"].map((id) => executions(who, id)));
    assert.deepEqual(
      kept.flat().map(({ outcome }) => outcome),
      ["discarded", "failed"],
    );
  },
);

check("a snoozed run gives its attempt back and is not kept", async (storage) => {
  const who = await member(storage, "a");
  const end = await settledAs(who, "one", snoozed);
  const times = { runAt: t0 + 5_000, startedAt: undefined, finishedAt: undefined };
  assert.deepEqual(end, { state: "scheduled", attempt: 0, reason: undefined, ...times });
  assert.deepEqual(await executions(who, "one"), []);
});

check("a released run gives its attempt back, and is kept if it was entered", async (storage) => {
  const who = await member(storage, "a");
  const available = { state: "available", attempt: 0, runAt: t0, reason: undefined };
  const untimed = { startedAt: undefined, finishedAt: undefined };
  assert.deepEqual(await settledAs(who, "one", released), { ...available, ...untimed });
  assert.deepEqual(await executions(who, "one"), []);
  const [again] = await claim(who);
  assert.equal(again?.attempt, 1);
  assert.deepEqual(await settledAs(who, "two", interrupted), { ...available, ...untimed });
  const [kept] = await executions(who, "two");
  assert.deepEqual([kept?.attempt, kept?.outcome, kept?.error], [1, "interrupted", undefined]);
});

check("a death that is not to be kept leaves no row, attempt or byte behind", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "before");
  await one(who.store, { type: "delete", ids: ["before"] });
  const before = [await snapshot(who), await finalBytes(who)];
  await add(who.store, "one", "two", "three");
  const [first, second, third] = await claim(who);
  assert.ok(first && second && third);
  const answer = await settle(
    who,
    settlement(first, skipped),
    settlement(second, discarded),
    settlement(third, skipped, { fence: third.fence - 1 }),
  );
  assert.deepEqual([answer.late, answer.skipped], [[2], [0]]);
  assert.equal(await who.store.read({ type: "job", id: "one" }), undefined);
  assert.equal(await who.store.read({ type: "executions", id: "one" }), undefined);
  assert.equal((await row(who, "two")).state, "dead");
  assert.equal((await row(who, "three")).state, "running");
  await settle(who, settlement(third, skipped));
  await one(who.store, { type: "delete", ids: ["two"] });
  assert.deepEqual([await snapshot(who), await finalBytes(who)], before);
  await add(who.store, "one");
});

check("a settlement with another fence or attempt is late and moves nothing", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  const run = await claimOne(who);
  for (const outcome of Object.values(outcomes)) {
    const before = await snapshot(who);
    const { late } = await settle(
      who,
      settlement(run, outcome, { fence: run.fence - 1 }),
      settlement(run, outcome, { attempt: run.attempt + 1 }),
      settlement(run, outcome, { seq: run.seq + 1 }),
    );
    assert.deepEqual(late, [0, 1, 2]);
    assert.deepEqual(await snapshot(who), before);
  }
});

check("a run is settled once; what comes later is late", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two", "three");
  const [first, second, third] = await claim(who);
  assert.ok(first && second && third);
  const { late } = await settle(
    who,
    settlement(first, completed),
    settlement(first, completed),
    settlement(third, completed),
    settlement(second, { type: "completed", result: "2" }),
    settlement(second, completed),
  );
  // Of two alike in one write either may win, but only one.
  assert.equal(late.length, 2);
  assert.ok(late[0] === 0 || late[0] === 1);
  assert.ok(late[1] === 3 || late[1] === 4);
  assert.deepEqual((await settle(who, settlement(third, failed))).late, [0]);
  assert.equal((await row(who, "three")).state, "completed");
});

check("an earlier run can't settle a newer one of the same attempt", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  await add(who.store, "one");
  const old = await claimOne(who);
  await settle(who, settlement(old, interrupted));
  const fresh = await claimOne(other);
  assert.equal(fresh.attempt, old.attempt);
  assert.deepEqual((await settle(who, settlement(old, completed))).late, [0]);
  assert.equal((await row(who, "one")).state, "running");
  assert.deepEqual((await settle(other, settlement(fresh, completed))).late, []);
});

check("an ask decides every end but a completed one", async (storage) => {
  const who = await member(storage, "a");
  for (const [name, outcome] of Object.entries(outcomes)) {
    await add(who.store, name);
    const run = await claimOne(who);
    await end(who, "stop", name);
    const ended = settlement(run, outcome, { startedAt: undefined, finishedAt: t0 + 30 });
    assert.deepEqual((await settle(who, ended)).late, []);
    const { state, reason, attempt, finishedAt } = await row(who, name);
    const asked = name === "completed" ? ["completed", undefined] : ["stopped", "stop it"];
    assert.deepEqual([state, reason, attempt, finishedAt], [...asked, 1, t0 + 30]);
  }
});

check("followers come with their settlement, and not with a late one", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const [first, second] = await claim(who);
  assert.ok(first && second);
  const later = settlement(first, completed, { finishedAt: t0 + 77 });
  const late = settlement(second, completed, { fence: second.fence + 1 });
  const follower = (of: number, id: string, change = {}) => ({ of, job: job(id, change) });
  const followers = [
    follower(0, "made"),
    follower(0, "one"),
    follower(1, "not made"),
    follower(0, "waits", { runAt: t0 + 78 }),
  ];
  const write = { type: "settle", settlements: [later, late], followers } as const;
  assert.deepEqual(await one(who.store, write), {
    late: [1],
    skipped: [],
    duplicates: [{ type: "duplicate", at: 1, id: "one", state: "completed" }],
  });
  const made = await row(who, "made");
  assert.deepEqual([made.state, made.createdAt, made.runAt], ["available", t0 + 77, t0 + 77]);
  assert.equal((await row(who, "waits")).state, "scheduled");
  assert.equal((await row(who, "one")).state, "completed");
  assert.equal(await who.store.read({ type: "job", id: "not made" }), undefined);
});

check("attempts go on over failures and start again after a retry by hand", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("one", { maxAttempts: 2 })]);
  await settle(who, settlement(await claimOne(who), failed));
  await one(who.store, { type: "promote", now: t0 + 5_000, limit: 9 });
  const second = await claimOne(who);
  assert.equal(second.attempt, 2);
  assert.equal(second.bytes, Buffer.byteLength(`{"n":1}${boom.message}${boom.stack}`));
  await settle(who, settlement(second, discarded));
  await retry(who, "one");
  const again = await row(who, "one");
  assert.deepEqual(
    [again.state, again.attempt, again.runAt, again.reason, again.startedAt, again.finishedAt],
    ["available", 0, t0 + 20, undefined, undefined, undefined],
  );
  assert.deepEqual(
    (await executions(who, "one")).map((one) => one.attempt),
    [1, 2],
  );
  assert.equal((await claimOne(who)).attempt, 1);
});

check("of many attempts the newest are kept", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  const times = limits.attemptsKept + 3;
  for (let at = 0; at < times; at++) {
    const error = { message: `try ${at}`, stack: undefined };
    const outcome: Outcome = { type: "failed", error, runAt: t0 };
    await settle(who, settlement(await claimOne(who), outcome));
    await one(who.store, { type: "promote", now: t0, limit: 1 });
  }
  const kept = await executions(who, "one");
  assert.equal(kept.length, limits.attemptsKept);
  assert.equal(kept[0]?.error?.message, "try 3");
  assert.equal(kept.at(-1)?.error?.message, `try ${times - 1}`);
});

check("a run that failed keeps its result, until the job runs again", async (storage) => {
  const who = await member(storage, "a");
  const result = '{"exitCode":1}';
  for (const outcome of [stopped, cancelled, discarded]) {
    const id = outcome.type;
    await settledAs(who, id, { ...outcome, result } as Outcome);
    assert.equal((await row(who, id)).result, result);
  }
  const before = await finalBytes(who);
  await settledAs(who, "again", { ...failed, result } as Outcome);
  assert.equal((await row(who, "again")).result, result);
  await retry(who, "again");
  const run = await claimOne(who);
  assert.equal((await row(who, "again")).result, undefined);
  await settle(who, settlement(run, completed));
  assert.equal((await row(who, "again")).result, undefined);
  const bare = Buffer.byteLength((await row(who, "again")).args);
  const errors = Buffer.byteLength(boom.message) + Buffer.byteLength(boom.stack);
  assert.equal((await finalBytes(who)) - before, bare + errors);
});

check("an ask that the owner had not heard of keeps the result of the run", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  const run = await claimOne(who);
  await end(who, "stop", "one");
  await settle(who, settlement(run, { ...failed, result: "7" } as Outcome));
  const { state, result } = await row(who, "one");
  assert.deepEqual({ state, result }, { state: "stopped", result: "7" });
});

check("the bytes of a result count, however the run ended", async (storage) => {
  const who = await member(storage, "a");
  await settledAs(who, "one", { ...discarded, result: undefined } as Outcome);
  const bare = await finalBytes(who);
  await settledAs(who, "two", { ...discarded, result: '"äbc"' } as Outcome);
  assert.equal((await finalBytes(who)) - bare, bare + Buffer.byteLength('"äbc"'));
});
