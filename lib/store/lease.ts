import { limits } from "../base/limits.ts";
import type { LockRequest, LockRow } from "../protocol/lock.ts";

/** What both engines decide alike about named locks. */

type Renewed = Pick<LockRow, "fence" | "renewedAt" | "ttlMs">;

/** Whether another may take it: its last renewal is a ttl old. */
export function isFree({ renewedAt, ttlMs }: Renewed, now: number): boolean {
  return now >= renewedAt + ttlMs;
}

/**
 * Whether the clock was set back since the last renewal, so that it counts as one of `now`: a crash
 * must not keep a lock for as long as the clock was set back. Only where the asker saw that renewal
 * before it took `now`: the holder sent it before then, so that its own time ends first.
 */
export function wasSetBack({ fence, renewedAt }: Renewed, seen: LockRequest["seen"], now: number) {
  return renewedAt > now && seen?.fence === fence && seen.renewedAt === renewedAt;
}

/** Locks that were free before that may be forgotten. */
export function forgottenBefore(now: number): number {
  return now - limits.lockRestMs;
}
