import type { JobId } from "../job/job.ts";

/** What is done with named locks. */
export type LockWrite =
  | ({ type: "acquire"; now: number } & LockRequest)
  /** Leases that go on for another ttl; the store's worker, if it joined, owns them from now on. */
  | { type: "renew"; leases: readonly HeldLock[]; now: number }
  | { type: "release"; leases: readonly HeldLock[] };

export interface LockAnswers {
  /** `taken` is the holder's row: it is free `ttlMs` after `renewedAt`. */
  acquire: { type: "acquired"; fence: number } | { type: "taken"; by: LockRow };
  /** By index: leases that are no longer held. */
  renew: { lost: readonly number[] };
  /** By index: whether it was held until now. */
  release: { held: readonly boolean[] };
}

export interface LockRequest {
  name: string;
  ttlMs: number;
  /** Who asks, for people. */
  holder: string;
  jobId: JobId | undefined;
  /**
   * What a look showed that came before `now` was taken. If that is still the holder's last
   * renewal, and later than `now`, the clock was set back: it counts as one of `now`.
   */
  seen?: Pick<LockRow, "fence" | "renewedAt"> | undefined;
}

/** A lock by the lease that holds it. */
export interface HeldLock {
  name: string;
  fence: number;
}

/** A named lock as the store holds it. */
export interface LockRow extends HeldLock {
  /** Who holds it, for people. */
  holder: string;
  /** The job whose run holds it. */
  jobId: JobId | undefined;
  acquiredAt: number;
  renewedAt: number;
  ttlMs: number;
}
