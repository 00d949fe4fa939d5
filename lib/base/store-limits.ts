import { dayMs, hourMs, kibi, mebi, secondMs } from "./units.ts";

/** Rows, transactions and the file. */
export const storeLimits = {
  /** Rows in one write transaction: past it a commit holds the lock too long for its neighbours. */
  batchRows: 1_024,
  /** Bytes of payload in one write transaction; one larger payload still goes, alone. */
  batchBytes: 4 * mebi,
  /** Moves asked for by hand in one write transaction. */
  batchAsked: 64,
  /** Batches under way to the store: the next travels while one commits. */
  batchesInFlight: 2,
  /**
   * Places that a limit must have left for the lanes' counts to be believed: more than the two
   * claims under way can take.
   */
  limitCountedJobs: 2_048,
  /** Rows that one promotion moves; the next turn goes on. */
  promoteRows: 1_000,
  /** Rows that one prune deletes: a commit stays near 10 ms. */
  pruneRows: 500,
  /** Rows that one bulk move (stop, retry, delete by filter) touches a commit. */
  bulkRows: 500,
  /** Rows that one read may scan before it hands back its cursor. */
  scanRows: 10_000,
  /** Rows that one grouping of errors looks at before it hands back its cursor: a second's work. */
  groupScanRows: 200_000,
  /** Groups of errors in one answer; the cursor goes on behind them. */
  groups: 1_000,
  pageRows: 1_000,
  pageRowsDefault: 100,
  /** One job's kept attempts; the oldest give way. */
  attemptsKept: 100,

  /** A lease of what is claimed, where the lock of a runtime can't be probed. */
  leaseMs: 30 * secondMs,
  leaseRenewMs: 5 * secondMs,
  /** How often the janitor probes the file's other runtimes: a dead one is noticed within 2 s. */
  probeMs: secondMs,
  /** A worker whose lock can't be probed is dead after so long a silence: two renewals missed. */
  workerSilentMs: 10 * secondMs,
  /** Busy slots that a worker's row shows; the rest is counted. */
  workerSlots: 100,
  /** A run's arguments are shown with its slot up to this size. */
  slotArgsBytes: 16 * kibi,
  /** Jobs ahead of one, and runs that use up its limit, as `why` tells them. */
  whyAhead: 1_000,
  whyRuns: 10,
  /** A poll behind the bell file, for file systems that don't notify. */
  pollMs: secondMs,
  crashLimit: 3,
  crashWindowMs: 72 * hourMs,
  sweepMs: 30 * secondMs,

  retentionCompletedMs: 24 * hourMs,
  retentionStoppedMs: 24 * hourMs,
  retentionCancelledMs: 7 * dayMs,
  retentionDeadMs: 30 * dayMs,
  /** Records of runs whose jobs are gone: as long as the dead, and some 100 MB where many run. */
  retentionRunsMs: 30 * dayMs,
  retentionRuns: 100_000,
  /** Bytes of final jobs in all; the oldest completed and stopped ones give way first. */
  retentionBytes: 1024 * mebi,
  /** Share of a retention bound at which a warning is given. */
  retentionWarnShare: 0.9,

  /** How long another program's write lock is waited for. */
  storeBusyMs: 5 * secondMs,
  /** Between two tries of a batch that met a full disk or a lock. */
  storeRetryMs: 250,
  storeRetryMsMax: 5 * secondMs,
  /** SQLite's page cache, a connection: with 64 MiB the process grew by 73 MB until it was full. */
  storeCacheBytes: 16 * mebi,
  /** The young heap of a storage thread, in MiB: its garbage is one batch old. */
  storeYoungHeapMib: 8,
  /** Mean length of texts that cross to the store joined: one of them kept keeps all. */
  storeJoinedChars: 256,
  /** Batches from which on reads get a thread of their own: short programs do without it. */
  storeBatchesBeforeReader: 64,
  storeCheckpointPages: 4_000,
} as const;
