import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import {
  add,
  caseList,
  claim,
  claimFor,
  claimOne,
  definition,
  demand,
  enqueue,
  failed,
  hour,
  job,
  kill,
  type Member,
  member,
  one,
  rescue,
  retry,
  row,
  settle,
  settlement,
  type TestStorage,
  t0,
} from "../kit.ts";

/** A process claims the one suspect (or what is there) and dies of it. */
async function crash(storage: TestStorage, who: Member, id: string, now: number) {
  const doomed = await member(storage, id);
  const [run] = await claim(doomed, 1, ["mail"], now);
  await kill(doomed);
  const [dead] = await rescue(who, now);
  return { run, dead };
}

const outcomesOf = async (who: Member, id: string) =>
  ((await who.store.read({ type: "executions", id })) ?? []).map(({ outcome }) => outcome);

const { cases, check } = caseList();
export const crashCases = cases;

check("one suspect at a time runs in a process, and only where it may", async (storage) => {
  const who = await member(storage, "a");
  const dying = await member(storage, "b");
  await add(who.store, "one", "two");
  await claim(dying);
  await add(who.store, "plain");
  await kill(dying);
  await rescue(who);
  const without = await claimFor(who, [demand(9, { suspect: false })]);
  assert.deepEqual([without.jobs.map(({ id }) => id), without.dry], [["plain"], [true]]);
  assert.deepEqual(await claim(who, 0), []);
  const [first, ...more] = await claim(who);
  assert.deepEqual([first?.id, first?.suspect, more], ["one", true, []]);
  assert.deepEqual(await claim(who), []);
  const other = await member(storage, "c");
  assert.equal((await claimOne(other)).id, "two");
  assert.ok(first);
  await settle(who, settlement(first, failed));
  await one(who.store, { type: "promote", now: t0 + hour, limit: 9 });
  assert.equal((await claimOne(who)).suspect, false);
});

check("a suspect that is released stays a suspect", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await crash(storage, who, "b", t0);
  const run = await claimOne(who);
  await settle(who, settlement(run, { type: "released", entered: true }));
  assert.equal((await claimOne(who)).suspect, true);
});

check("a paused queue gives no suspect", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await crash(storage, who, "b", t0);
  await one(who.store, { type: "pause", queue: "mail", now: t0 });
  assert.deepEqual(await claim(who), []);
});

check("a job whose process died three times is dead of poison", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await crash(storage, who, "b", t0);
  await crash(storage, who, "c", t0 + 1);
  assert.equal((await row(who, "one")).state, "available");
  const { dead } = await crash(storage, who, "d", t0 + 2);
  assert.deepEqual(dead, { id: "d", pid: 7, released: 0, suspects: 0, poisoned: ["one"] });
  const { state, reason, finishedAt, attempt } = await row(who, "one");
  assert.deepEqual([state, reason, finishedAt, attempt], ["dead", "poison", t0 + 2, 1]);
  assert.deepEqual(await outcomesOf(who, "one"), ["crashed", "crashed", "crashed"]);
  await retry(who, "one");
  const again = await claimOne(who);
  assert.deepEqual([again.attempt, again.suspect], [1, false]);
  await settle(who, settlement(again, { type: "released", entered: true }));
  await crash(storage, who, "e", t0 + 3);
  assert.equal((await row(who, "one")).state, "available");
});

check("crashes further apart than the window don't add up", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  await crash(storage, who, "b", t0);
  await crash(storage, who, "c", t0 + 1);
  const late = t0 + 2 + limits.crashWindowMs;
  await crash(storage, who, "d", late);
  assert.equal((await row(who, "one")).state, "available");
  await crash(storage, who, "e", late + 1);
  assert.equal((await row(who, "one")).state, "available");
  await crash(storage, who, "f", late + 2);
  assert.equal((await row(who, "one")).state, "dead");
});

check("only the suspect's crashes count when it ran among others", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "bad");
  await crash(storage, who, "b", t0);
  for (const id of ["c", "d"]) {
    await add(who.store, `beside ${id}`);
    const doomed = await member(storage, id);
    assert.equal((await claim(doomed)).length, 2);
    await kill(doomed);
    await rescue(who, t0 + 1);
  }
  assert.equal((await row(who, "bad")).reason, "poison");
  // Each of the others was in one crash at most, and none of them counted: three more are needed.
  for (const id of ["c", "d"]) assert.equal((await row(who, `beside ${id}`)).state, "available");
  for (const id of ["e", "f", "g"]) {
    assert.equal((await row(who, "beside c")).state, "available");
    const { run } = await crash(storage, who, id, t0 + 2);
    assert.deepEqual([run?.id, run?.suspect], ["beside c", true]);
  }
  assert.equal((await row(who, "beside c")).state, "dead");
});

check("the job's own crash limit counts; infinity never marks it", async (storage) => {
  const definitions = [
    definition("mail", { crashLimit: 1 }),
    definition("free", { crashLimit: Number.POSITIVE_INFINITY }),
  ];
  const who = await member(storage, "a", { definitions });
  await enqueue(who.store, [job("strict"), job("free", { name: "free" })]);
  const doomed = await member(storage, "b");
  await claim(doomed, 9, ["mail", "free"]);
  await kill(doomed);
  const [dead] = await rescue(who, t0);
  assert.deepEqual([dead?.poisoned, dead?.suspects, dead?.released], [["strict"], 0, 1]);
  for (const id of ["c", "d", "e", "f"]) {
    const next = await member(storage, id);
    const [run] = await claim(next, 1, ["free"]);
    assert.equal(run?.suspect, false);
    await kill(next);
    await rescue(who, t0);
  }
  assert.equal((await row(who, "free")).state, "available");
  assert.equal((await outcomesOf(who, "free")).length, 5);
});
