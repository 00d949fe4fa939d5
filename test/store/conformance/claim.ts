import assert from "node:assert/strict";
import {
  add,
  caseList,
  claim,
  claimFor,
  claimOne,
  completed,
  definition,
  demand,
  end,
  enqueue,
  job,
  type Member,
  member,
  one,
  row,
  settle,
  settlement,
  t0,
} from "../kit.ts";

const ids = (jobs: readonly { id: string }[]) => jobs.map(({ id }) => id);

/** The order, the shares and the marks of what a claim hands out. */
const { cases, check } = caseList();
export const claimCases = cases;

check("a queue gives by priority, then due time, then arrival", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [
    job("second"),
    job("third"),
    job("low", { priority: -1, runAt: t0 - 99 }),
    job("early", { runAt: t0 - 1 }),
    job("high", { priority: 5 }),
    job("other name", { name: "post", queue: "mail", priority: 4 }),
  ]);
  const order = ["high", "other name", "early", "second", "third", "low"];
  assert.deepEqual(ids(await claim(who, 9, ["mail", "post", "mail"])), order);
});

check("a claim marks the run: attempt, fence, owner, start", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one", "two");
  const first = await claimOne(who, t0 + 4);
  const second = await claimOne(who, t0 + 5);
  assert.ok(second.fence > first.fence);
  const found = await row(who, "one");
  assert.deepEqual(
    [found.state, found.attempt, found.fence, found.startedAt, first.attempt, first.ahead],
    ["running", 1, first.fence, t0 + 4, 1, false],
  );
  const [worker] = await who.store.read({ type: "workers" });
  assert.equal(worker?.running, 2);
});

check("only the named jobs and no more than the slots are handed out", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("a"), job("b"), job("c", { name: "post" })]);
  assert.deepEqual(ids(await claim(who, 1)), ["a"]);
  assert.deepEqual(ids(await claim(who, 0)), []);
  assert.deepEqual(ids(await claim(who, 9, ["unknown"])), []);
  assert.deepEqual(ids(await claim(who, 9)), ["b"]);
});

check("no two workers get the same job", async (storage) => {
  const one = await member(storage, "a");
  const other = await member(storage, "b");
  const all = Array.from({ length: 40 }, (_, at) => `id-${at}`);
  await add(one.store, ...all);
  const claims = Array.from({ length: 20 }, (_, at) => claim(at % 2 ? one : other, 3));
  const got = (await Promise.all(claims)).flat();
  assert.deepEqual(ids(got).sort(), all.sort());
});

check("what is claimed ahead is marked, and starts when it is entered", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("a"), job("b"), job("c"), job("d"), job("x", { name: "post" })]);
  const ahead = [{ name: "mail", count: 2 }];
  const names = ["mail", "post"];
  const { jobs, dry } = await claimFor(who, [demand(2, { names, ahead })]);
  assert.deepEqual(
    jobs.map((run) => [run.id, run.ahead]),
    [
      ["a", false],
      ["x", false],
      ["b", true],
      ["c", true],
    ],
  );
  assert.deepEqual(dry, [false]);
  const run = jobs[2];
  assert.ok(run);
  assert.equal((await row(who, "b")).startedAt, undefined);
  const late = { seq: run.seq, fence: run.fence + 1, startedAt: t0 + 1 };
  await one(who.store, { type: "enter", runs: [late] });
  assert.equal((await row(who, "b")).startedAt, undefined);
  await one(who.store, {
    type: "enter",
    runs: [{ ...late, fence: run.fence, startedAt: t0 + 6 }],
  });
  assert.equal((await row(who, "b")).startedAt, t0 + 6);
});

check("dry says for each demand whether it took the last of its jobs", async (storage) => {
  const who = await member(storage, "a");
  await enqueue(who.store, [job("a"), job("b"), job("x", { name: "post" })]);
  await enqueue(who.store, [job("later", { name: "post", runAt: t0 + 9 })]);
  const demands = [demand(1), demand(1, { names: ["post"] }), demand(1, { names: [] })];
  assert.deepEqual((await claimFor(who, demands)).dry, [false, true, true]);
  assert.deepEqual((await claimFor(who, demands)).dry, [true, true, true]);
});

check("a paused queue gives nothing until it is resumed", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  assert.deepEqual((await claimFor(who, [demand(0)])).paused, []);
  const pause = { type: "pause", queue: "mail", now: t0 + 3 } as const;
  assert.deepEqual(await one(who.store, pause), { changed: true });
  assert.deepEqual(await one(who.store, { ...pause, now: t0 + 4 }), { changed: false });
  const [queue] = await who.store.read({ type: "queues" });
  assert.equal(queue?.pausedAt, t0 + 3);
  const answer = await claimFor(who, [demand(5, { ahead: [{ name: "mail", count: 5 }] })]);
  assert.deepEqual([answer.jobs, answer.dry, answer.paused], [[], [true], ["mail"]]);
  assert.equal((await claimFor(who, [demand(1)])).paused, undefined);
  const resume = { type: "resume", queue: "mail", now: t0 } as const;
  assert.deepEqual(await one(who.store, resume), { changed: true });
  assert.deepEqual(await one(who.store, resume), { changed: false });
  const after = await claimFor(who, [demand(1)]);
  assert.deepEqual([ids(after.jobs), after.paused], [["one"], []]);
});

check("a queue that nobody used can be paused, and is known from then on", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b");
  assert.deepEqual(await one(who.store, { type: "resume", queue: "new", now: t0 }), {
    changed: false,
  });
  await one(who.store, { type: "pause", queue: "new", now: t0 });
  assert.deepEqual((await claimFor(other, [])).paused, ["new"]);
  const queues = await who.store.read({ type: "queues" });
  assert.deepEqual(
    queues.map((queue) => [queue.name, queue.pausedAt]),
    [["new", t0]],
  );
});

check("asks made by another store are told with the next claim", async (storage) => {
  const who = await member(storage, "a", { definitions: [definition("mail")] });
  const other = await member(storage, "b");
  await add(who.store, "one", "two");
  const [run] = await claim(who, 1);
  assert.deepEqual((await claimFor(who, [])).asks, []);
  await end(other, "cancel", "one", "two");
  const { asks } = await claimFor(who, []);
  const expected = { seq: run?.seq, fence: run?.fence, ask: "cancel", reason: "cancel it" };
  assert.deepEqual(asks, [expected]);
  assert.deepEqual((await claimFor(who, [])).asks, [], "nobody wrote since");
  assert.deepEqual((await claimFor(other, [])).asks, []);
});

check("progress and check-in belong to their run", async (storage) => {
  const who = await member(storage, "a");
  await add(who.store, "one");
  const run = await claimOne(who);
  const note = (change: { fence?: number; progress?: number; checkIn?: string; at?: number }) => {
    const { fence = run.fence, progress, checkIn, at = t0 } = change;
    return one(who.store, {
      type: "note",
      notes: [{ seq: run.seq, fence, progress, checkIn, at }],
    });
  };
  const shown = async () => {
    const { progress, checkIn, checkInAt } = await row(who, "one");
    return [progress, checkIn, checkInAt];
  };
  await note({ progress: 0.25, checkIn: "a quarter" });
  await note({ progress: 0.5, at: t0 + 9 });
  assert.deepEqual(await shown(), [0.5, "a quarter", t0]);
  await note({ checkIn: "a half", at: t0 + 10 });
  assert.deepEqual(await shown(), [0.5, "a half", t0 + 10]);
  await note({ fence: run.fence + 1, progress: 0.9 });
  assert.deepEqual(await shown(), [0.5, "a half", t0 + 10]);
  await settle(who, settlement(run, { type: "released", entered: true }));
  await note({ progress: 0.9 });
  await claimOne(who);
  assert.deepEqual(await shown(), [undefined, undefined, undefined]);
});

check("fences rise over claims of all workers and namespaces", async (storage) => {
  const members: Member[] = [
    await member(storage, "a"),
    await member(storage, "b", { namespace: "other" }),
  ];
  const fences: number[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const who = members[turn % 2] as Member;
    await add(who.store, `job-${turn}`);
    const run = await claimOne(who);
    fences.push(run.fence);
    await settle(who, settlement(run, completed));
  }
  assert.deepEqual(
    fences,
    [...new Set(fences)].sort((x, y) => x - y),
  );
});
