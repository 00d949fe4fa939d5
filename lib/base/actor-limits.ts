import { secondMs } from "./units.ts";

/** The kernel, mailboxes, and what travels between actors. */
export const actorLimits = {
  /** Opens and closes: a handful in a life. */
  gatewayMailbox: 16,
  /** Jobs that one claim hands out: 2 000 at once took 20 ms, and the loop stood idle for it. */
  claimRows: 512,
  /** Claims under way: the store has the next one waiting while the host runs the last's jobs. */
  claimsInFlight: 2,
  /** Rows for which a second claim beside another is worth its commit. */
  claimRowsBeside: 128,
  /** Jobs claimed ahead of a free slot, at most; mostly the 10 ms of measured work is tighter. */
  prefetchJobs: 2_000,
  prefetchMs: 10,
  /** Measured runs before a job's average is trusted for claiming ahead. */
  prefetchRuns: 8,
  /** Jobs of one claim that start in its own turn: fewer are no batch to run beside the next. */
  startAtOnce: 8,
  /** How long fewer ended runs than these wait for others, while more are running. */
  settleHoldMs: 5,
  settleHoldRuns: 64,
  /** Weight of the newest run in a job's average: it follows a change within some ten runs. */
  prefetchWeight: 0.1,

  /** Messages an actor takes in a turn: past 64 to 256 a larger batch gained nothing (measured). */
  kernelBatch: 64,
  /**
   * The loop is given back so often: at 1 ms a timer's p99 was 0.9 ms late, at 4 ms 5. At 0.5 a
   * drain's turns took 0.7 ms instead of 1.1; whether reads beside it gain is not known: on a busy
   * machine none was seen.
   */
  kernelSliceMs: 1,
  /** Restarts of one parent's children within the window, before it gives up. */
  kernelRestarts: 3,
  kernelRestartWindowMs: 5 * secondMs,
  /** Questions' deadlines share one timer a bucket; a timer each made a question twice as dear. */
  kernelDeadlineMs: 16,
  /** Open questions in one actor system: one each waiting caller. */
  kernelQuestions: 1_000_000,
  /** Turns of a test's system without coming to rest: past it two actors are chasing each other. */
  kernelTestTurns: 1_000_000,

  queueMailbox: 8_192,
  queueBatch: 512,
  dispatcherMailbox: 1_024,
  /** When a queue that had no room is told of results again: a seat is free after every batch. */
  settleAgainMs: 5,
  /** From a run claimed ahead being entered to its mark in the store, if it still runs. */
  enterMarkMs: 5,
  schedulerMailbox: 256,
  poolMailbox: 1_024,
  statsMailbox: 4_096,
  logMailbox: 1_024,
  followerMailbox: 256,
  janitorMailbox: 64,
  /** Calls of `enqueue` that wait for room in the queue's mailbox: a promise each, the caller's. */
  waitingCallers: 1_000_000,
  /**
   * Jobs in one question to the queue, and questions under way: two transactions and what gathers
   * behind them.
   */
  enqueueRows: 512,
  enqueuesUnderWay: 8,
  /**
   * Calls from which on two transactions share them: for fewer a second commit costs more than it
   * overlaps.
   */
  enqueueSplit: 16,
  /** One `enqueueMany`: it is one commit, and holds the write lock for about a second. */
  enqueueManyRows: 100_000,
  /** What one actor may take to drain at the end. */
  actorGraceMs: 2 * secondMs,
  /** How long an end waits for the store to note that this runtime leaves. */
  leaveMs: 5 * secondMs,
  /** All thread modules' loading and their `setup`, at start. */
  loadMs: 60 * secondMs,
  /** Open questions to one actor system. */
  askTimeoutMs: 60 * secondMs,

  stopGraceMs: 25 * secondMs,
  /** Of the grace, what is left for threads to end after `ctx.signal` fired. */
  stopAbortMs: 5 * secondMs,
  /** From an aborted `ctx.signal` to a thread's end. */
  jobGraceMs: 5 * secondMs,

  /** DESIGN: no commit for so long while work waits for one, and a runtime is not ready. */
  readyCommitMs: 5 * secondMs,

  /** Job names with figures of their own, 5 KiB each; what runs past them is counted as one. */
  metricNames: 2_000,

  /** Events one subscriber may lag behind before it is told of a gap and re-reads. */
  eventsPending: 10_000,
  /** Jobs of other processes that a subscriber's watch follows by re-reading them. */
  eventsTracked: 2_000,
  /** Events a watch remembers having told: none of this process is told again as another's. */
  eventsSeen: 20_000,
  /** How much older than its commit another process's end of a job may be. */
  eventsOverlapMs: 2 * secondMs,
  eventsPollMs: 25,
  resultPollMs: secondMs,
} as const;
