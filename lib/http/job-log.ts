import { type Clock, systemClock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Client } from "../client/client.ts";
import type { LogOptions } from "../client/logs.ts";
import type { JobId } from "../job/job.ts";
import type { LogLine } from "../log/line.ts";
import { type ByteRange, rangeOf } from "./byte-range.ts";
import { textStream } from "./stream.ts";

/** A job's log as one text: what a person reads, whole or a part of it. */

export interface LogTextOptions {
  /**
   * The lines of that attempt alone, or of all in the order of writing, each attempt under a
   * heading of its own. Default: the last attempt that wrote a line.
   */
  attempt?: number | "all" | undefined;
  /** Whether each attempt of `"all"` has its heading. Default true. */
  headed?: boolean;
  /** The last lines only, 1 to 1 000. */
  tail?: number | undefined;
  /** At most so many lines, from the first, or from the first of the tail. */
  limit?: number | undefined;
}

type Reads = Pick<Client, "jobs">;

/**
 * The log's text, a page of lines a piece, so that no more of it is in memory. A line is
 * `2026-01-31T12:00:00.000Z [INFO] text`; lines that are not the handler's own also name their
 * stream: `[INFO stdout]`. Rejects with ERR_ERGATE_OPTION.
 */
async function* logText(
  client: Reads,
  id: JobId,
  options: LogTextOptions = {},
): AsyncGenerator<string, undefined> {
  const { tail, limit = Number.POSITIVE_INFINITY } = options;
  const attempt = options.attempt ?? (await lastAttempt(client, id));
  const chosen: LogOptions = typeof attempt === "number" ? { attempt } : {};
  const text = logFormat(attempt === "all" && (options.headed ?? true));
  let left = limit;
  let cursor: string | undefined;
  do {
    const from = cursor === undefined ? {} : { cursor };
    const part =
      tail === undefined ? { limit: Math.min(left, limits.pageRows), ...from } : { tail };
    const { items, next } = await client.jobs.logs(id, { ...chosen, ...part });
    const lines = items.slice(0, left);
    left -= lines.length;
    cursor = next;
    if (lines.length > 0) yield lines.map(text).join("");
  } while (cursor !== undefined && left > 0);
  return undefined;
}

/** Undefined where nothing was written. */
async function lastAttempt({ jobs }: Reads, id: JobId): Promise<number | undefined> {
  return (await jobs.logs(id, { tail: 1 })).items[0]?.attempt;
}

/** How one line is shown after those before it. `headed`: a new attempt gets a heading. */
export function logFormat(headed: boolean): (line: LogLine) => string {
  let current: number | undefined;
  return ({ at, attempt, stream, level, text }) => {
    const heading = headed && attempt !== current ? `==> attempt ${attempt} <==\n` : "";
    current = attempt;
    const kind = level.toUpperCase() + (stream === "log" ? "" : ` ${stream}`);
    return `${heading}${new Date(at).toISOString()} [${kind}] ${text}\n`;
  };
}

export interface LogResponseOptions extends LogTextOptions {
  /**
   * A request's `Range`. One range of bytes is honoured, except beside `tail`, whose first byte
   * moves; anything else gets the whole text, as RFC 9110 wants it.
   */
  range?: string | undefined;
  /** Cuts who doesn't read. Default: the system's. */
  clock?: Clock;
}

/**
 * The log's text as an answer: 200 whole, 206 a range of its bytes. A log only grows, so that a
 * range names the same bytes later. Rejects with ERR_ERGATE_JOB_NOT_FOUND, ERR_ERGATE_OPTION for an
 * id that is a path, and ERR_ERGATE_HTTP_RANGE for a range past the end, which the app answers with
 * 416 and the log's bytes.
 */
export async function logResponse(
  client: Reads,
  id: JobId,
  { range: asked, clock = systemClock, ...options }: LogResponseOptions = {},
): Promise<Response> {
  await checkLogId(client, id);
  const attempt = options.attempt ?? (await lastAttempt(client, id));
  const chosen = { ...options, attempt };
  const headers: Record<string, string> = { "content-type": "text/plain; charset=utf-8" };
  if (typeof attempt === "number") headers["x-log-attempt"] = String(attempt);
  const pieces = () => logText(client, id, chosen);
  if (options.tail !== undefined) return new Response(streamOf(pieces(), clock), { headers });
  headers["accept-ranges"] = "bytes";
  const range = asked === undefined ? undefined : rangeOf(asked, await bytesOf(pieces()));
  if (range === undefined) return new Response(streamOf(pieces(), clock), { headers });
  const { from, until, total } = range;
  headers["content-range"] = `bytes ${from}-${until - 1}/${total}`;
  headers["content-length"] = String(until - from);
  return new Response(rangeStream(pieces(), range, clock), { status: 206, headers });
}

/** What would leave a folder is no job's id, and said to be wrong before it is looked for. */
export async function checkLogId({ jobs }: Reads, id: JobId): Promise<void> {
  if (/(^|[\\/])\.\.([\\/]|$)/.test(id) || id.includes("\0")) {
    throw new ErgateError("ERR_ERGATE_OPTION", "id is a path, not a job's id", { path: "id" });
  }
  if ((await jobs.get(id)) !== undefined) return;
  throw new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { path: "id" });
}

async function bytesOf(pieces: AsyncIterable<string>): Promise<number> {
  let bytes = 0;
  for await (const piece of pieces) bytes += Buffer.byteLength(piece);
  return bytes;
}

type Pieces = AsyncGenerator<string, undefined>;

function streamOf(pieces: Pieces, clock: Clock): ReadableStream<Uint8Array> {
  const next = async () => (await pieces.next()).value;
  return textStream({ next, cancel: () => void pieces.return(undefined) }, clock);
}

/** Passes over what stands before the range, and reads nothing behind it. */
function rangeStream(
  pieces: Pieces,
  { from, until }: ByteRange,
  clock: Clock,
): ReadableStream<Uint8Array> {
  let at = 0;
  const next = async () => {
    while (at < until) {
      const { value } = await pieces.next();
      // Lines went, for their age: what was promised can't be sent, and the connection is cut.
      if (value === undefined) throw new Error("the log became shorter while it was read");
      const piece = Buffer.from(value);
      const start = at;
      at += piece.byteLength;
      if (at > from) return piece.subarray(Math.max(0, from - start), until - start);
    }
    return undefined;
  };
  return textStream({ next, cancel: () => void pieces.return(undefined) }, clock);
}
