import type { JobId, NewJob } from "../../job/job.ts";
import type {
  SaveAnswer,
  SavedSchedule,
  ScheduleAnswers,
  ScheduleRow,
  ScheduleWrite,
} from "../../protocol/schedule.ts";
import type { Duplicate, EndAnswer } from "../../protocol/write.ts";
import { advance, type FiringStore, fire } from "../firing.ts";
import { enqueue } from "./enqueue.ts";
import { end } from "./move.ts";
import { optional, optionalText } from "./rows.ts";
import {
  dropWaiting,
  firstWaiting,
  openJobs,
  recordRun,
  recordSkipped,
  slotHasRun,
  unfinished,
} from "./runs.ts";
import * as sql from "./schedule.sql.ts";
import type { Row, Session } from "./session.ts";

/** Schedules, as they are written: saved, removed, fired. */

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

/** Forgets what ended before then; the runs of it stay on record as long as all others do. */
export function pruneSchedules(session: Session, before: number, limit: number): number {
  if (limit <= 0) return 0;
  const rows = session.sql(sql.endedSchedules).all(session.namespace, before, limit) as Row[];
  for (const { name } of rows) {
    session.sql(sql.deleteSchedule).run(session.namespace, String(name));
  }
  return rows.length;
}

export function scheduleOf(row: Row): ScheduleRow {
  return {
    name: String(row.name),
    spec: String(row.spec),
    declared: optionalText(row.declared),
    createdAt: Number(row.created_at),
    lastPlanned: Number(row.last_planned),
    nextAt: optional(row.next_at),
    revision: Number(row.revision),
    removed: row.removed === 1,
  };
}

function rowOf(session: Session, name: string): ScheduleRow | undefined {
  const row = session.sql(sql.scheduleByName).get(session.namespace, name) as Row | undefined;
  return row === undefined ? undefined : scheduleOf(row);
}

function save(session: Session, saved: SavedSchedule, now: number): SaveAnswer {
  const { name, spec, replaces, createdAt, lastPlanned, nextAt, skips, stops } = saved;
  const row = rowOf(session, name);
  const isDue = row?.nextAt !== undefined && row.nextAt <= now;
  if ((row?.revision ?? 0) !== replaces || isDue) return { type: "changed" };
  const revision = session.book.nextRevision();
  const declared = saved.declared ?? row?.declared ?? null;
  const times = [createdAt, lastPlanned, nextAt ?? null];
  session.sql(sql.saveSchedule).run(session.namespace, name, spec, declared, ...times, revision);
  for (const skipped of skips) recordSkipped(session, name, skipped, now);
  const ends = stops === undefined ? [] : stopRuns(session, name, stops, now);
  return { type: "saved", revision, ends };
}

/** Runs that wait for another have no job yet: they go. */
function stopRuns(session: Session, name: string, reason: string, now: number): EndAnswer[] {
  dropWaiting(session, name, undefined);
  return end(session, "stop", openJobs(session, name), reason, now).ends;
}

function remove(
  session: Session,
  { name, revision }: { name: string; revision: number },
  forget: boolean,
): boolean {
  const row = rowOf(session, name);
  if (row?.revision !== revision) return false;
  const { namespace, book } = session;
  if (forget || row.declared === undefined) session.sql(sql.deleteSchedule).run(namespace, name);
  else session.sql(sql.removeSchedule).run(book.nextRevision(), namespace, name);
  dropWaiting(session, name, undefined);
  return true;
}

function firingStore(session: Session, now: number): FiringStore {
  return {
    row(name) {
      const row = rowOf(session, name);
      return row?.removed === true ? undefined : row;
    },
    plan: (name, lastPlanned, nextAt) =>
      void session.sql(sql.planSchedule).run(lastPlanned, nextAt ?? null, session.namespace, name),
    unfinished: (schedule) => unfinished(session, schedule),
    hasRun: (schedule, planAt) => slotHasRun(session, schedule, planAt),
    enqueue: (job: NewJob): Duplicate | undefined => enqueue(session, [job], now).duplicates[0],
    keepWaiting: (waiting) => recordRun(session, waiting.run, waiting.job.name, { waiting }),
    skip: (run, name, reason, error) => recordRun(session, run, name, { skip: { reason, error } }),
    skipMany: (schedule, skipped) => recordSkipped(session, schedule, skipped, now),
    cancel: (id: JobId, reason) => end(session, "cancel", [id], reason, now).ends[0] as EndAnswer,
    firstWaiting: (limit) => firstWaiting(session, limit),
    dropWaiting: ({ schedule = "", id }) => void dropWaiting(session, schedule, id),
    dropAllWaiting: (schedule) => dropWaiting(session, schedule, undefined),
  };
}
