import { statSync } from "node:fs";
import type Database from "better-sqlite3";
import type { Durability } from "../../job/job.ts";
import type { BusQuery } from "../../protocol/bus.ts";
import type { HookQuery } from "../../protocol/hook.ts";
import type { Query, QueryAnswer, QueryAnswers, StoreHealth } from "../../protocol/query.ts";
import { pageOfHooks } from "../hook-list.ts";
import { type Lane, laneOf } from "./book.ts";
import { answerBus } from "./bus.ts";
import { changes } from "./changes.ts";
import { commandChanges, commandView, commandViews } from "./commands.ts";
import { definitionOf, definitions } from "./definitions.ts";
import { type GroupSlice, groupSlice } from "./grouping.ts";
import { disabledHooks, hookRow, hookRows, hookTotals, nextHook } from "./hooks.ts";
import { executionsOf, jobRow, jobRows } from "./jobrow.ts";
import { lockRows } from "./lease.ts";
import { countFiltered, listSlice } from "./listing.ts";
import { schemaVersion } from "./open.ts";
import { queueRows } from "./queue-list.ts";
import * as read from "./read.sql.ts";
import { aheadSchedules, dueSchedules, listRuns, scheduleView, scheduleViews } from "./run-list.ts";
import { type Row, statements, type Value } from "./session.ts";
import { whyRow } from "./why.ts";
import { workerRows } from "./workers.ts";

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
      return definitionOf(reader, query.name);
    case "definitions":
      return definitions(reader);
    case "queues":
      return queueRows(reader);
    case "workers":
      return workerRows(reader);
    case "locks":
      return lockRows(reader, query.cursor, query.limit);
    case "why":
      return whyRow(reader, query.id);
    case "changes":
      return changes(reader, query.since, query.tracked, query.limit);
    case "health":
      return health(reader);
    default:
      return answerPlanned(reader, query);
  }
}

type Planned = Extract<Query, { type: "schedule" | "schedules" | "due" | "ahead" | "runs" }>;

function answerPlanned(reader: Reader, query: Planned | OfCommands): ReaderAnswer {
  switch (query.type) {
    case "schedule":
      return scheduleView(reader, query.name);
    case "schedules":
      return scheduleViews(reader, query);
    case "due":
      return dueSchedules(reader, query.now, query.limit);
    case "ahead":
      return aheadSchedules(reader, query);
    case "runs":
      return listRuns(reader, query);
    default:
      return answerCommands(reader, query);
  }
}

type OfCommands =
  | BusQuery
  | Extract<Query, { type: "command" | "commands" | "commandChanges" }>
  | HookQuery;

function answerCommands(reader: Reader, query: OfCommands): ReaderAnswer {
  switch (query.type) {
    case "command":
      return commandView(reader, query.name);
    case "commands":
      return commandViews(reader, query.cursor, query.limit);
    case "commandChanges":
      return commandChanges(reader, query.since, query.limit);
    case "busChanges":
    case "messages":
    case "subscription":
    case "bus":
    case "letters":
      return answerBus(reader, query);
    default:
      return answerHooks(reader, query);
  }
}

function answerHooks(reader: Reader, query: HookQuery): ReaderAnswer {
  switch (query.type) {
    case "nextHook":
      return nextHook(reader);
    case "hookTotals":
      return hookTotals(reader);
    case "hook":
      return hookRow(reader, query.seq);
    case "hooks":
      return pageOfHooks(query, (...place) => hookRows(reader, ...place));
    case "disabledHooks":
      return disabledHooks(reader);
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
