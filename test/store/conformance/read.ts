import assert from "node:assert/strict";
import type { CheckedFilter } from "../../../lib/job/filter.ts";
import type { ChangeCursor } from "../../../lib/protocol/query.ts";
import {
  add,
  allRows,
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
  job,
  member,
  one,
  settle,
  settlement,
  t0,
} from "../kit.ts";

/** Listings, counts, queues, definitions, and what others changed. */
const { cases, check } = caseList();
export const readCases = cases;

check("jobs are listed newest first, page by page", async (storage) => {
  const who = await member(storage, "a");
  const ids = Array.from({ length: 7 }, (_, at) => `id-${at}`);
  await add(who.store, ...ids);
  const read = { type: "jobs", filter: {}, cursor: undefined, limit: 3 } as const;
  const page = await who.store.read(read);
  assert.deepEqual(
    page.items.map(({ id }) => id),
    ["id-6", "id-5", "id-4"],
  );
  await add(who.store, "newer");
  const next = await who.store.read({ ...read, cursor: page.next });
  assert.deepEqual(
    next.items.map(({ id }) => id),
    ["id-3", "id-2", "id-1"],
  );
  for (const limit of [1, 2, 4, 8, 100]) {
    const walked = (await allRows(who.store, limit)).map(({ id }) => id);
    assert.deepEqual(walked, ["newer", ...[...ids].reverse()]);
  }
});

check("a job of any state is listed, also where it is the only one", async (storage) => {
  const states = ["available", "scheduled", "running", "retryable", "dead"] as const;
  for (const state of states) {
    const who = await member(storage, state, { namespace: state });
    const runAt = state === "scheduled" ? t0 + 1 : undefined;
    await enqueue(who.store, [job("one", { runAt })]);
    const runs = state === "available" ? [] : await claim(who);
    const outcome = { running: undefined, retryable: failed, dead: discarded }[state as "dead"];
    for (const run of runs) if (outcome) await settle(who, settlement(run, outcome));
    assert.deepEqual(
      (await allRows(who.store)).map((row) => row.state),
      [state],
    );
    const filter = { state: ["scheduled", state] as const };
    const page = await who.store.read({ type: "jobs", filter, cursor: undefined, limit: 9 });
    assert.equal(page.items.length, 1, state);
  }
});

check("a cursor that no listing gave is refused", async (storage) => {
  const store = await storage.open();
  for (const cursor of ["", "nonsense", "!", "Li4v", "MToy"]) {
    const reading = store.read({ type: "jobs", filter: {}, cursor, limit: 3 });
    await assert.rejects(reading, { code: "ERR_ERGATE_CURSOR" }, `cursor ${cursor}`);
  }
});

check("a filter gives what fits all its fields, and count counts it", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [
    ...[job("done", { tags: ["x"] }), job("running", { tags: ["x", "y"] })],
    ...[job("ready"), job("later", { runAt: t0 + hour, tags: ["y"] })],
    ...[job("post", { name: "post", queue: "mail", parent: "done", depth: 1 })],
  ]);
  const [first] = await claim(who, 2);
  assert.ok(first);
  await enqueue(who.store, [job("moved", { queue: "post", parent: "done", depth: 1 })]);
  await settle(who, settlement(first, completed));
  const table: [CheckedFilter, string[]][] = [
    [{}, ["moved", "post", "later", "ready", "running", "done"]],
    [{ state: "completed" }, ["done"]],
    [{ state: ["running", "scheduled"] }, ["later", "running"]],
    [{ state: [] }, []],
    [{ name: "mail", state: "available" }, ["moved", "ready"]],
    [{ queue: "post" }, ["moved"]],
    [{ queue: "mail", name: "post" }, ["post"]],
    [{ tag: "x" }, ["running", "done"]],
    [{ tag: "y", state: "scheduled" }, ["later"]],
    [{ name: "none" }, []],
    [{ parent: "done" }, ["moved", "post"]],
    [{ parent: "done", name: "post" }, ["post"]],
    [{ parent: "done", state: "completed" }, []],
    [{ parent: "ready" }, []],
  ];
  for (const [filter, ids] of table) {
    const { items } = await who.store.read({ type: "jobs", filter, cursor: undefined, limit: 9 });
    assert.deepEqual(
      items.map(({ id }) => id),
      ids,
      JSON.stringify(filter),
    );
    const count = await who.store.read({ type: "count", filter });
    assert.equal(count, ids.length, JSON.stringify(filter));
  }
});

check("queues are listed by name with the counts of all states", async (storage) => {
  const definitions = [definition("empty", { queue: "also empty" })];
  const who = await member(storage, "a", { definitions });
  await enqueue(who.store, [
    ...[job("done"), job("running"), job("ready"), job("later", { runAt: t0 + hour })],
    job("other", { name: "post", queue: "mail" }),
  ]);
  const [done] = await claim(who, 2);
  assert.ok(done);
  await settle(who, settlement(done, completed));
  const [empty, mail, ...more] = await who.store.read({ type: "queues" });
  const none = {
    ...{ scheduled: 0, available: 0, running: 0, retryable: 0 },
    ...{ completed: 0, stopped: 0, cancelled: 0, dead: 0 },
  };
  assert.deepEqual([empty?.name, empty?.counts, empty?.pausedAt], ["also empty", none, undefined]);
  const counts = { ...none, scheduled: 1, available: 2, running: 1, completed: 1 };
  assert.deepEqual([mail?.name, mail?.counts], ["mail", counts]);
  assert.deepEqual(mail?.jobs, ["mail", "post"]);
  assert.deepEqual(more, []);
});

check("a definition is stored for others, and the newest one counts", async (storage) => {
  const first = definition("mail", { timeoutMs: 5, crashLimit: Number.POSITIVE_INFINITY });
  const who = await member(storage, "a", { definitions: [first, definition("b")] });
  const other = await storage.open();
  const read = { type: "definition", name: "mail" } as const;
  assert.deepEqual(await other.read(read), first);
  const newer = definition("mail", { queue: "post", priority: 4, maxAttempts: 1 });
  await one(who.store, { type: "declare", definitions: [newer, definition("a")], now: t0 });
  assert.deepEqual(await other.read(read), newer);
  const names = (await other.read({ type: "definitions" })).map((one) => one.name);
  assert.deepEqual(names, ["a", "b", "mail"]);
  assert.equal(await other.read({ type: "definition", name: "none" }), undefined);
  assert.equal(await other.read({ type: "executions", id: "none" }), undefined);
});

check("changes tell what is new, what ended and where tracked jobs stand", async (storage) => {
  const who = await member(storage, "a");
  const look = (since: ChangeCursor | undefined, tracked: number[] = [], limit = 99) =>
    who.store.read({ type: "changes", since, tracked, limit });
  await add(who.store, "old", "ended");
  const [old, ended] = await claim(who);
  assert.ok(old && ended);
  const start = await look(undefined);
  assert.deepEqual(start.moved, []);
  await add(who.store, "new");
  await settle(who, settlement(ended, discarded, { finishedAt: t0 + 4 }));
  const { moved, cursor } = await look(start.cursor, [old.seq, 9_999]);
  const shown = moved.map(({ id, state, attempt, reason }) => [id, state, attempt, reason]);
  assert.deepEqual(shown.sort(), [
    ["ended", "dead", 1, "no use"],
    ["new", "available", 0, undefined],
    ["old", "running", 1, undefined],
  ]);
  const found = moved.find(({ id }) => id === "ended");
  assert.deepEqual([found?.seq, found?.finishedAt, found?.queue], [ended.seq, t0 + 4, "mail"]);
  assert.deepEqual((await look(cursor)).moved, []);
  await one(who.store, { type: "delete", ids: ["ended"] });
  assert.deepEqual((await look(cursor, [ended.seq])).moved, []);
});

check("changes past the limit come with the next look", async (storage) => {
  const who = await member(storage, "a");
  const changes = { type: "changes", tracked: [], limit: 2 } as const;
  let { cursor } = await who.store.read({ ...changes, since: undefined });
  await add(who.store, "a", "b", "c", "d", "e");
  // Two of them end in the same millisecond: their numbers tell them apart.
  for (const run of await claim(who, 3)) await settle(who, settlement(run, completed));
  const seen = new Set<string>();
  for (let turn = 0; turn < 3; turn++) {
    const answer = await who.store.read({ ...changes, since: cursor });
    for (const { id, state } of answer.moved) seen.add(`${id} ${state}`);
    cursor = answer.cursor;
  }
  const states = ["a completed", "b completed", "c completed", "d available", "e available"];
  assert.deepEqual([...seen].sort(), states);
  const last = await who.store.read({ ...changes, since: cursor });
  assert.deepEqual(last.moved, []);
});

check("of jobs that ended in one millisecond none is missed", async (storage) => {
  const who = await member(storage, "a");
  const ids = ["a", "b", "c", "d", "e"];
  await add(who.store, ...ids);
  const changes = { type: "changes", tracked: [], limit: 2 } as const;
  let { cursor } = await who.store.read({ ...changes, since: undefined });
  await settle(who, ...(await claim(who)).map((run) => settlement(run, completed)));
  const seen: string[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const answer = await who.store.read({ ...changes, since: cursor });
    seen.push(...answer.moved.map(({ id }) => id));
    cursor = answer.cursor;
  }
  assert.deepEqual(seen, ids);
});

check("a number is never given twice, so a cursor misses no job", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const { cursor } = await who.store.read({
    ...{ type: "changes", since: undefined, tracked: [], limit: 9 },
  });
  await end(who, "stop", "two");
  await one(who.store, { type: "delete", ids: ["two"] });
  await add(who.store, "three");
  const changes = { type: "changes", since: cursor, tracked: [], limit: 9 } as const;
  const { moved } = await who.store.read(changes);
  assert.deepEqual(
    moved.map(({ id }) => id),
    ["three"],
  );
});

check("a watcher hears what other stores change", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  const heard = new Promise<void>((resolve) => {
    const stop = who.store.watch(() => {
      stop();
      resolve();
    });
  });
  await add(other.store, "one");
  await heard;
  assert.equal((await claimOne(who)).id, "one");
});

check("a queue tells since when its next job waits", async (storage) => {
  const who = await member(storage, "a");
  const since = async () =>
    (await who.store.read({ type: "queues" })).find(({ name }) => name === "mail")?.waitingSince;
  await enqueue(who.store, [job("later", { runAt: t0 + hour })]);
  assert.equal(await since(), undefined);
  await enqueue(who.store, [job("second", { runAt: t0 - 3 })], t0);
  await enqueue(who.store, [job("third", { runAt: t0 - 1 }), job("first", { runAt: t0 - 7 })], t0);
  await enqueue(who.store, [job("post", { name: "post", queue: "mail", runAt: t0 - 5 })], t0);
  assert.equal(await since(), t0 - 7);
  await claim(who, 1);
  assert.equal(await since(), t0 - 5);
  await claim(who, 9, ["mail", "post"]);
  assert.equal(await since(), undefined);
});
