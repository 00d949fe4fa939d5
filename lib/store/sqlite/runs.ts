import type { NewRun, PlannedRun } from "../../job/run.ts";
import type { SkipReason } from "../../job/schedule-policy.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import type { SkippedSlots, WaitingRun } from "../../protocol/schedule.ts";
import type { Retention } from "../../protocol/write.ts";
import type { Unfinished } from "../firing.ts";
import { list, type MoveRow } from "./rows.ts";
import * as sql from "./schedule.sql.ts";
import type { Session, Value } from "./session.ts";

/** Records of runs, as the writes keep them. */

/** What a run's record says at its beginning. */
interface Beginning {
  /** The row of its job. */
  job?: number;
  waiting?: WaitingRun;
  skip?: { reason: SkipReason; error: string | undefined };
}

export function recordRun(
  session: Session,
  run: NewRun,
  name: string,
  { job, waiting, skip }: Beginning,
): void {
  const { id, schedule, trigger, planAt, scheduleAt, isCommand } = run;
  const values: Value[] = [
    ...[session.namespace, id, schedule ?? null, name, trigger, planAt, scheduleAt],
    ...[isCommand ? 1 : 0, job ?? null, skip === undefined ? 1 : 0],
    waiting === undefined ? null : JSON.stringify(waiting),
    ...(skip === undefined ? [null, null, null] : ["skipped", skip.reason, skip.error ?? null]),
  ];
  session.sql(sql.insertRun).run(...values);
}

export function recordSkipped(
  session: Session,
  schedule: string,
  skipped: SkippedSlots,
  now: number,
): void {
  const { id, name, from, until, count, more, reason } = skipped;
  const times = [from, Math.max(from, now)];
  session
    .sql(sql.insertSkipped)
    .run(session.namespace, id, schedule, name, ...times, reason, count, more ? 1 : 0, until);
}

/** Notes who runs it. The schedule that it is a run of; undefined for a command by hand. */
export function claimRun(session: Session, seq: number): PlannedRun | undefined {
  const row = session.sql(sql.claimRun).get(session.worker?.id ?? "", seq) as
    | { schedule: string | null; plan_at: number }
    | undefined;
  if (row === undefined || row.schedule === null) return undefined;
  return { name: row.schedule, planAt: row.plan_at };
}

/** Jobs go: what they came to stays on record. */
export function freezeRuns(session: Session, rows: readonly MoveRow[]): void {
  const planned = rows.filter((row) => row.planned === 1);
  if (planned.length > 0) session.sql(sql.freezeRuns).run(list(planned.map(({ seq }) => seq)));
}

/** A job starts over. */
export function reopenRun(session: Session, { seq, planned }: MoveRow): void {
  if (planned === 1) session.sql(sql.reopenRun).run(seq);
}

interface OpenRun {
  key: number;
  id: string | null;
  state: string | null;
  waits: number;
  lingers: number;
}

export function unfinished(session: Session, schedule: string): Unfinished {
  const rows = session.sql(sql.openRuns).all(session.namespace, schedule) as unknown as OpenRun[];
  const isOver = ({ state, lingers }: OpenRun) =>
    state !== null && isFinal(state as JobState) && lingers === 0;
  const over = rows.filter(isOver);
  if (over.length > 0) session.sql(sql.closeRuns).run(list(over.map(({ key }) => key)));
  const open = rows.filter((row) => !isOver(row) && row.state !== null);
  const runs = (row: OpenRun) => row.state === "running" || row.lingers === 1;
  return {
    running: open.filter(runs).map(({ id }) => String(id)),
    available: open.filter((row) => !runs(row)).map(({ id }) => String(id)),
    waiting: rows.filter(({ waits }) => waits === 1).length,
  };
}

interface WaitingRow {
  key: number;
  waiting: string;
}

export function firstWaiting(session: Session, limit: number): WaitingRun[] {
  const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
  const rows = session.sql(sql.firstWaiting).all(session.namespace, most);
  return (rows as unknown as WaitingRow[]).map(waitingOf);
}

/** Takes away what waits of a schedule: one, by its run's id, or all. */
export function dropWaiting(
  session: Session,
  schedule: string,
  id: string | undefined,
): WaitingRun[] {
  const rows = session.sql(sql.waitingOf).all(session.namespace, schedule);
  const chosen = (rows as unknown as WaitingRow[])
    .map((row) => ({ key: row.key, waiting: waitingOf(row) }))
    .filter(({ waiting }) => id === undefined || waiting.run.id === id);
  if (chosen.length > 0) session.sql(sql.dropRuns).run(list(chosen.map(({ key }) => key)));
  return chosen.map(({ waiting }) => waiting);
}

function waitingOf({ waiting }: WaitingRow): WaitingRun {
  return JSON.parse(waiting) as WaitingRun;
}

/** Drops records that are past their age or their count, the oldest first; returns how many. */
export function pruneRuns(
  session: Session,
  { ageMs, count }: Retention["runs"],
  now: number,
  limit: number,
): number {
  if (limit <= 0) return 0;
  const newest = session.sql(sql.newestRunKey).get() as { key: number | null };
  const rows = session.sql(sql.oldestOver).all(session.namespace, limit);
  const gone: number[] = [];
  for (const { key, schedule_at: at } of rows as unknown as {
    key: number;
    schedule_at: number;
  }[]) {
    if (at >= now - ageMs && key > (newest.key ?? 0) - count) break;
    gone.push(key);
  }
  if (gone.length > 0) session.sql(sql.dropRuns).run(list(gone));
  return gone.length;
}

export function slotHasRun(session: Session, schedule: string, planAt: number): boolean {
  return session.sql(sql.runOfSlot).get(session.namespace, schedule, planAt) !== undefined;
}
