import type { Json } from "../base/json.ts";
import type { NewRun, PlannedRun, RunTrigger } from "./run.ts";
import type { JobState } from "./state.ts";
import type { Unique } from "./unique.ts";

export type JobId = string;

/** A job as users see it. Times are milliseconds since the epoch, undefined where not yet. */
export interface Job {
  id: JobId;
  name: string;
  queue: string;
  state: JobState;
  args: Json;
  result: Json | undefined;
  priority: number;
  /** Attempts begun so far; an interrupted or snoozed one is given back. */
  attempt: number;
  maxAttempts: number;
  runAt: number;
  createdAt: number;
  startedAt: number | undefined;
  finishedAt: number | undefined;
  /** 0 to 1. */
  progress: number | undefined;
  checkIn: string | undefined;
  checkInAt: number | undefined;
  tags: readonly string[];
  /** What was enqueued beside its arguments, for middlewares and tools. */
  meta: JobMeta;
  /** The job whose handler enqueued it. */
  parent: JobId | undefined;
  /** How many jobs enqueued each other before it: 0 where it came from outside. */
  depth: number;
  errors: readonly JobError[];
  /** Why it was stopped, cancelled or died. */
  reason: string | undefined;
}

/** Few and short facts about a job that are no arguments of its handler. */
export type JobMeta = Readonly<Record<string, string>>;

export interface JobError {
  at: number;
  attempt: number;
  message: string;
  stack: string | undefined;
  worker: string;
  /** What errors of its kind have in common: a filter's `error`. */
  fingerprint: string;
}

/** A kept attempt: one that failed, was interrupted or superseded, or the last one. */
export interface Execution {
  attempt: number;
  outcome: AttemptOutcome | "running";
  startedAt: number | undefined;
  finishedAt: number | undefined;
  worker: string;
  error: { message: string; stack: string | undefined } | undefined;
  /** Of a run of a schedule or a command: the time that it means, and when it was decided on. */
  planAt?: number;
  scheduleAt?: number;
  trigger?: RunTrigger;
}

export type AttemptOutcome =
  | "completed"
  | "failed"
  | "interrupted"
  | "stopped"
  | "cancelled"
  | "discarded"
  | "crashed";

/** What enqueueing hands to the store. `args` is JSON text and stays text until the handler. */
export interface NewJob {
  id: JobId;
  name: string;
  queue: string;
  args: string;
  priority: number;
  /** Undefined: at once. */
  runAt: number | undefined;
  maxAttempts: number;
  timeoutMs: number | undefined;
  tags: readonly string[] | undefined;
  unique: Unique | undefined;
  /** JSON text of its meta; undefined: none. */
  meta: string | undefined;
  /** JSON text of its status hook; undefined: none. */
  hook: string | undefined;
  parent: JobId | undefined;
  depth: number;
  /**
   * It goes with the job before it: where one of such a row of jobs is refused none is created.
   */
  withPrevious: boolean;
  /** Undefined where no record of its run is kept beside it. */
  run: NewRun | undefined;
}

/** What a claim hands out: enough to run the job and to settle it. */
export interface ClaimedJob {
  /** The store's own number of the row. */
  seq: number;
  /** The store's own number of its name and queue; goes back with the settlement. */
  lane: number;
  id: JobId;
  name: string;
  queue: string;
  args: string;
  /**
   * UTF-8 bytes of its arguments and kept errors; goes back with the settlement, to be counted
   * there.
   */
  bytes: number;
  attempt: number;
  maxAttempts: number;
  /** Rises with every claim on the file: what an outside system can fence with too. */
  fence: number;
  timeoutMs: number | undefined;
  /** When it was due. */
  runAt: number;
  /** Undefined: none. */
  tags: readonly string[] | undefined;
  /** It was running when a process died, and runs alone now. */
  suspect: boolean;
  /** Claimed before a slot was free: not counted as started until its handler is entered. */
  ahead: boolean;
  /** It has a unique key; goes back with the settlement, which then looks for it. */
  unique: boolean;
  /** JSON text; undefined: none. */
  meta: string | undefined;
  /** It has a status hook; goes back with the settlement, which then tells it. */
  hooked: boolean;
  depth: number;
  /** Undefined where no schedule enqueued it. */
  schedule: PlannedRun | undefined;
}

/** How one enqueue went. */
export interface Receipt {
  id: JobId;
  disposition: "created" | "duplicate" | "replaced";
  state: JobState;
  durability: Durability;
}

/** What a commit survives: `fsync` a power cut, `wal` the end of the process, `memory` neither. */
export type Durability = "fsync" | "wal" | "memory";

export interface Page<T> {
  items: T[];
  /** The cursor of the next page, undefined at the end. */
  next: string | undefined;
}

export interface JobFilter {
  state?: JobState | readonly JobState[];
  name?: string;
  queue?: string;
  tag?: string;
  /** The fingerprint of its last error, or of the reason of a death without one. */
  error?: string;
  /** In its reason or its last error's message, whatever the case. */
  text?: string;
  /** By when it ended, or where it has not ended when it was enqueued: from then on … */
  since?: number | Date;
  /** … and before then. */
  until?: number | Date;
  /** One of these, 10 000 at most. */
  ids?: readonly JobId[];
  /** Enqueued by this job's handler; such come by arrival, newest first. */
  parent?: JobId;
}

/** Jobs whose last errors are of one kind. */
export interface ErrorGroup {
  fingerprint: string;
  count: number;
  /** Of the newest one. */
  message: string;
  newestId: JobId;
  /** When the newest and the oldest ended, or where they have not ended were enqueued. */
  newestAt: number;
  oldestAt: number;
  /** Names of the jobs, the first ten that were met. */
  names: readonly string[];
}
