import { kibi, secondMs } from "./units.ts";

/** Threads: batches, times, and what a handler may say. */
export const threadLimits = {
  /**
   * A thread's batch: expected work, and jobs in it. With 128 instead of 64 jobs that do nothing
   * all threads together took a tenth less CPU a job; 256 gained no more.
   */
  threadBatchMs: 1,
  threadBatchJobs: 128,
  /** Batches waiting a thread, so that it never idles between two. */
  threadAhead: 1,
  /** Jobs that are worth a claim for the threads, while others wait there. */
  threadClaimJobs: 128,
  /** Jobs in the threads at once: each has one word of shared memory. */
  threadSlots: 65_536,
  /** Five times what a batch should take: past it the mates that wait go to another thread. */
  threadBudgetMs: 5,
  /** Weight of the newest run in a job's average: some ten runs forget an outlier. */
  threadPaceWeight: 0.2,
  /** A handler's import and setup(). Longer is almost surely a top-level await that hangs. */
  threadLoadMs: 30 * secondMs,
  /** The teardown() of all of a thread's modules: the pool's close waits no longer. */
  threadTeardownMs: secondMs,
  /** From a thread's kill to its exit; native code that can't be ended may take for ever. */
  threadKillMs: 2 * secondMs,
  /** Jobs that a run gathers with `{ with: "result" }`: they commit with its end. */
  threadFollowers: 10_000,
  /** A run's check-ins and progress reach the store at most so often; the last always does. */
  checkInMs: secondMs,
  checkInChars: kibi,
} as const;
