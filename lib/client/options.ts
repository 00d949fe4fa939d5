import type { ResourceLimits } from "node:worker_threads";
import type { Clock } from "../base/clock.ts";
import type { Duration } from "../base/duration.ts";
import type { ScheduleOptions } from "../cron/schedule.ts";
import type { HooksOptions } from "../hook/options.ts";
import type { LogLevel } from "../job/context.ts";
import type { JobDefinition, JobSettings } from "../job/definition.ts";
import type { Durability } from "../job/job.ts";
import type { QueueOptions } from "../job/queue.ts";
import type { StoredCommandOptions } from "../job/stored-command.ts";
import type { Runtime } from "./client.ts";
import type { HttpOptions } from "./http-options.ts";

/** What `createRuntime` takes. */
export interface RuntimeOptions {
  /** A path, `:memory:`, or both with how durable and where the storage runs. */
  storage: string | StorageOptions;
  jobs?: readonly (JobDefinition | object)[];
  /** Handlers in the loop at once. Default 100. */
  concurrency?: number;
  /** CPU threads. Default: the cores. */
  threads?: number | ThreadOptions;
  log?: LogOptions;
  /** Runs once at start; its value is `ctx.base` of every loop run. A failure stops the start. */
  context?: (runtime: Runtime) => unknown;
  retention?: RetentionOptions;
  /** By name. What was changed at run time lives on until code says something new. */
  queues?: Readonly<Record<string, QueueOptions & { paused?: boolean }>>;
  /**
   * By name. What was changed at run time lives on until code says something new; what code no
   * longer names is removed. Not given: no schedule is touched.
   */
  schedules?: Readonly<Record<string, ScheduleOptions>>;
  /** How status hooks are sent, and where they may go. */
  hooks?: HooksOptions;
  /** Listens while the runtime is started. Default: it does not. */
  http?: HttpOptions;
  /**
   * By name: each a job that runs a program, stored for all processes. What was changed at run time
   * lives on until code says something new; what code said and says no more is removed.
   */
  commands?: Readonly<Record<string, DeclaredCommandOptions>>;
  /** For every job that does not say otherwise. */
  defaults?: JobSettings;
  clock?: Clock;
  /**
   * Gets the runtime's own lines, `(fields, text)` as pino takes them. Default: warnings and errors
   * to the console.
   */
  logger?: Logger;
  /**
   * Rows, names and workers of one are invisible to another on the same file. Default `default`.
   */
  namespace?: string;
}

export interface DeclaredCommandOptions extends StoredCommandOptions {
  /** When it runs. */
  schedule?: string | Omit<ScheduleOptions, "job">;
}

export interface StorageOptions {
  file: string;
  /** Default `fsync`. */
  durability?: Durability;
  /** Default `thread`; `inline` blocks the host's loop, for tests and short commands. */
  place?: "thread" | "inline";
}

export interface ThreadOptions {
  count?: number;
  /** A thread is replaced after so many jobs. Default: never. */
  recycleAfter?: number;
  /** Node's own bounds of a thread's heap and stack. */
  resourceLimits?: ResourceLimits;
}

export interface LogOptions {
  /** Lines that make a commit. Default 100. */
  batchSize?: number;
  /** The longest a line waits for its commit. Default 1 s. */
  commitTimeout?: Duration;
  /** Lines below it are not kept. Default `info`. */
  level?: LogLevel;
  /** Beside it, lines go with their jobs. */
  retention?: LogRetentionOptions;
  /**
   * Whether `logger` gets a line at each run's start (`debug`) and end (`info`), with name, id,
   * attempt, ms and outcome. Default: where a `logger` is given.
   */
  runs?: boolean;
}

/** How long lines are kept, also of jobs that are kept longer; `Infinity`: without a bound. */
export interface LogRetentionOptions {
  /** Default 30 days. */
  age?: Duration;
  /** Of their text, in all; the index of search adds a fifth. Default 1 GiB. */
  bytes?: number;
}

/** How long final jobs are kept; `Infinity`: without a bound. */
export interface RetentionOptions {
  /** Default 24 h. */
  completed?: Duration | KeepOptions;
  /** Default 24 h. */
  stopped?: Duration | KeepOptions;
  /** Default 7 days. */
  cancelled?: Duration | KeepOptions;
  /** Default 30 days. */
  dead?: Duration | KeepOptions;
  /** Of all of them together. Default 1 GiB. */
  bytes?: number;
  /** Records of runs of schedules and commands whose jobs are gone. Default 30 days, 100 000. */
  runs?: Duration | KeepOptions;
}

export interface KeepOptions {
  age?: Duration;
  /** Default: no count. */
  count?: number;
}

/** The shape of pino's loggers, as far as it is called. */
export interface Logger {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
  /** Where it is there, lines of a level that is off are not even made. */
  isLevelEnabled?(level: string): boolean;
}

export type CreateRuntime = (options: RuntimeOptions) => Promise<Runtime>;
