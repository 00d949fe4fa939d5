import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import { decode, type TimeRange, timesOf } from "./chunk.ts";
import { type LogPlace, placeOf } from "./cursor.ts";
import type { KeptChunk } from "./engine.ts";
import type { LogLine } from "./line.ts";
import { folded, matches, mayMatch, type Term, termsOf } from "./words.ts";

/** A line that a search found. */
export interface FoundLine extends LogLine {
  jobId: JobId;
}

export interface LogSearch {
  /** Default: all of the namespace. */
  job?: JobId | undefined;
  /** Lines from then on. Milliseconds since the epoch. */
  from?: number | undefined;
  /** Lines before then. */
  until?: number | undefined;
  /** `next` of a page. Malformed: ERR_ERGATE_CURSOR. */
  cursor?: string | undefined;
  /** 1 to 1 000 lines (more is taken as 1 000). Default 100. */
  limit?: number | undefined;
}

/** What an engine is asked. */
export interface SearchQuery {
  readonly terms: readonly Term[];
  readonly job: JobId | undefined;
  readonly times: TimeRange;
  /** Only lines before it. */
  readonly before: LogPlace;
  readonly lines: number;
}

export interface SearchPage {
  readonly lines: FoundLine[];
  /** Where to go on; undefined when all was looked at. */
  readonly next: LogPlace | undefined;
}

type Candidate = Omit<KeptChunk, "body"> & { body: string | null };

const end: LogPlace = { no: Number.MAX_SAFE_INTEGER, line: 0 };

/**
 * Throws ERR_ERGATE_OPTION where the text has no word: nothing but signs, which no search finds.
 */
export function searchQueryOf(text: string, query: LogSearch): SearchQuery {
  const terms = termsOf(text.slice(0, limits.logSearchChars));
  if (terms.length === 0) {
    const message = "text must have a word to search for: letters or digits";
    throw new ErgateError("ERR_ERGATE_OPTION", message, { path: "text" });
  }
  return {
    terms,
    job: query.job,
    times: timesOf(query),
    before: query.cursor === undefined ? end : placeOf(query.cursor),
    lines: Math.min(query.limit ?? limits.pageRowsDefault, limits.pageRows),
  };
}

/** Looks through chunks, which come newest first, until it found enough or saw a slice of them. */
export function look(chunks: Iterable<Candidate>, query: SearchQuery): SearchPage {
  const lines: FoundLine[] = [];
  let looks = 0;
  let bytes = 0;
  for (const chunk of chunks) {
    const { no } = chunk;
    if (no > query.before.no) continue;
    if (looks++ >= limits.logSearchLooks || bytes >= limits.logSearchBytes) {
      return { lines, next: { no, line: chunk.lines } };
    }
    if (!isWanted(chunk, query)) continue;
    bytes += chunk.bytes;
    const before = no === query.before.no ? query.before.line : chunk.lines;
    for (const { index, line } of found(chunk, before, query)) {
      if (lines.length >= query.lines) return { lines, next: { no, line: index + 1 } };
      lines.push({ jobId: chunk.id, ...line });
    }
  }
  return { lines, next: undefined };
}

function isWanted(chunk: Candidate, { times }: SearchQuery): chunk is KeptChunk {
  return chunk.body !== null && chunk.lastAt >= times.from && chunk.at < times.until;
}

/** The lines of a chunk that match, the last one first. */
function found(chunk: KeptChunk, before: number, { terms, times }: SearchQuery) {
  if (!mayMatch(terms, folded(chunk.body))) return [];
  const lines: LogLine[] = [];
  const indexes: number[] = [];
  decode(chunk, 0, before, lines, { times, indexes });
  return lines
    .map((line, at) => ({ line, index: indexes[at] as number }))
    .filter(({ line, index }) => index < before && matches(terms, line.text))
    .reverse();
}
