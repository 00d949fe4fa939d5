import { channel } from "node:diagnostics_channel";
import type { NewJob } from "../lib/job/job.ts";
import type { JobState } from "../lib/job/state.ts";
import type { EndedRun } from "../lib/protocol/queue.ts";
import type { Gathered } from "./batch.ts";

/**
 * What monitors and tracers may follow through `node:diagnostics_channel`, whatever they know of
 * us. Each is told once the store has it; while nobody subscribes no message is made. Names and
 * shapes are a contract: docs/diagnostics.md.
 */
const enqueued = channel("ergate:job:enqueue");
const started = channel("ergate:job:start");
const settled = channel("ergate:job:settle");
const committed = channel("ergate:queue:commit");

export function traceEnqueued({ id, name, queue }: NewJob, state: JobState, at: number): void {
  if (enqueued.hasSubscribers) enqueued.publish({ id, name, queue, state, at });
}

export function traceStarted(
  { id, name, queue, attempt }: { id: string; name: string; queue: string; attempt: number },
  at: number,
): void {
  if (started.hasSubscribers) started.publish({ id, name, queue, attempt, at });
}

export function traceSettled(
  { job, settlement }: Pick<EndedRun, "job" | "settlement">,
  state: JobState,
): void {
  if (!settled.hasSubscribers) return;
  const { id, name, queue, attempt } = job;
  const { startedAt, finishedAt, outcome } = settlement;
  const reason = "reason" in outcome ? outcome.reason : undefined;
  settled.publish({ id, name, queue, attempt, state, startedAt, finishedAt, reason });
}

/** `error`: why nothing of the transaction was done. */
export function traceCommit(
  { enqueues, ended, asked }: Gathered,
  { claiming, sentAt }: { claiming: unknown; sentAt: number },
  at: number,
  error: unknown,
): void {
  if (!committed.hasSubscribers) return;
  const jobs = enqueues.reduce((sum, call) => sum + call.jobs.length, 0);
  const counts = { enqueued: jobs, settled: ended.length, moves: asked.length };
  committed.publish({
    at,
    durationMs: at - sentAt,
    ...counts,
    claims: claiming !== undefined,
    error,
  });
}
