import type Database from "better-sqlite3";
import { assert } from "../../base/assert.ts";
import { type JobState, jobStates } from "../../job/state.ts";
import * as read from "./read.sql.ts";
import type { Row, Value } from "./session.ts";
import * as write from "./write.sql.ts";

/** One job name in one queue, with its counts. */
export interface Lane {
  readonly key: number;
  readonly queue: string;
  readonly name: string;
  readonly counts: Record<JobState, number>;
  /** Of the available ones: those that a crash made suspects. */
  suspects: number;
  finalBytes: number;
  dirty: boolean;
}

/**
 * What the writer keeps in memory between transactions: lanes with their counts, paused queues, and
 * the counters of row numbers and fences. It is read again whenever another connection wrote
 * (`PRAGMA data_version`) or a transaction was rolled back, and saved in the transaction that changed it.
 */
export interface Book {
  /** Must be called first in every transaction: reads again what may be stale. Whether it had to. */
  refresh(dataVersion: number): boolean;
  /** Forgets everything, after a rollback. */
  forget(): void;
  /** Writes the changed lanes and counters; the last step of a transaction. */
  save(): void;
  lane(queue: string, name: string): Lane;
  laneByKey(key: number): Lane;
  lanes(): Iterable<Lane>;
  paused: Set<string>;
  /** Other runtimes of this namespace, by key. */
  others: readonly Row[];
  /** Moves one job's count, or `count` of them. Undefined: it comes from or goes to nowhere. */
  shift(lane: Lane, from: JobState | undefined, to: JobState | undefined, count?: number): void;
  nextSeq(count: number): number;
  nextFence(): number;
}

type Sql = (text: string) => Database.Statement<Value[]>;

export function openBook(namespace: number, sql: Sql): Book {
  let version = -1;
  let byName = new Map<string, Lane>();
  let byKey = new Map<number, Lane>();
  let counters = new Map<string, number>();
  let dirtyCounters = new Set<string>();
  const book: Book = {
    paused: new Set(),
    others: [],
    refresh(dataVersion) {
      if (dataVersion === version) return false;
      load();
      version = dataVersion;
      return true;
    },
    forget() {
      version = -1;
    },
    save() {
      for (const lane of byKey.values()) if (lane.dirty) saveLane(lane);
      for (const name of dirtyCounters) sql(write.saveCounter).run(name, counters.get(name) ?? 0);
      dirtyCounters.clear();
    },
    lane: (queue, name) => byName.get(laneName(queue, name)) ?? addLane(queue, name),
    laneByKey(key) {
      const lane = byKey.get(key);
      assert(lane !== undefined, `a job names lane ${key}, which its file does not have`);
      return lane;
    },
    lanes: () => byKey.values(),
    shift(lane, from, to, count = 1) {
      if (from !== undefined) lane.counts[from] = Math.max(0, lane.counts[from] - count);
      if (to !== undefined) lane.counts[to] += count;
      lane.dirty = true;
    },
    nextSeq: (count) => advance("seq", count) - count + 1,
    nextFence: () => advance("fence", 1),
  };
  return book;

  function load(): void {
    byName = new Map();
    byKey = new Map();
    for (const row of sql(read.lanes).all(namespace) as Row[]) remember(laneOf(row));
    counters = new Map(
      (sql(read.counters).all() as { name: string; value: number }[]).map((c) => [c.name, c.value]),
    );
    dirtyCounters = new Set();
    const queues = sql(read.queues).all(namespace) as Row[];
    book.paused = new Set(queues.filter((q) => q.paused_at !== null).map((q) => String(q.name)));
    book.others = sql(read.workers).all(namespace) as Row[];
  }

  function remember(lane: Lane): Lane {
    byName.set(laneName(lane.queue, lane.name), lane);
    byKey.set(lane.key, lane);
    return lane;
  }

  function addLane(queue: string, name: string): Lane {
    sql(write.upsertQueue).run(namespace, queue);
    const { key } = sql(write.insertLane).get(namespace, queue, name) as { key: number };
    return remember({
      key,
      queue,
      name,
      counts: noCounts(),
      suspects: 0,
      finalBytes: 0,
      dirty: false,
    });
  }

  function saveLane(lane: Lane): void {
    // The columns of `saveLane` stand in the order of `jobStates`.
    const counts = jobStates.map((state) => lane.counts[state]);
    sql(write.saveLane).run(...counts, lane.suspects, lane.finalBytes, lane.key);
    lane.dirty = false;
  }

  function advance(name: string, count: number): number {
    const value = (counters.get(name) ?? 0) + count;
    counters.set(name, value);
    dirtyCounters.add(name);
    return value;
  }
}

export function laneOf(row: Row): Lane {
  const counts = noCounts();
  for (const state of jobStates) counts[state] = Number(row[state]);
  return {
    key: Number(row.key),
    queue: String(row.queue),
    name: String(row.name),
    counts,
    suspects: Number(row.suspects),
    finalBytes: Number(row.final_bytes),
    dirty: false,
  };
}

export function noCounts(): Record<JobState, number> {
  return {
    scheduled: 0,
    available: 0,
    running: 0,
    retryable: 0,
    completed: 0,
    stopped: 0,
    cancelled: 0,
    dead: 0,
  };
}

function laneName(queue: string, name: string): string {
  return `${queue}\u0000${name}`;
}
