import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { Asked } from "../job/ending.ts";
import { batchSize, type Pace } from "./batch.ts";
import type { Flight } from "./flight.ts";
import type { ThreadJob } from "./thread.ts";

/** A job in the pool: waiting (no flight), in a flight, or gone (ended, given back). */
export interface Entry {
  readonly job: ThreadJob;
  flight: Flight | undefined;
  /** Its place in the flight. */
  at: number;
  gone: boolean;
  asked: Asked;
  reason: string;
}

/**
 * Jobs that wait for a thread, first in first out, cut into batches by their measured run times.
 */
export class Backlog {
  readonly #pace: Pace;
  readonly #waiting = new Ring<Entry>(limits.threadSlots);
  /** Taken back from a slow batch: they were first, and stay first. */
  readonly #again: Entry[] = [];
  #size = 0;

  constructor(pace: Pace) {
    this.#pace = pace;
  }

  get size(): number {
    return this.#size;
  }

  /** False: `limits.threadSlots` jobs wait already. */
  push(entry: Entry): boolean {
    if (!this.#waiting.push(entry)) return false;
    this.#size++;
    return true;
  }

  again(entries: readonly Entry[]): void {
    for (const entry of entries) entry.flight = undefined;
    this.#again.unshift(...entries);
    this.#size += entries.length;
  }

  /** Its place stays until it comes up. */
  remove(entry: Entry): void {
    entry.gone = true;
    this.#size--;
  }

  clear(): Entry[] {
    const all: Entry[] = [];
    for (let next = this.#take(); next !== undefined; next = this.#take()) all.push(next);
    return all;
  }

  /** The next batch: short jobs together, an unmeasured, long or suspect one alone. */
  batch(): Entry[] {
    const entries: Entry[] = [];
    let workMs = 0;
    for (let next = this.#peek(); next !== undefined; next = this.#peek()) {
      const expectedMs = this.#pace.expectedMs(next.job.name);
      const shares = !next.job.alone && batchSize(expectedMs) > 1;
      workMs += expectedMs ?? 0;
      if (entries.length > 0 && (!shares || workMs > limits.threadBatchMs)) break;
      entries.push(next);
      this.#take();
      if (!shares || entries.length === limits.threadBatchJobs) break;
    }
    return entries;
  }

  #next: Entry | undefined;

  #peek(): Entry | undefined {
    while (this.#next === undefined || this.#next.gone) {
      this.#next = this.#again.shift() ?? this.#waiting.shift();
      if (this.#next === undefined) return undefined;
    }
    return this.#next;
  }

  #take(): Entry | undefined {
    const entry = this.#peek();
    if (entry === undefined) return undefined;
    this.#next = undefined;
    this.#size--;
    return entry;
  }
}
