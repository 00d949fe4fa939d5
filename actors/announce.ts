import { encodeCursor } from "../lib/client/cursor.ts";
import type { NewJob } from "../lib/job/job.ts";
import type { Outcome } from "../lib/job/outcome.ts";
import type { JobState } from "../lib/job/state.ts";
import type { EventType } from "../lib/protocol/event.ts";
import type { HeldLock } from "../lib/protocol/lock.ts";
import type { Duplicates, EndedRun } from "../lib/protocol/queue.ts";
import type { Follower, WriteAnswers } from "../lib/protocol/write.ts";
import { traceEnqueued, traceSettled, traceStarted } from "./diagnostics.ts";
import type { Surroundings } from "./links.ts";

/**
 * Tells of committed moves: the store leads, events follow. Nothing is made while nobody listens.
 */

interface Moved {
  id: string;
  name: string;
  queue: string;
}

export function announceEnqueued(
  { hub, links }: Surroundings,
  jobs: readonly NewJob[],
  duplicates: Duplicates,
  now: number,
): void {
  const dueAt = announceNew(hub, jobs, duplicates, now);
  if (dueAt < Number.POSITIVE_INFINITY) links.scheduler.tell({ type: "due", at: dueAt });
}

/**
 * Tells of new jobs and of replaced ones whose time moved; returns when the next of them is due.
 */
export function announceNew(
  hub: Surroundings["hub"],
  jobs: readonly NewJob[],
  duplicates: Duplicates,
  now: number,
): number {
  let dueAt = Number.POSITIVE_INFINITY;
  const known = new Set(duplicates.map(({ at }) => at));
  jobs.forEach((job, at) => {
    if (known.has(at)) return;
    dueAt = Math.min(dueAt, announceOne(hub, job, now));
  });
  for (const duplicate of duplicates) {
    if (duplicate.type !== "replaced" || duplicate.moved === undefined) continue;
    const { queue, runAt } = duplicate.moved;
    const name = jobs[duplicate.at]?.name ?? "";
    if (runAt > now) dueAt = Math.min(dueAt, runAt);
    if (hub.active) publish(hub, { id: duplicate.id, name, queue }, duplicate.state, now);
  }
  return dueAt;
}

export function announceEnded(
  { hub, links }: Surroundings,
  { ended, followers }: { ended: readonly EndedRun[]; followers: readonly Follower[] },
  answer: WriteAnswers["settle"],
  now: number,
): void {
  const late = new Set(answer.late);
  const skipped = new Set(answer.skipped);
  let dueAt = Number.POSITIVE_INFINITY;
  ended.forEach(({ job, settlement }, at) => {
    if (late.has(at)) return;
    const { outcome, finishedAt, seq } = settlement;
    if (outcome.type === "failed" || outcome.type === "snoozed") {
      dueAt = Math.min(dueAt, outcome.runAt);
    }
    const state = stateAfter(outcome);
    traceSettled({ job, settlement }, state);
    if (!hub.active) return;
    const reason = "reason" in outcome ? outcome.reason : undefined;
    const more = { attempt: job.attempt, reason, seq };
    publish(hub, job, state, finishedAt, more);
    if (skipped.has(at)) publishDeleted(hub, job.id, finishedAt);
  });
  const dropped = followers.flatMap(({ of }, at) =>
    late.has(of) ? [{ type: "dropped" as const, at }] : [],
  );
  const jobs = followers.map(({ job }) => job);
  dueAt = Math.min(dueAt, announceNew(hub, jobs, [...answer.duplicates, ...dropped], now));
  if (dueAt < Number.POSITIVE_INFINITY) links.scheduler.tell({ type: "due", at: dueAt });
}

/** Returns when it is due; infinity where it is claimable at once. */
function announceOne(hub: Surroundings["hub"], job: NewJob, now: number): number {
  const later = job.runAt !== undefined && job.runAt > now;
  const state = later ? "scheduled" : "available";
  traceEnqueued(job, state, now);
  if (hub.active) publish(hub, job, state, now);
  return later ? (job.runAt as number) : Number.POSITIVE_INFINITY;
}

/** Whoever waits for them here asks again. */
export function announceFreed(hub: Surroundings["hub"], leases: readonly HeldLock[]): void {
  for (const { name } of leases) hub.freed(name);
}

export function publishDeleted(hub: Surroundings["hub"], id: string, now: number): void {
  publish(hub, { id, name: "", queue: "" }, "deleted", now);
}

/** A bound of what is kept came near: no job's event, and so nothing to go on from. */
export function announceRetention(hub: Surroundings["hub"], reason: string, at: number): void {
  const nobody = { id: "", name: "", queue: "", state: "available", attempt: 0 } as const;
  hub.publish({ ...nobody, type: "retention", at, reason, remote: false, cursor: "" });
}

/** A claimed job's handler is entered. */
export function announceRunning(
  { hub }: Surroundings,
  job: Moved & { attempt: number },
  at: number,
) {
  traceStarted(job, at);
  if (hub.active)
    publish(hub, job, "running", at, { attempt: job.attempt, reason: undefined, seq: 0 });
}

/** `at` and `more` also make the cursor of the event. */
export function publish(
  hub: Surroundings["hub"],
  { id, name, queue }: Moved,
  type: Exclude<EventType, "gap" | "retention">,
  at: number,
  more: { attempt: number; reason: string | undefined; seq: number } = fresh,
): void {
  const state: JobState = type === "deleted" ? "completed" : type;
  const { attempt, reason, seq } = more;
  const cursor = encodeCursor(at, seq);
  hub.publish({ type, at, id, name, queue, state, attempt, reason, remote: false, cursor });
}

const fresh = { attempt: 0, reason: undefined, seq: 0 };

function stateAfter(outcome: Outcome): JobState {
  switch (outcome.type) {
    case "completed":
    case "stopped":
    case "cancelled":
      return outcome.type;
    case "failed":
      return "retryable";
    case "discarded":
      return "dead";
    case "snoozed":
      return "scheduled";
    case "released":
      return "available";
    default:
      return outcome satisfies never;
  }
}
