import { dayMs, hourMs, secondMs } from "./units.ts";

/** Named locks. */
export const lockLimits = {
  /** The go-crontab worker's lease. */
  lockTtlMs: 5 * secondMs,
  /** A third of it must outlast a commit and a stall of the host's loop. */
  lockTtlMsMin: 100,
  /** For so long a crashed process that never started keeps what it held. */
  lockTtlMsMax: dayMs,
  /** A lock's name: fits a line. */
  lockNameChars: 200,
  /** Held by one process: their renewals stay a few commits each third of a ttl. */
  locksHeld: 10_000,
  /** Calls of one process that wait for locks: a promise each, the caller's. */
  lockCalls: 100_000,
  /** Questions of locks under way to the store: four commits' worth, past it they wait here. */
  lockAsks: 256,
  /** A lease is renewed each third of its ttl: two tries may fail before it is lost. */
  lockRenewShare: 1 / 3,
  /** Renewals due within so much of their ttl go along in the commit of one that is due. */
  lockTogetherShare: 1 / 10,
  /** Leases that one write renews: a commit stays short for its neighbours. */
  lockRenewRows: 500,
  /** Between two looks for free locks while other processes write in a row. */
  lockLookMs: 10,
  /** How long a lock nobody released stays in the file after its ttl: a jumped clock jumps back. */
  lockRestMs: hourMs,
} as const;
