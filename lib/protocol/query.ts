import type { CheckedFilter } from "../job/filter.ts";
import type { ErrorGroup, Execution, Job, JobId, Page } from "../job/job.ts";
import type { Rate } from "../job/queue.ts";
import type { StoredDefinition } from "../job/registry.ts";
import type { JobState } from "../job/state.ts";
import type { BusQuery, BusQueryAnswers } from "./bus.ts";
import type { CommandChanges, CommandView } from "./command.ts";
import type { HookQuery, HookQueryAnswers } from "./hook.ts";
import type { LockRow } from "./lock.ts";
import type { DueSchedules, RunRow, ScheduleRow, ScheduleView } from "./schedule.ts";
import type { WhyRow } from "./why.ts";
import type { WorkerRow } from "./worker.ts";

/**
 * The closed set of reads. Each is bounded in rows scanned; a page goes on by its cursor, never by
 * offset.
 */
export type Query =
  | { type: "job"; id: JobId }
  /**
   * Newest first: by their end where only final states are asked for, else by arrival. A page may
   * be short of its limit and still have a `next`.
   */
  | { type: "jobs"; filter: CheckedFilter; cursor: string | undefined; limit: number }
  /** The same jobs, by their ids alone. */
  | { type: "ids"; filter: CheckedFilter; cursor: string | undefined; limit: number }
  | { type: "count"; filter: CheckedFilter }
  /** Jobs with an error by its fingerprint; `next` where not all were looked at. */
  | { type: "groups"; filter: CheckedFilter; cursor: string | undefined }
  | { type: "executions"; id: JobId }
  | { type: "definition"; name: string }
  | { type: "definitions" }
  | { type: "queues" }
  | { type: "workers" }
  /** Locks by their names, those whose time is over too. */
  | { type: "locks"; cursor: string | undefined; limit: number }
  /** All that says why a job stands where it does, in one snapshot. */
  | { type: "why"; id: JobId }
  | { type: "command"; name: string }
  /** By name, without the removed ones. */
  | { type: "commands"; cursor: string | undefined; limit: number }
  /** In the order of their revisions, removed ones too. */
  | { type: "commandChanges"; since: number; limit: number }
  /** Also one that was removed. */
  | { type: "schedule"; name: string }
  /** By name; with the removed ones, where `removed`. */
  | { type: "schedules"; removed: boolean; cursor: string | undefined; limit: number }
  /** Schedules that deal with nothing before `after`: a clock was wrong. */
  | { type: "ahead"; after: number; limit: number }
  /** Schedules that are due by `now`, the most overdue first, `limit` at most. */
  | { type: "due"; now: number; limit: number }
  /** Newest first; of a schedule, or of a job by its name, or of all. */
  | {
      type: "runs";
      schedule: string | undefined;
      job: string | undefined;
      cursor: string | undefined;
      limit: number;
    }
  /** What other processes may have moved since the last look. */
  | { type: "changes"; since: ChangeCursor | undefined; tracked: readonly number[]; limit: number }
  | BusQuery
  | { type: "health" }
  | HookQuery;

/** What each read answers, by its type. */
export interface QueryAnswers extends BusQueryAnswers, HookQueryAnswers {
  job: JobRow | undefined;
  jobs: Page<JobRow>;
  ids: Page<JobId>;
  count: number;
  groups: Page<ErrorGroup>;
  executions: readonly Execution[] | undefined;
  definition: StoredDefinition | undefined;
  definitions: readonly StoredDefinition[];
  queues: readonly QueueRow[];
  workers: readonly WorkerRow[];
  locks: Page<LockRow>;
  why: WhyRow | undefined;
  command: CommandView | undefined;
  commands: Page<CommandView>;
  commandChanges: CommandChanges;
  schedule: ScheduleView | undefined;
  schedules: Page<ScheduleView>;
  ahead: readonly ScheduleRow[];
  due: DueSchedules;
  runs: Page<RunRow>;
  /** `more`: what is new or final did not fit; it goes on at the cursor. */
  changes: { moved: readonly ChangedJob[]; cursor: ChangeCursor; more: boolean };
  health: StoreHealth;
}

export type QueryAnswer<Q extends Query = Query> = QueryAnswers[Q["type"]];

/** A job as the store holds it: arguments and result are still JSON text. */
export interface JobRow extends Omit<Job, "args" | "result"> {
  seq: number;
  args: string;
  result: string | undefined;
  fence: number;
}

export interface QueueRow {
  name: string;
  /** Since when, or undefined where it is not paused. */
  pausedAt: number | undefined;
  /** When the pause ends by itself. */
  pausedUntil: number | undefined;
  weight: number;
  /** Runs at once, over all processes; undefined: no limit. */
  concurrency: number | undefined;
  rate: Rate | undefined;
  maxDepth: number | undefined;
  /** Runs that could not be ended and keep their places in the limits. */
  lingering: number;
  /** Available jobs that wait for lingering runs alone. */
  held: number;
  /** Available jobs whose name no worker knows. */
  unroutable: number;
  counts: Readonly<Record<JobState, number>>;
  /** When the job that is next in it was due; undefined where none is available. */
  waitingSince: number | undefined;
  /** Names of jobs seen in it. */
  jobs: readonly string[];
}

/**
 * Everything numbered up to `seq` was seen, and every final job up to (`finishedAt`, `finalSeq`).
 */
export interface ChangeCursor {
  seq: number;
  finishedAt: number;
  finalSeq: number;
}

export interface ChangedJob {
  seq: number;
  id: JobId;
  name: string;
  queue: string;
  state: JobState;
  attempt: number;
  finishedAt: number | undefined;
  reason: string | undefined;
}

/** For `ergate doctor`. */
export interface StoreHealth {
  engine: string;
  /** The database library's version. */
  version: string;
  schema: number;
  file: string | undefined;
  bytes: number;
  walBytes: number;
  durability: string;
  /** Findings of the engine's own integrity check; empty when sound. */
  problems: readonly string[];
}
