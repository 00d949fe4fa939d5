import type { Bucket } from "../job/bucket.ts";
import type { JobId } from "../job/job.ts";
import type { QueueSettings } from "../job/queue.ts";
import type { JobRow } from "./query.ts";
import type { WorkerIdentity } from "./worker.ts";

/** What the file knows around one job. What it means is decided in lib/client. */
export interface WhyRow {
  job: JobRow;
  /** What its run was asked to do. */
  ask: "stop" | "cancel" | undefined;
  /** A crash made it a suspect: it waits to run alone. */
  suspect: boolean;
  crashes: number;
  /** Jobs that run alone now, at most `limits.whyRuns`. */
  suspectsRunning: readonly JobId[];
  /** The other job that holds its unique key, and until when where that one has ended. */
  keyHolder: { id: JobId; until: number | undefined } | undefined;
  /** The id of the worker that runs it. */
  owner: string | undefined;
  workers: readonly WorkerIdentity[];
  settings: QueueSettings;
  pausedAt: number | undefined;
  pausedUntil: number | undefined;
  /** Of its queue's rate; undefined: full. */
  bucket: Bucket | undefined;
  /** What of its queue's and of its name's concurrency is taken. */
  inQueue: LimitUse;
  ofJob: LimitUse;
  /** Available jobs of its queue that go first, counted up to one more than `limits.whyAhead`. */
  ahead: number;
}

export interface LimitUse {
  limit: number | undefined;
  taken: number;
  /** The first `limits.whyRuns` of them. */
  runs: readonly LimitRun[];
}

export interface LimitRun {
  /** Undefined where the job of a lingering run is deleted. */
  jobId: JobId | undefined;
  worker: string | undefined;
  /** It could not be ended, and keeps its place. */
  lingering: boolean;
}
