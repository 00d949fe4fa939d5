import type { Page } from "../job/job.ts";
import { type Lease, type LockOptions, parseLockCall } from "../job/lock.ts";
import type { LockRow } from "../protocol/lock.ts";
import type { PageOptions } from "./client.ts";
import { pageGiven } from "./paging.ts";
import type { LocalParts } from "./parts.ts";

export interface LocksClient {
  /**
   * Waits until the lock is held. Within a process whoever came first gets it first; between
   * processes whoever asks first once it is free, so that none is sure to get it. It excludes all
   * holders of the same name in the namespace, as long as each stops when its `signal` aborts; who
   * can't, or where the machine's clock may be set forward, hands the `fence` along.
   *
   * It is free after `release`, at the runtime's stop, and when its holder dies: at once where a
   * started runtime sees a started one dead, else `ttl` after the last renewal.
   *
   * Rejects with ERR_ERGATE_LOCK_TAKEN, which names the holder, once `wait` is over; with the
   * signal's reason; with ERR_ERGATE_OPTION or _DURATION and the path of a bad field; with
   * ERR_ERGATE_OVERLOADED past 10 000 locks held or 100 000 calls that wait; ERR_ERGATE_STOPPED;
   * and with what the store fails with.
   */
  acquire(name: string, options?: LockOptions): Promise<Lease>;
  /** What is held now, by names. A page may be short of its limit and still have a `next`. */
  list(options?: PageOptions): Promise<Page<Lock>>;
}

/** A lock that is held, by whatever process. */
export interface Lock {
  name: string;
  fence: number;
  /** Host, process, and where there are any worker and job. */
  holder: string;
  /** The job whose run holds it. */
  jobId: string | undefined;
  /** Times in ms since the epoch. */
  since: number;
  /** When it is free unless it is renewed. */
  expiresAt: number;
}

export function localLocks(parts: LocalParts): LocksClient {
  return {
    acquire: async (name, options) => parts.locks.acquire(parseLockCall(name, options)),
    list: (options = {}) => listLocks(parts, options),
  };
}

async function listLocks({ clock, read }: LocalParts, options: PageOptions): Promise<Page<Lock>> {
  const { cursor, limit } = pageGiven(options);
  const { items, next } = await read({ type: "locks", cursor, limit });
  const now = clock.now();
  return { items: items.map(lockOf).filter(({ expiresAt }) => expiresAt > now), next };
}

function lockOf({ name, fence, holder, jobId, acquiredAt, renewedAt, ttlMs }: LockRow): Lock {
  return { name, fence, holder, jobId, since: acquiredAt, expiresAt: renewedAt + ttlMs };
}
