import type { ClaimedJob } from "../lib/job/job.ts";
import type { HeldLock } from "../lib/protocol/lock.ts";
import type { AskedWrite, EndedRun, QueueMessage } from "../lib/protocol/queue.ts";

/** Whether a write may make a job claimable, so that a dry claim is worth another look. */
export function mayFree(write: AskedWrite): boolean {
  switch (write.type) {
    case "promote":
    case "retry":
    case "resume":
    case "rescue":
    case "fire":
    case "advance":
    case "declare":
    case "configure":
      return true;
    default:
      return false;
  }
}

/** Whether ended runs put jobs back that can be claimed at once. */
export function isFresh({ ended, followers }: Extract<QueueMessage, { type: "settle" }>): boolean {
  return (
    followers.length > 0 || ended.some(({ settlement }) => settlement.outcome.type === "released")
  );
}

/** Gives a claimed job back. */
export function releasedOf(
  job: ClaimedJob,
  now: number,
  entered: boolean,
  locks: readonly HeldLock[] = noLocks,
): EndedRun {
  const { seq, lane, bytes, id, attempt, fence, unique, hooked } = job;
  const outcome = { type: "released" as const, entered };
  return {
    job,
    settlement: {
      seq,
      lane,
      bytes,
      id,
      attempt,
      fence,
      startedAt: undefined,
      finishedAt: now,
      unique,
      hooked,
      outcome,
    },
    died: undefined,
    locks,
  };
}

export const noLocks: readonly HeldLock[] = Object.freeze([]);
