import assert from "node:assert/strict";
import type { CheckedFilter } from "../../../lib/job/filter.ts";
import { fingerprintOf } from "../../../lib/job/fingerprint.ts";
import type { Outcome } from "../../../lib/job/outcome.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import {
  add,
  boom,
  caseList,
  claim,
  completed,
  discarded,
  end,
  enqueue,
  failed,
  job,
  kill,
  type Member,
  member,
  rescue,
  retry,
  row,
  settle,
  settlement,
  t0,
} from "../kit.ts";

/** The dead, and everything else that is looked for by how and when it ended. */
const { cases, check } = caseList();
export const deadCases = cases;

/** Ends jobs of name "mail" a millisecond apart, in the given order of their ids. */
async function endAll(who: Member, ids: readonly string[], outcome: Outcome): Promise<void> {
  await add(who.store, ...ids);
  const runs = await claim(who);
  for (const [at, id] of ids.entries()) {
    const run = runs.find((one) => one.id === id);
    assert.ok(run);
    await settle(who, settlement(run, outcome, { finishedAt: t0 + at }));
  }
}

async function idsBy(store: JobStore, filter: CheckedFilter, limit = 100): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read({ type: "ids", filter, cursor, limit });
    assert.ok(page.items.length <= limit);
    ids.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return ids;
}

const thrown = (message: string): Outcome => {
  const error = { message, stack: `Error: ${message}\n    at send (/app/mail.ts:1:1)` };
  return { type: "discarded", reason: message, error };
};

check("ended jobs are listed by their end, what ended last first", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "a", "b", "c", "d", "e");
  const runs = await claim(who);
  const order = ["c", "a", "e", "b", "d"];
  for (const [at, id] of order.entries()) {
    const run = runs.find((one) => one.id === id);
    assert.ok(run);
    const outcome = at % 2 === 0 ? discarded : completed;
    await settle(who, settlement(run, outcome, { finishedAt: t0 + Math.floor(at / 2) }));
  }
  const newest = ["d", "e", "b", "c", "a"].sort((x, y) => {
    const at = (id: string) => Math.floor(order.indexOf(id) / 2);
    return at(y) - at(x) || (x < y ? 1 : -1);
  });
  const filter: CheckedFilter = { state: ["dead", "completed"] };
  for (const limit of [1, 2, 3, 5, 100]) {
    assert.deepEqual(await idsBy(who.store, filter, limit), newest, `pages of ${limit}`);
  }
  const read = { type: "jobs", filter, cursor: undefined, limit: 9 } as const;
  const { items } = await who.store.read(read);
  assert.deepEqual(
    items.map(({ id }) => id),
    newest,
  );
  assert.deepEqual(await idsBy(who.store, { state: "dead" }), ["d", "e", "c"]);
  assert.deepEqual(await idsBy(who.store, {}), ["e", "d", "c", "b", "a"]);
});

check("what dies while its list is paged moves no page", async (storage) => {
  const who = await member(storage, "a");
  await endAll(who, ["a", "b", "c", "d"], discarded);
  const read = { type: "ids", filter: { state: "dead" }, limit: 2 } as const;
  const first = await who.store.read({ ...read, cursor: undefined });
  assert.deepEqual(first.items, ["d", "c"]);
  await add(who.store, "late");
  const [run] = await claim(who);
  assert.ok(run);
  await settle(who, settlement(run, discarded, { finishedAt: t0 + 50 }));
  await retry(who, "b");
  assert.deepEqual((await who.store.read({ ...read, cursor: first.next })).items, ["a"]);
});

check("a cursor of one order is none of the other", async (storage) => {
  const who = await member(storage, "a");
  await endAll(who, ["a", "b", "c"], discarded);
  const read = { type: "ids", limit: 1 } as const;
  const dead = { ...read, filter: { state: "dead" } } as const;
  const { next } = await who.store.read({ ...dead, cursor: undefined });
  const other = await who.store.read({ ...read, filter: {}, cursor: undefined });
  assert.ok(next !== undefined && other.next !== undefined);
  const wrong = { code: "ERR_ERGATE_CURSOR" };
  await assert.rejects(who.store.read({ ...read, filter: {}, cursor: next }), wrong);
  await assert.rejects(who.store.read({ ...dead, cursor: other.next }), wrong);
});

check("a filter finds jobs by error, text, time and id", async (storage) => {
  const who = await member(storage, "a");
  await endAll(who, ["a", "b"], thrown("no user 1"));
  await endAll(who, ["c"], thrown("Disk is FULL"));
  await enqueue(who.store, [job("waits")], t0 + 5);
  const fingerprint = (await row(who, "a")).errors.at(-1)?.fingerprint ?? "";
  assert.equal(fingerprint, (await row(who, "b")).errors[0]?.fingerprint);
  const found: [CheckedFilter, string[]][] = [
    [{ error: fingerprint }, ["b", "a"]],
    [{ error: fingerprint, state: "dead", since: t0 + 1 }, ["b"]],
    [{ error: "nothing" }, []],
    [{ text: "user" }, ["b", "a"]],
    [{ text: "full", state: "dead" }, ["c"]],
    [{ since: t0 + 1 }, ["waits", "b"]],
    [{ state: "dead", until: t0 + 1 }, ["c", "a"]],
    [{ state: "dead", since: t0 + 1, until: t0 + 2 }, ["b"]],
    [{ ids: ["a", "c", "none", "a"] }, ["c", "a"]],
    [{ ids: ["a", "waits"], state: "dead" }, ["a"]],
    [{ ids: [] }, []],
    [{ ids: ["a", "b"], name: "other" }, []],
  ];
  for (const [filter, ids] of found) {
    const shown = JSON.stringify(filter);
    assert.deepEqual(await idsBy(who.store, filter), ids, shown);
    assert.deepEqual(await idsBy(who.store, filter, 1), ids, `${shown} one by one`);
    assert.equal(await who.store.read({ type: "count", filter }), ids.length, shown);
  }
});

check(
  "a fingerprint is of the last error, also after a retry and of one that runs",
  async (storage) => {
    const who = await member(storage, "a");
    await add(who.store, "one");
    const of = async (error: { message: string; stack: string | undefined }) =>
      idsBy(who.store, { error: fingerprintOf(error) });
    const [run] = await claim(who);
    assert.ok(run);
    const first = { message: "first", stack: undefined };
    await settle(who, settlement(run, { type: "failed", error: first, runAt: t0 }));
    assert.deepEqual(await of(first), ["one"]);
    await retry(who, "one");
    const [again] = await claim(who, 1, ["mail"], t0 + 20);
    assert.ok(again);
    assert.deepEqual(await of(first), ["one"]);
    await settle(who, settlement(again, failed));
    assert.deepEqual([await of(first), await of(boom)], [[], ["one"]]);
    const { errors } = await row(who, "one");
    assert.deepEqual(
      errors.map(({ fingerprint }) => fingerprint),
      [fingerprintOf(first), fingerprintOf(boom)],
    );
  },
);

check("a death without an error is found by its reason", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "own", "hand", "running");
  const [own, , running] = await claim(who);
  assert.ok(own && running);
  await settle(who, settlement(own, { type: "discarded", reason: "no card 1", error: undefined }));
  await end(who, "discard", "hand", "running");
  const reason = (message: string) => ({ error: fingerprintOf({ message, stack: undefined }) });
  assert.deepEqual(await idsBy(who.store, reason("no card 2")), ["own"]);
  assert.deepEqual(await idsBy(who.store, reason("discard it")), ["running", "hand"]);
});

check("the dead are grouped by fingerprint, the most frequent first", async (storage) => {
  const who = await member(storage, "a");
  await endAll(who, ["a", "b", "c"], thrown("no user 1"));
  await endAll(who, ["d"], thrown("disk is full"));
  await endAll(who, ["e"], completed);
  const read = { type: "groups", filter: { state: "dead" }, cursor: undefined } as const;
  const { items, next } = await who.store.read(read);
  assert.equal(next, undefined);
  const known = items.map(({ fingerprint: _, ...group }) => group);
  assert.deepEqual(known, [
    {
      ...{ count: 3, message: "no user 1", newestId: "c", newestAt: t0 + 2, oldestAt: t0 },
      names: ["mail"],
    },
    {
      ...{ count: 1, message: "disk is full", newestId: "d", newestAt: t0, oldestAt: t0 },
      names: ["mail"],
    },
  ]);
  const [most] = items;
  assert.deepEqual(await idsBy(who.store, { error: most?.fingerprint ?? "" }), ["c", "b", "a"]);
  const none = await who.store.read({ ...read, filter: { state: "completed" } });
  assert.deepEqual(none.items, []);
});

check("what died with its process is one group, whichever process it was", async (storage) => {
  const who = await member(storage, "a");
  for (const id of ["b1", "c2"]) {
    const doomed = await member(storage, id);
    await add(doomed.store, `of ${id}`);
    await claim(doomed);
    await kill(doomed);
    await rescue(who);
    await claim(who);
  }
  const filter: CheckedFilter = { state: ["available", "running"] };
  const { items } = await who.store.read({ type: "groups", filter, cursor: undefined });
  assert.deepEqual(
    items.map(({ count }) => count),
    [2],
  );
});
