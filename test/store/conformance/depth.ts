import assert from "node:assert/strict";
import type { NewJob } from "../../../lib/job/job.ts";
import type { DeclaredQueue } from "../../../lib/job/queue.ts";
import {
  allRows,
  caseList,
  claim,
  claimOne,
  completed,
  discarded,
  end,
  enqueue,
  failed,
  job,
  type Member,
  member,
  one,
  retry,
  settle,
  settlement,
  type TestStorage,
  t0,
  uniqueKey,
} from "../kit.ts";

/** Queues that take no more than so many waiting jobs. */
const { cases, check } = caseList();
export const depthCases = cases;

function bounded(maxDepth: number): DeclaredQueue[] {
  return [{ name: "mail", settings: { maxDepth }, paused: undefined }];
}

async function withDepth(storage: TestStorage, maxDepth: number): Promise<Member> {
  return member(storage, "a", { queues: bounded(maxDepth) });
}

/** The jobs of one call. */
function together(...jobs: NewJob[]): NewJob[] {
  return jobs.map((each, at) => ({ ...each, withPrevious: at > 0 }));
}

async function idsOf(who: Member): Promise<string[]> {
  return (await allRows(who.store)).map(({ id }) => id).sort();
}

check(
  "a full queue refuses what comes, and takes again as soon as there is room",
  async (storage) => {
    const who = await withDepth(storage, 2);
    const { duplicates } = await enqueue(who.store, [job("a"), job("b"), job("c"), job("d")]);
    const full = { type: "full", queue: "mail", maxDepth: 2 };
    assert.deepEqual(duplicates, [
      { ...full, at: 2 },
      { ...full, at: 3 },
    ]);
    assert.deepEqual(await idsOf(who), ["a", "b"]);
    await claimOne(who);
    assert.deepEqual((await enqueue(who.store, [job("e"), job("f")])).duplicates, [
      { ...full, at: 1 },
    ]);
  },
);

check(
  "jobs that wait for their time or for a retry count, those that run or ended do not",
  async (storage) => {
    const who = await withDepth(storage, 3);
    await enqueue(who.store, [job("runs"), job("ended"), job("fails")]);
    const runs = await claim(who);
    await enqueue(who.store, [job("later", { runAt: t0 + 60_000 }), job("ready")]);
    for (const run of runs) {
      const outcome = { ended: completed, fails: failed }[run.id];
      if (outcome !== undefined) await settle(who, settlement(run, outcome));
    }
    assert.equal((await enqueue(who.store, [job("more")])).duplicates[0]?.type, "full");
    await end(who, "stop", "later");
    assert.deepEqual((await enqueue(who.store, [job("more")])).duplicates, []);
  },
);

check(
  "a call that finds its queue full is refused whole, and its neighbours are not",
  async (storage) => {
    const who = await withDepth(storage, 2);
    const call = together(job("elsewhere", { queue: "other" }), job("a"), job("b"), job("c"));
    const { duplicates } = await enqueue(who.store, [job("before"), ...call, job("after")]);
    assert.deepEqual(duplicates, [
      { type: "dropped", at: 1 },
      { type: "dropped", at: 2 },
      { type: "full", at: 3, queue: "mail", maxDepth: 2 },
      { type: "dropped", at: 4 },
    ]);
    assert.deepEqual(await idsOf(who), ["after", "before"]);
  },
);

check("what is there already takes no room", async (storage) => {
  const who = await withDepth(storage, 2);
  await enqueue(who.store, [job("a")]);
  const call = together(job("a"), job("b"), job("b"));
  const { duplicates } = await enqueue(who.store, call);
  assert.deepEqual(
    duplicates.map(({ type, at }) => [type, at]),
    [
      ["duplicate", 0],
      ["duplicate", 2],
    ],
  );
  assert.equal((await enqueue(who.store, [job("b")])).duplicates[0]?.type, "duplicate");
  assert.equal((await enqueue(who.store, [job("c")])).duplicates[0]?.type, "full");
});

check("a unique job whose key is held meets its holder, not a full queue", async (storage) => {
  const who = await withDepth(storage, 1);
  const unique = uniqueKey("k");
  await enqueue(who.store, [job("a", { unique })]);
  assert.equal((await enqueue(who.store, [job("b", { unique })])).duplicates[0]?.type, "duplicate");
  const replace = uniqueKey("k", { onConflict: "replace" });
  const { duplicates } = await enqueue(who.store, [job("c", { unique: replace })]);
  assert.equal(duplicates[0]?.type, "replaced");
  const other = await enqueue(who.store, [job("d", { unique: uniqueKey("other") })]);
  assert.equal(other.duplicates[0]?.type, "full");
});

check("the bound holds for what two processes enqueue", async (storage) => {
  const who = await withDepth(storage, 5);
  const other = await member(storage, "b");
  for (let turn = 0; turn < 5; turn++) {
    await enqueue(who.store, [job(`a${turn}`)]);
    await enqueue(other.store, [job(`b${turn}`)]);
  }
  assert.equal((await idsOf(who)).length, 5);
});

check("what comes back to a full queue is never refused", async (storage) => {
  const who = await withDepth(storage, 1);
  await enqueue(who.store, [job("dead")]);
  await settle(who, settlement(await claimOne(who), discarded));
  await enqueue(who.store, [job("parent")]);
  const run = await claimOne(who);
  await enqueue(who.store, [job("waits")]);
  assert.equal((await retry(who, "dead"))[0]?.type, "moved");
  const followers = [{ of: 0, job: job("child") }];
  const settlements = [settlement(run, failed)];
  await one(who.store, { type: "settle", settlements, followers });
  assert.deepEqual(await idsOf(who), ["child", "dead", "parent", "waits"]);
});

check("a bound is set, moved and taken away at run time", async (storage) => {
  const who = await member(storage, "a");
  const configure = (maxDepth: number | undefined) =>
    one(who.store, { type: "configure", queue: "mail", settings: { maxDepth }, now: t0 });
  await enqueue(who.store, [job("a"), job("b")]);
  await configure(1);
  assert.equal((await enqueue(who.store, [job("c")])).duplicates[0]?.type, "full");
  await configure(3);
  assert.deepEqual((await enqueue(who.store, [job("c")])).duplicates, []);
  await configure(undefined);
  assert.deepEqual((await enqueue(who.store, [job("d"), job("e")])).duplicates, []);
});
