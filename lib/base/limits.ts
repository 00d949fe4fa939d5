const kibi = 1024;
const mebi = 1024 * kibi;
const secondMs = 1000;
const hourMs = 3600 * secondMs;
const dayMs = 24 * hourMs;

/** Every bound of the runtime, with the reason for its number. Nothing is unbounded. */
export const limits = {
  /** A payload's or result's JSON. Larger things belong in a file that the payload names. */
  payloadBytes: mebi,
  /** From here a payload slows its neighbours in a batch: one warning a job name. */
  payloadWarnBytes: 64 * kibi,
  /** JSON.parse handles far more, but a stack does not; deeper is almost surely a circle. */
  jsonDepth: 200,
  /** A job's or queue's name: fits a line, a metric's label and a path. */
  nameChars: 200,
  /** An id given by the user; ULIDs have 26. */
  idChars: 200,
  tags: 20,
  tagChars: 100,
  errorMessageChars: 8 * kibi,
  errorStackChars: 16 * kibi,

  /** DESIGN: gocraft/work's default. */
  maxAttempts: 4,
  /** Attempts are stored as small integers; nobody retries more often. */
  maxAttemptsMax: 10_000,
  priorityMax: 1_000_000,
  /** Handlers in the loop at once, a process. */
  loopConcurrency: 100,
  loopConcurrencyMax: 100_000,
  threadsMax: 256,

  /** Rows in one write transaction: past it a commit holds the lock too long for its neighbours. */
  batchRows: 1_024,
  /** Bytes of payload in one write transaction; one larger payload still goes, alone. */
  batchBytes: 4 * mebi,
  /** Moves asked for by hand in one write transaction. */
  batchAsked: 64,
  /** Batches under way to the store: the next travels while one commits. */
  batchesInFlight: 2,
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
  /** Rows that one promotion moves; the next turn goes on. */
  promoteRows: 1_000,
  /** Rows that one prune deletes: a commit stays near 10 ms. */
  pruneRows: 500,
  /** Rows that one bulk move (stop, retry, delete by filter) touches a commit. */
  bulkRows: 500,
  /** Rows that one read may scan before it hands back its cursor. */
  scanRows: 10_000,
  pageRows: 1_000,
  pageRowsDefault: 100,
  /** One job's kept attempts; the oldest give way. */
  attemptsKept: 100,

  /** Messages an actor takes in a turn: past 64 to 256 a larger batch gained nothing (measured). */
  kernelBatch: 64,
  /** The loop is given back so often: at 1 ms a timer's p99 was 0.9 ms late, at 4 ms 5. */
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

  /** A lease of what is claimed, where the lock of a runtime can't be probed. */
  leaseMs: 30 * secondMs,
  leaseRenewMs: 5 * secondMs,
  /** How often the janitor probes the file's other runtimes: a dead one is noticed within 2 s. */
  probeMs: secondMs,
  /** A poll behind the bell file, for file systems that don't notify. */
  pollMs: secondMs,
  crashLimit: 3,
  crashWindowMs: 72 * hourMs,
  sweepMs: 30 * secondMs,

  stopGraceMs: 25 * secondMs,
  /** Of the grace, what is left for threads to end after `ctx.signal` fired. */
  stopAbortMs: 5 * secondMs,
  /** From an aborted `ctx.signal` to a thread's end. */
  jobGraceMs: 5 * secondMs,

  logBatchLines: 100,
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
  logRetentionMs: 30 * dayMs,
  /** Of all stored lines; the oldest give way. */
  logFileBytes: 1024 * mebi,

  /** Job names with figures of their own, 5 KiB each; what runs past them is counted as one. */
  metricNames: 2_000,

  retentionCompletedMs: 24 * hourMs,
  retentionStoppedMs: 24 * hourMs,
  retentionCancelledMs: 7 * dayMs,
  retentionDeadMs: 30 * dayMs,
  /** Bytes of final jobs in all; the oldest completed and stopped ones give way first. */
  retentionBytes: 1024 * mebi,
  /** Share of a retention bound at which a warning is given. */
  retentionWarnShare: 0.9,

  /** A thread's batch: expected work, and jobs in it. */
  threadBatchMs: 1,
  threadBatchJobs: 64,
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
  /** Between two posts of a thread's lines, when they come fast. */
  logPostMs: 50,
  /**
   * Posts at once within logPostMs, 1 000 a second: what a handler said just before it hung is not
   * lost.
   */
  logPostsAtOnce: 50,
  /** How long a thread's log call waits for the sink; then the line is cut, counted and marked. */
  logWaitMs: 30 * secondMs,
  /** A run's check-ins and progress reach the store at most so often; the last always does. */
  checkInMs: secondMs,
  checkInChars: kibi,

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

  /** How long another program's write lock is waited for. */
  storeBusyMs: 5 * secondMs,
  /** Between two tries of a batch that met a full disk or a lock. */
  storeRetryMs: 250,
  storeRetryMsMax: 5 * secondMs,
  /** SQLite's page cache, a connection: with 64 MiB the process grew by 73 MB until it was full. */
  storeCacheBytes: 16 * mebi,
  /** The young heap of a storage thread, in MiB: its garbage is one batch old. */
  storeYoungHeapMib: 8,
  /** Batches from which on reads get a thread of their own: short programs do without it. */
  storeBatchesBeforeReader: 64,
  storeCheckpointPages: 4_000,

  /** Results that the demo sorts in memory, some 150 bytes each; past it they go to side files. */
  demoSortRecords: 100_000,
  /** The demo's first commit of files: threads begin after it, and each next is twice as large. */
  demoFirstBatch: 64,
  /** Failed files that the demo's summary names; the rest are counted. */
  demoFailuresShown: 20,
  /** Between two looks at whether all files are done. */
  demoPollMs: 50,
  /** Between two attempts at a file whose reading failed. */
  demoBackoffMs: secondMs,
  /** Between two of the demo's progress lines, and two drawings of its bar. */
  demoLineMs: secondMs,
  demoBarMs: 100,
  /** The demo's files are short work: what runs when it is stopped is ended at once. */
  demoGraceMs: 5 * secondMs,
} as const;
