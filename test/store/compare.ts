import assert from "node:assert/strict";
import fc from "fast-check";
import "../seed.ts";
import type { ClaimedJob } from "../../lib/job/job.ts";
import { finalStates } from "../../lib/job/state.ts";
import type { Write, WriteAnswer, WriteAnswers } from "../../lib/protocol/write.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { type Done, Driver, type Seat } from "./driver.ts";
import { allRows, type Harness, keptRuns, one, withStorage } from "./kit.ts";
import { type Turn, turns } from "./steps.ts";

export interface Comparison {
  /** Of fast-check, to play the same turns again. */
  seed?: number;
  /** Sequences of turns. */
  runs: number;
}

/**
 * Plays the same random turns on two engines: they must give the same answers and leave the same jobs.
 * Numbers that each engine chooses for itself (seq, fence, lane, worker, cursors) are not compared.
 */
export async function compareEngines(
  one: Harness,
  other: Harness,
  { seed, runs }: Comparison,
): Promise<void> {
  await withStorage(one, (first) =>
    withStorage(other, async (second) => {
      let sequence = 0;
      const property = fc.asyncProperty(turns, (played) => {
        const namespace = `run-${++sequence}`;
        return compareOn(new Driver(first, namespace), new Driver(second, namespace), played);
      });
      await fc.assert(property, { numRuns: runs, ...(seed !== undefined && { seed }) });
    }),
  );
}

async function compareOn(one: Driver, other: Driver, played: readonly Turn[]): Promise<void> {
  await one.start();
  await other.start();
  for (const turn of played) {
    const first = await one.play(turn);
    const second = await other.play(turn);
    assert.deepEqual(
      answersOf(one, first),
      answersOf(other, second),
      `other answers to ${JSON.stringify(turn)}`,
    );
    assert.deepEqual(
      await stateOf(one),
      await stateOf(other),
      `other jobs after ${JSON.stringify(turn)}`,
    );
  }
  await one.stop();
  await other.stop();
}

function answersOf(driver: Driver, done: Done): unknown[] {
  return done.writes.map((write, at) => plain(driver, done.by, write, done.answers[at]));
}

/** An answer without an engine's own numbers. */
function plain(driver: Driver, by: Seat, write: Write, answer: WriteAnswer): unknown {
  switch (write.type) {
    case "claim":
      return plainClaim(driver, by, answer as WriteAnswers["claim"]);
    case "end":
      return plainEnds(driver, by, answer as WriteAnswers["end"]);
    case "rescue": {
      const { workers } = answer as WriteAnswers["rescue"];
      const sorted = workers.map((worker) => ({
        ...worker,
        poisoned: [...worker.poisoned].sort(),
      }));
      return sorted.sort((x, y) => (x.id < y.id ? -1 : 1));
    }
    case "acquire":
      return plainLock(answer as WriteAnswers["acquire"]);
    case "purge":
      return [...(answer as WriteAnswers["purge"]).deleted].sort();
    default:
      return answer;
  }
}

function plainLock(answer: WriteAnswers["acquire"]): unknown {
  if (answer.type === "acquired") return answer.type;
  const { fence: _fence, ...by } = answer.by;
  return by;
}

function plainClaim(driver: Driver, by: Seat, answer: WriteAnswers["claim"]): unknown {
  const ids = new Map(driver.runs.map(({ seq, id }) => [seq, id]));
  // An engine may tell an ask again; it must tell what is new.
  const asks = answer.asks
    .map(({ seq, ask, reason }) => ({ id: ids.get(seq) ?? "", ask, reason }))
    .filter(({ id }) => by.asked.has(id))
    .sort((x, y) => (x.id < y.id ? -1 : 1));
  by.asked.clear();
  by.paused = answer.paused ?? by.paused;
  const { dry, held, freeAt } = answer;
  return { jobs: answer.jobs.map(plainRun), dry, asks, paused: by.paused, held, freeAt };
}

function plainRun({ seq: _seq, fence: _fence, lane: _lane, ...run }: ClaimedJob): unknown {
  return run;
}

function plainEnds(driver: Driver, by: Seat, { ends }: WriteAnswers["end"]): unknown {
  return ends.map((end) => {
    if (end.type !== "asked") return end;
    for (const seat of driver.seats) if (seat !== by) seat.asked.add(end.id);
    return { type: end.type, id: end.id, worker: driver.workerIds.get(end.worker) };
  });
}

/** All that can be read, without an engine's own numbers. */
async function stateOf(driver: Driver): Promise<unknown> {
  const [seat] = driver.seats as [Seat];
  const { store } = seat.member;
  const rows = await allRows(store, 4);
  const jobs = [];
  for (const { seq: _seq, fence: _fence, ...job } of rows) {
    jobs.push({ ...job, executions: await store.read({ type: "executions", id: job.id }) });
  }
  const queues = await store.read({ type: "queues" });
  return {
    jobs,
    queues: queues.map(({ jobs: _jobs, ...queue }) => queue).filter(used),
    workers: (await store.read({ type: "workers" })).map(({ id, alive, running }) => {
      return { id, alive, running };
    }),
    locks: (await store.read({ type: "locks", cursor: undefined, limit: 9 })).items.map(
      ({ fence: _fence, ...lock }) => lock,
    ),
    changes: await Promise.all(driver.seats.map(changesOf)),
    ...{ ended: await endedOf(store), groups: await groupsOf(store) },
    ...{ finalBytes: await finalBytesOf(seat) },
  };
}

/** Ended jobs in the order of their end. */
async function endedOf(store: JobStore): Promise<readonly string[]> {
  const filter = { state: finalStates };
  return (await store.read({ type: "ids", filter, cursor: undefined, limit: 100 })).items;
}

async function groupsOf(store: JobStore): Promise<unknown> {
  return (await store.read({ type: "groups", filter: {}, cursor: undefined })).items;
}

/** A queue that only a duplicate named may be known to one engine and not to the other. */
function used({ pausedAt, counts }: { pausedAt: unknown; counts: object }): boolean {
  return pausedAt !== undefined || Object.values(counts).some((count) => count > 0);
}

async function changesOf(seat: Seat): Promise<unknown> {
  const read = { type: "changes", since: seat.cursor, tracked: [], limit: 100 } as const;
  const { moved, cursor } = await seat.member.store.read(read);
  seat.cursor = cursor;
  return moved.map(({ seq: _seq, ...job }) => job).sort((x, y) => (x.id < y.id ? -1 : 1));
}

async function finalBytesOf({ member }: Seat): Promise<number> {
  const never = Number.POSITIVE_INFINITY;
  const all = { completed: never, stopped: never, cancelled: never, dead: never };
  const retention = { ageMs: all, count: all, bytes: never, runs: keptRuns };
  const write = { type: "prune", retention, now: 0, limit: 1 } as const;
  return (await one(member.store, write)).finalBytes;
}
