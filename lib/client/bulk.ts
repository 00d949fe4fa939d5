import { limits } from "../base/limits.ts";
import { parseFilter, statesOf } from "../job/filter.ts";
import type { JobFilter, JobId } from "../job/job.ts";
import type { JobState } from "../job/state.ts";
import type { LocalParts } from "./parts.ts";

/**
 * Does something to all jobs that match and are in a state that it can move: a page at a time,
 * newest first, each page one short commit, so that the write lock is never held for long and
 * others' writes go in between. Resolves with how many it did.
 */
export async function bulk(
  parts: Pick<LocalParts, "read">,
  asked: JobFilter,
  from: readonly JobState[],
  act: (ids: readonly JobId[]) => Promise<number>,
): Promise<number> {
  const checked = parseFilter(asked, []);
  const filter = { ...checked, state: statesOf(checked).filter((state) => from.includes(state)) };
  let cursor: string | undefined;
  let count = 0;
  do {
    const page = await parts.read({ type: "ids", filter, cursor, limit: limits.bulkRows });
    if (page.items.length > 0) count += await act(page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return count;
}
