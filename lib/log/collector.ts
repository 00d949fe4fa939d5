import type { Clock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { LogLevel } from "../job/context.ts";
import type { JobId } from "../job/job.ts";
import { Batches } from "./batches.ts";
import type { LogChunk } from "./chunk.ts";
import { type LogIntake, RunLog } from "./run-log.ts";
import { Watchers } from "./watchers.ts";

export interface CollectorOptions {
  clock: Pick<Clock, "now">;
  /**
   * Called in the writer's stack, so it may only tell: when the first line waits, when `batchLines`
   * wait, when a flush is asked for. Then `due()` says whether to store now or within
   * commitTimeout.
   */
  wake: () => void;
  /** `ctx.log` below it is not kept. Default `info`. */
  level?: LogLevel;
  /** Lines that are worth a commit, and the most that a chunk has. Default 100. */
  batchLines?: number;
  /** What one attempt keeps. Default 2 MiB. */
  attemptBytes?: number;
  /** What all runs may have waiting. Default 16 MiB. */
  pendingBytes?: number;
  /** One line. Default 64 KiB. */
  lineBytes?: number;
}

/** Counts since the start, and what waits now. `lost`: the store gave them up. */
export interface CollectorStats {
  readonly lines: number;
  readonly bytes: number;
  readonly cutLines: number;
  readonly cutBytes: number;
  readonly lostLines: number;
  readonly commits: number;
  readonly pendingLines: number;
  readonly pendingBytes: number;
}

interface Waiter {
  place: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * The lines of all runs on their way to the store. One batch is under way at a time: `next()` takes
 * it, and takes the same again until `stored()` or `lost()`, so that a retry, and a sink that
 * crashed and came back, goes on where it was.
 */
export class LogCollector implements LogIntake {
  readonly level: LogLevel;
  readonly lineBytes: number;
  readonly attemptBytes: number;
  readonly chunkBytes = limits.logChunkBytes;
  readonly batchLines: number;
  readonly watchers = new Watchers();
  readonly #clock: Pick<Clock, "now">;
  readonly #wake: () => void;
  readonly #pendingBytesMax: number;
  #dirty: RunLog[] = [];
  readonly #batches = new Batches();
  readonly #flushes = new Ring<Waiter>(limits.waitingCallers);
  #rooms: (() => void)[] = [];
  #places = 0;
  #settledPlace = 0;
  #behind = false;
  #waitingLines = 0;
  #lines = 0;
  #bytes = 0;
  #cutLines = 0;
  #cutBytes = 0;
  #lostLines = 0;
  #commits = 0;
  #pendingBytes = 0;

  constructor(options: CollectorOptions) {
    this.#clock = options.clock;
    this.#wake = options.wake;
    this.level = options.level ?? "info";
    this.lineBytes = options.lineBytes ?? limits.logLineBytes;
    this.attemptBytes = options.attemptBytes ?? limits.logAttemptBytes;
    this.batchLines = options.batchLines ?? limits.logBatchLines;
    this.#pendingBytesMax = options.pendingBytes ?? limits.logPendingBytes;
  }

  /**
   * The log of a run. Make it when the run first asks for it: one that logs nothing costs nothing.
   */
  run(id: JobId, attempt: number): RunLog {
    return new RunLog(this, id, attempt);
  }

  /** Whether more waits than may: claim nothing new, pause pipes, let threads wait. */
  behind(): boolean {
    return this.#behind;
  }

  /**
   * Resolves when the store has caught up with half of what may wait; at once if it is not behind.
   */
  room(): Promise<void> {
    if (!this.#behind) return Promise.resolve();
    return new Promise((resolve) => this.#rooms.push(resolve));
  }

  /**
   * Resolves when all lines so far are stored: call it before reading the log of a run of this
   * process.
   */
  flush(): Promise<void> {
    this.#sealAll();
    return this.settled(this.#places);
  }

  /** Whether lines should be stored now: a batch of them waits, or a flush. */
  due(): boolean {
    return this.#waitingLines >= this.batchLines || this.#flushes.size > 0;
  }

  /** Lines not yet in the batch under way. */
  get waitingLines(): number {
    return this.#waitingLines;
  }

  /** The batch to store, empty when nothing waits; the same again until it is stored or lost. */
  next(): readonly LogChunk[] {
    if (this.#batches.batch.length > 0) return this.#batches.batch;
    this.#sealAll();
    const batch = this.#batches.take();
    this.#waitingLines -= this.#batches.lines;
    return batch;
  }

  /**
   * Makes two batches of the one under way, so that what can't be stored is found. Returns false
   * where it has but one chunk.
   */
  halve(): boolean {
    if (this.#batches.batch.length < 2) return false;
    this.#waitingLines += this.#batches.halve();
    return true;
  }

  /** The batch is in the store. */
  stored(): void {
    if (this.#batches.batch.length > 0) this.#commits++;
    this.#leave((waiter) => waiter.resolve());
  }

  /** The batch was given up: it is counted, and flushes that waited for it reject with `error`. */
  lost(error: Error): void {
    this.#lostLines += this.#batches.lines;
    this.#leave((waiter) => waiter.reject(error));
  }

  stats(): CollectorStats {
    return {
      lines: this.#lines,
      bytes: this.#bytes,
      cutLines: this.#cutLines,
      cutBytes: this.#cutBytes,
      lostLines: this.#lostLines,
      commits: this.#commits,
      pendingLines: this.#waitingLines + this.#batches.lines,
      pendingBytes: this.#pendingBytes,
    };
  }

  now(): number {
    return this.#clock.now();
  }

  added(run: RunLog, bytes: number, first: boolean): void {
    if (first) this.#dirty.push(run);
    if (this.watchers.size > 0) this.watchers.wake(run.id);
    this.#lines++;
    this.#bytes += bytes;
    this.#pendingBytes += bytes;
    if (this.#pendingBytes >= this.#pendingBytesMax) this.#behind = true;
    const waiting = ++this.#waitingLines;
    if (waiting === 1 || waiting === this.batchLines) this.#wake();
  }

  cut(bytes: number): void {
    this.#cutLines++;
    this.#cutBytes += bytes;
  }

  seal(run: RunLog): number {
    const chunk = run.take();
    if (chunk === undefined) return 0;
    this.#batches.push(chunk);
    run.placed(++this.#places);
    return this.#places;
  }

  settled(place: number): Promise<void> {
    if (place <= this.#settledPlace) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (!this.#flushes.push({ place, resolve, reject })) return reject(tooManyFlushes());
      this.#wake();
    });
  }

  /** A run that was sealed meanwhile, for its size or a flush, is in the list without lines. */
  #sealAll(): void {
    const dirty = this.#dirty;
    if (dirty.length === 0) return;
    this.#dirty = [];
    for (const run of dirty) this.seal(run);
  }

  #leave(settle: (waiter: Waiter) => void): void {
    const batch = this.#batches.leave();
    this.#settledPlace += batch.length;
    for (const chunk of batch) this.#pendingBytes -= chunk.bytes;
    this.#settleFlushes(settle);
    if (this.#pendingBytes <= this.#pendingBytesMax * limits.logPendingLowShare) this.#makeRoom();
  }

  #settleFlushes(settle: (waiter: Waiter) => void): void {
    // Not in order of place: a run may flush what was sealed before another's flush.
    for (let left = this.#flushes.size; left > 0; left--) {
      const waiter = this.#flushes.shift() as Waiter;
      if (waiter.place <= this.#settledPlace) settle(waiter);
      else this.#flushes.push(waiter);
    }
  }

  #makeRoom(): void {
    this.#behind = false;
    const rooms = this.#rooms;
    if (rooms.length === 0) return;
    this.#rooms = [];
    for (const enter of rooms) enter();
  }
}

function tooManyFlushes(): ErgateError {
  return new ErgateError("ERR_ERGATE_OVERLOADED", "too many callers wait for the log to be stored");
}
