import process from "node:process";
import type { Execution } from "../../job/job.ts";
import { finalStates } from "../../job/state.ts";
import type { BusQuery } from "../../protocol/bus.ts";
import type { HookQuery } from "../../protocol/hook.ts";
import type {
  ChangeCursor,
  ChangedJob,
  Query,
  QueryAnswer,
  QueryAnswers,
  QueueRow,
  StoreHealth,
} from "../../protocol/query.ts";
import { heldOf } from "../held.ts";
import { pageOfHooks } from "../hook-list.ts";
import { answerBus } from "./bus.ts";
import { commandChanges, commandView, commandViews } from "./commands.ts";
import { compare, placeOf } from "./finals.ts";
import { firstOf } from "./lanes.ts";
import { lockRows } from "./leases.ts";
import { chosen, groups, listed } from "./listing.ts";
import { jobRowOf, type Row } from "./row.ts";
import { aheadSchedules, dueSchedules, listRuns, listSchedules, viewOf } from "./schedules.ts";
import { workerOf } from "./settle.ts";
import type { Queue, Table } from "./table.ts";
import { whyRow } from "./why.ts";
import { workerRows } from "./workers.ts";

type Changes = Extract<Query, { type: "changes" }>;

export function answer(table: Table, namespace: string, query: Query): QueryAnswer {
  switch (query.type) {
    case "job":
      return mapped(table.byId.get(query.id), jobRowOf);
    case "jobs":
      return listed(table, query, jobRowOf);
    case "ids":
      return listed(table, query, ({ id }) => id);
    case "count":
      return chosen(table, query.filter).length;
    case "groups":
      return groups(table, query);
    case "executions":
      return mapped(table.byId.get(query.id), (row) => executionsOf(table, row));
    case "definition":
      return mapped(table.definitions.get(query.name), (definition) => ({ ...definition }));
    case "definitions":
      return [...table.definitions.values()].map((one) => ({ ...one })).sort(byName);
    case "queues":
      return queues(table);
    case "workers":
      return workerRows(table, namespace);
    case "locks":
      return lockRows(table, query.cursor, query.limit);
    case "why":
      return mapped(table.byId.get(query.id), (row) => whyRow(table, row));
    case "changes":
      return changes(table, query);
    case "health":
      return health();
    default:
      return answerPlanned(table, query);
  }
}

type Planned = Extract<Query, { type: "schedule" | "schedules" | "due" | "ahead" | "runs" }>;

function answerPlanned(table: Table, query: Planned | OfCommands): QueryAnswer {
  switch (query.type) {
    case "schedule":
      return viewOf(table, query.name);
    case "schedules":
      return listSchedules(table, query);
    case "ahead":
      return aheadSchedules(table, query);
    case "due":
      return dueSchedules(table, query.now, query.limit);
    case "runs":
      return listRuns(table, query);
    default:
      return answerCommands(table, query);
  }
}

type OfCommands =
  | BusQuery
  | Extract<Query, { type: "command" | "commands" | "commandChanges" }>
  | HookQuery;

function answerCommands(table: Table, query: OfCommands): QueryAnswer {
  switch (query.type) {
    case "command":
      return commandView(table, query.name);
    case "commands":
      return commandViews(table, query.cursor, query.limit);
    case "commandChanges":
      return commandChanges(table, query.since, query.limit);
    case "busChanges":
    case "messages":
    case "subscription":
    case "bus":
    case "letters":
      return answerBus(table, query);
    default:
      return answerHooks(table, query);
  }
}

function answerHooks({ hooks }: Table, query: HookQuery): QueryAnswer {
  switch (query.type) {
    case "nextHook":
      return hooks.nextAt();
    case "hookTotals":
      return hooks.summary();
    case "hook":
      return hooks.rows.get(query.seq);
    case "hooks":
      return pageOfHooks(query, (...place) => hooks.before(...place));
    case "disabledHooks":
      return [...hooks.disabled.values()].sort((one, other) => (one.url < other.url ? -1 : 1));
    default:
      return query satisfies never;
  }
}

function mapped<T, U>(value: T | undefined, map: (value: T) => U): U | undefined {
  return value === undefined ? undefined : map(value);
}

function byName(one: { name: string }, other: { name: string }): number {
  return one.name < other.name ? -1 : 1;
}

/** The kept attempts, and the one that the row itself records: running now, or completed. */
function executionsOf(table: Table, row: Row): Execution[] {
  const { attempt, state, startedAt, finishedAt } = row;
  const run = table.runs.of(row);
  const plan = run && {
    ...{ planAt: run.fixed.planAt, scheduleAt: run.fixed.scheduleAt, trigger: run.fixed.trigger },
  };
  const kept: Execution[] = row.kept.map(({ fingerprint: _, ...one }) => ({ ...one, ...plan }));
  if (state !== "running" && state !== "completed") return kept;
  // A completed run's owner is gone from its row: engines store nothing more for the usual end.
  const worker = workerOf(table, row) || (run?.worker ?? "");
  const current = { attempt, outcome: state, startedAt, finishedAt, worker, error: undefined };
  return [...kept, { ...current, ...plan }];
}

function queues(table: Table): QueueRow[] {
  return [...table.queues.values()].map((queue) => queueRow(table, queue)).sort(byName);
}

function queueRow(table: Table, queue: Queue): QueueRow {
  const { name, settings, pausedAt, pausedUntil, counts, jobs } = queue;
  const known = new Set([...table.workers.values()].flatMap((worker) => worker.jobs));
  const lingering = (chosen: (run: { queue: string; name: string }) => boolean) =>
    table.lingering.filter(chosen).length;
  const lanes = [...jobs].sort().map((job) => ({
    name: job,
    available: table.availableIn(name, job),
    lingering: lingering((run) => run.queue === name && run.name === job),
  }));
  const unroutable = lanes.filter((lane) => !known.has(lane.name));
  return {
    ...{ name, pausedAt, pausedUntil, ...settings, counts: { ...counts } },
    waitingSince: firstOf(heapsOf(table, name, jobs))?.dueAt,
    jobs: lanes.map((lane) => lane.name),
    lingering: lingering((run) => run.queue === name),
    held: heldOf(settings, lanes, {
      concurrency: (job) => table.definitions.get(job)?.concurrency,
      lingering: (job) => lingering((run) => run.name === job),
    }),
    unroutable: unroutable.reduce((sum, { available }) => sum + available, 0),
  };
}

function heapsOf({ lanes }: Table, queue: string, names: Iterable<string>) {
  return lanes.of(names).flatMap((lane) => (lane.queue === queue ? [lane.rows] : []));
}

/** New jobs by number, final ones by their time, and the tracked ones as they are now. */
function changes(table: Table, { since, tracked, limit }: Changes): QueryAnswers["changes"] {
  if (since === undefined) return { moved: [], cursor: cursorOfNow(table), more: false };
  const fresh = [...table.rows.values()].filter((row) => row.seq > since.seq).slice(0, limit);
  const place = { finishedAt: since.finishedAt, seq: since.finalSeq };
  const final = finalStates
    .flatMap((state) => table.finals[state].behind(place, limit))
    .sort((one, other) => compare(placeOf(one), placeOf(other)))
    .slice(0, limit);
  const known = tracked.flatMap((seq) => table.rows.get(seq) ?? []);
  const moved = new Set([...fresh, ...known, ...final]);
  const last = mapped(final.at(-1), placeOf) ?? place;
  return {
    moved: [...moved].map(changedJob),
    cursor: {
      seq: fresh.at(-1)?.seq ?? since.seq,
      finishedAt: last.finishedAt,
      finalSeq: last.seq,
    },
    more: fresh.length >= limit || final.length >= limit,
  };
}

function cursorOfNow(table: Table): ChangeCursor {
  const final = table.newestFinal();
  const seq = Math.max(0, ...[...table.rows.keys()].slice(-1));
  return { seq, finishedAt: final?.finishedAt ?? 0, finalSeq: final?.seq ?? 0 };
}

function changedJob(row: Row): ChangedJob {
  const { seq, id, name, queue, state, attempt, finishedAt, reason } = row;
  return { seq, id, name, queue, state, attempt, finishedAt, reason };
}

function health(): StoreHealth {
  const { version } = process;
  const none = { file: undefined, bytes: 0, walBytes: 0, problems: [] };
  return { engine: "memory", version, schema: 0, durability: "memory", ...none };
}
