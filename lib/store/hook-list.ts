import { limits } from "../base/limits.ts";
import type { HookQuery, HookQueryAnswers, HookRow } from "../protocol/hook.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";

/** Which list a page goes through: of a job, those that wait, or those that are dead. */
export type HookList = "waiting" | "dead" | { job: string };

/**
 * One page of events, the newest first, from what an engine gives of a list before an event. It may
 * be short of its limit and still have a `next`: so many rows as one read may scan had no more.
 */
export function pageOfHooks(
  { state, job, url, cursor, limit }: Extract<HookQuery, { type: "hooks" }>,
  rowsOf: (list: HookList, before: number, limit: number) => readonly HookRow[],
): HookQueryAnswers["hooks"] {
  const [before = 0] = cursor === undefined ? [Number.MAX_SAFE_INTEGER] : decodeCursor(cursor, 1);
  const scan = url === undefined && job === undefined ? limit + 1 : limits.scanRows;
  const lists = listsOf(state, job);
  const found = lists.flatMap((list) => rowsOf(list, before, scan));
  found.sort((one, other) => other.seq - one.seq);
  const seen = found.slice(0, scan);
  const wanted = seen.filter((row) => (url ?? row.url) === row.url && isIn(row, state));
  const items = wanted.slice(0, limit);
  const last =
    wanted.length > limit ? items.at(-1) : seen.length === scan ? seen.at(-1) : undefined;
  return { items, next: last && encodeCursor([last.seq]) };
}

function listsOf(state: "waiting" | "dead" | undefined, job: string | undefined): HookList[] {
  if (job !== undefined) return [{ job }];
  return state === undefined ? ["waiting", "dead"] : [state];
}

function isIn({ deadAt }: HookRow, state: "waiting" | "dead" | undefined): boolean {
  return state === undefined || (state === "dead") === (deadAt !== undefined);
}
