import type { ResourceLimits } from "node:worker_threads";
import type { Clock } from "../base/clock.ts";
import type { ErgateError } from "../base/error.ts";
import type { EnqueueOptions, LogLevel } from "../job/context.ts";
import type { Asked, Ending } from "../job/ending.ts";
import type { Receipt } from "../job/job.ts";
import type { PlannedRun } from "../job/run.ts";

/** What the pool of threads takes and tells: its whole border, as types. */

export interface ThreadJob {
  /** The store's number of the row, unique among the jobs in the pool. */
  key: number;
  fence: number;
  id: string;
  name: string;
  queue: string;
  /** JSON text, parsed once, in the thread. */
  args: string;
  attempt: number;
  /** The handler's module. */
  url: string;
  timeoutMs: number | undefined;
  /** From an ask to the end of its thread. */
  graceMs: number;
  tags?: readonly string[] | undefined;
  /** JSON text. */
  meta?: string | undefined;
  /** JSON text of what middlewares set for the run, for `ctx.get`. */
  values?: string | undefined;
  /** The schedule that it is a run of. */
  schedule?: PlannedRun | undefined;
  /** A suspect: it shares its batch with nobody. */
  alone: boolean;
}

export interface ThreadEnding {
  key: number;
  fence: number;
  /** Wall clock, when the handler was entered (after its module was loaded). */
  startedAt: number;
  finishedAt: number;
  /** How long it took, finer than the wall clock's milliseconds. */
  ranMs: number;
  ending: Ending;
  /** Why it was asked to end before it ended, if it was. */
  asked: Asked;
  reason: string;
  /**
   * Jobs enqueued `{ with: "result" }`: to be committed with this ending, whatever it is, or
   * dropped.
   */
  followers: readonly Follower[];
}

export interface Follower {
  name: string;
  args: string;
  options: EnqueueOptions;
}

/** A run in its handler; `startedAt` is wall clock time, in ms. */
export interface RunningThread {
  key: number;
  fence: number;
  startedAt: number;
}

export interface ThreadLine {
  key: number;
  fence: number;
  at: number;
  level: LogLevel;
  text: string;
}

/** Where a run stands; undefined: not said since the last note. */
export interface ThreadNote {
  key: number;
  fence: number;
  progress: number | undefined;
  checkIn: string | undefined;
}

/** `ctx.enqueue` in a thread. Answer each call once; an answer to a dead thread goes nowhere. */
export interface ThreadEnqueue extends Follower {
  key: number;
  fence: number;
  reply(receipt: Receipt): void;
  refuse(error: ErgateError): void;
}

export interface ThreadEvents {
  /** Runs that ended, a call a batch. All lines and notes of a run were told before. */
  ended(endings: readonly ThreadEnding[]): void;
  /**
   * Jobs that the pool gives back: not entered, or finished in a thread that died before it said
   * so.
   */
  returned(jobs: readonly ThreadJob[]): void;
  /**
   * `taken` is to be called once the sink has the lines: until then their bytes slow the thread.
   */
  lines(lines: readonly ThreadLine[], taken: () => void): void;
  notes(notes: readonly ThreadNote[]): void;
  enqueue(calls: readonly ThreadEnqueue[]): void;
}

export interface ThreadModule {
  /** The job's name, for messages. */
  name: string;
  url: string;
}

export interface ThreadPoolOptions {
  threads: number;
  clock: Clock;
  events: ThreadEvents;
  /** A thread is ended between two batches after so many jobs, and replaced. */
  recycleAfter?: number | undefined;
  resourceLimits?: ResourceLimits | undefined;
  payloadBytes?: number | undefined;
}

export interface ThreadStats {
  /** The most threads that may be. */
  threads: number;
  alive: number;
  /** Jobs handed to threads, entered or not. */
  flying: number;
  waiting: number;
  batches: number;
  ended: number;
  /** Threads ended because a run did not end when asked to. */
  killed: number;
  /** Threads that ended by themselves. */
  died: number;
  recycled: number;
}

export interface ThreadPool {
  /**
   * Loads each module in a thread. Throws ERR_ERGATE_HANDLER_LOAD naming the job, its URL and the
   * cause.
   */
  start(modules: readonly ThreadModule[]): Promise<void>;
  /** The same for one that is registered later. */
  load(module: ThreadModule): Promise<void>;
  /**
   * How many jobs may be handed in now. Without a name (or for one never measured) a job for each
   * idle thread; for a measured short job as many as keep each thread's next batch ready.
   */
  room(name?: string): number;
  /** The average run of a job in its handler; undefined until one has ended. */
  expectedMs(name: string): number | undefined;
  run(jobs: readonly ThreadJob[]): void;
  /** The runs that are in their handlers now, at most one a thread. */
  running(): readonly RunningThread[];
  /** Takes back the chosen jobs that were not entered: they are the caller's again. */
  withdraw(chosen: (job: ThreadJob) => boolean): readonly ThreadJob[];
  /**
   * Asks a run to end: its signal aborts, and `graceMs` later its thread is ended. "running": its
   * ending comes; "withdrawn": it was not entered and is the caller's again; "unknown": not here.
   */
  ask(key: number, fence: number, asked: Exclude<Asked, undefined>, reason: string): AskAnswer;
  /** Aborts `ctx.stopping` in every thread, also in those that start later. */
  stopping(): void;
  stats(): ThreadStats;
  /**
   * Gives back what was not entered, lets entered runs end for `graceMs`, then kills their threads;
   * runs each module's teardown where it can. Bounded: the grace and 5 s.
   */
  close(graceMs: number): Promise<void>;
}

export type AskAnswer = "running" | "withdrawn" | "unknown";
