import { limits } from "../../base/limits.ts";
import type { JobFilter, Page } from "../../job/job.ts";
import { isFinal, type JobState, jobStates } from "../../job/state.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { tagsOf } from "./rows.ts";

interface WalkRow {
  seq: number;
  lane: number;
  state: JobState;
  tags: string | null;
}

/**
 * One slice of a listing, newest first: row numbers that fit the filter, and where to go on. Where
 * the counts say that few rows can fit, they are gathered by their states' indexes; else the table
 * is walked from the newest, at most `limits.scanRows` a slice.
 */
export function listSlice(
  reader: Reader,
  filter: JobFilter,
  cursor: string | undefined,
  limit: number,
): Page<number> {
  const lanes = reader.lanes().filter((lane) => laneFits(lane, filter));
  const keys = new Set(lanes.map((lane) => lane.key));
  const states = statesOf(filter);
  const [before = Number.MAX_SAFE_INTEGER] = cursor === undefined ? [] : decodeCursor(cursor, 1);
  const fits = (row: WalkRow) =>
    row.seq < before && keys.has(row.lane) && states.includes(row.state) && tagFits(row, filter);
  const few = countIn(lanes, states) <= limits.scanRows;
  return few
    ? gathered(gather(reader, lanes, states).filter(fits), limit)
    : walked(reader, before, fits, limit);
}

export function countFiltered(reader: Reader, filter: JobFilter): number {
  const lanes = reader.lanes().filter((lane) => laneFits(lane, filter));
  return countIn(lanes, statesOf(filter));
}

function gathered(rows: readonly WalkRow[], limit: number): Page<number> {
  const seqs = rows.map((row) => row.seq).sort((one, other) => other - one);
  const items = seqs.slice(0, limit);
  const last = items.at(-1);
  return {
    items,
    next: seqs.length > limit && last !== undefined ? encodeCursor([last]) : undefined,
  };
}

function walked(
  reader: Reader,
  before: number,
  fits: (row: WalkRow) => boolean,
  limit: number,
): Page<number> {
  const rows = reader
    .sql(read.walkJobs)
    .all(before, reader.namespace, limits.scanRows) as unknown as WalkRow[];
  const items: number[] = [];
  for (const row of rows) {
    if (fits(row)) items.push(row.seq);
    if (items.length === limit) return { items, next: encodeCursor([row.seq]) };
  }
  const last = rows.at(-1);
  const more = rows.length === limits.scanRows && last !== undefined;
  return { items, next: more ? encodeCursor([last.seq]) : undefined };
}

function gather(reader: Reader, lanes: readonly Lane[], states: readonly JobState[]): WalkRow[] {
  const rows: WalkRow[] = [];
  const add = (text: string, ...values: (string | number)[]) => {
    for (const row of reader.sql(text).iterate(...values)) rows.push(row as WalkRow);
  };
  const there = states.filter((state) => countIn(lanes, [state]) > 0);
  if (there.includes("available")) {
    for (const lane of lanes) {
      add(read.availableRows, lane.key);
      add(read.suspectRows, lane.key);
    }
  }
  if (there.includes("running")) add(read.runningRows, reader.namespace);
  if (there.includes("scheduled") || there.includes("retryable")) {
    add(read.waitingRows, reader.namespace);
  }
  for (const state of there.filter(isFinal)) add(read.finalRows, reader.namespace, state);
  return rows;
}

function countIn(lanes: readonly Lane[], states: readonly JobState[]): number {
  let count = 0;
  for (const lane of lanes) for (const state of states) count += lane.counts[state];
  return count;
}

function statesOf(filter: JobFilter): readonly JobState[] {
  if (filter.state === undefined) return jobStates;
  return [...new Set([filter.state].flat())];
}

function laneFits(lane: Lane, filter: JobFilter): boolean {
  return (
    (filter.name === undefined || filter.name === lane.name) &&
    (filter.queue === undefined || filter.queue === lane.queue)
  );
}

function tagFits(row: WalkRow, filter: JobFilter): boolean {
  if (filter.tag === undefined) return true;
  return tagsOf(row.tags).includes(filter.tag);
}
