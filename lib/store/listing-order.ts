import { statesOf } from "../job/filter.ts";
import type { JobFilter, Page } from "../job/job.ts";
import { isFinal } from "../job/state.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";

/** Where a row stands in a listing. By arrival `at` is 0 for all. */
export interface Place {
  at: number;
  seq: number;
}

/**
 * Listings come newest first: where only final states are asked for by the time of the end; all
 * others, and a job's children, by arrival. Either is a key: the last page costs what the first one
 * does.
 */
export function isByEnd(filter: JobFilter): boolean {
  const states = statesOf(filter);
  return filter.parent === undefined && states.length > 0 && states.every(isFinal);
}

/** Throws ERR_ERGATE_CURSOR for one of the other order, or of another call. */
export function placeOfCursor(cursor: string | undefined, byEnd: boolean): Place {
  const [first = Number.MAX_SAFE_INTEGER, second = Number.MAX_SAFE_INTEGER] =
    cursor === undefined ? [] : decodeCursor(cursor, byEnd ? 2 : 1);
  return byEnd ? { at: first, seq: second } : { at: 0, seq: first };
}

export function cursorOfPlace({ at, seq }: Place, byEnd: boolean): string {
  return encodeCursor(byEnd ? [at, seq] : [seq]);
}

/** Negative where `one` is the newer, and so comes before `other`. */
export function newestFirst(one: Place, other: Place): number {
  return other.at - one.at || other.seq - one.seq;
}

/** The page behind a place of rows in any order. */
export function pageBehind<Row>(
  rows: readonly Row[],
  placeOf: (row: Row) => Place,
  { from, byEnd, limit }: { from: Place; byEnd: boolean; limit: number },
): Page<Row> {
  const behind = rows
    .filter((row) => newestFirst(from, placeOf(row)) < 0)
    .sort((one, other) => newestFirst(placeOf(one), placeOf(other)));
  const items = behind.slice(0, limit);
  const last = items.at(-1);
  const more = behind.length > items.length && last !== undefined;
  return { items, next: more ? cursorOfPlace(placeOf(last), byEnd) : undefined };
}
