import { limits } from "../base/limits.ts";
import type { Page } from "../job/job.ts";
import { decode, type TimeRange } from "./chunk.ts";
import { cursorOf } from "./cursor.ts";
import type { ChunkPage, ChunkQuery, KeptChunk } from "./engine.ts";
import type { LogLine } from "./line.ts";

/** A page of lines in the order of writing. */
export interface LogPage extends Page<LogLine> {
  /**
   * The cursor behind the last line of this page, also at the end: for following what is yet to
   * come.
   */
  end: string;
  /** For each line the cursor behind it. */
  cursors: string[];
}

type Row = Omit<KeptChunk, "id">;

/**
 * Gathers chunks until they hold the lines asked for, or the bytes of one read. `rows` come in
 * order, or backwards for a tail; one more than is needed tells that more follow.
 */
export function gather(rows: Iterable<Row>, query: ChunkQuery): ChunkPage {
  const page = emptyPage();
  let bytes = 0;
  let lines = 0;
  for (const row of rows) {
    const wanted = linesIn(row, query.times);
    if (wanted === 0) continue;
    page.more = lines >= query.lines || bytes >= limits.logReadBytes;
    if (page.more) break;
    if (!query.tail && row.no === query.from.no) page.skip = Math.min(query.from.line, row.lines);
    if (page.nos.length === 0) lines = -page.skip;
    push(page, row);
    bytes += row.bytes;
    lines += wanted;
  }
  return query.tail ? turned(page) : page;
}

/** Of a chunk that lies across an end of the range its lines are counted one by one. */
function linesIn(row: Row, times: TimeRange): number {
  if (row.at >= times.from && row.lastAt < times.until) return row.lines;
  if (row.at >= times.until || row.lastAt < times.from) return 0;
  const lines: LogLine[] = [];
  decode(row, 0, Number.POSITIVE_INFINITY, lines, { times });
  return lines.length;
}

/** The lines that gathered chunks hold, and where to go on. */
export function pageOf(chunks: ChunkPage, query: ChunkQuery): LogPage {
  const items: LogLine[] = [];
  const cursors: string[] = [];
  const most = query.tail ? Number.POSITIVE_INFINITY : query.lines;
  let place = query.from;
  let whole = true;
  for (let at = 0; at < chunks.nos.length && whole; at++) {
    const no = chunks.nos[at] as number;
    const indexes: number[] = [];
    const from = at === 0 ? chunks.skip : 0;
    const { times } = query;
    const line = decode(chunkAt(chunks, at), from, most, items, { times, indexes });
    for (const index of indexes) cursors.push(cursorOf({ no, line: index + 1 }));
    whole = line === chunks.counts[at];
    place = whole ? { no: no + 1, line: 0 } : { no, line };
  }
  const end = cursorOf(place);
  if (query.tail)
    return {
      items: items.slice(-query.lines),
      next: undefined,
      end,
      cursors: cursors.slice(-query.lines),
    };
  return { items, next: whole && !chunks.more ? undefined : end, end, cursors };
}

export function emptyPage(): ChunkPage {
  return { nos: [], attempts: [], ats: [], counts: [], bodies: [], skip: 0, more: false };
}

function push(page: ChunkPage, row: Row): void {
  page.nos.push(row.no);
  page.attempts.push(row.attempt);
  page.ats.push(row.at);
  page.counts.push(row.lines);
  page.bodies.push(row.body);
}

function turned(page: ChunkPage): ChunkPage {
  for (const list of [page.nos, page.attempts, page.ats, page.counts, page.bodies]) list.reverse();
  return { ...page, more: false };
}

function chunkAt(page: ChunkPage, at: number): { at: number; attempt: number; body: string } {
  return {
    at: page.ats[at] as number,
    attempt: page.attempts[at] as number,
    body: page.bodies[at] as string,
  };
}
