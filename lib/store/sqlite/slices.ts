import { limits } from "../../base/limits.ts";
import type { ErrorGroup, Page } from "../../job/job.ts";
import type { Query, QueryAnswers } from "../../protocol/query.ts";
import { mergeGroups, sortedGroups } from "../error-groups.ts";
import type { JobStore } from "../store.ts";
import type { GroupSlice } from "./grouping.ts";
import type { ReaderAnswer } from "./reader.ts";

/** One query, or one bounded slice of it: what the reader answers in one snapshot. */
export type ReadOnce = (query: Query) => Promise<ReaderAnswer>;

type Of<T extends Query["type"]> = Extract<Query, { type: T }>;

/** A query may take several bounded slices, so that a long walk lets other reads in between. */
export function bySlices(readOnce: ReadOnce): JobStore["read"] {
  const read = (query: Query): Promise<unknown> => {
    switch (query.type) {
      case "jobs":
      case "ids":
        return fillPage(readOnce, query);
      case "count":
        return countAll(readOnce, query);
      case "groups":
        return groupAll(readOnce, query);
      default:
        return readOnce(query);
    }
  };
  return read as JobStore["read"];
}

async function fillPage(readOnce: ReadOnce, query: Of<"jobs"> | Of<"ids">): Promise<Page<unknown>> {
  const items: unknown[] = [];
  let { cursor } = query;
  do {
    const slice = { ...query, cursor, limit: query.limit - items.length };
    const page = (await readOnce(slice)) as Page<unknown>;
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined && items.length < query.limit);
  return { items, next: cursor };
}

/** From the counts, else by a walk over the ids. */
async function countAll(readOnce: ReadOnce, query: Of<"count">): Promise<number> {
  const known = (await readOnce(query)) as QueryAnswers["count"] | undefined;
  if (known !== undefined) return known;
  const { filter } = query;
  let count = 0;
  let cursor: string | undefined;
  do {
    const slice = { type: "ids", filter, cursor, limit: limits.scanRows } as const;
    const page = (await readOnce(slice)) as QueryAnswers["ids"];
    count += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined);
  return count;
}

async function groupAll(readOnce: ReadOnce, query: Of<"groups">): Promise<Page<ErrorGroup>> {
  const groups = new Map<string, ErrorGroup>();
  let { cursor } = query;
  let seen = 0;
  do {
    const slice = (await readOnce({ ...query, cursor })) as GroupSlice;
    mergeGroups(groups, slice.items);
    seen += slice.seen;
    cursor = slice.next;
  } while (cursor !== undefined && seen < limits.groupScanRows && groups.size < limits.groups);
  return { items: sortedGroups(groups), next: cursor };
}
