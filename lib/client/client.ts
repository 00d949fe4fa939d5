import type { Duration } from "../base/duration.ts";
import type { HookStats } from "../hook/stats.ts";
import type { EnqueueOptions } from "../job/context.ts";
import type { JobDefinition } from "../job/definition.ts";
import type { ErrorGroup, Execution, Job, JobFilter, JobId, Page, Receipt } from "../job/job.ts";
import type { Middleware } from "../job/middleware.ts";
import type { QueueOptions } from "../job/queue.ts";
import type { JobState } from "../job/state.ts";
import type { ActorView } from "../kernel/trace.ts";
import type { LogLine } from "../log/line.ts";
import type { StatsSnapshot } from "../metric/snapshot.ts";
import type { EventType, JobEvent } from "../protocol/event.ts";
import type { Address } from "../protocol/gateway.ts";
import type { QueueRow, StoreHealth } from "../protocol/query.ts";
import type { BusClient } from "./bus.ts";
import type { CommandsClient } from "./commands.ts";
import type { DrainReport } from "./drain-report.ts";
import type { HooksClient } from "./hooks.ts";
import type { LocksClient } from "./locks.ts";
import type { LogOptions, LogsClient } from "./logs.ts";
import type { Readiness } from "./readiness.ts";
import type { SchedulesClient } from "./schedules.ts";
import type { Why } from "./why.ts";
import type { Worker } from "./workers.ts";

/** What every face of Ergate can do, in process and (later) over HTTP. */
export interface Client {
  readonly jobs: JobsClient;
  readonly queues: QueuesClient;
  readonly schedules: SchedulesClient;
  readonly locks: LocksClient;
  readonly logs: LogsClient;
  readonly commands: CommandsClient;
  readonly hooks: HooksClient;
  /** Messages between the processes on the file. */
  readonly bus: BusClient;
  readonly workers: {
    /** Every process that runs jobs of the file, in the order of their starts. */
    list(): Promise<Worker[]>;
  };
  /**
   * Why a job stands where it does: one sentence, and the facts. Rejects with
   * ERR_ERGATE_JOB_NOT_FOUND.
   */
  why(id: JobId): Promise<Why>;
  /**
   * Resolves after the commit, with a receipt: where its id or its unique key was there already,
   * that of the other job. Waits for room rather than refusing. Rejects with the ERR_ERGATE_… that
   * names the bad field, or with ERR_ERGATE_DUPLICATE, whose `id` is the job that holds a unique
   * key; then nothing was enqueued.
   */
  enqueue<Input, Result>(
    job: JobDefinition<Input, Result> | string,
    args?: Input,
    options?: EnqueueOptions,
  ): Promise<Receipt>;
  /**
   * All of them in one commit: none is enqueued when one is refused. At most 100 000
   * (`limits.enqueueManyRows`).
   */
  enqueueMany(requests: readonly EnqueueRequest[]): Promise<Receipt[]>;
  /** `enqueue`, then `result`: of a duplicate that of the job which was there already. */
  enqueueAndWait<Input, Result>(
    job: JobDefinition<Input, Result> | string,
    args?: Input,
    options?: EnqueueOptions & ResultOptions,
  ): Promise<Result>;
  /**
   * The job's result once it completed, from its row plus a wake-up. Rejects with
   * ERR_ERGATE_RESULT_DEAD, _STOPPED or _CANCELLED when it ended otherwise,
   * ERR_ERGATE_JOB_NOT_FOUND when it does not exist (any more), ERR_ERGATE_WAIT_TIMEOUT.
   */
  result<Result = unknown>(id: JobId, options?: ResultOptions): Promise<Result>;
  events(options?: EventOptions): AsyncIterableIterator<JobEvent>;
  /** What this process did since it started, and what the file holds. */
  stats(): Promise<StatsView>;
  health(): Promise<StoreHealth>;
  /**
   * A consistent copy of the database while it is used. Throws ERR_ERGATE_STORE_OPEN where `file`
   * exists.
   */
  backup(file: string): Promise<void>;
}

/** What this process did (runs, durations, rates), and what the file holds. */
export interface StatsView extends StatsSnapshot {
  /** Jobs of all processes by state. */
  readonly counts: Readonly<Record<JobState, number>>;
  /** Status hooks: what this process sent, and what waits. */
  readonly hooks: HookStats;
  /** Loop runs that were ended but have not returned yet: they keep their slots. */
  readonly lingering: number;
  /** Messages inside this process that were refused or dropped, by their fate. */
  readonly deadLetters: Readonly<Record<string, number>>;
}

export interface EnqueueRequest extends EnqueueOptions {
  job: JobDefinition | string;
  args?: unknown;
}

export interface ResultOptions {
  /** Default: no end. */
  timeout?: Duration;
  signal?: AbortSignal;
}

export interface EventOptions {
  /** Default: all. */
  types?: readonly EventType[];
  /** A `cursor` of an earlier event: goes on after it. Default: from now. */
  since?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

export interface PageOptions {
  cursor?: string;
  /** 1 to 1 000, default 100. */
  limit?: number;
}

export interface GroupOptions extends JobFilter {
  cursor?: string;
}

/** A job that could not be retried: `by` holds its unique key. */
export interface TakenKey {
  id: JobId;
  by: JobId;
}

export interface JobsClient {
  get(id: JobId): Promise<Job | undefined>;
  /**
   * Newest first: by the time of their end where `state` names final states only, as `"dead"` does,
   * else by their enqueueing.
   */
  list(options?: JobFilter & PageOptions): Promise<Page<Job>>;
  count(filter?: JobFilter): Promise<number>;
  /**
   * The jobs that match (default: the dead) by the fingerprint of their last error, the most
   * frequent first. It looks at 200 000 jobs at most, the newest; `next` goes on with older ones,
   * and may give a fingerprint again.
   */
  groups(options?: GroupOptions): Promise<Page<ErrorGroup>>;
  /**
   * Final and counted as fine; a running one is asked through its signal. Resolves with whether
   * anything changed.
   */
  stop(id: JobId, reason?: string): Promise<boolean>;
  /** Like stop, but listed among the failures and meant to be retried. */
  cancel(id: JobId, reason?: string): Promise<boolean>;
  /**
   * Starts a dead, cancelled or stopped one over; runs a scheduled or retryable one now. Rejects
   * with ERR_ERGATE_UNIQUE_TAKEN where another job holds its unique key meanwhile.
   */
  retry(id: JobId): Promise<boolean>;
  /** Any but a running one, its log too. */
  delete(id: JobId): Promise<boolean>;
  /**
   * All that match, in commits of 500, so that nobody waits long behind them. Resolves with how
   * many were moved (or asked to end); what is in a state that allows no such move is left alone.
   */
  stopAll(filter: JobFilter, reason?: string): Promise<number>;
  cancelAll(filter: JobFilter, reason?: string): Promise<number>;
  /**
   * All dead, cancelled, stopped, scheduled and retryable ones that match. Skips those whose unique
   * key another job holds meanwhile, and calls `onTaken` for each.
   */
  retryAll(filter: JobFilter, onTaken?: (taken: TakenKey) => void): Promise<number>;
  deleteAll(filter: JobFilter): Promise<number>;
  /**
   * In the order of writing. In the runtime that ran it: all lines written before the settle. Of
   * others those that are stored, which takes a line a second at most (`log.commitTimeout`).
   */
  logs(id: JobId, options?: LogOptions): Promise<Page<LogLine>>;
  executions(id: JobId): Promise<Execution[]>;
}

export interface QueuesClient {
  /** Every known queue, also empty ones. */
  list(): Promise<QueueRow[]>;
  /**
   * Nothing of it is claimed any more, in any process, until it is resumed or its `for` is over.
   * Resolves with whether that changed anything.
   */
  pause(queue: string, options?: PauseOptions): Promise<boolean>;
  resume(queue: string): Promise<boolean>;
  /** Deletes its waiting jobs; resolves with how many. */
  purge(queue: string): Promise<number>;
  /**
   * Sets what is given and leaves the rest, for all processes, at once; `null` takes a limit away.
   * It holds until code declares something else than it did. Resolves with whether that changed
   * anything. Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field.
   */
  configure(queue: string, options: QueueOptions): Promise<boolean>;
  /**
   * Resolves when nothing of the queue (default: of any) runs, and nothing is left that could run.
   * Reports what it leaves.
   */
  drain(queue?: string, options?: ResultOptions): Promise<DrainReport>;
}

export interface PauseOptions {
  /** After which it goes on by itself. Default: never. */
  for?: Duration;
}

/** The runtime that a user embeds. */
export interface Runtime extends Client, AsyncDisposable {
  /**
   * Begins to run jobs. Throws ERR_ERGATE_HANDLER_LOAD for a thread handler that can't be loaded.
   */
  start(): Promise<void>;
  /** Clean and bounded; a second call returns the first one's promise. Default grace 25 s. */
  stop(options?: { graceMs?: Duration }): Promise<void>;
  /** Before or after `start`. Throws ERR_ERGATE_JOB_NAME for a taken name. */
  register(...jobs: (JobDefinition | object)[]): Promise<void>;
  /**
   * Puts code around every run from now on, in the loop and in threads, inside of what was put
   * before. Before or after `start`. Throws ERR_ERGATE_OPTION for what can't be called.
   */
  use(middleware: Middleware): void;
  /**
   * Answers a request as the HTTP server would: to mount the API in any server. Needs no `http`
   * option, and no start.
   */
  fetch(request: Request): Promise<Response>;
  /** Where the HTTP server listens, with its `http.faces`; undefined while none does. */
  readonly listening: Readonly<Address> | undefined;
  /** The tree of actors with mailbox depths and restarts. */
  actors(): readonly ActorView[];
  /**
   * Not ready while the last commit failed, or none came for 5 s with work waiting for it; while an
   * actor (the queue, which follows other processes, the scheduler, …) is down; from `stop` on.
   */
  readiness(): Readiness;
  /** Rejects when the runtime gave itself up. */
  readonly failed: Promise<never>;
}
