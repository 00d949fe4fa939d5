import type { Page } from "../../job/job.ts";
import type {
  DueSchedules,
  RunRow,
  SaveAnswer,
  SavedSchedule,
  ScheduleAnswers,
  ScheduleRow,
  ScheduleView,
  ScheduleWrite,
} from "../../protocol/schedule.ts";
import type { EndAnswer } from "../../protocol/write.ts";

import { decodeCursor, encodeCursor } from "../cursor.ts";
import { advance, type FiringStore, fire } from "../firing.ts";
import { enqueue } from "./enqueue.ts";
import { end } from "./move.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** The schedules of one namespace, and what is written and read of them. */

type Answer = ScheduleAnswers[ScheduleWrite["type"]];

export function writeSchedules(session: Session, write: ScheduleWrite): Answer {
  switch (write.type) {
    case "saveSchedules":
      return { saves: write.schedules.map((one) => save(session, one, write.now)) };
    case "removeSchedules":
      return { removed: write.schedules.map((one) => remove(session, one, write.forget)) };
    case "fire":
      return fire(firingStore(session, write.now), write.firings, write.now);
    case "advance":
      return advance(firingStore(session, write.now), write.now, write.limit);
    default:
      return write satisfies never;
  }
}

function save({ table, counters }: Session, saved: SavedSchedule, now: number): SaveAnswer {
  const { name, spec, declared, replaces, createdAt, lastPlanned, nextAt, skips, stops } = saved;
  const row = table.schedules.get(name);
  if ((row?.revision ?? 0) !== replaces || isDue(row, now)) return { type: "changed" };
  const revision = ++counters.revision;
  const said = declared ?? row?.declared;
  const times = { createdAt, lastPlanned, nextAt };
  table.schedules.set({ name, spec, declared: said, ...times, revision, removed: false });
  for (const skipped of skips) table.runs.skipMany(name, skipped, now);
  table.changes++;
  const ends = stops === undefined ? [] : stopRuns(table, name, stops, now);
  return { type: "saved", revision, ends };
}

function stopRuns(table: Table, name: string, reason: string, now: number): EndAnswer[] {
  table.runs.dropWaiting(({ run }) => run.schedule === name);
  const ids = table.runs.openJobs(name);
  return ids.map((id) => end(table, id, { move: "stop", reason, now }));
}

function isDue(row: ScheduleRow | undefined, now: number): boolean {
  return row?.nextAt !== undefined && row.nextAt <= now;
}

function remove(
  { table, counters }: Session,
  { name, revision }: { name: string; revision: number },
  forget: boolean,
): boolean {
  const row = table.schedules.get(name);
  if (row?.revision !== revision) return false;
  if (forget || row.declared === undefined) table.schedules.delete(name);
  else {
    const gone = { nextAt: undefined, revision: ++counters.revision, removed: true };
    table.schedules.set({ ...row, ...gone });
  }
  table.runs.dropWaiting(({ run }) => run.schedule === name);
  table.changes++;
  return true;
}

function firingStore(session: Session, now: number): FiringStore {
  const { table } = session;
  const { schedules, runs } = table;
  return {
    row: (name) => existing(schedules.get(name)),
    plan(name, lastPlanned, nextAt) {
      const row = schedules.get(name);
      if (row !== undefined) schedules.set({ ...row, lastPlanned, nextAt });
      table.changes++;
    },
    unfinished: (schedule) => runs.unfinished(schedule, table.lingering),
    hasRun: (schedule, planAt) => runs.hasRun(schedule, planAt),
    enqueue: (job) => enqueue(session, [job], now).duplicates[0],
    keepWaiting: (waiting) => runs.keepWaiting(waiting),
    skip: (run, name, reason, error) => runs.skip(run, name, reason, error),
    skipMany: (schedule, skipped) => runs.skipMany(schedule, skipped, now),
    cancel: (id, reason) => end(table, id, { move: "cancel", reason, now }),
    firstWaiting: (limit) => runs.firstWaiting(limit),
    dropWaiting: ({ id }) => void runs.dropWaiting(({ run }) => run.id === id),
    dropAllWaiting: (schedule) => runs.dropWaiting(({ run }) => run.schedule === schedule),
  };
}

function existing(row: ScheduleRow | undefined): ScheduleRow | undefined {
  return row?.removed === true ? undefined : row;
}

export function viewOf(table: Table, name: string): ScheduleView | undefined {
  const row = table.schedules.get(name);
  if (row === undefined) return undefined;
  const [lastRun] = table.runs.list((run) => run.schedule === name && run.jobId !== undefined);
  return { ...row, lastRun, running: table.runs.running(name) };
}

export function listSchedules(
  table: Table,
  { removed, cursor, limit }: { removed: boolean; cursor: string | undefined; limit: number },
): Page<ScheduleView> {
  const after = cursor === undefined ? undefined : Buffer.from(cursor, "base64url").toString();
  const { schedules } = table;
  const behind = schedules.names().filter((name) => {
    const isShown = removed || schedules.get(name)?.removed === false;
    return isShown && (after === undefined || name > after);
  });
  const items = behind.slice(0, limit).flatMap((name) => viewOf(table, name) ?? []);
  const last = items.at(-1)?.name ?? "";
  const more = behind.length > items.length;
  return { items, next: more ? Buffer.from(last).toString("base64url") : undefined };
}

export function aheadSchedules(
  { schedules }: Table,
  { after, limit }: { after: number; limit: number },
): ScheduleRow[] {
  const rows = schedules.names().flatMap((name) => existing(schedules.get(name)) ?? []);
  return rows.filter(({ lastPlanned }) => lastPlanned > after).slice(0, limit);
}

export function dueSchedules(table: Table, now: number, limit: number): DueSchedules {
  return { ...table.schedules.due(now, limit), waiting: table.runs.anyWaiting };
}

type RunsQuery = { schedule: string | undefined; job: string | undefined };

export function listRuns(
  table: Table,
  { schedule, job, cursor, limit }: RunsQuery & { cursor: string | undefined; limit: number },
): Page<RunRow> {
  const [before = Number.MAX_SAFE_INTEGER] = cursor === undefined ? [] : decodeCursor(cursor, 1);
  const behind = table.runs.list(
    (run) =>
      run.key < before &&
      (schedule === undefined || run.schedule === schedule) &&
      (job === undefined || run.job === job),
  );
  const items = behind.slice(0, limit);
  const last = items.at(-1);
  const more = behind.length > items.length && last !== undefined;
  return { items, next: more ? encodeCursor([last.key]) : undefined };
}
