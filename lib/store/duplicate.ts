import type { JobId, NewJob } from "../job/job.ts";
import type { JobState } from "../job/state.ts";
import type { Duplicate } from "../protocol/write.ts";

/** What both engines decide alike about jobs that meet others. */

/**
 * Neighbours of one enqueue: jobs that stand each for itself, or those of a call that go together.
 */
export interface Stretch {
  from: number;
  until: number;
  together: boolean;
}

export function stretchesOf(jobs: readonly NewJob[]): readonly Stretch[] {
  if (!jobs.some((job) => job.withPrevious)) {
    return [{ from: 0, until: jobs.length, together: false }];
  }
  const stretches: Stretch[] = [];
  for (let from = 0; from < jobs.length; ) {
    let until = from + 1;
    while (jobs[until]?.withPrevious === true) until++;
    stretches.push({ from, until, together: until > from + 1 });
    from = until;
  }
  return stretches;
}

/**
 * What a stretch that goes together asks of the storage, within the transaction that inserts it.
 */
export interface Present {
  has(id: JobId): boolean;
  holderOf(key: string): { id: JobId; state: JobState } | undefined;
}

/**
 * What the storage answers for a stretch that goes together: where one job would be rejected that
 * one is, and all others are dropped. Undefined: none would be, so that all may be inserted.
 */
export function rejectionOf(
  jobs: readonly NewJob[],
  { from, until }: Stretch,
  present: Present,
): Duplicate[] | undefined {
  const stretch = jobs.slice(from, until);
  const rejected = firstRejected(stretch, present);
  if (rejected === undefined) return undefined;
  return stretch.map((_, index): Duplicate => {
    const at = from + index;
    if (index !== rejected.index) return { type: "dropped", at };
    return { type: "rejected", at, id: rejected.id };
  });
}

function firstRejected(
  jobs: readonly NewJob[],
  present: Present,
): { index: number; id: JobId | undefined } | undefined {
  const ids = new Set<JobId>();
  /** Keys that a job of this very stretch would hold. */
  const keys = new Set<string>();
  for (const [index, { id, unique }] of jobs.entries()) {
    if (ids.has(id) || present.has(id)) continue;
    if (unique === undefined) {
      ids.add(id);
      continue;
    }
    const { key, onConflict } = unique;
    const holder = keys.has(key) ? undefined : present.holderOf(key);
    const met = keys.has(key) || holder !== undefined;
    if (met && onConflict === "reject") return { index, id: holder?.id };
    if (met && !(onConflict === "replace" && holder?.state === "running")) continue;
    ids.add(id);
    keys.add(key);
  }
  return undefined;
}

/** The state of a waiting job whose time was moved to `runAt`. */
export function stateMovedTo(state: JobState, runAt: number, now: number): JobState {
  if (runAt <= now) return "available";
  return state === "retryable" ? "retryable" : "scheduled";
}
