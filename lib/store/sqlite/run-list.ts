import { limits } from "../../base/limits.ts";
import type { Page } from "../../job/job.ts";
import type { RunOutcome, RunTrigger } from "../../job/run.ts";
import type { SkipReason } from "../../job/schedule-policy.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import type { Query } from "../../protocol/query.ts";
import type { DueSchedules, RunRow, ScheduleRow, ScheduleView } from "../../protocol/schedule.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Reader } from "./reader.ts";
import { optional, optionalText } from "./rows.ts";
import * as sql from "./schedule.sql.ts";
import { scheduleOf } from "./schedules.ts";
import type { Row } from "./session.ts";

/** Schedules and runs, as they are read. */

export function scheduleView(reader: Reader, name: string): ScheduleView | undefined {
  const row = reader.sql(sql.scheduleByName).get(reader.namespace, name) as Row | undefined;
  return row === undefined ? undefined : viewOf(reader, row);
}

export function scheduleViews(
  reader: Reader,
  { removed, cursor, limit }: Extract<Query, { type: "schedules" }>,
): Page<ScheduleView> {
  const after = cursor === undefined ? "" : Buffer.from(cursor, "base64url").toString();
  const place = [reader.namespace, after, removed ? 1 : 0];
  const rows = reader.sql(sql.schedulesBehind).all(...place, limit + 1) as Row[];
  const items = rows.slice(0, limit).map((row) => viewOf(reader, row));
  const last = Buffer.from(items.at(-1)?.name ?? "").toString("base64url");
  return { items, next: rows.length > limit ? last : undefined };
}

function viewOf(reader: Reader, row: Row): ScheduleView {
  const place = [reader.namespace, String(row.name)];
  const last = reader.sql(sql.lastRun).get(...place) as Row | undefined;
  const { running } = reader.sql(sql.runningRuns).get(...place) as { running: number };
  return { ...scheduleOf(row), lastRun: last && runOf(last), running };
}

export function aheadSchedules(
  reader: Reader,
  { after, limit }: Extract<Query, { type: "ahead" }>,
): ScheduleRow[] {
  const rows = reader.sql(sql.aheadSchedules).all(reader.namespace, after, limit) as Row[];
  return rows.map(scheduleOf);
}

export function dueSchedules(reader: Reader, now: number, limit: number): DueSchedules {
  const { namespace } = reader;
  const rows = reader.sql(sql.dueSchedules).all(namespace, now, limit) as Row[];
  const next = reader.sql(sql.nextPlanned).get(namespace, rows.length) as Row | undefined;
  const waiting = reader.sql(sql.anyWaiting).get(namespace) !== undefined;
  return { rows: rows.map(scheduleOf), nextAt: optional(next?.next_at), waiting };
}

export function listRuns(
  reader: Reader,
  { schedule, job, cursor, limit }: Extract<Query, { type: "runs" }>,
): Page<RunRow> {
  const [before = Number.MAX_SAFE_INTEGER] = cursor === undefined ? [] : decodeCursor(cursor, 1);
  if (schedule === undefined && job === undefined) return walkRuns(reader, before, limit);
  const name = schedule ?? job ?? "";
  const statement = reader.sql(schedule === undefined ? sql.runsOfJob : sql.runsOfSchedule);
  const rows = statement.all(reader.namespace, name, before, limit + 1) as Row[];
  const chosen = schedule === undefined || job === undefined ? rows : rows.filter(isOf(job));
  const last = rows[limit - 1];
  const next = rows.length > limit && last !== undefined ? cursorOf(last) : undefined;
  return { items: chosen.slice(0, limit).map(runOf), next };
}

function isOf(job: string): (row: Row) => boolean {
  return (row) => row.job_name === job;
}

/** A page may be short and still have a next one: what was looked at is bounded. */
function walkRuns(reader: Reader, before: number, limit: number): Page<RunRow> {
  const rows = reader.sql(sql.runsBefore).all(before, limits.scanRows) as Row[];
  const own = rows.filter((row) => row.space === reader.namespace);
  const shown = own.slice(0, limit);
  const last = own.length > limit ? shown.at(-1) : rows.at(-1);
  const more = own.length > limit || rows.length === limits.scanRows;
  return { items: shown.map(runOf), next: more && last ? cursorOf(last) : undefined };
}

function cursorOf(row: Row): string {
  return encodeCursor([Number(row.key)]);
}

function runOf(row: Row): RunRow {
  return {
    key: Number(row.key),
    id: String(row.id),
    schedule: optionalText(row.schedule),
    job: String(row.job_name),
    trigger: String(row.trigger) as RunTrigger,
    planAt: Number(row.plan_at),
    scheduleAt: Number(row.schedule_at),
    isCommand: row.is_command === 1,
    worker: optionalText(row.worker),
    skipReason: optionalText(row.skip_reason) as SkipReason | undefined,
    skipped: skippedOf(row),
    ...(row.state === null ? frozenOf(row) : liveOf(row)),
  };
}

function skippedOf(row: Row): RunRow["skipped"] {
  if (row.skip_count === null) return undefined;
  const count = Number(row.skip_count);
  return { count, more: row.skip_more === 1, untilAt: Number(row.skip_until) };
}

type Progress = Pick<
  RunRow,
  "jobId" | "startAt" | "endAt" | "outcome" | "attempt" | "result" | "error"
>;

/** Its job is gone, or there was none. */
function frozenOf(row: Row): Progress {
  return {
    jobId: optionalText(row.job_id),
    startAt: optional(row.start_at),
    endAt: optional(row.end_at),
    outcome: optionalText(row.outcome) as RunOutcome | undefined,
    attempt: Number(row.attempt),
    result: optionalText(row.result),
    error: optionalText(row.error),
  };
}

function liveOf(row: Row): Progress {
  const state = String(row.state) as JobState;
  const isOver = isFinal(state);
  return {
    jobId: String(row.live_id),
    startAt: optional(row.started_at),
    endAt: isOver ? optional(row.finished_at) : undefined,
    outcome: isOver ? state : undefined,
    attempt: Number(row.live_attempt),
    result: optionalText(row.live_result),
    error: state === "completed" ? undefined : optionalText(row.live_error),
  };
}
