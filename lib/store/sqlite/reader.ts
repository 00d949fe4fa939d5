import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Durability, Page } from "../../job/job.ts";
import type { StoredDefinition } from "../../job/registry.ts";
import type {
  JobRow,
  Query,
  QueryAnswer,
  QueueRow,
  StoreHealth,
  WorkerRow,
} from "../../protocol/query.ts";
import { type Lane, laneOf, noCounts } from "./book.ts";
import { changes } from "./changes.ts";
import { executionsOf, jobRow, jobRows } from "./jobrow.ts";
import { countFiltered, listSlice } from "./listing.ts";
import { probeLock } from "./lock.ts";
import { schemaVersion } from "./open.ts";
import * as read from "./read.sql.ts";
import { optional } from "./rows.ts";
import { type Row, statements, type Value } from "./session.ts";

/** What a read works on. */
export interface Reader {
  readonly db: Database.Database;
  readonly file: string;
  readonly namespace: number;
  readonly namespaceName: string;
  readonly durability: Durability;
  sql(text: string): Database.Statement<Value[]>;
  lanes(): Lane[];
}

export function openReader(
  db: Database.Database,
  file: string,
  namespace: { key: number; name: string },
  durability: Durability,
): Reader {
  const sql = statements(db);
  return {
    db,
    file,
    namespace: namespace.key,
    namespaceName: namespace.name,
    durability,
    sql,
    lanes: () => (sql(read.lanes).all(namespace.key) as Row[]).map(laneOf),
  };
}

/**
 * Answers one read in one short snapshot; an open one would keep the write-ahead log from
 * shrinking.
 */
export function answer(reader: Reader, query: Query): QueryAnswer {
  return reader.db.transaction(() => answerIn(reader, query))();
}

function answerIn(reader: Reader, query: Query): QueryAnswer {
  switch (query.type) {
    case "job":
      return jobRow(reader, query.id);
    case "jobs":
      return page(reader, listSlice(reader, query.filter, query.cursor, query.limit));
    case "count":
      return countFiltered(reader, query.filter);
    case "executions":
      return executionsOf(reader, query.id);
    case "definition":
      return definitionOf(reader.sql(read.definition).get(reader.namespace, query.name));
    case "definitions":
      return definitions(reader);
    case "queues":
      return queues(reader);
    case "workers":
      return (reader.sql(read.workers).all(reader.namespace) as Row[]).map((row) =>
        workerRow(reader, row),
      );
    case "changes":
      return changes(reader, query.since, query.tracked, query.limit);
    case "health":
      return health(reader);
    default:
      return query satisfies never;
  }
}

function page(reader: Reader, slice: Page<number>): Page<JobRow> {
  return { items: jobRows(reader, slice.items), next: slice.next };
}

function definitionOf(found: unknown): StoredDefinition | undefined {
  if (found === undefined) return undefined;
  const row = found as Row;
  return {
    name: String(row.name),
    queue: String(row.queue),
    priority: Number(row.priority),
    maxAttempts: Number(row.max_attempts),
    timeoutMs: optional(row.timeout_ms),
    crashLimit: optional(row.crash_limit) ?? Number.POSITIVE_INFINITY,
  };
}

function definitions(reader: Reader): StoredDefinition[] {
  const rows = reader.sql(read.definitions).all(reader.namespace);
  return rows.map((row) => definitionOf(row) as StoredDefinition);
}

function queues(reader: Reader): QueueRow[] {
  const lanes = reader.lanes();
  return (reader.sql(read.queues).all(reader.namespace) as Row[]).map((row) => {
    const name = String(row.name);
    const own = lanes.filter((lane) => lane.queue === name);
    const counts = noCounts();
    for (const lane of own) {
      for (const state of Object.keys(counts) as (keyof typeof counts)[]) {
        counts[state] += lane.counts[state];
      }
    }
    const jobs = own.map((lane) => lane.name).sort();
    return { name, pausedAt: optional(row.paused_at), counts, jobs };
  });
}

function workerRow(reader: Reader, row: Row): WorkerRow {
  const { running } = reader.sql(read.runningCounts).get(Number(row.key)) as { running: number };
  return {
    id: String(row.id),
    host: String(row.host),
    pid: Number(row.pid),
    version: String(row.version),
    namespace: reader.namespaceName,
    concurrency: Number(row.concurrency),
    threads: Number(row.threads),
    startedAt: Number(row.started_at),
    leaseUntil: Number(row.lease_until),
    alive: probeLock(reader.file, String(row.id)),
    running,
  };
}

function health(reader: Reader): StoreHealth {
  const { db, file, durability } = reader;
  const found = db.pragma("integrity_check") as { integrity_check: string }[];
  return {
    engine: "sqlite",
    version: String(reader.sql("SELECT sqlite_version() AS version").pluck().get()),
    schema: schemaVersion,
    file,
    bytes: statSync(file).size,
    walBytes: statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0,
    durability,
    problems: found.map((row) => row.integrity_check).filter((text) => text !== "ok"),
  };
}
