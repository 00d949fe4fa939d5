import { limits } from "../base/limits.ts";
import type { Random } from "../base/random.ts";
import { retryAfterMs } from "../job/retry-after.ts";

/**
 * Milliseconds to wait after attempt `attempt` (1 = the first) failed: 2 s, doubled by each, an
 * hour at most; ± 50 %, so that what failed together does not come together. 2 s, ×2 and ± 50 % are
 * those of Harbor's hook agent (v2.15).
 */
export function hookBackoffMs(attempt: number, random: Random): number {
  const waitMs = Math.min(limits.hookBackoffMs * 2 ** (attempt - 1), limits.hookBackoffMsMax);
  return Math.round(waitMs * (0.5 + random.next()));
}

export interface Failure {
  attempt: number;
  firstAt: number;
  now: number;
  maxAgeMs: number;
  /** As the receiver put it. */
  retryAfter: string | undefined;
}

/**
 * When to try again: not before the receiver's `Retry-After`, which holds up to an hour, and once
 * more at the very end of the time that an event has. Undefined: that is over.
 */
export function nextTryAt(failure: Failure, random: Random): number | undefined {
  const { attempt, firstAt, now, maxAgeMs, retryAfter } = failure;
  const until = firstAt + maxAgeMs;
  if (now >= until) return undefined;
  const askedMs = retryAfterMs({ retryAfter }, now) ?? 0;
  const waitMs = Math.max(
    hookBackoffMs(attempt, random),
    Math.min(askedMs, limits.hookRetryAfterMsMax),
  );
  return Math.min(now + waitMs, until);
}
