import { limits } from "../base/limits.ts";

/**
 * How many jobs of that average run time share a batch: about `threadBatchMs` of work, since a
 * thread's round trip costs as much as many short jobs. One, while nothing was measured.
 */
export function batchSize(expectedMs: number | undefined): number {
  if (expectedMs === undefined) return 1;
  const fitting = Math.floor(limits.threadBatchMs / expectedMs);
  return Math.max(1, Math.min(limits.threadBatchJobs, fitting));
}

/**
 * The average run time of each job by name: exponentially weighted, so that it follows a change.
 */
export class Pace {
  /** Bounded by the names registered: a job without a handler never runs. */
  readonly #averages = new Map<string, number>();

  expectedMs(name: string): number | undefined {
    return this.#averages.get(name);
  }

  note(name: string, ranMs: number): void {
    const before = this.#averages.get(name);
    const after =
      before === undefined ? ranMs : before + (ranMs - before) * limits.threadPaceWeight;
    this.#averages.set(name, after);
  }
}
