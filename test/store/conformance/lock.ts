import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type { HeldLock, LockRequest } from "../../../lib/protocol/lock.ts";
import type { WriteAnswers } from "../../../lib/protocol/write.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import {
  add,
  caseList,
  claimOne,
  completed,
  hour,
  keptRuns,
  kill,
  member,
  one,
  rescue,
  row,
  settlement,
  type TestStorage,
  t0,
} from "../kit.ts";

const { cases, check } = caseList();
export const lockCases = cases;

const ttlMs = 5_000;

function ask(store: JobStore, now: number, change: Partial<LockRequest> = {}) {
  const asked = { name: "ledger", ttlMs, holder: "me", jobId: undefined, ...change };
  return one(store, { type: "acquire", ...asked, now });
}

async function taken(store: JobStore, now = t0, change: Partial<LockRequest> = {}) {
  const answer = await ask(store, now, change);
  assert.equal(answer.type, "acquired");
  return { name: change.name ?? "ledger", fence: answer.type === "acquired" ? answer.fence : 0 };
}

async function holder(store: JobStore, now: number, change: Partial<LockRequest> = {}) {
  const answer = await ask(store, now, change);
  return answer.type === "taken" ? answer.by : undefined;
}

const release = async (store: JobStore, ...leases: HeldLock[]) =>
  (await one(store, { type: "release", leases })).held;

const renew = async (store: JobStore, now: number, ...leases: HeldLock[]) =>
  (await one(store, { type: "renew", leases, now })).lost;

const names = async (store: JobStore) =>
  (await store.read({ type: "locks", cursor: undefined, limit: 100 })).items.map(
    ({ name }) => name,
  );

const rings = (store: JobStore) =>
  new Promise<void>((resolve) => {
    const end = store.watch(() => {
      end();
      resolve();
    });
  });

async function pair(storage: TestStorage): Promise<[JobStore, JobStore]> {
  return [await storage.open(), await storage.open()];
}

check("a lock has one holder at a time, whom the others are told", async (storage) => {
  const [one, other] = await pair(storage);
  const { fence } = await taken(one, t0, { holder: "one", jobId: "job-1" });
  assert.deepEqual(await holder(other, t0 + 1), {
    ...{ name: "ledger", fence, holder: "one", jobId: "job-1" },
    ...{ acquiredAt: t0, renewedAt: t0, ttlMs },
  });
  assert.ok(await holder(one, t0 + ttlMs - 1), "who holds it does not hold it twice");
  await taken(other, t0 + 1, { name: "other" });
});

check("a released lock is free at once, and by its own fence alone", async (storage) => {
  const [one, other] = await pair(storage);
  const lease = await taken(one);
  assert.deepEqual(await release(other, { name: "ledger", fence: lease.fence + 1 }), [false]);
  assert.deepEqual(await release(one, lease, lease), [true, false]);
  const next = await taken(other);
  assert.deepEqual(await release(one, lease), [false]);
  assert.equal((await holder(one, t0))?.fence, next.fence);
});

check("fences grow over releases, expiries, names and reopened stores", async (storage) => {
  const first = await storage.open();
  const fences: number[] = [];
  for (const name of ["a", "b", "a", "c"]) {
    const lease = await taken(first, t0, { name });
    fences.push(lease.fence);
    await release(first, lease);
  }
  await first.close();
  const again = await storage.open();
  fences.push((await taken(again, t0, { name: "a" })).fence);
  fences.push((await taken(again, t0 + ttlMs, { name: "a" })).fence);
  assert.deepEqual(
    fences,
    [...new Set(fences)].sort((x, y) => x - y),
  );
});

check("a lock that is not renewed is free a ttl later, and not before", async (storage) => {
  const [one, other] = await pair(storage);
  const lease = await taken(one);
  assert.deepEqual(await renew(one, t0 + 2_000, lease), []);
  assert.equal((await holder(other, t0 + ttlMs + 1_999))?.renewedAt, t0 + 2_000);
  const next = await taken(other, t0 + ttlMs + 2_000);
  assert.deepEqual(await renew(one, t0 + ttlMs + 2_001, lease, next), [0]);
});

check("a late renewal holds on to what nobody took", async (storage) => {
  const [one, other] = await pair(storage);
  const lease = await taken(one);
  assert.deepEqual(await renew(one, t0 + hour, lease), []);
  assert.ok(await holder(other, t0 + hour + 1));
});

check(
  "a clock set back by an hour keeps a dead lock for a ttl, not for the hour",
  async (storage) => {
    const [one, other] = await pair(storage);
    await taken(one);
    const back = t0 - hour;
    const seen = await holder(other, back);
    assert.equal(seen?.renewedAt, t0, "a look alone changes nothing");
    const stale = { fence: seen.fence, renewedAt: t0 - 1 };
    assert.equal((await holder(other, back, { seen: stale }))?.renewedAt, t0);
    assert.equal((await holder(other, back, { seen }))?.renewedAt, back);
    assert.ok(await holder(other, back + ttlMs - 1));
    await taken(other, back + ttlMs);
  },
);

check("what was seen never shortens a lease whose clock was not set back", async (storage) => {
  const [one, other] = await pair(storage);
  const lease = await taken(one);
  const seen = await holder(other, t0 + 1);
  assert.equal((await holder(other, t0 + 1, { seen }))?.renewedAt, t0);
  await renew(one, t0 + 3_000, lease);
  assert.equal((await holder(other, t0 + 2_000, { seen }))?.renewedAt, t0 + 3_000);
});

check("a dead worker's locks are free in its rescue, and nobody else's", async (storage) => {
  const who = await member(storage, "a");
  const dying = await member(storage, "b");
  const stranger = await storage.open();
  await taken(dying.store, t0, { name: "dead" });
  await taken(who.store, t0, { name: "living" });
  await taken(stranger, t0, { name: "never started" });
  await kill(dying);
  assert.ok(await holder(who.store, t0 + 1, { name: "dead" }));
  await rescue(who, t0 + 1);
  assert.deepEqual(await names(who.store), ["living", "never started"]);
  await taken(who.store, t0 + 1, { name: "dead" });
});

check("a renewal makes a lock its worker's that was held before it joined", async (storage) => {
  const who = await member(storage, "a");
  const dying = await storage.open();
  const early = await taken(dying, t0);
  const joined = await member({ ...storage, open: async () => dying }, "b");
  await renew(dying, t0 + 1, early);
  await kill(joined);
  await rescue(who, t0 + 2);
  await taken(who.store, t0 + 2);
});

check("a worker that leaves frees its locks, unless it joins anew", async (storage) => {
  const who = await member(storage, "a");
  const other = await storage.open();
  const kept = await taken(who.store);
  const leave = { type: "leave", worker: who.worker, now: t0 } as const;
  await one(who.store, { ...leave, keepLocks: true });
  assert.equal((await holder(other, t0 + 1))?.fence, kept.fence);
  const { worker } = await member({ ...storage, open: async () => who.store }, "again");
  await renew(who.store, t0 + 1, kept);
  await one(who.store, { ...leave, worker });
  await taken(other, t0 + 1);
});

check("a run's end and the release of its locks are one commit, or none", async (storage) => {
  const who = await member(storage, "a");
  const other = await storage.open();
  await add(who.store, "one");
  const run = await claimOne(who);
  const lease = await taken(who.store, t0, { jobId: "one" });
  const settle = {
    type: "settle",
    settlements: [settlement(run, completed)],
    followers: [],
  } as const;
  const release = { type: "release", leases: [lease] } as const;
  // A claim that is refused fails its whole batch, as a crash before the commit does.
  const refused = { type: "claim", worker: who.worker + 99, demands: [], now: t0 } as const;
  await assert.rejects(who.store.apply([settle, release, refused]));
  assert.equal((await row(who, "one")).state, "running");
  assert.equal((await holder(other, t0 + 1))?.fence, lease.fence);
  await who.store.apply([settle, release]);
  assert.equal((await row(who, "one")).state, "completed");
  await taken(other, t0 + 1);
});

check("a late end releases no newer holder's lock", async (storage) => {
  const who = await member(storage, "a");
  const other = await storage.open();
  await add(who.store, "one");
  const run = await claimOne(who);
  const lease = await taken(who.store);
  const newer = await taken(other, t0 + ttlMs);
  const late = settlement({ ...run, fence: run.fence + 1 }, completed);
  const [settled, released] = await who.store.apply([
    { type: "settle", settlements: [late], followers: [] },
    { type: "release", leases: [lease] },
  ]);
  assert.deepEqual((settled as WriteAnswers["settle"]).late, [0]);
  assert.deepEqual(released, { held: [false] });
  assert.equal((await holder(who.store, t0 + ttlMs + 1))?.fence, newer.fence);
});

check("a release rings for stores that never joined", async (storage) => {
  const [one, other] = await pair(storage);
  const lease = await taken(one);
  const rung = rings(other);
  await release(one, lease);
  await rung;
});

check("locks of one namespace are invisible to another, but share its fences", async (storage) => {
  const here = await storage.open();
  const there = await storage.open("there");
  const first = await taken(here);
  const second = await taken(there);
  assert.ok(second.fence > first.fence);
  assert.deepEqual(await release(there, first), [false]);
  assert.deepEqual(await names(there), ["ledger"]);
});

check("locks are listed by name, page by page", async (storage) => {
  const store = await storage.open();
  const all = ["a", "b", "ü", "\u{fffd}", "\u{1f41c}"];
  for (const name of [...all].reverse()) await taken(store, t0, { name });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read({ type: "locks", cursor, limit: 2 });
    assert.ok(page.items.length <= 2);
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.next;
  } while (cursor !== undefined);
  assert.deepEqual(seen, all);
  const wrong = store.read({ type: "locks", cursor: "bm9uc2Vuc2U", limit: 2 });
  await assert.rejects(wrong, { code: "ERR_ERGATE_CURSOR" });
});

check("what is free for an hour is forgotten, and nothing before that", async (storage) => {
  const store = await storage.open();
  const never = Number.POSITIVE_INFINITY;
  const all = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: all, count: all, bytes: never, runs: keptRuns };
  const prune = (now: number) => one(store, { type: "prune", retention, now, limit: 10 });
  await taken(store);
  const end = t0 + ttlMs + limits.lockRestMs;
  await prune(end - 1);
  assert.deepEqual(await names(store), ["ledger"]);
  await prune(end);
  assert.deepEqual(await names(store), []);
});
