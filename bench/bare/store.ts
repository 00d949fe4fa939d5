import { join } from "node:path";
import type Database from "better-sqlite3";
import { systemClock } from "../../lib/base/clock.ts";
import type { Durability } from "../../lib/job/job.ts";
import { openForWriting } from "../../lib/store/sqlite/open.ts";
import * as read from "../../lib/store/sqlite/read.sql.ts";
import * as write from "../../lib/store/sqlite/write.sql.ts";

/**
 * The limit of all that stores: better-sqlite3 in one thread on the real schema with the real
 * settings, and nothing around it. No lanes, no counts, no check of fences but the statement's own.
 * To be a limit it has the fastest statements known: those of the store.
 */
export class BareStore {
  readonly db: Database.Database;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #insert: Database.Statement;
  readonly #insertChunk: Database.Statement;
  readonly #next: Database.Statement;
  readonly #claim: Database.Statement;
  readonly #complete: Database.Statement;
  #seq = 0;
  #fence = 0;

  constructor(folder: string, durability: Durability) {
    const { db } = openForWriting(join(folder, "bare.db"), durability, systemClock.now());
    this.db = db;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#insert = db.prepare(write.insertJob);
    this.#insertChunk = db.prepare(write.insertJobChunk);
    this.#next = db.prepare(read.nextInLane);
    this.#claim = db.prepare(write.claimSlots);
    this.#complete = db.prepare(write.completeMany);
  }

  transaction<T>(action: () => T): T {
    this.#begin.run();
    const value = action();
    this.#commit.run();
    return value;
  }

  /** One row a statement, as most would write it; call it in a transaction. */
  insert(count: number): void {
    const now = systemClock.now();
    for (let left = count; left > 0; left--) this.#insert.run(...rowOf(++this.#seq, now));
  }

  /** Many rows a statement. */
  insertChunks(count: number): void {
    const now = systemClock.now();
    let left = count;
    for (; left >= write.insertChunkRows; left -= write.insertChunkRows) {
      const values = Array.from({ length: write.insertChunkRows }, () => rowOf(++this.#seq, now));
      this.#insertChunk.run(...values.flat());
    }
    this.insert(left);
  }

  claim(count: number): Claimed {
    const rows = this.#next.all(lane, count) as { seq: number }[];
    const startedAt = systemClock.now();
    const fence = ++this.#fence;
    const seqs = JSON.stringify(rows.map(({ seq }) => seq));
    if (rows.length > 0) this.#claim.run(fence, 1, startedAt, seqs);
    return { count: rows.length, seqs, fence, startedAt };
  }

  settle({ count, seqs, fence, startedAt }: Claimed): void {
    if (count === 0) return;
    const { changes } = this.#complete.run(startedAt, systemClock.now(), seqs, 1, fence);
    if (changes !== count) throw new Error(`settled ${changes} of ${count}`);
  }

  /** Waiting jobs, not timed. */
  fill(count: number): void {
    for (let left = count; left > 0; left -= fillRows) {
      this.transaction(() => this.insertChunks(Math.min(left, fillRows)));
    }
  }
}

export interface Claimed {
  count: number;
  seqs: string;
  fence: number;
  startedAt: number;
}

export const nothingClaimed: Claimed = { count: 0, seqs: "[]", fence: 0, startedAt: 0 };

const lane = 1;
const fillRows = 8_192;

/** What the runtime's own rows hold: an id of 26 characters and the same payload. */
function rowOf(seq: number, now: number): (string | number | null)[] {
  const id = String(seq).padStart(26, "0");
  const args = `{"to":"a@b.c","n":${seq}}`;
  return [seq, 1, id, lane, "available", 0, now, 4, now, args, null, null];
}
