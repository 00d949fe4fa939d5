import { dayMs, hourMs, kibi, mebi, secondMs } from "./units.ts";

/** Log lines, from a handler to their file. */
export const logLimits = {
  logBatchLines: 100,
  /** Of the first waiting line, until it is stored; also how long a delete waits for its lines. */
  logCommitMs: secondMs,
  logAttemptBytes: 2 * mebi,
  logLineBytes: 64 * kibi,
  /**
   * Lines that wait for the sink, of all jobs; past it lines are cut and counted, and nothing new
   * is claimed.
   */
  logPendingBytes: 16 * mebi,
  /** Lines a thread may have on the way before its next call waits. */
  logThreadBytes: mebi,
  /** Once this share of `logPendingBytes` is left, waiting lines are taken again: no gap a line. */
  logPendingLowShare: 0.5,
  /** One stored chunk of a run's lines; a read takes whole chunks. */
  logChunkBytes: 256 * kibi,
  /** Text that one read takes from the file: past it a page is short, and has a cursor. */
  logReadBytes: 4 * mebi,
  /** Calls under way to the log's thread; each is a promise that its caller holds. */
  logCalls: 10_000,
  /** From close() to the end of the log's thread by force: twice what a locked file may take. */
  logCloseMs: 10 * secondMs,
  /** Deleted jobs whose lines have not gone yet: a log that refuses must not fill memory. */
  logForgets: 100_000,
  /** How long lines of a deleted job that come late are known; no sink is behind for so long. */
  logForgottenMs: hourMs,
  /** How often a follower looks for lines of other processes: people take it for at once. */
  logFollowMs: 200,
  /** From a job's end to the last line that another process brings: twice its commit timeout. */
  logFollowEndMs: 2 * secondMs,
  /** Of a word in the search index; longer ones are found by their beginning, then compared. */
  logWordChars: 64,
  /** Of the text of a search: a screen of it, and no pattern to keep the log's thread busy with. */
  logSearchChars: 1_000,
  /** Text that one slice of a search looks through: some 10 ms, which appends may have to wait. */
  logSearchBytes: mebi,
  /** Chunks that one slice names, also those of other namespaces and times. */
  logSearchLooks: 1_000,
  /** Slices of one page; then it is handed out as it is, with a cursor. */
  logSearchSlices: 64,
  /**
   * What one step takes into the search index, and what an append may have to wait: some 30 ms, up
   * to 100 where FTS5 merges what it has. Smaller steps make more merges.
   */
  logIndexChunks: 64,
  logIndexBytes: 512 * kibi,
  /** How long no call may have come before the index goes on: it is nobody's hurry. */
  logIndexIdleMs: 50,
  /** Past it the index goes on between the calls, too: a search reads through what it has not. */
  logIndexBehindChunks: 1_000,
  /** As long as the dead are kept: what a job said last is what its death is understood by. */
  logRetentionMs: 30 * dayMs,
  /** Of all stored lines; the oldest give way. As much as the jobs themselves may take. */
  logFileBytes: 1024 * mebi,
  /**
   * Free pages that one prune gives back to the disk: 8 MiB, some 20 ms. Where there are not twice
   * as many, they are left to what is written next.
   */
  logFreePages: 2_048,
  /** Between two posts of a thread's lines, when they come fast. */
  logPostMs: 50,
  /**
   * Posts at once within logPostMs, 1 000 a second: what a handler said just before it hung is not
   * lost.
   */
  logPostsAtOnce: 50,
  /** How long a thread's log call waits for the sink; then the line is cut, counted and marked. */
  logWaitMs: 30 * secondMs,
} as const;
