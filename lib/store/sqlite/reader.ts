import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Durability } from "../../job/job.ts";
import type { StoredDefinition } from "../../job/registry.ts";
import type {
  Query,
  QueryAnswer,
  QueryAnswers,
  StoreHealth,
  WorkerRow,
} from "../../protocol/query.ts";
import { type Lane, laneOf } from "./book.ts";
import { changes } from "./changes.ts";
import { type GroupSlice, groupSlice } from "./grouping.ts";
import { executionsOf, jobRow, jobRows } from "./jobrow.ts";
import { countFiltered, listSlice } from "./listing.ts";
import { probeLock } from "./lock.ts";
import { schemaVersion } from "./open.ts";
import { queueRows } from "./queue-list.ts";
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

/** What one read answers: of some queries a slice. */
export type ReaderAnswer = QueryAnswer | GroupSlice;

/**
 * Answers one read in one short snapshot; an open one would keep the write-ahead log from
 * shrinking.
 */
export function answer(reader: Reader, query: Query): ReaderAnswer {
  return reader.db.transaction(() => answerIn(reader, query))();
}

function answerIn(reader: Reader, query: Query): ReaderAnswer {
  switch (query.type) {
    case "job":
      return jobRow(reader, query.id);
    case "jobs":
      return jobsSlice(reader, query);
    case "ids":
      return idsSlice(reader, query);
    case "count":
      return countFiltered(reader, query.filter);
    case "groups":
      return groupSlice(reader, query.filter, query.cursor);
    case "executions":
      return executionsOf(reader, query.id);
    case "definition":
      return definitionOf(reader.sql(read.definition).get(reader.namespace, query.name));
    case "definitions":
      return definitions(reader);
    case "queues":
      return queueRows(reader);
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

type Listing = Extract<Query, { type: "jobs" | "ids" }>;

function jobsSlice(reader: Reader, { filter, cursor, limit }: Listing): QueryAnswers["jobs"] {
  const { items, next } = listSlice(reader, filter, cursor, limit);
  const seqs = items.map(({ seq }) => seq);
  return { items: jobRows(reader, seqs), next };
}

function idsSlice(reader: Reader, { filter, cursor, limit }: Listing): QueryAnswers["ids"] {
  const { items, next } = listSlice(reader, filter, cursor, limit);
  return { items: items.map(({ id }) => id), next };
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
    concurrency: optional(row.concurrency),
    unique: row.unique_rule === null ? undefined : JSON.parse(String(row.unique_rule)),
  };
}

function definitions(reader: Reader): StoredDefinition[] {
  const rows = reader.sql(read.definitions).all(reader.namespace);
  return rows.map((row) => definitionOf(row) as StoredDefinition);
}

function workerRow(reader: Reader, row: Row): WorkerRow {
  const key = Number(row.key);
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
    jobs: JSON.parse(String(row.jobs)),
    running: runningOf(reader, key),
    lingering: lingeringOf(reader, key),
  };
}

function runningOf(reader: Reader, owner: number): number {
  let count = 0;
  for (const lane of reader.lanes()) {
    const row = reader.sql(read.runningCounts).get(lane.key, owner) as { running: number };
    count += row.running;
  }
  return count;
}

function lingeringOf(reader: Reader, owner: number): number {
  return (reader.sql(read.lingeringOf).get(owner) as { lingering: number }).lingering;
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
