import { limits } from "../../base/limits.ts";
import type { CheckedFilter } from "../../job/filter.ts";
import type { ErrorGroup, Page } from "../../job/job.ts";
import { addToGroup } from "../error-groups.ts";
import { listSlice, messageOf } from "./listing.ts";
import type { Reader } from "./reader.ts";

/** A part of all groups: of the next jobs in the listing's order. */
export interface GroupSlice extends Page<ErrorGroup> {
  /** Jobs that were counted. */
  seen: number;
}

export function groupSlice(
  reader: Reader,
  filter: CheckedFilter,
  cursor: string | undefined,
): GroupSlice {
  const page = listSlice(reader, filter, cursor, limits.scanRows);
  const names = new Map(reader.lanes().map(({ key, name }) => [key, name]));
  const groups = new Map<string, ErrorGroup>();
  for (const row of page.items) {
    const { id, lane, fingerprint } = row;
    if (fingerprint === null) continue;
    const at = row.finished_at ?? row.created_at;
    const message = () => messageOf(reader, row);
    addToGroup(groups, { id, name: names.get(lane) ?? "", fingerprint, at, message });
  }
  return { items: [...groups.values()], next: page.next, seen: page.items.length };
}
