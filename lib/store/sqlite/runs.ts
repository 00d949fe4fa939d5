import { limits } from "../../base/limits.ts";
import type { JobId } from "../../job/job.ts";
import type { NewRun, PlannedRun } from "../../job/run.ts";
import type { SkipReason } from "../../job/schedule-policy.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import type { Retention } from "../../protocol/retention.ts";
import type { SkippedSlots, WaitingRun } from "../../protocol/schedule.ts";
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

/** What is over is noted as such on the way, so that it is looked at once. */
export function unfinished(session: Session, schedule: string): Unfinished {
  const found = { running: [] as string[], available: [] as string[], waiting: 0 };
  let after = 0;
  for (;;) {
    const place = [session.namespace, schedule, after, limits.scheduleOpenRuns];
    const rows = session.sql(sql.openRuns).all(...place) as unknown as OpenRun[];
    const over = rows.filter(isOver);
    if (over.length > 0) session.sql(sql.closeRuns).run(list(over.map(({ key }) => key)));
    for (const row of rows) if (!over.includes(row)) count(found, row);
    // Some that are not over say all that is asked.
    if (rows.length < limits.scheduleOpenRuns || over.length < rows.length) return found;
    after = rows.at(-1)?.key ?? after;
  }
}

/** All jobs of its runs that are not final. */
export function openJobs(session: Session, schedule: string): JobId[] {
  const ids: JobId[] = [];
  let after = 0;
  for (;;) {
    const place = [session.namespace, schedule, after, limits.scheduleOpenRuns];
    const rows = session.sql(sql.openRuns).all(...place) as unknown as OpenRun[];
    for (const { id, state } of rows) {
      if (id !== null && !isFinal(state as JobState)) ids.push(id);
    }
    if (rows.length < limits.scheduleOpenRuns) return ids;
    after = rows.at(-1)?.key ?? after;
  }
}

function isOver({ state, lingers }: OpenRun): boolean {
  return state !== null && isFinal(state as JobState) && lingers === 0;
}

function count(
  found: { running: string[]; available: string[]; waiting: number },
  { id, state, waits, lingers }: OpenRun,
): void {
  if (waits === 1) found.waiting++;
  else if (state === "running" || lingers === 1) found.running.push(String(id));
  else if (state !== null) found.available.push(String(id));
}

interface WaitingRow {
  key: number;
  waiting: string;
}

export function firstWaiting(session: Session, limit: number): WaitingRun[] {
  const most = Math.min(limit, Number.MAX_SAFE_INTEGER);
  const rows = session.sql(sql.firstWaiting).all(session.namespace, most);
  return (rows as unknown as WaitingRow[]).flatMap((row) => waitingOf(session, row) ?? []);
}

/** Takes away what waits of a schedule: one, by its run's id, or all. */
export function dropWaiting(
  session: Session,
  schedule: string,
  id: string | undefined,
): WaitingRun[] {
  const rows = session.sql(sql.waitingOf).all(session.namespace, schedule);
  const all = (rows as unknown as WaitingRow[]).flatMap((row) => {
    const waiting = waitingOf(session, row);
    return waiting === undefined ? [] : [{ key: row.key, waiting }];
  });
  const chosen = all.filter(({ waiting }) => id === undefined || waiting.run.id === id);
  if (chosen.length > 0) session.sql(sql.dropRuns).run(list(chosen.map(({ key }) => key)));
  return chosen.map(({ waiting }) => waiting);
}

/** One that was edited into something else can't run: it goes, and holds up no other. */
function waitingOf(session: Session, { key, waiting }: WaitingRow): WaitingRun | undefined {
  try {
    return JSON.parse(waiting) as WaitingRun;
  } catch {
    session.sql(sql.spoilRun).run(key);
    return undefined;
  }
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
