import { encodeCursor } from "../lib/client/cursor.ts";
import type { NewJob } from "../lib/job/job.ts";
import type { Outcome } from "../lib/job/outcome.ts";
import type { JobState } from "../lib/job/state.ts";
import type { EventType } from "../lib/protocol/event.ts";
import type { Duplicates, EndedRun } from "../lib/protocol/queue.ts";
import type { Follower, Write, WriteAnswer, WriteAnswers } from "../lib/protocol/write.ts";
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
function announceNew(
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

export function announceMoved(
  { hub, links }: Surroundings,
  write: Write,
  answer: WriteAnswer,
  now: number,
): void {
  if (write.type === "end") {
    const { ends } = answer as WriteAnswers["end"];
    const asks = ends.flatMap((end) => (end.type === "asked" ? [end] : []));
    const ask = write.move === "cancel" ? ("cancel" as const) : ("stop" as const);
    const reason = write.reason;
    if (asks.length > 0) {
      links.dispatcher.tell({
        type: "ask",
        asks: asks.map(({ seq, fence }) => ({ seq, fence, ask, reason })),
      });
    }
  }
  if (write.type === "pause") links.dispatcher.tell({ type: "paused", queues: [write.queue] });
  if (hub.active) publishMoved(hub, write, answer, now);
}

function publishMoved(
  hub: Surroundings["hub"],
  write: Write,
  answer: WriteAnswer,
  now: number,
): void {
  switch (write.type) {
    case "end":
      return publishEnded(hub, write, answer as WriteAnswers["end"], now);
    case "retry":
      for (const retried of (answer as WriteAnswers["retry"]).retries) {
        if (retried.type === "moved") publish(hub, retried, "available", now);
      }
      return;
    case "promote":
      for (const job of (answer as WriteAnswers["promote"]).promoted) {
        publish(hub, job, "available", now);
      }
      return;
    case "delete":
      for (const { type, id } of (answer as WriteAnswers["delete"]).deletions) {
        if (type === "deleted") publishDeleted(hub, id, now);
      }
      return;
    case "purge":
    case "prune":
      for (const id of (answer as WriteAnswers["purge"]).deleted) publishDeleted(hub, id, now);
      return;
    default:
      return;
  }
}

function publishEnded(
  hub: Surroundings["hub"],
  { move, reason }: Extract<Write, { type: "end" }>,
  { ends }: WriteAnswers["end"],
  now: number,
): void {
  const state = { stop: "stopped", cancel: "cancelled", discard: "dead" } as const;
  const more = { attempt: 0, reason, seq: 0 };
  for (const end of ends) if (end.type === "moved") publish(hub, end, state[move], now, more);
}

function publishDeleted(hub: Surroundings["hub"], id: string, now: number): void {
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

function publish(
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
