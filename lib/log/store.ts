import { stat } from "node:fs/promises";
import { systemClock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { JobId, Page } from "../job/job.ts";
import { answer, flat, type LogAnswer, type LogCall, type LogCaller } from "./call.ts";
import { type LogChunk, timesOf } from "./chunk.ts";
import { cursorOf, logStart, placeOf } from "./cursor.ts";
import type { ChunkQuery, LogEngine, PruneBounds, Pruned } from "./engine.ts";
import { Indexer } from "./indexer.ts";
import { LogThread } from "./log-thread.ts";
import { MemoryLogEngine } from "./memory.ts";
import { emptyPage, type LogPage, pageOf } from "./page.ts";
import { type FoundLine, type LogSearch, searchQueryOf } from "./search.ts";
import { openSqliteLog, type SqliteLogEngine } from "./sqlite.ts";

/** Where lines are kept. All faults are ErgateErrors. */
export interface LogStore {
  /**
   * Keeps all chunks, in order, or rejects and keeps none: then the same call may be tried again.
   */
  append(chunks: readonly LogChunk[]): Promise<void>;
  /** Lines in the order of writing. A page may be short of its limit and still have a `next`. */
  read(query: LogQuery): Promise<LogPage>;
  /**
   * Lines that have all the words, the newest first, by the order of storing. A page may be short
   * of its limit, even empty, and still have a `next`: it looks through 64 MiB of text at most.
   */
  search(text: string, query?: LogSearch): Promise<Page<FoundLine>>;
  /**
   * Deletes the lines of deleted jobs, a bounded commit after the other. Returns how many there
   * were. With `at` (ms since the epoch), lines of them up to then that come within the next hour,
   * from whatever process, are not kept.
   */
  forget(ids: readonly JobId[], at?: number): Promise<number>;
  /** Deletes the oldest chunks past the bounds, at most `limit`. */
  prune(bounds: PruneBounds, limit: number): Promise<Pruned>;
  /** Ends after the calls under way, within 10 s. Later calls reject with ERR_ERGATE_STOPPED. */
  close(): Promise<void>;
}

export interface LogQuery {
  id: JobId;
  /** Default: all of them. */
  attempt?: number | undefined;
  /** `next` or `end` of a page. Malformed: ERR_ERGATE_CURSOR. */
  cursor?: string | undefined;
  /** 1 to 1 000 lines (more is taken as 1 000). Default 100. */
  limit?: number | undefined;
  /** The last lines instead, at most 1 000; excludes `cursor`. */
  tail?: number | undefined;
  /** Lines from then on. Milliseconds since the epoch. */
  from?: number | undefined;
  /** Lines before then. */
  until?: number | undefined;
}

export interface LogStoreOptions {
  /** `:memory:` or the path of the log's own file, such as `app.db-logs`. */
  file: string;
  namespace: string;
  /** Default `thread`; `inline` blocks the caller's thread, for tests and short commands. */
  place?: "thread" | "inline" | undefined;
}

/**
 * A store of log lines. Nothing is opened, and no thread started, before the first line or read.
 */
export function openLogStore(options: LogStoreOptions): LogStore {
  if (options.file === ":memory:") {
    return new CalledLogStore(
      inline(() => new MemoryLogEngine()),
      undefined,
    );
  }
  if (options.place !== "inline") {
    const thread = new LogThread({ file: options.file, namespace: options.namespace });
    const call: LogCaller = (request) => thread.call(request);
    return new CalledLogStore({ call, close: () => thread.close() }, options.file);
  }
  const open = () => openSqliteLog(options.file, options.namespace);
  return new CalledLogStore(inline<SqliteLogEngine>(open, new Indexer(systemClock)), options.file);
}

interface Called {
  call: LogCaller;
  close(): Promise<void>;
}

interface Upkeep<E> {
  called(engine: E): void;
  stop(): void;
}

/** An engine in the caller's thread, opened by the first call. */
function inline<E extends LogEngine>(open: () => E, upkeep?: Upkeep<E>): Called {
  let engine: E | undefined;
  return {
    async call<C extends LogCall>(call: C): Promise<LogAnswer<C>> {
      engine ??= open();
      upkeep?.called(engine);
      return answer(engine, call) as LogAnswer<C>;
    },
    async close() {
      upkeep?.stop();
      engine?.close();
    },
  };
}

class CalledLogStore implements LogStore {
  readonly #called: Called;
  /** Undefined in memory. */
  readonly #file: string | undefined;
  #opened = false;
  #closing: Promise<void> | undefined;

  constructor(called: Called, file: string | undefined) {
    this.#called = called;
    this.#file = file;
  }

  async append(chunks: readonly LogChunk[]): Promise<void> {
    this.#checkOpen();
    if (chunks.length === 0) return;
    this.#opened = true;
    await this.#called.call({ type: "append", batch: flat(chunks) });
  }

  async read(query: LogQuery): Promise<LogPage> {
    const chunkQuery = chunkQueryOf(query);
    if (await this.#absent()) return pageOf(emptyPage(), chunkQuery);
    return pageOf(await this.#called.call({ type: "read", query: chunkQuery }), chunkQuery);
  }

  async search(text: string, query: LogSearch = {}): Promise<Page<FoundLine>> {
    let slice = searchQueryOf(text, query);
    const items: FoundLine[] = [];
    if (await this.#absent()) return { items, next: undefined };
    for (let left: number = limits.logSearchSlices; ; left--) {
      const { lines, next } = await this.#called.call({ type: "search", query: slice });
      items.push(...lines);
      if (next === undefined) return { items, next };
      slice = { ...slice, before: next, lines: slice.lines - lines.length };
      if (slice.lines === 0 || left === 1) return { items, next: cursorOf(next) };
    }
  }

  async forget(ids: readonly JobId[], at?: number): Promise<number> {
    if (await this.#absent()) return 0;
    let lines = 0;
    for (let from = 0; from < ids.length; ) {
      const some = ids.slice(from, from + limits.bulkRows);
      const forgotten = await this.#called.call({ type: "forget", ids: some, at });
      lines += forgotten.lines;
      from += forgotten.done;
    }
    return lines;
  }

  async prune(bounds: PruneBounds, limit: number): Promise<Pruned> {
    if (await this.#absent()) return { chunks: 0, lines: 0, more: false, bytes: 0 };
    return this.#called.call({ type: "prune", bounds, limit: Math.min(limit, limits.pruneRows) });
  }

  close(): Promise<void> {
    this.#closing ??= this.#called.close();
    return this.#closing;
  }

  /** Reading and tidying must not make a file, nor start a thread for none. */
  async #absent(): Promise<boolean> {
    this.#checkOpen();
    if (this.#opened || this.#file === undefined) return false;
    const found = await stat(this.#file).catch(() => undefined);
    this.#checkOpen();
    if (found !== undefined) this.#opened = true;
    return !this.#opened;
  }

  #checkOpen(): void {
    if (this.#closing !== undefined)
      throw new ErgateError("ERR_ERGATE_STOPPED", "the log is closed");
  }
}

function chunkQueryOf(query: LogQuery): ChunkQuery {
  const { id, attempt, cursor, tail } = query;
  const from = placeOf(cursor);
  const times = timesOf(query);
  if (tail === undefined) {
    const lines = counted(query.limit ?? limits.pageRowsDefault, "limit");
    return { id, attempt, from, lines, tail: false, times };
  }
  if (cursor !== undefined) {
    throw new ErgateError("ERR_ERGATE_OPTION", "tail excludes cursor", { path: "tail" });
  }
  return { id, attempt, from: logStart, lines: counted(tail, "tail"), tail: true, times };
}

function counted(lines: number, path: string): number {
  if (Number.isInteger(lines) && lines >= 1) return Math.min(lines, limits.pageRows);
  throw new ErgateError("ERR_ERGATE_OPTION", `${path} is ${lines}: a whole number from 1`, {
    path,
  });
}
