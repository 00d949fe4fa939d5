import type Database from "better-sqlite3";
import { limits } from "../base/limits.ts";
import { type StorageError, storageFault } from "../base/storage-fault.ts";
import type { JobId } from "../job/job.ts";
import { isRange, type LogChunk } from "./chunk.ts";
import {
  type ChunkPage,
  type ChunkQuery,
  type Forgotten,
  type KeptChunk,
  type LogEngine,
  type PruneBounds,
  type Pruned,
  pastBounds,
} from "./engine.ts";
import { gather } from "./page.ts";
import * as read from "./read.sql.ts";
import type { SearchPage, SearchQuery } from "./search.ts";
import { SearchIndex } from "./search-index.ts";
import { openLogFile, spaceOf } from "./sqlite-open.ts";
import * as write from "./write.sql.ts";

type Doomed = { no: number; lines: number; bytes: number };

/** Lines in a SQLite file of their own, which other processes may write and read too. */
export class SqliteLogEngine implements LogEngine {
  readonly #db: Database.Database;
  readonly #space: number;
  readonly #statements: ReturnType<typeof statementsOf>;
  readonly #index: SearchIndex;

  constructor(db: Database.Database, namespace: string) {
    this.#db = db;
    this.#space = guarded(() => spaceOf(db, namespace));
    this.#statements = statementsOf(db);
    this.#index = new SearchIndex(db, this.#space);
  }

  append(chunks: readonly LogChunk[]): void {
    this.#transact(() => {
      const { readNextNo, insertChunk, writeNextNo } = this.#statements;
      let no = readNextNo.get() as number;
      let bytes = 0;
      for (const { id, attempt, at, lastAt, lines, bytes: size, body } of this.#wanted(chunks)) {
        insertChunk.run(no++, this.#space, id, attempt, at, lastAt, lines, size, body);
        bytes += size;
      }
      writeNextNo.run(no);
      this.#statements.addSpaceBytes.run(bytes, this.#space);
    });
  }

  read(query: ChunkQuery): ChunkPage {
    const { readForward, readBackward } = this.#statements;
    const bound = {
      space: this.#space,
      job: query.id,
      attempt: query.attempt ?? null,
      limit: isRange(query.times) ? -1 : query.lines + 1,
      ...query.times,
    };
    return guarded(() =>
      query.tail
        ? gather(readBackward.iterate(bound), query)
        : gather(readForward.iterate({ ...bound, no: query.from.no }), query),
    );
  }

  search(query: SearchQuery): SearchPage {
    return guarded(() => this.#index.search(query));
  }

  /** Takes stored chunks into the index of search, a slice of them. Returns how many are left. */
  index(): number {
    return guarded(() => this.#index.take());
  }

  /** Chunks that are stored and not in the index yet. */
  behind(): number {
    return guarded(() => this.#index.behind());
  }

  forget(ids: readonly JobId[], at: number | undefined): Forgotten {
    return this.#transact(() => {
      if (at !== undefined) this.#remember(ids, at);
      const doomed: Doomed[] = [];
      let done = 0;
      for (const id of ids) {
        const room = limits.pruneRows - doomed.length;
        const found = this.#statements.findJobChunks.all(this.#space, id, room);
        doomed.push(...found);
        if (found.length === room) break;
        done++;
      }
      return { lines: this.#delete(doomed), done };
    });
  }

  prune(bounds: PruneBounds, limit: number): Pruned {
    const pruned = this.#transact(() => {
      const { findOldestChunks, readSpaceBytes } = this.#statements;
      const oldest = findOldestChunks.all(this.#space, limit + 1);
      const past = pastBounds(oldest, bounds, readSpaceBytes.get(this.#space) as number);
      const doomed = oldest.slice(0, Math.min(past, limit));
      const lines = this.#delete(doomed);
      const bytes = readSpaceBytes.get(this.#space) as number;
      return { chunks: doomed.length, lines, more: past > doomed.length, bytes };
    });
    return pruned.more ? pruned : { ...pruned, more: guarded(() => this.#shrink()) };
  }

  /**
   * Gives free pages back to the disk, a slice of them. Returns whether there is more. A file made
   * without `auto_vacuum` keeps them, and writes into them again.
   */
  #shrink(): boolean {
    const free = () => this.#db.pragma("freelist_count", { simple: true }) as number;
    const before = free();
    if (before < 2 * limits.logFreePages) return false;
    this.#db.exec(`PRAGMA incremental_vacuum(${limits.logFreePages})`);
    const after = free();
    return after < before && after >= 2 * limits.logFreePages;
  }

  close(): void {
    this.#db.close();
  }

  /** Without what comes late of jobs that were deleted meanwhile, by whatever process. */
  #wanted(chunks: readonly LogChunk[]): readonly LogChunk[] {
    const { anyForgotten, findForgotten } = this.#statements;
    if (anyForgotten.get() === undefined) return chunks;
    return chunks.filter(({ id, lastAt }) => {
      const forgottenAt = findForgotten.get(this.#space, id);
      return forgottenAt === undefined || lastAt > forgottenAt;
    });
  }

  #remember(ids: readonly JobId[], at: number): void {
    const { insertForgotten, dropForgotten } = this.#statements;
    dropForgotten.run(at - limits.logForgottenMs);
    for (const id of ids) insertForgotten.run(this.#space, id, at);
  }

  #delete(doomed: readonly Doomed[]): number {
    let lines = 0;
    let bytes = 0;
    for (const chunk of doomed) {
      this.#statements.deleteChunk.run(chunk.no);
      this.#index.drop(chunk.no);
      lines += chunk.lines;
      bytes += chunk.bytes;
    }
    if (bytes > 0) this.#statements.addSpaceBytes.run(-bytes, this.#space);
    return lines;
  }

  /**
   * Immediate: a deferred transaction that comes to write fails at once when another process wrote.
   */
  #transact<T>(work: () => T): T {
    return guarded(() => this.#db.transaction(work).immediate());
  }
}

export function openSqliteLog(file: string, namespace: string): SqliteLogEngine {
  const db = openLogFile(file);
  try {
    return new SqliteLogEngine(db, namespace);
  } catch (error) {
    db.close();
    throw error;
  }
}

function statementsOf(db: Database.Database) {
  type Row = Omit<KeptChunk, "id">;
  return {
    readNextNo: db.prepare<[], number>(write.readNextNo).pluck(),
    writeNextNo: db.prepare(write.writeNextNo),
    insertChunk: db.prepare(write.insertChunk),
    addSpaceBytes: db.prepare(write.addSpaceBytes),
    readSpaceBytes: db.prepare<[number], number>(write.readSpaceBytes).pluck(),
    findJobChunks: db.prepare<[number, string, number], Doomed>(write.findJobChunks),
    findOldestChunks: db.prepare<[number, number], Doomed & { lastAt: number }>(
      write.findOldestChunks,
    ),
    anyForgotten: db.prepare<[], number>(read.anyForgotten).pluck(),
    findForgotten: db.prepare<[number, string], number>(read.findForgotten).pluck(),
    insertForgotten: db.prepare(write.insertForgotten),
    dropForgotten: db.prepare(write.dropForgotten),
    deleteChunk: db.prepare(write.deleteChunk),
    readForward: db.prepare<[object], Row>(read.readForward),
    readBackward: db.prepare<[object], Row>(read.readBackward),
  };
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageFault(error as StorageError, "the log file");
  }
}
