import { ErgateError } from "../../base/error.ts";
import type { StoredDefinition } from "../../job/registry.ts";
import type { Entry, NewWorker, RunNote } from "../../protocol/write.ts";
import { keepAttempt } from "./attempt.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import { type Leaving, leaveRunning } from "./settle.ts";
import * as write from "./write.sql.ts";

/**
 * Makes a runtime known, or known anew: then what it held goes back first. Its lock is taken first:
 * no other process may see the row without it.
 */
export function join(
  session: Session,
  worker: NewWorker,
  definitions: readonly StoredDefinition[],
  now: number,
): { worker: number } {
  if (session.worker !== undefined) leaveStore(session, session.worker.key, now);
  session.locks.hold(worker.id);
  const { key } = session
    .sql(write.insertWorker)
    .get(
      session.namespace,
      worker.id,
      worker.host,
      worker.pid,
      worker.version,
      worker.concurrency,
      worker.threads,
      worker.startedAt,
      worker.leaseUntil,
    ) as { key: number };
  session.worker = { key, id: worker.id };
  declare(session, definitions, now);
  return { worker: key };
}

/** Stores what other processes need to enqueue by name as this one would. */
export function declare(
  session: Session,
  definitions: readonly StoredDefinition[],
  now: number,
): void {
  for (const { name, queue, priority, maxAttempts, timeoutMs, crashLimit } of definitions) {
    const limit = Number.isFinite(crashLimit) ? crashLimit : null;
    session
      .sql(write.upsertDefinition)
      .run(session.namespace, name, queue, priority, maxAttempts, timeoutMs ?? null, limit, now);
    session.sql(write.upsertQueue).run(session.namespace, queue);
  }
}

/**
 * Takes a runtime away; what it still held goes back as if it had not been entered, but an ask
 * holds.
 */
export function leaveStore(session: Session, worker: number, now: number): void {
  for (const row of session.sql(read.runningOf).all(worker) as MoveRow[])
    giveBack(session, row, now);
  const found = session.sql(read.workerOf).get(worker) as { id: string } | undefined;
  session.sql(write.deleteWorker).run(worker);
  if (session.worker?.key === worker) session.worker = undefined;
  else if (found !== undefined) session.locks.remove(found.id);
}

function giveBack(session: Session, row: MoveRow, now: number): void {
  const { suspect, crashes, crashed_at: crashedAt, run_at: runAt } = row;
  const ended = row.ask === null ? undefined : row.ask === "stop" ? "stopped" : "cancelled";
  const leaving: Leaving = {
    state: ended ?? "available",
    attempt: ended === undefined ? row.attempt - 1 : row.attempt,
    runAt,
    startedAt: ended === undefined ? null : row.started_at,
    finishedAt: ended === undefined ? null : now,
    reason: ended === undefined ? null : (row.reason ?? ""),
    kept: ended,
    error: undefined,
  };
  const flag = ended === undefined ? suspect : 0;
  leaveRunning(session, row, leaving, { suspect: flag, crashes, crashedAt });
  if (ended === undefined) return;
  const worker = session.sql(read.workerOf).get(row.owner) as { id: string } | undefined;
  keepAttempt(session, row, {
    outcome: ended,
    startedAt: row.started_at,
    finishedAt: now,
    worker: worker?.id ?? "",
    error: undefined,
  });
}

/** Throws unless this store's own runtime, which has joined, is the one that asks. */
export function checkJoined(session: Session, worker: number): void {
  if (session.worker?.key !== worker)
    throw misused(`worker ${worker} is not joined: it may not claim`);
}

function misused(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_STORE_FAILED", message);
}

export function beat(session: Session, worker: number, leaseUntil: number): void {
  session.sql(write.beatWorker).run(leaseUntil, worker);
}

export function enter(session: Session, runs: readonly Entry[]): void {
  for (const { seq, fence, startedAt } of runs) {
    session.sql(write.enterRun).run(startedAt, seq, fence);
  }
}

export function note(session: Session, notes: readonly RunNote[]): void {
  for (const { seq, fence, progress, checkIn } of notes) {
    session.sql(write.noteRun).run(progress ?? null, checkIn ?? null, seq, fence);
  }
}

export function pause(session: Session, queue: string, now: number): { changed: boolean } {
  const { changes } = session.sql(write.pauseQueue).run(session.namespace, queue, now);
  session.book.paused.add(queue);
  return { changed: changes > 0 };
}

export function resume(session: Session, queue: string): { changed: boolean } {
  const { changes } = session.sql(write.resumeQueue).run(session.namespace, queue);
  session.book.paused.delete(queue);
  return { changed: changes > 0 };
}
