import { fingerprintOfReason } from "../../job/fingerprint.ts";
import type { JobId } from "../../job/job.ts";
import { type FinalState, isAllowed, isFinal, type JobState, moves } from "../../job/state.ts";
import type { DeleteAnswer, EndAnswer, MovedJob, RetryAnswer } from "../../protocol/write.ts";
import { keepAttempt } from "./attempt.ts";
import type { Lane } from "./book.ts";
import { tellHooks } from "./hooks.ts";
import { endKey, freeKey, takeKey } from "./keys.ts";
import { leaveRunning } from "./leaving.ts";
import { linger } from "./linger.ts";
import * as read from "./read.sql.ts";
import { list, type MoveRow } from "./rows.ts";
import { freezeRuns, reopenRun } from "./runs.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

type EndMove = "stop" | "cancel" | "discard";

/**
 * Stop, cancel and discard by id. A running job is asked, but a discard ends it at once by its
 * fence.
 */
export function end(
  session: Session,
  move: EndMove,
  ids: readonly JobId[],
  reason: string,
  now: number,
): { ends: EndAnswer[] } {
  return { ends: ids.map((id) => endOne(session, move, id, reason, now)) };
}

function endOne(
  session: Session,
  move: EndMove,
  id: JobId,
  reason: string,
  now: number,
): EndAnswer {
  const row = byId(session, id);
  if (row === undefined) return { type: "unknown", id };
  const state = row.state as JobState;
  if (!isAllowed(move, state)) return { type: "final", id, state };
  if (state === "running" && move !== "discard") return ask(session, row, move, reason);
  const lane = session.book.laneByKey(row.lane);
  if (state === "running") discardRunning(session, row, reason, now);
  else endWaiting(session, lane, row, moves[move].to, reason, now);
  return { type: "moved", id, name: lane.name, queue: lane.queue };
}

/**
 * The first ask stands, but a cancel overrides a stop: it is the stronger word, meant to be
 * retried.
 */
function ask(session: Session, row: MoveRow, move: "stop" | "cancel", reason: string): EndAnswer {
  if (row.ask === null || (row.ask === "stop" && move === "cancel"))
    session.sql(write.askRun).run(move, reason, row.seq);
  const { id, seq, fence } = row;
  return { type: "asked", id, worker: row.owner as number, seq, fence };
}

function discardRunning(session: Session, row: MoveRow, reason: string, now: number): void {
  const startedAt = row.started_at;
  // Its handler is not over: nobody told it.
  linger(session, row, now);
  leaveRunning(
    session,
    row,
    {
      state: "dead",
      attempt: row.attempt,
      runAt: row.run_at,
      startedAt,
      finishedAt: now,
      reason,
      result: undefined,
      kept: "discarded",
      error: undefined,
      at: now,
    },
    { suspect: 0, crashes: row.crashes, crashedAt: row.crashed_at },
  );
  const owner = session.sql(read.workerOf).get(row.owner) as { id: string } | undefined;
  const worker = owner?.id ?? "";
  const outcome = "discarded" as const;
  keepAttempt(session, row, { outcome, startedAt, finishedAt: now, worker, error: undefined });
}

function endWaiting(
  session: Session,
  lane: Lane,
  row: MoveRow,
  to: FinalState,
  reason: string,
  now: number,
): void {
  const fingerprint = fingerprintOfReason(to, reason) ?? null;
  session.sql(write.endWaiting).run(to, reason, now, fingerprint, row.seq);
  session.book.shift(lane, row.state as JobState, to);
  if (row.state === "available" && row.suspect === 1) lane.suspects--;
  lane.finalBytes += row.bytes;
  endKey(session, row, to, now);
  if (row.hooked === 1) tellHooks(session, [row.seq], now);
}

/** Final ones start over with their history kept; waiting ones run now. */
export function retry(
  session: Session,
  ids: readonly JobId[],
  now: number,
): { retries: RetryAnswer[] } {
  return { retries: ids.map((id) => retryOne(session, id, now)) };
}

function retryOne(session: Session, id: JobId, now: number): RetryAnswer {
  const row = byId(session, id);
  if (row === undefined) return { type: "unknown", id };
  const state = row.state as JobState;
  if (!isAllowed("retry", state)) return { type: "refused", id, state };
  const { unique_key: key, seq } = row;
  const holder = isFinal(state) && key !== null ? takeKey(session, key, seq, now) : undefined;
  if (holder !== undefined) return { type: "taken", id, by: holder.id };
  const lane = session.book.laneByKey(row.lane);
  session.sql(isFinal(state) ? write.retryFinal : write.runNow).run(now, row.seq);
  session.book.shift(lane, state, "available");
  if (isFinal(state)) lane.finalBytes -= row.bytes;
  reopenRun(session, row);
  if (row.hooked === 1) tellHooks(session, [row.seq], now);
  return { type: "moved", id, name: lane.name, queue: lane.queue };
}

/** Deletes any but running jobs by id. */
export function remove(session: Session, ids: readonly JobId[]): { deletions: DeleteAnswer[] } {
  const gone: MoveRow[] = [];
  const seen = new Set<JobId>();
  const deletions = ids.map((id): DeleteAnswer => {
    const row = seen.has(id) ? undefined : byId(session, id);
    if (row === undefined) return { type: "unknown", id };
    if (row.state === "running") return { type: "running", id };
    seen.add(id);
    gone.push(row);
    return { type: "deleted", id };
  });
  freeAll(session, gone);
  deleteRows(session, gone);
  return { deletions };
}

/** A period, too, ends with a delete by hand. */
function freeAll(session: Session, rows: readonly MoveRow[]): void {
  for (const { unique_key: key, seq } of rows) if (key !== null) freeKey(session, key, seq);
}

/**
 * Deletes rows that are not running, with their kept attempts. Keys stay: those of final jobs are
 * free already, or their periods go on.
 */
export function deleteRows(session: Session, rows: readonly MoveRow[]): void {
  if (rows.length === 0) return;
  const seqs = list(rows.map((row) => row.seq));
  freezeRuns(session, rows);
  session.sql(write.deleteJobs).run(seqs);
  session.sql(write.deleteAttempts).run(seqs);
  for (const row of rows) {
    const lane = session.book.laneByKey(row.lane);
    const state = row.state as JobState;
    session.book.shift(lane, state, undefined);
    if (state === "available" && row.suspect === 1) lane.suspects--;
    if (isFinal(state)) lane.finalBytes = Math.max(0, lane.finalBytes - row.bytes);
  }
}

/** Deletes waiting jobs of one queue, at most `limit`. */
export function purge(session: Session, queue: string, limit: number): { deleted: JobId[] } {
  const rows: MoveRow[] = [];
  for (const lane of session.book.lanes()) {
    if (lane.queue !== queue) continue;
    const left = () => limit - rows.length;
    const from = (text: string) => session.sql(text).all(lane.key, left()) as MoveRow[];
    if (left() > 0) rows.push(...from(read.availableInLane));
    if (left() > 0) rows.push(...from(read.suspectsInLane));
    if (left() > 0 && lane.counts.scheduled + lane.counts.retryable > 0) {
      const waiting = session.sql(read.waitingInNamespace);
      rows.push(...(waiting.all(session.namespace, lane.key, left()) as MoveRow[]));
    }
  }
  freeAll(session, rows);
  deleteRows(session, rows);
  return { deleted: rows.map((row) => row.id) };
}

/** Moves what is due to `available`, in order of due time and arrival. */
export function promote(
  session: Session,
  now: number,
  limit: number,
): { promoted: MovedJob[]; nextAt: number | undefined } {
  const rows = session.sql(read.dueRows).all(session.namespace, now, limit) as MoveRow[];
  if (rows.length > 0) session.sql(write.promoteMany).run(list(rows.map((row) => row.seq)));
  const hooked = rows.filter((row) => row.hooked === 1);
  tellHooks(
    session,
    hooked.map(({ seq }) => seq),
    now,
  );
  const promoted = rows.map((row): MovedJob => {
    const lane = session.book.laneByKey(row.lane);
    session.book.shift(lane, row.state as JobState, "available");
    if (row.suspect === 1) lane.suspects++;
    return { id: row.id, name: lane.name, queue: lane.queue };
  });
  const next = session.sql(read.nextDue).get(session.namespace) as { run_at: number } | undefined;
  return { promoted, nextAt: next?.run_at };
}

function byId(session: Session, id: JobId): MoveRow | undefined {
  return session.sql(read.rowById).get(id, session.namespace) as MoveRow | undefined;
}
