import { ErgateError } from "../base/error.ts";
import type { LogLevel } from "../job/context.ts";
import type { JobId } from "../job/job.ts";
import type { LogLine, LogStream } from "./line.ts";

/**
 * Lines of one run, stored as one row: a row a line took 2.5 times as long to write. The body is
 * text, a record a line: `<ms since at><stream><level><length>:<text>\n`. The length counts UTF-16
 * units, so that a text may hold anything.
 */
export interface LogChunk {
  readonly id: JobId;
  readonly attempt: number;
  /** The earliest time of a line; the records count from it. */
  readonly at: number;
  /** The latest time of a line. */
  readonly lastAt: number;
  readonly lines: number;
  readonly bytes: number;
  readonly body: string;
}

export function timesOf(given: {
  from?: number | undefined;
  until?: number | undefined;
}): TimeRange {
  return { from: given.from ?? anyTime.from, until: given.until ?? anyTime.until };
}

export function isRange({ from, until }: TimeRange): boolean {
  return from !== anyTime.from || until !== anyTime.until;
}

/** What a line counts beside its text: time, codes, length. */
export const recordBytes = 16;

const streamCode: Readonly<Record<LogStream, string>> = {
  log: "l",
  stdout: "o",
  stderr: "e",
  runtime: "r",
};
const levelCode: Readonly<Record<LogLevel, string>> = {
  debug: "d",
  info: "i",
  warn: "w",
  error: "e",
};
const streams = inverse(streamCode);
const levels = inverse(levelCode);
const header = /(-?\d{1,16})([loer])([diwe])(\d{1,9}):/y;

export function record(since: number, stream: LogStream, level: LogLevel, text: string): string {
  return `${since}${streamCode[stream]}${levelCode[level]}${text.length}:${text}\n`;
}

/** Lines from a time on, and before another; in milliseconds since the epoch. */
export interface TimeRange {
  readonly from: number;
  readonly until: number;
}

export const anyTime: TimeRange = {
  from: Number.NEGATIVE_INFINITY,
  until: Number.POSITIVE_INFINITY,
};

/**
 * Appends a chunk's lines of those times to `lines`, from line `from` on, while there are fewer
 * than `max`, and their places in the chunk to `indexes`. Returns the index of the first line not
 * looked at. Throws ERR_ERGATE_STORE_CORRUPT for a body it did not write.
 */
export function decode(
  chunk: { at: number; attempt: number; body: string },
  from: number,
  max: number,
  lines: LogLine[],
  { times = anyTime, indexes }: { times?: TimeRange; indexes?: number[] } = {},
): number {
  let index = 0;
  for (let at = 0; at < chunk.body.length; index++) {
    if (lines.length >= max) return index;
    header.lastIndex = at;
    const found = header.exec(chunk.body);
    if (found === null) throw new ErgateError("ERR_ERGATE_STORE_CORRUPT", "a log chunk is damaged");
    const start = header.lastIndex;
    at = start + Number(found[4]) + 1;
    const lineAt = chunk.at + Number(found[1]);
    if (index < from || lineAt < times.from || lineAt >= times.until) continue;
    indexes?.push(index);
    lines.push(lineOf(chunk.attempt, lineAt, found, chunk.body.slice(start, at - 1)));
  }
  return index;
}

function lineOf(attempt: number, at: number, found: RegExpExecArray, text: string): LogLine {
  return {
    at,
    attempt,
    stream: streams.get(found[2] as string) as LogStream,
    level: levels.get(found[3] as string) as LogLevel,
    text,
  };
}

function inverse<K extends string>(codes: Readonly<Record<K, string>>): ReadonlyMap<string, K> {
  return new Map(Object.entries<string>(codes).map(([name, code]) => [code, name as K]));
}
