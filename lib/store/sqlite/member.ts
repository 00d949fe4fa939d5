import type { StoredDefinition } from "../../job/registry.ts";
import type { Entry, NewWorker, RunNote } from "../../protocol/write.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import { leaveRunning } from "./settle.ts";
import * as write from "./write.sql.ts";

/** Makes a runtime known, or known anew. Its lock is taken first: no other process may see the row without it. */
export function join(
  session: Session,
  worker: NewWorker,
  definitions: readonly StoredDefinition[],
  now: number,
): { worker: number } {
  // Joining again gives back what was held before: its actors lost track of it.
  if (session.worker !== undefined) leaveStore(session, session.worker.key);
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

/** Takes a runtime away; whatever it still held goes back as if it had not been entered. */
export function leaveStore(session: Session, worker: number): void {
  for (const row of session.sql(read.runningOf).all(worker) as MoveRow[]) {
    const { run_at: runAt, suspect, crashes, crashed_at: crashedAt } = row;
    const attempt = row.attempt - 1;
    const nothing = {
      startedAt: null,
      finishedAt: null,
      reason: null,
      kept: undefined,
      error: undefined,
    };
    const back = { state: "available" as const, attempt, runAt, ...nothing };
    leaveRunning(session, row, back, { suspect, crashes, crashedAt });
  }
  session.sql(write.deleteWorker).run(worker);
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
