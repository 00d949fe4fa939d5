import type { Duration } from "../base/duration.ts";
import type { HookOptions } from "./hook.ts";
import type { JobId, JobMeta, Receipt } from "./job.ts";
import type { Lease, LockOptions } from "./lock.ts";
import type { PlannedRun } from "./run.ts";
import type { UniqueOptions } from "./unique.ts";

/** What a handler gets beside its arguments, in the loop and in a thread. */
export interface JobContext {
  readonly id: JobId;
  readonly name: string;
  readonly queue: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** Rises with every claim on the file: hand it to outside systems that can fence. */
  readonly fence: number;
  /** In a run of a schedule: its name, and the time that it means. */
  readonly schedule: PlannedRun | undefined;
  /**
   * Aborts when the run is to end: stop, cancel, timeout, or a shutdown's last seconds. Its
   * `reason` is an ErgateError.
   */
  readonly signal: AbortSignal;
  /** Aborts when the runtime begins to stop: a hint to finish early. */
  readonly stopping: AbortSignal;
  readonly log: JobLog;
  /** What the runtime's `context` made at start, or the thread module's `setup` returned. */
  readonly base: unknown;
  /**
   * Notes where the run stands, at most 1 KiB of text; written at most once a second, the last one
   * always.
   */
  checkIn(text: string): void;
  /** Notes how far the run is, from 0 to 1, and optionally a check-in text. */
  progress(share: number, note?: string): void;
  /**
   * Enqueues another job; `with: "result"` commits it with this run's end, so that a retry makes no
   * twin. Then nobody is left to hear of a conflict: `unique` with `reject` is refused. Rejects
   * with ERR_ERGATE_JOB_DEPTH where the chain of jobs that enqueue each other is too long.
   */
  enqueue: HandlerEnqueue;
  /**
   * As `runtime.locks.acquire`, with the run's `signal` unless another is given. The run holds the
   * lock until its end at the latest: what it did not release is free in the very commit that
   * stores how it ended. A handler that goes on although its job was settled without it keeps its
   * locks until it returns. In a thread it rejects with ERR_ERGATE_LOCK_THREAD.
   */
  lock(name: string, options?: LockOptions): Promise<Lease>;
  /**
   * A value of this run: what a middleware set for it, or the handler itself. In a thread: what
   * was set before `next()` and has a JSON form.
   */
  get<Value = unknown>(key: string): Value | undefined;
  /** Keeps a value for this run; in the loop, middlewares see it after `next()`. */
  set(key: string, value: unknown): void;
  /** For synchronous CPU code: whether the run was asked to end, read from shared memory. */
  command(): "stop" | "cancel" | undefined;
  /** For synchronous CPU code: throws the signal's reason once the run was asked to end. */
  throwIfEnded(): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Synchronous: a line is taken when the call returns. Values after the text are appended as JSON.
 */
export interface JobLog {
  debug(text: string, ...values: unknown[]): void;
  info(text: string, ...values: unknown[]): void;
  warn(text: string, ...values: unknown[]): void;
  error(text: string, ...values: unknown[]): void;
  /** Resolves when the lines so far are stored. */
  flush(): Promise<void>;
}

export interface HandlerEnqueue {
  (
    job: string | { readonly name: string },
    args?: unknown,
    options?: HandlerEnqueueOptions,
  ): Promise<Receipt>;
  (
    job: string | { readonly name: string },
    args: unknown,
    options: HandlerEnqueueOptions & { with: "result" },
  ): Promise<undefined>;
}

export interface HandlerEnqueueOptions extends EnqueueOptions {
  with?: "result";
}

export interface EnqueueOptions {
  /**
   * The client's own id: enqueueing it again is a duplicate, not a second job. Default: a new ULID.
   */
  id?: JobId;
  /** From now; excludes `runAt`. */
  delay?: Duration;
  /** Milliseconds since the epoch or a Date. */
  runAt?: number | Date;
  /** Higher first, −1 000 000 to 1 000 000. Default: the job's, else 0. */
  priority?: number;
  queue?: string;
  maxAttempts?: number;
  timeout?: Duration;
  tags?: readonly string[];
  /** Facts for middlewares and tools, at most 16 texts of 4 KiB together; no arguments. */
  meta?: JobMeta;
  /**
   * One job a key at a time; `true`: by its arguments, until it is done. Replaces the job's whole
   * option; `false`: none. An `id` that exists already is a duplicate before the key is looked at.
   */
  unique?: boolean | UniqueOptions;
  /** Whom the job tells of its moves, in place of its definition's hook; `false`: nobody. */
  hook?: string | HookOptions | false;
  /** Ends the wait for room and for the commit; what was sent may still be committed. */
  signal?: AbortSignal;
  /** Takes a name that is neither registered here nor stored. */
  allowUnknown?: boolean;
}
