import { limits } from "../lib/base/limits.ts";
import type { NewJob } from "../lib/job/job.ts";
import type { Reply } from "../lib/kernel/message.ts";
import type { AskedWrite, Duplicates, EndedRun } from "../lib/protocol/queue.ts";
import type { SpawnedRun } from "../lib/protocol/rescue.ts";
import type {
  CeasedRun,
  Entry,
  Follower,
  RunNote,
  Write,
  WriteAnswer,
} from "../lib/protocol/write.ts";

/** Callers' jobs that travel in one write, each call with its place in it. */
export interface EnqueueCall {
  jobs: readonly NewJob[];
  reply: Reply<Duplicates>;
}

/** A write that its asker waits for. */
export interface Asked {
  write: AskedWrite | Extract<Write, { type: "join" | "leave" }>;
  done(answer: WriteAnswer): void;
  refused(error: Error): void;
}

/**
 * What gathers for the next transaction. Facts (settlements, marks, notes) stay until they are
 * committed, however often it takes; questions are refused with the error of a failed commit.
 */
export interface Gathered {
  asked: Asked[];
  notes: RunNote[];
  entries: Entry[];
  /** Processes that runs are. */
  spawned: SpawnedRun[];
  ended: EndedRun[];
  followers: Follower[];
  /** Lingering runs that are over. */
  ceased: CeasedRun[];
  enqueues: EnqueueCall[];
  enqueueRows: number;
  enqueueBytes: number;
  beat: boolean;
}

export function nothingGathered(): Gathered {
  return {
    asked: [],
    notes: [],
    entries: [],
    spawned: [],
    ended: [],
    followers: [],
    ceased: [],
    enqueues: [],
    enqueueRows: 0,
    enqueueBytes: 0,
    beat: false,
  };
}

/** Facts and moves that stand in the way of each other: how many things `takeOne` would take. */
export function countOf(gathered: Gathered): number {
  const { asked, notes, entries, spawned, ended, ceased } = gathered;
  const facts = notes.length + entries.length + spawned.length + ended.length + ceased.length;
  return asked.length + facts;
}

export function isNothing(gathered: Gathered): boolean {
  return countOf(gathered) + gathered.enqueues.length === 0 && !gathered.beat;
}

/** Takes one thing alone: after a commit failed for good, to find what it failed for. */
export function takeOne(gathered: Gathered): Gathered {
  const one = nothingGathered();
  if (gathered.asked.length > 0) one.asked = gathered.asked.splice(0, 1);
  else if (gathered.notes.length > 0) one.notes = gathered.notes.splice(0, 1);
  else if (gathered.entries.length > 0) one.entries = gathered.entries.splice(0, 1);
  else if (gathered.spawned.length > 0) one.spawned = gathered.spawned.splice(0, 1);
  else if (gathered.ended.length > 0) takeEnded(gathered, one, 1);
  else if (gathered.ceased.length > 0) one.ceased = gathered.ceased.splice(0, 1);
  else return takeBatch(gathered, false);
  return one;
}

/**
 * Takes as much as one transaction may hold; the rest stays gathered. `half`: nothing is under way,
 * so only every other call of enqueue goes now and the others right behind. From then on one half's
 * callers are answered while the other half commits: 64 callers went from 52 % of the bare store to
 * 70.
 */
export function takeBatch(gathered: Gathered, half: boolean): Gathered {
  const batch: Gathered = {
    ...nothingGathered(),
    asked: gathered.asked.splice(0, limits.batchAsked),
    notes: gathered.notes.splice(0, limits.batchRows),
    entries: gathered.entries.splice(0, limits.batchRows),
    spawned: gathered.spawned.splice(0, limits.batchRows),
    ceased: gathered.ceased.splice(0, limits.batchRows),
    beat: gathered.beat,
  };
  gathered.beat = false;
  takeEnded(gathered, batch, limits.batchRows);
  takeEnqueues(gathered, batch, half ? Math.ceil(gathered.enqueues.length / 2) : Infinity);
  return batch;
}

function takeEnded(gathered: Gathered, batch: Gathered, rows: number): void {
  if (gathered.ended.length <= rows) {
    batch.ended = gathered.ended;
    batch.followers = gathered.followers;
    gathered.ended = [];
    gathered.followers = [];
    return;
  }
  batch.ended = gathered.ended.splice(0, rows);
  const taken = batch.ended.length;
  batch.followers = gathered.followers.filter(({ of }) => of < taken);
  const left = gathered.followers.filter(({ of }) => of >= taken);
  gathered.followers = left.map(({ of, job }) => ({ of: of - taken, job }));
}

function takeEnqueues(gathered: Gathered, batch: Gathered, calls: number): void {
  let taken = 0;
  for (const call of gathered.enqueues) {
    const bytes = bytesOf(call.jobs);
    const full =
      batch.enqueueRows + call.jobs.length > limits.batchRows ||
      batch.enqueueBytes + bytes > limits.batchBytes;
    if (taken >= calls || (full && taken > 0)) break;
    taken++;
    batch.enqueueRows += call.jobs.length;
    batch.enqueueBytes += bytes;
  }
  batch.enqueues = gathered.enqueues.splice(0, taken);
  gathered.enqueueRows -= batch.enqueueRows;
  gathered.enqueueBytes -= batch.enqueueBytes;
}

/** UTF-16 units of the payloads: near enough to bound a commit, and free. */
function bytesOf(jobs: readonly NewJob[]): number {
  let bytes = 0;
  for (const job of jobs) bytes += job.args.length;
  return bytes;
}

/** Puts the facts of a batch that could not be committed before what gathered meanwhile. */
export function putBack(gathered: Gathered, batch: Gathered): void {
  gathered.notes.unshift(...batch.notes);
  gathered.entries.unshift(...batch.entries);
  gathered.spawned.unshift(...batch.spawned);
  const shifted = gathered.followers.map(({ of, job }) => ({ of: of + batch.ended.length, job }));
  gathered.followers = [...batch.followers, ...shifted];
  gathered.ended = [...batch.ended, ...gathered.ended];
  gathered.ceased.unshift(...batch.ceased);
  gathered.beat ||= batch.beat;
}

/** What each enqueue call hears of the duplicates of the one write that all travelled in. */
export function duplicatesByCall(
  calls: readonly EnqueueCall[],
  duplicates: Duplicates,
): Duplicates[] {
  if (duplicates.length === 0) return calls.map(() => []);
  let from = 0;
  return calls.map(({ jobs }) => {
    const until = from + jobs.length;
    const own = duplicates.filter(({ at }) => at >= from && at < until);
    const answer = own.map((duplicate) => ({ ...duplicate, at: duplicate.at - from }));
    from = until;
    return answer;
  });
}
