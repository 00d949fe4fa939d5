import assert from "node:assert/strict";
import type { Outcome } from "../../../lib/job/outcome.ts";
import {
  cancelled,
  caseList,
  claim,
  claimOne,
  completed,
  definition,
  discarded,
  end,
  enqueue,
  failed,
  hour,
  interrupted,
  job,
  kill,
  member,
  one,
  released,
  rescue,
  row,
  settle,
  settlement,
  snoozed,
  stopped,
  t0,
  uniqueKey,
} from "../kit.ts";
import { type Change, holder, holding, keyed } from "./keyed.ts";

/** Unique keys: who holds one, and what frees it. */
const { cases, check } = caseList();
export const uniqueCases = cases;

check("a key that is held makes the next job a duplicate of its holder", async (storage) => {
  const who = await holding(storage);
  const again = [keyed("two"), job("other", { unique: uniqueKey("k2") }), job("plain")];
  const { duplicates } = await enqueue(who.store, again);
  assert.deepEqual(duplicates, [{ type: "duplicate", at: 0, id: "one", state: "available" }]);
  assert.equal(await who.store.read({ type: "job", id: "two" }), undefined);
  assert.deepEqual(
    (await claim(who)).map(({ id, unique }) => [id, unique]),
    [
      ["one", true],
      ["other", true],
      ["plain", false],
    ],
  );
});

check("of many jobs with one key in one batch the first one is created", async (storage) => {
  const who = await member(storage, "a");
  const jobs = Array.from({ length: 40 }, (_, at) =>
    job(`${at}`, { unique: uniqueKey(`k${at % 20}`) }),
  );
  const { duplicates } = await enqueue(who.store, jobs);
  assert.deepEqual(
    duplicates,
    Array.from({ length: 20 }, (_, at) => {
      return { type: "duplicate", at: at + 20, id: `${at}`, state: "available" };
    }),
  );
  assert.equal((await claim(who)).length, 20);
});

check("many jobs with keys of their own are all created, and hold them", async (storage) => {
  const who = await member(storage, "a");
  const jobs = (round: number) =>
    Array.from({ length: 50 }, (_, at) =>
      job(`${round}-${at}`, { unique: uniqueKey(`k${at}`), parent: "p", depth: 3 }),
    );
  assert.deepEqual((await enqueue(who.store, jobs(0))).duplicates, []);
  const { duplicates } = await enqueue(who.store, jobs(1));
  assert.deepEqual(
    duplicates.map((met) => "id" in met && met.id),
    jobs(0).map(({ id }) => id),
  );
  const { parent, depth } = await row(who, "0-49");
  assert.deepEqual([parent, depth], ["p", 3]);
});

check("an id that exists is a duplicate before its key is looked at", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("plain"), keyed("one")]);
  const over: Change = { onConflict: "replace", job: { args: "2" } };
  const fresh = { ...keyed("plain"), unique: uniqueKey("free") };
  const { duplicates } = await enqueue(who.store, [keyed("plain", over), fresh]);
  assert.deepEqual(duplicates, [
    { type: "duplicate", at: 0, id: "plain", state: "available" },
    { type: "duplicate", at: 1, id: "plain", state: "available" },
  ]);
  assert.equal((await row(who, "one")).args, '{"n":1}');
  const taken = await enqueue(who.store, [job("then", { unique: uniqueKey("free") })]);
  assert.deepEqual(taken.duplicates, [], "the key of a job that was not created is free");
});

check("ids that exist among many new jobs take no keys", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("3"), job("17")]);
  const jobs = Array.from({ length: 32 }, (_, at) => job(`${at}`, { unique: uniqueKey(`k${at}`) }));
  const { duplicates } = await enqueue(who.store, jobs);
  assert.deepEqual(
    duplicates.map(({ at }) => at),
    [3, 17],
  );
  const keys = [3, 4].map((at) => job(`then ${at}`, { unique: uniqueKey(`k${at}`) }));
  assert.deepEqual((await enqueue(who.store, keys)).duplicates, [
    { type: "duplicate", at: 1, id: "4", state: "available" },
  ]);
});

check("a key is its namespace's", async (storage) => {
  const who = await holding(storage);
  const other = await member(storage, "b", { namespace: "other" });
  assert.deepEqual((await enqueue(other.store, [keyed("one")])).duplicates, []);
  await end(other, "stop", "one");
  assert.equal(await holder(who.store), "one");
});

const ends: Record<string, Outcome> = { completed, discarded, stopped, cancelled };
for (const [name, outcome] of Object.entries({
  ...ends,
  "completed with a result": { type: "completed", result: "1" } as Outcome,
})) {
  check(`a run that is ${name} frees its job's key`, async (storage) => {
    const who = await holding(storage);
    const run = await claimOne(who);
    assert.equal(await holder(who.store), "one");
    await settle(who, settlement(run, outcome));
    assert.equal(await holder(who.store), undefined);
  });
}

check("runs that complete together free the keys of all that have one", async (storage) => {
  const who = await holding(storage);
  await enqueue(who.store, [job("plain"), job("other", { unique: uniqueKey("k2") })]);
  const runs = await claim(who);
  await settle(who, ...runs.map((run) => settlement(run, completed)));
  assert.equal(await holder(who.store), undefined);
  const again = await enqueue(who.store, [job("more", { unique: uniqueKey("k2") })]);
  assert.deepEqual(again.duplicates, []);
});

for (const [name, outcome] of Object.entries({ failed, snoozed, released, interrupted })) {
  check(`a run that is ${name} keeps its job's key`, async (storage) => {
    const who = await holding(storage);
    await settle(who, settlement(await claimOne(who), outcome));
    assert.equal(await holder(who.store), "one");
  });
}

for (const move of ["stop", "cancel", "discard"] as const) {
  check(`${move} by hand frees the key of a waiting job, and of a running one`, async (storage) => {
    const who = await holding(storage);
    await end(who, move, "one");
    assert.equal(await holder(who.store), undefined);
    await enqueue(who.store, [keyed("later", { job: { runAt: t0 + hour } })]);
    await end(who, move, "later");
    assert.equal(await holder(who.store), undefined);
    await enqueue(who.store, [keyed("two")]);
    const run = await claimOne(who);
    await end(who, move, "two");
    await settle(who, settlement(run, failed));
    assert.equal(await holder(who.store), undefined);
  });
}

check("a delete and a purge free keys", async (storage) => {
  const who = await holding(storage);
  await one(who.store, { type: "delete", ids: ["one"] });
  assert.equal(await holder(who.store), undefined);
  await enqueue(who.store, [keyed("two", { job: { runAt: t0 + hour } })]);
  await one(who.store, { type: "purge", queue: "mail", limit: 9 });
  assert.equal(await holder(who.store), undefined);
});

check("a job keeps its key over the death of its process", async (storage) => {
  const who = await holding(storage);
  const other = await member(storage, "b");
  await claimOne(who);
  await kill(who);
  assert.equal(await holder(other.store), "one");
  await rescue(other);
  assert.equal(await holder(other.store), "one");
  await settle(other, settlement(await claimOne(other, t0 + hour), completed));
  assert.equal(await holder(other.store, t0 + 2 * hour), undefined);
});

check("a job that is poisoned frees its key, and so does one whose ask held", async (storage) => {
  const definitions = [definition("mail", { crashLimit: 1 })];
  const who = await member(storage, "a", { definitions });
  const other = await member(storage, "b");
  await enqueue(who.store, [keyed("one"), job("asked", { unique: uniqueKey("k2") })]);
  await claim(who);
  await end(other, "cancel", "asked");
  await kill(who);
  const [buried] = await rescue(other);
  assert.deepEqual(buried?.poisoned, ["one"]);
  assert.equal(await holder(other.store), undefined);
  const again = await enqueue(other.store, [job("more", { unique: uniqueKey("k2") })]);
  assert.deepEqual(again.duplicates, []);
});

check("a worker that leaves takes no key along", async (storage) => {
  const who = await holding(storage);
  await claimOne(who);
  await one(who.store, { type: "leave", worker: who.worker, now: t0 });
  assert.equal(await holder(who.store), "one");
});

check("a follower may be unique, too, and tells what it met", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("first"), job("second")]);
  const runs = await claim(who);
  const followers = [0, 1].map((of) => ({ of, job: keyed(`follower ${of}`) }));
  const settlements = runs.map((run) => settlement(run, completed));
  const { duplicates } = await one(who.store, { type: "settle", settlements, followers });
  const met = { type: "duplicate", at: 1, id: "follower 0", state: "available" };
  assert.deepEqual(duplicates, [met]);
});

check("what a job is enqueued by is kept with it, and its depth is claimed", async (storage) => {
  const who = await member(storage, "a");
  const children = Array.from({ length: 20 }, (_, at) => job(`${at}`, { parent: "p", depth: at }));
  await enqueue(who.store, [job("outside"), ...children]);
  const { parent, depth } = await row(who, "17");
  assert.deepEqual([parent, depth], ["p", 17]);
  assert.deepEqual(
    (await claim(who)).map((run) => run.depth),
    [0, ...children.map((child) => child.depth)],
  );
});

check("the rule of a definition is stored for others", async (storage) => {
  const by = { type: "fields", fields: ["to"] } as const;
  const unique = { by, until: 60_000, onConflict: "replace", moveTime: true } as const;
  const who = await member(storage, "a", { definitions: [definition("mail", { unique })] });
  const found = await who.store.read({ type: "definition", name: "mail" });
  assert.deepEqual(found?.unique, unique);
});
