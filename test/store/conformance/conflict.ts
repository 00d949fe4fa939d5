import assert from "node:assert/strict";
import type { NewJob } from "../../../lib/job/job.ts";
import {
  allRows,
  caseList,
  claim,
  claimOne,
  completed,
  enqueue,
  failed,
  hour,
  job,
  keptRuns,
  kill,
  type Member,
  member,
  one,
  rescue,
  row,
  settle,
  settlement,
  snapshot,
  t0,
  uniqueKey,
} from "../kit.ts";
import { type Change, keyed } from "./keyed.ts";

/** What a job meets whose unique key is held: keep, replace, reject. */
const { cases, check } = caseList();
export const conflictCases = cases;

const replaceArgs = { onConflict: "replace", job: { args: '"longer arguments"' } } as const;

async function replace(who: Member, change: Change = {}, now = t0 + 10) {
  const { duplicates } = await enqueue(
    who.store,
    [keyed("new", { ...replaceArgs, ...change })],
    now,
  );
  return duplicates;
}

check("keep leaves the holder as it is, whatever its state", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  const states: string[] = [];
  const keep = async () => {
    const before = await row(who, "one");
    const [met] = (await enqueue(who.store, [keyed("two", { job: { args: "2" } })])).duplicates;
    states.push(met?.type === "duplicate" ? met.state : "");
    assert.deepEqual(await row(who, "one"), before);
  };
  await keep();
  const run = await claimOne(who);
  await keep();
  await settle(who, settlement(run, failed));
  await keep();
  assert.deepEqual(states, ["available", "running", "retryable"]);
});

check("replace gives the waiting holder its arguments, and nothing else", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one", { job: { runAt: t0 + hour, priority: 3 } })]);
  const before = await row(who, "one");
  const over = { args: '"longer arguments"', priority: 9, maxAttempts: 1, queue: "x" };
  assert.deepEqual(await replace(who, { job: { ...over, runAt: t0 + 5, tags: ["t"] } }), [
    { type: "replaced", at: 0, id: "one", state: "scheduled", moved: undefined },
  ]);
  assert.deepEqual(await row(who, "one"), { ...before, args: over.args });
  assert.equal((await allRows(who.store)).length, 1);
});

check("replace moves the time where it is asked to, there and back", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  const counts = async () => (await who.store.read({ type: "queues" }))[0]?.counts;
  const moveTo = async (runAt: number | undefined) => {
    const met = await replace(who, { moveTime: true, job: { args: "2", runAt } });
    const { state, runAt: now } = await row(who, "one");
    const moved = { queue: "mail", runAt: now };
    assert.deepEqual(met, [{ type: "replaced", at: 0, id: "one", state, moved }]);
    const { scheduled, available } = (await counts()) ?? {};
    return [state, now, scheduled, available];
  };
  assert.deepEqual(await moveTo(t0 + 500), ["scheduled", t0 + 500, 1, 0]);
  assert.deepEqual(await moveTo(t0 + 900), ["scheduled", t0 + 900, 1, 0]);
  const promote = (now: number) => one(who.store, { type: "promote", now, limit: 9 });
  assert.deepEqual(await promote(t0 + 500), { promoted: [], nextAt: t0 + 900 });
  assert.deepEqual(await moveTo(undefined), ["available", t0 + 10, 0, 1]);
  assert.equal((await claimOne(who)).args, "2");
});

check("replace moves a job that waits for another attempt, which stays one", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  await settle(who, settlement(await claimOne(who), failed));
  await replace(who, { moveTime: true, job: { runAt: t0 + hour } });
  const later = await row(who, "one");
  assert.deepEqual([later.state, later.runAt, later.attempt], ["retryable", t0 + hour, 1]);
  await replace(who, { moveTime: true });
  const now = await row(who, "one");
  assert.deepEqual([now.state, now.attempt, now.args], ["available", 1, '"longer arguments"']);
  const run = await claimOne(who);
  assert.deepEqual([run.attempt, run.args], [2, '"longer arguments"']);
});

check("replace moves a suspect, which stays one", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  await enqueue(who.store, [keyed("one")]);
  await claimOne(who);
  await kill(who);
  await rescue(other);
  await replace(other, { moveTime: true, job: { runAt: t0 + hour } });
  assert.deepEqual(await claim(other), []);
  await enqueue(other.store, [job("plain")]);
  const [plain] = await claim(other);
  assert.equal(plain?.id, "plain", "what waits is held up by no suspect that does not");
  await replace(other, { moveTime: true });
  const run = await claimOne(other);
  assert.deepEqual([run.id, run.suspect], ["one", true]);
  await settle(other, settlement(run, completed));
  assert.deepEqual(await claim(other), []);
});

check("bytes of replaced arguments are counted when the job ends", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  await replace(who);
  const run = await claimOne(who);
  const bytes = Buffer.byteLength('"longer arguments"');
  assert.equal(run.bytes, bytes);
  await settle(who, settlement(run, completed));
  const never = Number.POSITIVE_INFINITY;
  const each = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: each, count: each, bytes: never, runs: keptRuns };
  const { finalBytes } = await one(who.store, { type: "prune", retention, now: t0, limit: 1 });
  assert.equal(finalBytes, bytes);
});

check("replace while the holder runs makes one follow-up, which has the key", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  const run = await claimOne(who);
  assert.deepEqual(await replace(who), []);
  const again = keyed("newer", { onConflict: "replace", job: { args: "3" } });
  assert.deepEqual((await enqueue(who.store, [again])).duplicates, [
    { type: "replaced", at: 0, id: "new", state: "available", moved: undefined },
  ]);
  assert.equal((await row(who, "one")).args, '{"n":1}');
  await settle(who, settlement(run, completed));
  const [met] = (await enqueue(who.store, [keyed("more")])).duplicates;
  assert.deepEqual(met, { type: "duplicate", at: 0, id: "new", state: "available" });
  const next = await claimOne(who);
  assert.deepEqual([next.id, next.args], ["new", "3"]);
  await settle(who, settlement(next, completed));
  assert.deepEqual((await enqueue(who.store, [keyed("more")])).duplicates, []);
});

check("a run that failed after its follow-up came has no key any more", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  const run = await claimOne(who);
  await replace(who);
  await settle(who, settlement(run, failed));
  await one(who.store, { type: "promote", now: t0 + 5_000, limit: 9 });
  const runs = await claim(who);
  assert.deepEqual(runs.map(({ id }) => id).sort(), ["new", "one"]);
  await settle(
    who,
    ...runs.filter(({ id }) => id === "one").map((one) => settlement(one, completed)),
  );
  const [met] = (await enqueue(who.store, [keyed("more")])).duplicates;
  assert.deepEqual(met, { type: "duplicate", at: 0, id: "new", state: "running" });
});

check("replace within the period of a job that ended is a duplicate of it", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one", { until: 1_000 })]);
  await settle(who, settlement(await claimOne(who), completed));
  const before = await snapshot(who);
  assert.deepEqual(await replace(who, { moveTime: true }), [
    { type: "duplicate", at: 0, id: "one", state: "completed" },
  ]);
  assert.deepEqual(await snapshot(who), before);
});

check("reject names the holder and inserts nothing", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one")]);
  const before = await snapshot(who);
  const { duplicates } = await enqueue(who.store, [keyed("two", { onConflict: "reject" })]);
  assert.deepEqual(duplicates, [{ type: "rejected", at: 0, id: "one" }]);
  assert.deepEqual(await snapshot(who), before);
});

const together = (jobs: readonly NewJob[]) =>
  jobs.map((each, at) => ({ ...each, withPrevious: at > 0 }));

check("of jobs that go together none is inserted where one is rejected", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [keyed("one", { job: { runAt: t0 + hour } })]);
  const before = await snapshot(who);
  const call = together([
    job("first"),
    keyed("second", { ...replaceArgs, moveTime: true }),
    keyed("third", { onConflict: "reject" }),
    job("fourth", { unique: uniqueKey("k2") }),
  ]);
  const neighbours = [job("before"), ...call, job("after", { unique: uniqueKey("k2") })];
  const { duplicates } = await enqueue(who.store, neighbours);
  assert.deepEqual(duplicates, [
    { type: "dropped", at: 1 },
    { type: "dropped", at: 2 },
    { type: "rejected", at: 3, id: "one" },
    { type: "dropped", at: 4 },
  ]);
  const { rows } = await snapshot(who);
  assert.deepEqual(
    rows.filter(({ id }) => id !== "before" && id !== "after"),
    before.rows,
  );
  assert.equal(rows.length, 3);
});

check("jobs that go together are all inserted where none is rejected", async (storage) => {
  const who = await member(storage, "a");
  const jobs = Array.from({ length: 40 }, (_, at) =>
    job(`${at}`, { unique: uniqueKey(`k${at}`, { onConflict: "reject" }) }),
  );
  assert.deepEqual((await enqueue(who.store, together(jobs))).duplicates, []);
  assert.equal((await allRows(who.store)).length, 40);
});

check("jobs that go together and share a key are rejected by each other", async (storage) => {
  const who = await member(storage, "a");
  const call = together([keyed("one"), job("two"), keyed("three", { onConflict: "reject" })]);
  assert.deepEqual((await enqueue(who.store, call)).duplicates, [
    { type: "dropped", at: 0 },
    { type: "dropped", at: 1 },
    { type: "rejected", at: 2, id: undefined },
  ]);
  assert.deepEqual(await allRows(who.store), []);
});

check(
  "one that goes together is not rejected for a key whose id is a duplicate",
  async (storage) => {
    const who = await member(storage, "a");
    await enqueue(who.store, [keyed("one"), job("there")]);
    const call = together([job("new"), keyed("there", { onConflict: "reject" })]);
    assert.deepEqual((await enqueue(who.store, call)).duplicates, [
      { type: "duplicate", at: 1, id: "there", state: "available" },
    ]);
    await row(who, "new");
  },
);

check("of stores that enqueue one key at once exactly one creates", async (storage) => {
  const members = await Promise.all(["a", "b", "c"].map((id) => member(storage, id)));
  const answers = await Promise.all(
    members.map(({ store }, at) => enqueue(store, [keyed(`${at}`)])),
  );
  assert.equal(answers.filter(({ duplicates }) => duplicates.length === 0).length, 1);
  const [only] = await allRows((members[0] as Member).store);
  for (const { duplicates } of answers) {
    for (const met of duplicates) assert.equal("id" in met && met.id, only?.id);
  }
});
