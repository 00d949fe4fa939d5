import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { filled, nextTokenAt, tokensOf } from "../job/bucket.ts";
import type { JobId } from "../job/job.ts";
import type { Rate } from "../job/queue.ts";
import { type FinalState, isFinal } from "../job/state.ts";
import type { LimitRun, LimitUse, WhyRow } from "../protocol/why.ts";
import type { WorkerIdentity } from "../protocol/worker.ts";
import { idGiven } from "./given.ts";
import type { LocalParts } from "./parts.ts";
import { sentenceOf } from "./why-sentence.ts";
import { statusOf } from "./workers.ts";

/** Why a job stands where it does. */
export interface Why {
  /** One sentence in plain English. */
  sentence: string;
  facts: WhyFacts;
}

/** What keeps the job, told apart by `type`. Times in ms since the epoch. */
export type WhyFacts =
  | {
      type: FinalState;
      finishedAt: number;
      reason: string | undefined;
      attempt: number;
      /** The job that holds its unique key: as long as it does a retry is refused. */
      keyHeldBy: JobId | undefined;
    }
  /** `asked`: to end, and it has not yet. */
  | ({ type: "running"; since: number; asked: "stop" | "cancel" | undefined } & Run)
  /** A worker took it ahead of a free slot: its handler was not entered yet. */
  | ({ type: "claimed" } & Run)
  | { type: "scheduled"; runAt: number; isDue: boolean }
  | ({ type: "retryable"; runAt: number; isDue: boolean; error: string } & Attempts)
  | { type: "paused"; queue: string; since: number; until: number | undefined }
  /** Nobody runs jobs of this file. */
  | { type: "noWorker" }
  /** No living worker knows its name: perhaps those of another version do. */
  | { type: "unroutable"; name: string; workers: number; versions: readonly string[] }
  /** It ran when its process died, and waits to run alone: one such job at a time in a process. */
  | { type: "suspect"; crashes: number; running: readonly JobId[] }
  /** `runs`: the first ten. */
  | {
      type: "limited";
      by: "queue" | "job";
      name: string;
      limit: number;
      taken: number;
      runs: readonly LimitRun[];
    }
  | { type: "rate"; queue: string; rate: Rate; nextAt: number }
  /** `more`: it is behind more than that. */
  | { type: "waiting"; queue: string; ahead: number; more: boolean };

interface Attempts {
  attempt: number;
  maxAttempts: number;
}

interface Run extends Attempts {
  worker: { id: string; host: string; pid: number; status: "healthy" | "dead" } | undefined;
  progress: number | undefined;
  checkIn: string | undefined;
}

/** Rejects with ERR_ERGATE_JOB_NOT_FOUND. */
export async function explain({ read, clock }: LocalParts, id: JobId): Promise<Why> {
  const row = await read({ type: "why", id: idGiven(id) });
  if (row === undefined) {
    throw new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { path: "id" });
  }
  const facts = factsOf(row, clock.now());
  return { sentence: sentenceOf(facts), facts };
}

/** The first thing that would have to change for the job to go on. */
export function factsOf(row: WhyRow, now: number): WhyFacts {
  const { job } = row;
  const { state, attempt, maxAttempts, runAt, reason } = job;
  if (isFinal(state)) {
    const keyHeldBy = heldKey(row, now);
    return { type: state, finishedAt: job.finishedAt ?? 0, reason, attempt, keyHeldBy };
  }
  if (state === "running") return runningFacts(row, now);
  const isDue = runAt <= now;
  const held = heldFacts(row, now);
  if (isDue && held?.type === "noWorker") return held;
  if (state === "scheduled") return { type: "scheduled", runAt, isDue };
  if (state === "retryable") {
    const error = job.errors.at(-1)?.message ?? "";
    return { type: "retryable", runAt, isDue, error, attempt, maxAttempts };
  }
  const more = row.ahead > limits.whyAhead;
  const ahead = Math.min(row.ahead, limits.whyAhead);
  return held ?? { type: "waiting", queue: job.queue, ahead, more };
}

function heldKey({ keyHolder }: WhyRow, now: number): JobId | undefined {
  if (keyHolder === undefined || (keyHolder.until ?? Infinity) <= now) return undefined;
  return keyHolder.id;
}

function runningFacts({ job, owner, workers, ask }: WhyRow, now: number): WhyFacts {
  const found = workers.find(({ id }) => id === owner);
  const { attempt, maxAttempts, progress, checkIn, startedAt } = job;
  const run = { worker: found && named(found, now), attempt, maxAttempts, progress, checkIn };
  if (startedAt === undefined) return { type: "claimed", ...run };
  return { type: "running", since: startedAt, asked: ask, ...run };
}

function named(worker: WorkerIdentity, now: number) {
  const { id, host, pid } = worker;
  return { id, host, pid, status: statusOf(worker, now) };
}

/** What would hold an available job, but for those before it. */
function heldFacts(row: WhyRow, now: number): WhyFacts | undefined {
  const { queue, name } = row.job;
  const { pausedAt, pausedUntil, settings, crashes } = row;
  if (pausedAt !== undefined && (pausedUntil === undefined || now < pausedUntil)) {
    return { type: "paused", queue, since: pausedAt, until: pausedUntil };
  }
  const alive = row.workers.filter((worker) => statusOf(worker, now) === "healthy");
  if (alive.length === 0) return { type: "noWorker" };
  if (!alive.some(({ jobs }) => jobs.includes(name))) {
    const versions = [...new Set(alive.map(({ version }) => version))].sort();
    return { type: "unroutable", name, workers: alive.length, versions };
  }
  const limited = limitedFacts("queue", queue, row.inQueue) ?? limitedFacts("job", name, row.ofJob);
  if (limited !== undefined) return limited;
  if (row.suspect) return { type: "suspect", crashes, running: row.suspectsRunning };
  const { rate } = settings;
  const bucket = rate && filled(rate, row.bucket, now);
  if (rate === undefined || bucket === undefined || tokensOf(rate, bucket) > 0) return undefined;
  return { type: "rate", queue, rate, nextAt: nextTokenAt(rate, bucket) };
}

function limitedFacts(by: "queue" | "job", name: string, use: LimitUse): WhyFacts | undefined {
  const { limit, taken, runs } = use;
  if (limit === undefined || taken < limit) return undefined;
  return { type: "limited", by, name, limit, taken, runs };
}
