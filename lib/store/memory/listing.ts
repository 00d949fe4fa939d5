import { type CheckedFilter, filterFits } from "../../job/filter.ts";
import type { ErrorGroup, Page } from "../../job/job.ts";
import type { Query } from "../../protocol/query.ts";
import { addToGroup, sortedGroups } from "../error-groups.ts";
import { isByEnd, newestFirst, type Place, pageBehind, placeOfCursor } from "../listing-order.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** Jobs that fit a filter, newest first; nothing is bounded here: a table is small. */

type Listing = Extract<Query, { type: "jobs" | "ids" }>;

export function listed<T>(
  table: Table,
  { filter, cursor, limit }: Listing,
  shown: (row: Row) => T,
): Page<T> {
  const byEnd = isByEnd(filter);
  const from = placeOfCursor(cursor, byEnd);
  const rows = chosen(table, filter);
  const { items, next } = pageBehind(rows, (row) => placeOf(row, byEnd), { from, byEnd, limit });
  return { items: items.map(shown), next };
}

export function chosen(table: Table, filter: CheckedFilter): Row[] {
  const { ids } = filter;
  const rows =
    ids === undefined ? table.rows.values() : ids.flatMap((id) => table.byId.get(id) ?? []);
  return [...new Set(rows)].filter((row) => fits(row, filter));
}

export function groups(
  table: Table,
  { filter, cursor }: Extract<Query, { type: "groups" }>,
): Page<ErrorGroup> {
  const byEnd = isByEnd(filter);
  const from = placeOfCursor(cursor, byEnd);
  const rows = chosen(table, filter)
    .filter((row) => newestFirst(from, placeOf(row, byEnd)) < 0)
    .sort((one, other) => newestFirst(placeOf(one, byEnd), placeOf(other, byEnd)));
  const found = new Map<string, ErrorGroup>();
  for (const row of rows) {
    const { id, name, fingerprint, createdAt, finishedAt } = row;
    if (fingerprint === undefined) continue;
    const at = finishedAt ?? createdAt;
    addToGroup(found, { id, name, fingerprint, at, message: () => messageOf(row) });
  }
  return { items: sortedGroups(found), next: undefined };
}

function placeOf({ seq, finishedAt = 0 }: Row, byEnd: boolean): Place {
  return { at: byEnd ? finishedAt : 0, seq };
}

function fits(row: Row, filter: CheckedFilter): boolean {
  const { name = row.name, queue = row.queue, parent = row.parent } = filter;
  if (name !== row.name || queue !== row.queue || parent !== row.parent) return false;
  return filterFits(filter, {
    ...row,
    tags: () => row.tags,
    texts: () => [row.reason ?? "", messageOf(row)],
  });
}

/** Of the last kept error, else the reason. */
function messageOf({ kept, reason }: Row): string {
  return kept.findLast(({ error }) => error !== undefined)?.error?.message ?? reason ?? "";
}
