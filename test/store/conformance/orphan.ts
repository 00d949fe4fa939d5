import assert from "node:assert/strict";
import { commandRunId } from "../../../lib/job/command-run.ts";
import {
  add,
  caseList,
  claim,
  claimOne,
  completed,
  definition,
  end,
  enqueue,
  hour,
  job,
  kill,
  type Member,
  member,
  one,
  row,
  settle,
  settlement,
  t0,
} from "../kit.ts";

/** What becomes of commands whose runtime died: they wait until what is left of them was ended. */
const { cases, check } = caseList();
export const orphanCases = cases;

const command = definition("mail", { isCommand: true, concurrency: 1 });
const plain = definition("plain");

async function dead(storage: Parameters<Parameters<typeof check>[1]>[0], id: string) {
  const definitions = [command, plain];
  return member(storage, id, { definitions, jobs: ["mail", "plain"] });
}

function rescueHere(who: Member, cleared: { id: string; culprit: boolean }[] = [], host = "here") {
  const { worker } = who;
  return one(who.store, { type: "rescue", worker, now: t0 + hour, host, cleared });
}

const processOf = (seq: number, fence: number) => {
  return { seq, fence, runId: `run ${seq}`, pid: 7, startedAt: t0 + 5 };
};

check(
  "a dead worker's commands wait until it is cleared, its other jobs do not",
  async (storage) => {
    const who = await member(storage, "a");
    const dying = await dead(storage, "b");
    await add(who.store, "cmd");
    await enqueue(who.store, [job("other", { name: "plain", queue: "plain" })]);
    const [run] = await claim(dying, 2, ["mail", "plain"]);
    assert.ok(run);
    await one(dying.store, { type: "spawn", runs: [processOf(run.seq, run.fence)] });
    await kill(dying);
    const first = await rescueHere(who);
    const marks = [{ runId: `run ${run.seq}`, pid: 7, startedAt: t0 + 5 }];
    assert.deepEqual(first.orphaned, [{ id: "b", pid: 7, culprit: false, marks }]);
    assert.deepEqual(
      first.workers.map(({ released }) => released),
      [1],
    );
    assert.equal((await row(who, "cmd")).state, "running");
    assert.equal((await row(who, "other")).state, "available");
    // Nobody may run it beside what is left of it.
    await add(who.store, "next");
    assert.deepEqual(await claim(who), []);
    assert.deepEqual((await rescueHere(who)).workers, []);
    const second = await rescueHere(who, [{ id: "b", culprit: false }]);
    assert.deepEqual(second.orphaned, []);
    assert.deepEqual(
      second.workers.map(({ id, released }) => [id, released]),
      [["b", 1]],
    );
    const { state, attempt } = await row(who, "cmd");
    assert.deepEqual({ state, attempt }, { state: "available", attempt: 0 });
    assert.deepEqual(await who.store.read({ type: "workers" }).then((all) => all.length), 1);
    assert.deepEqual((await rescueHere(who, [{ id: "b", culprit: false }])).workers, []);
  },
);

check("a command whose process was not noted yet is found by what it would be", async (storage) => {
  const who = await member(storage, "a");
  const dying = await dead(storage, "b");
  await add(who.store, "cmd");
  const run = await claimOne(dying);
  await kill(dying);
  const { orphaned } = await rescueHere(who);
  const runId = commandRunId("b", run.seq, run.fence);
  assert.deepEqual(orphaned[0]?.marks, [{ runId, pid: 0, startedAt: t0 }]);
});

check("a settled command leaves no mark, and nothing to wait for", async (storage) => {
  const who = await member(storage, "a");
  const dying = await dead(storage, "b");
  await add(who.store, "cmd", "next");
  const run = await claimOne(dying);
  await one(dying.store, { type: "spawn", runs: [processOf(run.seq, run.fence)] });
  await settle(dying, settlement(run, completed, { spawned: true }));
  await kill(dying);
  const { orphaned, workers } = await rescueHere(who);
  assert.deepEqual([orphaned, workers.length], [[], 1]);
});

check("nobody waits for the processes of another machine", async (storage) => {
  const who = await member(storage, "a");
  const dying = await dead(storage, "b");
  await add(who.store, "cmd");
  await claimOne(dying);
  await kill(dying);
  const { orphaned, workers } = await rescueHere(who, [], "elsewhere");
  assert.deepEqual([orphaned, workers[0]?.released], [[], 1]);
  assert.equal((await row(who, "cmd")).state, "available");
});

check("a command that was asked to stop is stopped once it is cleared", async (storage) => {
  const who = await member(storage, "a");
  const dying = await dead(storage, "b");
  await add(who.store, "cmd");
  await claimOne(dying);
  await end(who, "stop", "cmd");
  await kill(dying);
  await rescueHere(who);
  assert.equal((await row(who, "cmd")).state, "running");
  await rescueHere(who, [{ id: "b", culprit: false }]);
  assert.equal((await row(who, "cmd")).state, "stopped");
});

check("a command is not blamed for a death that another run is suspected of", async (storage) => {
  const who = await member(storage, "a");
  const definitions = [definition("mail", { crashLimit: 2, isCommand: true }), plain];
  await enqueue(who.store, [job("bad", { name: "plain", queue: "plain" })]);
  for (const id of ["b", "c"]) {
    const dying = await member(storage, id, { definitions, jobs: ["mail", "plain"] });
    await claim(dying, 1, ["plain"]);
    if (id === "c") {
      await add(who.store, "cmd");
      await claimOne(dying);
    }
    await kill(dying);
    const { orphaned } = await rescueHere(who);
    await rescueHere(
      who,
      orphaned.map(({ id, culprit }) => ({ id, culprit })),
    );
  }
  // It would have died of a second crash.
  const last = await member(storage, "d", { definitions });
  assert.equal((await claimOne(last)).suspect, true);
  await kill(last);
  await rescueHere(who, [{ id: "d", culprit: false }]);
  assert.equal((await row(who, "cmd")).state, "available");
});
