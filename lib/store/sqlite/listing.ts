import { limits } from "../../base/limits.ts";
import { type CheckedFilter, filterFits, statesOf } from "../../job/filter.ts";
import type { Page } from "../../job/job.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import {
  cursorOfPlace,
  isByEnd,
  newestFirst,
  type Place,
  pageBehind,
  placeOfCursor,
} from "../listing-order.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { list, textsOf } from "./rows.ts";

/** A row as a walk sees it. */
export interface WalkRow {
  seq: number;
  id: string;
  lane: number;
  state: JobState;
  tags: string | null;
  reason: string | null;
  fingerprint: string | null;
  created_at: number;
  finished_at: number | null;
}

/** One listing: what it looks for, and from where on. */
interface Walk {
  reader: Reader;
  filter: CheckedFilter;
  lanes: ReadonlyMap<number, Lane>;
  states: readonly JobState[];
  byEnd: boolean;
  from: Place;
  limit: number;
}

/**
 * One slice of a listing: rows that fit the filter, and where to go on. What is asked for by id is
 * looked up. Ended jobs are walked by the time of their end. All others are gathered by their
 * states' indexes where the counts say that these hold few, else walked from the newest. No slice
 * looks at more than `limits.scanRows` rows.
 */
export function listSlice(
  reader: Reader,
  filter: CheckedFilter,
  cursor: string | undefined,
  limit: number,
): Page<WalkRow> {
  const states = statesOf(filter);
  const byEnd = isByEnd(filter);
  const from = placeOfCursor(cursor, byEnd);
  const lanes = lanesOf(reader, filter);
  const walk: Walk = { reader, filter, lanes, states, byEnd, from, limit };
  if (countIn(lanes.values(), states) === 0) return { items: [], next: undefined };
  if (filter.ids !== undefined) return paged(walk, byIds(walk, filter.ids));
  if (byEnd) return walkEnds(walk);
  if (filter.parent !== undefined) return walkArrivals(walk);
  return holdFew(walk) ? paged(walk, gather(walk)) : walkArrivals(walk);
}

/** From the counts, where they can tell; undefined where rows must be looked at. */
export function countFiltered(reader: Reader, filter: CheckedFilter): number | undefined {
  const { state: _state, name: _name, queue: _queue, ...others } = filter;
  if (Object.keys(others).length > 0) return undefined;
  return countIn(lanesOf(reader, filter).values(), statesOf(filter));
}

/** The message of a job's last error, else its reason. */
export function messageOf(reader: Reader, { seq, reason }: WalkRow): string {
  const row = reader.sql(read.lastMessage).get(seq) as { message: string } | undefined;
  return row?.message ?? reason ?? "";
}

function placeOf({ byEnd }: Walk, { seq, finished_at: end }: WalkRow): Place {
  return { at: byEnd ? (end ?? 0) : 0, seq };
}

function paged(walk: Walk, rows: readonly WalkRow[]): Page<WalkRow> {
  const fit = rows.filter((row) => fits(walk, row));
  return pageBehind(fit, (row) => placeOf(walk, row), walk);
}

function byIds({ reader }: Walk, ids: readonly string[]): WalkRow[] {
  const wanted = list([...new Set(ids)]);
  return reader.sql(read.walkIds).all(wanted, reader.namespace) as unknown as WalkRow[];
}

/** What ended last comes first; the states' walks are merged by the time of the end. */
function walkEnds(walk: Walk): Page<WalkRow> {
  const { states, byEnd, limit } = walk;
  const sources = states.map((state) => endedSource(walk, state));
  const items: WalkRow[] = [];
  let last: WalkRow | undefined;
  for (let seen = 0; ; seen++) {
    const heads = sources.flatMap((source) => source.peek() ?? []);
    const [next] = heads.sort((one, other) =>
      newestFirst(placeOf(walk, one), placeOf(walk, other)),
    );
    if (next === undefined) return { items, next: undefined };
    if (items.length >= limit || seen >= limits.scanRows) break;
    sources.find((source) => source.peek() === next)?.take();
    last = next;
    if (fits(walk, next)) items.push(next);
  }
  return { items, next: last && cursorOfPlace(placeOf(walk, last), byEnd) };
}

interface Source {
  peek(): WalkRow | undefined;
  take(): void;
}

/** The ended rows of one state behind a place, read a chunk at a time. */
function endedSource({ reader, filter, from, limit }: Walk, state: JobState): Source {
  const { since = Number.MIN_SAFE_INTEGER, until = Number.MAX_SAFE_INTEGER } = filter;
  // One more than the page needs: it says whether there is a next one.
  const chunk = Math.min(limit + 1, limits.pageRows);
  let behind = newestFirst(from, { at: until, seq: 0 }) > 0 ? from : { at: until, seq: 0 };
  let rows: WalkRow[] = [];
  let at = 0;
  let more = true;
  const fill = () => {
    if (at < rows.length || !more) return;
    const { namespace } = reader;
    const found = reader
      .sql(read.walkEnded)
      .all(namespace, state, since, behind.at, behind.seq, chunk);
    rows = found as unknown as WalkRow[];
    at = 0;
    more = rows.length === chunk;
    const end = rows.at(-1);
    if (end !== undefined) behind = { at: end.finished_at ?? 0, seq: end.seq };
  };
  return {
    peek() {
      fill();
      return rows[at];
    },
    take: () => void at++,
  };
}

function walkArrivals(walk: Walk): Page<WalkRow> {
  const { from, byEnd, limit } = walk;
  const items: WalkRow[] = [];
  const usual = Math.min(Math.max(limit, limits.pageRowsDefault), limits.pageRows);
  let place = from;
  for (let seen = 0; seen < limits.scanRows; ) {
    const chunk = Math.min(usual, limits.scanRows - seen);
    const rows = arrivals(walk, place.seq, chunk);
    for (const row of rows) {
      place = placeOf(walk, row);
      if (fits(walk, row)) items.push(row);
      if (items.length === limit) return { items, next: cursorOfPlace(place, byEnd) };
    }
    if (rows.length < chunk) return { items, next: undefined };
    seen += rows.length;
  }
  return { items, next: cursorOfPlace(place, byEnd) };
}

function arrivals({ reader, filter }: Walk, seq: number, chunk: number): WalkRow[] {
  const { namespace } = reader;
  const { parent } = filter;
  const rows =
    parent === undefined
      ? reader.sql(read.walkJobs).all(seq, namespace, chunk)
      : reader.sql(read.walkChildren).all(namespace, parent, seq, chunk);
  return rows as unknown as WalkRow[];
}

/** Whether what is gathered is no more than a walk's slice, whatever the filter leaves of it. */
function holdFew({ reader, lanes, states }: Walk): boolean {
  const all = reader.lanes();
  let rows = 0;
  for (const state of states) {
    rows += countIn(state === "available" ? lanes.values() : all, [state]);
    if (state === "scheduled" || state === "retryable") {
      rows += countIn(all, ["scheduled", "retryable"]);
    }
  }
  return rows <= limits.scanRows;
}

function gather({ reader, lanes, states }: Walk): WalkRow[] {
  const rows: WalkRow[] = [];
  const add = (text: string, ...values: (string | number)[]) => {
    for (const row of reader.sql(text).all(...values)) rows.push(row as WalkRow);
  };
  const there = states.filter((state) => countIn(lanes.values(), [state]) > 0);
  if (there.includes("available")) {
    for (const { key } of lanes.values()) {
      add(read.availableRows, key);
      add(read.suspectRows, key);
    }
  }
  if (there.includes("running")) add(read.runningRows, reader.namespace);
  if (there.includes("scheduled") || there.includes("retryable")) {
    add(read.waitingRows, reader.namespace);
  }
  for (const state of there.filter(isFinal)) add(read.finalRows, reader.namespace, state);
  return rows;
}

function fits({ reader, lanes, filter, states }: Walk, row: WalkRow): boolean {
  if (!lanes.has(row.lane) || !states.includes(row.state)) return false;
  const { state, created_at: createdAt, finished_at: end, fingerprint } = row;
  return filterFits(filter, {
    ...{ state, createdAt, finishedAt: end ?? undefined, fingerprint: fingerprint ?? undefined },
    tags: () => textsOf(row.tags),
    texts: () => errorTexts(reader, row),
  });
}

function* errorTexts(reader: Reader, row: WalkRow): Iterable<string> {
  if (row.reason !== null) yield row.reason;
  yield messageOf(reader, row);
}

function lanesOf(reader: Reader, { name, queue }: CheckedFilter): Map<number, Lane> {
  const lanes = reader
    .lanes()
    .filter((lane) => (name ?? lane.name) === lane.name && (queue ?? lane.queue) === lane.queue);
  return new Map(lanes.map((lane) => [lane.key, lane]));
}

function countIn(lanes: Iterable<Lane>, states: readonly JobState[]): number {
  let count = 0;
  for (const lane of lanes) for (const state of states) count += lane.counts[state];
  return count;
}
