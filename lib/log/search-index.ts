import type Database from "better-sqlite3";
import { limits } from "../base/limits.ts";
import { decode } from "./chunk.ts";
import type { KeptChunk } from "./engine.ts";
import type { LogLine } from "./line.ts";
import * as sql from "./search.sql.ts";
import { look, type SearchPage, type SearchQuery } from "./search.ts";
import { indexQuery, indexText } from "./words.ts";
import { readNextNo } from "./write.sql.ts";

type Walked = Omit<KeptChunk, "body"> & { body: string | null };
type Next = Pick<KeptChunk, "no" | "attempt" | "at" | "bytes" | "body">;

/**
 * The words of a file's chunks, up to a stored position behind which search reads the chunks
 * themselves. All namespaces have one position, and every process on the file moves it on.
 */
export class SearchIndex {
  readonly #db: Database.Database;
  readonly #space: number;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(db: Database.Database, space: number) {
    this.#db = db;
    this.#space = space;
    this.#statements = statementsOf(db);
  }

  search(query: SearchQuery): SearchPage {
    return look(this.#candidates(query), query);
  }

  behind(): number {
    const { readNext, readPosition } = this.#statements;
    return (readNext.get() as number) - 1 - (readPosition.get() as number);
  }

  /** Takes a slice of chunks into the index. Returns how many are left. */
  take(): number {
    const { readPosition, insertWords } = this.#statements;
    const position = readPosition.get() as number;
    // Words are made before the lock is taken: that is half of the work.
    const slice = this.#slice(position);
    const store = this.#db.transaction(() => {
      // Another process may have done it meanwhile.
      if (readPosition.get() !== position) return;
      for (const { no, words } of slice) insertWords.run(words, no);
      this.#moveTo(slice.at(-1)?.no ?? position);
    });
    store.immediate();
    return this.behind();
  }

  /** Past what was deleted before its turn came, too. */
  #moveTo(position: number): void {
    const { walkNext, readNext, writePosition } = this.#statements;
    const last =
      walkNext.get(position, 1) === undefined ? (readNext.get() as number) - 1 : position;
    writePosition.run(last);
  }

  /** The chunk is deleted in the same transaction. */
  drop(no: number): void {
    this.#statements.deleteWords.run(no);
  }

  *#candidates({ terms, job, times, before }: SearchQuery): Generator<Walked> {
    const { walkJob, walkTail, walkFound, readPosition } = this.#statements;
    const bound = { space: this.#space, high: before.no, ...times };
    // What one job wrote is bounded, and read as fast as it is found.
    if (job !== undefined) return yield* walkJob.iterate({ ...bound, job });
    const indexed = readPosition.get() as number;
    yield* walkTail.iterate({ ...bound, indexed });
    const high = Math.min(before.no, indexed);
    yield* walkFound.iterate({ ...bound, high, match: indexQuery(terms) });
  }

  #slice(position: number): { no: number; words: string }[] {
    const slice: { no: number; words: string }[] = [];
    let bytes = 0;
    for (const chunk of this.#statements.walkNext.iterate(position, limits.logIndexChunks)) {
      slice.push({ no: chunk.no, words: wordsIn(chunk) });
      bytes += chunk.bytes;
      if (bytes >= limits.logIndexBytes) break;
    }
    return slice;
  }
}

function wordsIn(chunk: Next): string {
  const lines: LogLine[] = [];
  try {
    decode(chunk, 0, Number.POSITIVE_INFINITY, lines);
  } catch {
    // Who reads a damaged chunk is told so; it must not hold up those behind it.
  }
  return indexText(lines);
}

function statementsOf(db: Database.Database) {
  return {
    walkJob: db.prepare<[object], Walked>(sql.walkJob),
    walkTail: db.prepare<[object], Walked>(sql.walkTail),
    walkFound: db.prepare<[object], Walked>(sql.walkFound),
    walkNext: db.prepare<[number, number], Next>(sql.walkNext),
    readNext: db.prepare<[], number>(readNextNo).pluck(),
    readPosition: db.prepare<[], number>(sql.readPosition).pluck(),
    writePosition: db.prepare<[number]>(sql.writePosition),
    insertWords: db.prepare<[string, number]>(sql.insertWords),
    deleteWords: db.prepare<[number]>(sql.deleteWords),
  };
}
