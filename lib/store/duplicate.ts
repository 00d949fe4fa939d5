import type { JobId, NewJob } from "../job/job.ts";
import type { JobState } from "../job/state.ts";
import type { Duplicate } from "../protocol/write.ts";
import type { Room } from "./depth.ts";

/** What both engines decide alike about jobs that meet others. */

/**
 * Neighbours of one enqueue. `together`: they stand and fall together, and so are looked through
 * before the first is inserted.
 */
export interface Stretch {
  from: number;
  until: number;
  together: boolean;
}

/** A job that may be refused goes with all of its call, and one that may not with any other. */
export function stretchesOf(jobs: readonly NewJob[], room: Room): readonly Stretch[] {
  const isBounded = ({ queue }: NewJob) => room.maxDepth(queue) !== undefined;
  const rejects = ({ unique }: NewJob) => unique?.onConflict === "reject";
  if (!jobs.some((job) => rejects(job) || isBounded(job)))
    return [{ from: 0, until: jobs.length, together: false }];
  const stretches: Stretch[] = [];
  for (let from = 0; from < jobs.length; ) {
    let until = from + 1;
    while (jobs[until]?.withPrevious === true) until++;
    const call = jobs.slice(from, until);
    // One that may be rejected finds that out as its key is taken.
    const together = call.some(isBounded) || (call.length > 1 && call.some(rejects));
    const last = stretches.at(-1);
    if (last?.together === false && !together) last.until = until;
    else stretches.push({ from, until, together });
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
  room: Room;
}

/**
 * What the storage answers for a stretch that goes together: where one job is refused that one is,
 * and all others are dropped. Undefined: none would be, so that all may be inserted.
 */
export function refusalOf(
  jobs: readonly NewJob[],
  { from, until }: Stretch,
  present: Present,
): Duplicate[] | undefined {
  const stretch = jobs.slice(from, until);
  const refused = firstRefused(stretch, present);
  if (refused === undefined) return undefined;
  return stretch.map((_, index): Duplicate => {
    const at = from + index;
    return index === refused.at ? { ...refused, at } : { type: "dropped", at };
  });
}

/** `at`: by place in the stretch. */
function firstRefused(jobs: readonly NewJob[], present: Present): Duplicate | undefined {
  /** What jobs of this very stretch would hold or take up. */
  const ids = new Set<JobId>();
  const keys = new Set<string>();
  const counts = new Map<string, number>();
  for (const [at, { id, unique, queue }] of jobs.entries()) {
    if (ids.has(id) || present.has(id)) continue;
    if (unique !== undefined) {
      const { key, onConflict } = unique;
      const holder = keys.has(key) ? undefined : present.holderOf(key);
      const met = keys.has(key) || holder !== undefined;
      if (met && onConflict === "reject") return { type: "rejected", at, id: holder?.id };
      if (met && !(onConflict === "replace" && holder?.state === "running")) continue;
      keys.add(key);
    }
    ids.add(id);
    const count = (counts.get(queue) ?? 0) + 1;
    counts.set(queue, count);
    const maxDepth = present.room.maxDepth(queue);
    if (maxDepth !== undefined && count > present.room.left(queue)) {
      return { type: "full", at, queue, maxDepth };
    }
  }
  return undefined;
}

/** The state of a waiting job whose time was moved to `runAt`. */
export function stateMovedTo(state: JobState, runAt: number, now: number): JobState {
  if (runAt <= now) return "available";
  return state === "retryable" ? "retryable" : "scheduled";
}
