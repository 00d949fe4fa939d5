import { assert } from "../base/assert.ts";
import type { JobId, NewJob } from "../job/job.ts";
import type { NewRun } from "../job/run.ts";
import {
  decide,
  isLate,
  type Overlap,
  type SkipReason,
  supersededReason,
} from "../job/schedule-policy.ts";
import type {
  FireAnswer,
  Firing,
  FiringAnswer,
  FiringSlot,
  RunFate,
  SkippedSlots,
  WaitingRun,
} from "../protocol/schedule.ts";
import type { Duplicate, EndAnswer } from "../protocol/write.ts";

/** What both engines decide alike when schedules fire. */

/** What a firing asks of a storage, within its transaction. */
export interface FiringStore {
  /** Undefined where there is no schedule of that name. */
  row(name: string): { revision: number; lastPlanned: number } | undefined;
  plan(name: string, lastPlanned: number, nextAt: number | undefined): void;
  /** Runs of the schedule that are not over, lingering ones too; what is over is noted as such. */
  unfinished(schedule: string): Unfinished;
  hasRun(schedule: string, planAt: number): boolean;
  /** Inserts a job with its run. */
  enqueue(job: NewJob): Duplicate | undefined;
  keepWaiting(waiting: WaitingRun): void;
  skip(run: NewRun, name: string, reason: SkipReason, error: string | undefined): void;
  skipMany(schedule: string, skipped: SkippedSlots): void;
  cancel(id: JobId, reason: string): EndAnswer;
  /** The first of each schedule that has one, by their order, `limit` at most. */
  firstWaiting(limit: number): WaitingRun[];
  /** Takes one that waits away, or all of its schedule: they are enqueued or skipped next. */
  dropWaiting(run: NewRun): void;
  dropAllWaiting(schedule: string): WaitingRun[];
}

export interface Unfinished {
  running: readonly JobId[];
  /** For a slot. */
  available: readonly JobId[];
  /** How many wait for the run before them. */
  waiting: number;
}

export function fire(store: FiringStore, firings: readonly Firing[], now: number): FireAnswer {
  const ends: EndAnswer[] = [];
  const answers = firings.map((firing) => fireOne({ store, now, ends }, firing));
  return { firings: answers, ends };
}

interface Turn {
  store: FiringStore;
  now: number;
  ends: EndAnswer[];
}

function fireOne(turn: Turn, firing: Firing): FiringAnswer {
  const { name, expect, lastPlanned, nextAt } = firing;
  const { store } = turn;
  const row = store.row(name);
  if (expect !== undefined) {
    const { revision, lastPlanned: dealtWith } = expect;
    if (row?.revision !== revision || row.lastPlanned !== dealtWith) return { type: "stale" };
  } else if (row === undefined) return { type: "stale" };
  for (const skipped of firing.skips) store.skipMany(name, skipped);
  const runs = firing.slots.flatMap((slot) => {
    // A schedule that was removed and made anew may mean a time that had its run.
    const isDone = expect !== undefined && store.hasRun(name, slot.run.planAt);
    return isDone ? [] : [fireSlot(turn, firing, slot)];
  });
  if (expect !== undefined) store.plan(name, lastPlanned, nextAt);
  return { type: "fired", runs };
}

function fireSlot(turn: Turn, firing: Firing, slot: FiringSlot): RunFate {
  const { store, now } = turn;
  const { run, dueAt, name, job, refused } = slot;
  const { deadlineMs } = firing;
  const overlap = overlapOf(firing, run);
  if (job === undefined) return skip(store, slot, "refused", refused);
  // Where it does not matter, too: what is over is noted, and is looked at no more.
  const unfinished = store.unfinished(firing.name);
  const open = overlap === "allow" ? none : unfinished;
  const running = open.running.length;
  const queued = open.available.length + open.waiting;
  const decision = decide({ overlap, deadlineMs }, { dueAt, now, running, queued });
  switch (decision.type) {
    case "enqueue":
      return enqueue(store, { run, job, dueAt, deadlineMs });
    case "skip":
      return skip(store, slot, decision.reason, undefined);
    case "cancel-and-enqueue":
      giveWay(turn, open, run);
      if (running === 0) return enqueue(store, { run, job, dueAt, deadlineMs });
      break;
    case "queue":
      break;
    default:
      decision satisfies never;
  }
  store.keepWaiting({ run, job, dueAt, deadlineMs });
  assert(run.schedule !== undefined, `the run of "${name}" waits for a schedule that it has not`);
  return { type: "waiting", id: run.id };
}

/** Who wants several missed times made up wants them one after the other. */
function overlapOf({ overlap }: Firing, { trigger }: NewRun): Overlap {
  const bounded = overlap === "skip" || overlap === "queue-one";
  return trigger === "catch-up" && bounded ? "queue-all" : overlap;
}

const none: Unfinished = { running: [], available: [], waiting: 0 };

/** `overlap: "cancel-running"`: what runs is asked, what waits goes at once. */
function giveWay({ store, ends }: Turn, open: Unfinished, next: NewRun): void {
  for (const id of [...open.running, ...open.available]) {
    ends.push(store.cancel(id, supersededReason));
  }
  for (const { run, job } of store.dropAllWaiting(next.schedule ?? "")) {
    store.skip(run, job.name, "queued", undefined);
  }
}

/** Enqueues runs that waited for the one before them, where that is over. */
export function advance(store: FiringStore, now: number, limit: number): FireAnswer {
  const runs = store.firstWaiting(limit).flatMap((waiting): RunFate[] => {
    const { run, job } = waiting;
    const { running, available } = store.unfinished(run.schedule ?? "");
    if (running.length + available.length > 0) return [];
    store.dropWaiting(run);
    if (!isLate(waiting, waiting.dueAt, now)) return [enqueue(store, waiting)];
    store.skip(run, job.name, "deadline", undefined);
    return [{ type: "skipped", id: run.id, reason: "deadline" }];
  });
  return { firings: [{ type: "fired", runs }], ends: [] };
}

function enqueue(store: FiringStore, { run, job }: WaitingRun): RunFate {
  const met = store.enqueue(job);
  if (met === undefined) return { type: "enqueued", id: run.id, job };
  const reason = met.type === "full" ? "full" : "unique";
  store.skip(run, job.name, reason, undefined);
  return { type: "skipped", id: run.id, reason };
}

function skip(
  store: FiringStore,
  { run, name }: FiringSlot,
  reason: SkipReason,
  error: string | undefined,
): RunFate {
  store.skip(run, name, reason, error);
  return { type: "skipped", id: run.id, reason };
}
