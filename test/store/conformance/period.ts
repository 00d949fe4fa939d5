import assert from "node:assert/strict";
import type { JobStore } from "../../../lib/store/store.ts";
import {
  caseList,
  claim,
  claimOne,
  completed,
  demand,
  discarded,
  end,
  enqueue,
  failed,
  hour,
  job,
  keptRuns,
  type Member,
  member,
  one,
  released,
  retry,
  row,
  settle,
  settlement,
  t0,
  uniqueKey,
} from "../kit.ts";
import { holder, holding, keyed } from "./keyed.ts";

/** Keys that are held until their job is started, or for a period; and keys of retried jobs. */
const { cases, check } = caseList();
export const periodCases = cases;

const prune = (store: JobStore, now: number, ageMs: number, limit = 100) => {
  const age = { completed: ageMs, stopped: ageMs, cancelled: ageMs, dead: ageMs };
  const never = Number.POSITIVE_INFINITY;
  const count = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: age, count, bytes: never, runs: keptRuns };
  return one(store, { type: "prune", retention, now, limit });
};

check(
  "until started: the claim frees the key, and the next may wait beside it",
  async (storage) => {
    const who = await holding(storage, { until: "started" });
    assert.equal(await holder(who.store), "one");
    const run = await claimOne(who);
    await enqueue(who.store, [keyed("two", { until: "started" })]);
    await settle(who, settlement(run, completed));
    assert.equal(await holder(who.store), "two", "the end of the first is not the second's");
  },
);

check("until started: a retried run frees nobody's key but its own", async (storage) => {
  const who = await holding(storage, { until: "started" });
  await settle(who, settlement(await claimOne(who), failed));
  await enqueue(who.store, [keyed("two", { until: "started", job: { runAt: t0 + hour } })]);
  await one(who.store, { type: "promote", now: t0 + 5_000, limit: 9 });
  const again = await claimOne(who);
  assert.deepEqual([again.id, again.attempt], ["one", 2]);
  assert.equal(await holder(who.store), "two");
});

check("until started: what goes back takes its key along where it is free", async (storage) => {
  const who = await holding(storage, { until: "started" });
  await settle(who, settlement(await claimOne(who), released));
  assert.equal(await holder(who.store), "one");
  const run = await claimOne(who);
  await enqueue(who.store, [keyed("two", { until: "started" })]);
  await settle(who, settlement(run, released));
  assert.equal(await holder(who.store), "two");
});

check("until started: a job that ends while it waits frees its key", async (storage) => {
  const who = await holding(storage, { until: "started" });
  await end(who, "stop", "one");
  assert.equal(await holder(who.store), undefined);
});

check("a period outlives its job's end and its retention, and then is over", async (storage) => {
  const who = await holding(storage, { until: 1_000 });
  await settle(who, settlement(await claimOne(who), completed));
  const met = async (now: number) => (await enqueue(who.store, [keyed("probe")], now)).duplicates;
  const held = { type: "duplicate", at: 0, id: "one", state: "completed" };
  assert.deepEqual(await met(t0 + 999), [held]);
  assert.deepEqual((await prune(who.store, t0 + 999, 0)).deleted, ["one"]);
  assert.deepEqual(await met(t0 + 999), [held]);
  assert.deepEqual(await met(t0 + 1_000), []);
  assert.equal(await holder(who.store, t0 + 1_000), "probe");
});

check("a period lasts at least until its job is final", async (storage) => {
  const who = await holding(storage, { until: 1_000, job: { runAt: t0 + hour } });
  assert.equal(await holder(who.store, t0 + 2_000), "one");
  await prune(who.store, t0 + 2_000, 0);
  assert.equal(await holder(who.store, t0 + 2_000), "one");
  await end(who, "stop", "one");
  assert.equal(await holder(who.store, t0 + 50), "one", "stopped within its period");
  await retry(who, "one");
  const run = await claimOne(who, t0 + hour);
  await settle(who, settlement(run, completed, { finishedAt: t0 + 2 * hour }));
  assert.equal(await holder(who.store, t0 + 2 * hour), undefined, "its period was over");
});

check("a period does not outlive a delete", async (storage) => {
  const who = await holding(storage, { until: hour });
  await settle(who, settlement(await claimOne(who), completed));
  assert.equal(await holder(who.store), "one");
  await one(who.store, { type: "delete", ids: ["one"] });
  assert.equal(await holder(who.store), undefined);
});

check("a prune drops periods that are over, no more than its limit at once", async (storage) => {
  const who = await member(storage, "a");
  const jobs = Array.from({ length: 5 }, (_, at) =>
    job(`${at}`, { unique: uniqueKey(`k${at}`, { until: 10 + at }) }),
  );
  await enqueue(who.store, jobs);
  await settle(who, ...(await claim(who)).map((run) => settlement(run, completed)));
  const never = Number.POSITIVE_INFINITY;
  const more = async (now: number) => (await prune(who.store, now, never, 2)).more;
  assert.deepEqual(
    [await more(t0 + 9), await more(t0 + 12), await more(t0 + 12)],
    [...[false, true, false]],
  );
  assert.deepEqual([await more(t0 + 20), await more(t0 + 20)], [true, false]);
});

check(
  "gocraft/work's bug d is absent: a start and its key's end are one commit",
  async (storage) => {
    const who = await holding(storage, { until: "started" });
    const { worker } = who;
    const batch = who.store.apply([
      { type: "claim", worker, demands: [demand(1)], now: t0 },
      { type: "claim", worker: worker + 1_000, demands: [demand(1)], now: t0 },
    ]);
    await assert.rejects(batch, { name: "ErgateError" });
    assert.equal(await holder(who.store), "one");
    await claimOne(who);
    assert.equal(await holder(who.store), undefined);
  },
);

const retrying = async (who: Member, now = t0 + 20) =>
  (await one(who.store, { type: "retry", ids: ["one"], now })).retries;

check("a final job takes its key again when it is retried, where it is free", async (storage) => {
  const who = await holding(storage);
  await settle(who, settlement(await claimOne(who), discarded));
  assert.deepEqual(await retrying(who), [
    { type: "moved", id: "one", name: "mail", queue: "mail" },
  ]);
  assert.equal(await holder(who.store), "one");
  await settle(who, settlement(await claimOne(who), completed));
  assert.equal(await holder(who.store), undefined);
});

check("a final job whose key is taken is not retried, and stays as it is", async (storage) => {
  const who = await holding(storage);
  await settle(who, settlement(await claimOne(who), discarded));
  await enqueue(who.store, [keyed("two")]);
  const before = await row(who, "one");
  assert.deepEqual(await retrying(who), [{ type: "taken", id: "one", by: "two" }]);
  assert.deepEqual(await row(who, "one"), before);
  await end(who, "stop", "two");
  assert.equal((await retrying(who))[0]?.type, "moved");
});

check("a waiting job that is run now keeps its key", async (storage) => {
  const who = await holding(storage, { job: { runAt: t0 + hour } });
  assert.equal((await retrying(who))[0]?.type, "moved");
  assert.equal(await holder(who.store), "one");
  assert.equal((await claim(who)).length, 1);
});

check("a retry within a period of its own goes on with it", async (storage) => {
  const who = await holding(storage, { until: 1_000 });
  await settle(who, settlement(await claimOne(who), discarded));
  assert.equal((await retrying(who))[0]?.type, "moved");
  await settle(who, settlement(await claimOne(who), completed));
  assert.equal(await holder(who.store, t0 + 999), "one");
  assert.equal(await holder(who.store, t0 + 1_000), undefined);
});
