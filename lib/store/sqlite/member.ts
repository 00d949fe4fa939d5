import { ErgateError } from "../../base/error.ts";
import type { StoredDefinition } from "../../job/registry.ts";
import type { Declarations, Entry, NewWorker, QueueWrite, RunNote } from "../../protocol/write.ts";
import { changedBy, declareQueue } from "../queue-state.ts";
import { keepAttempt } from "./attempt.ts";
import { leaveBus } from "./bus.ts";
import { tellHooks } from "./hooks.ts";
import { disownLocksOf, freeLocksOf } from "./lease.ts";
import { type Leaving, leaveRunning } from "./leaving.ts";
import { forgetProcessesOf } from "./processes.ts";
import * as read from "./read.sql.ts";
import { list, type MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/**
 * Makes a runtime known, or known anew: then what it held goes back first. Its lock is taken first:
 * no other process may see the row without it.
 */
export function join(
  session: Session,
  worker: NewWorker,
  declarations: Declarations,
  now: number,
): { worker: number } {
  if (session.worker !== undefined) leaveStore(session, session.worker.key, now, true);
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
      list(worker.jobs),
      worker.declared ?? null,
    ) as { key: number };
  session.worker = { key, id: worker.id };
  declare(session, declarations, now);
  return { worker: key };
}

/** Stores what other processes need to enqueue by name as this one would, and the limits of all. */
export function declare(
  session: Session,
  { definitions, queues = [], jobs }: Declarations & { jobs?: readonly string[] },
  now: number,
): void {
  const { book, worker } = session;
  if (jobs !== undefined && worker !== undefined) {
    session.sql(write.setWorkerJobs).run(list(jobs), worker.key);
  }
  for (const definition of definitions) {
    saveDefinition(session, definition, now);
    book.queue(definition.queue);
    book.limitJob(definition.name, definition.concurrency);
  }
  for (const declared of queues) {
    const queue = book.queue(declared.name);
    if (declareQueue(queue, declared, now)) book.touched(queue);
  }
}

export function saveDefinition(session: Session, definition: StoredDefinition, now: number): void {
  const { name, queue, priority, maxAttempts, timeoutMs, crashLimit, concurrency } = definition;
  const { unique, redact = [], isCommand = false, hook } = definition;
  session
    .sql(write.upsertDefinition)
    .run(
      session.namespace,
      name,
      queue,
      priority,
      maxAttempts,
      timeoutMs ?? null,
      Number.isFinite(crashLimit) ? crashLimit : null,
      concurrency ?? null,
      unique === undefined ? null : JSON.stringify(unique),
      redact.length === 0 ? null : list(redact),
      isCommand ? 1 : 0,
      hook ?? null,
      now,
    );
}

/** The rows that a worker runs, by their numbers. */
export function runningOf(session: Session, worker: number): MoveRow[] {
  const rows: MoveRow[] = [];
  for (const lane of session.book.lanes()) {
    rows.push(...(session.sql(read.runningOf).all(lane.key, worker) as MoveRow[]));
  }
  return rows.sort((one, other) => one.seq - other.seq);
}

/**
 * Takes a runtime away; what it still held goes back as if it had not been entered, but an ask
 * holds.
 */
export function leaveStore(session: Session, worker: number, now: number, keepLocks = false): void {
  for (const row of runningOf(session, worker)) giveBack(session, row, now);
  const found = session.sql(read.workerOf).get(worker) as { id: string } | undefined;
  session.sql(write.deleteWorker).run(worker);
  session.sql(write.deleteLingeringOf).run(worker);
  if (keepLocks) disownLocksOf(session, worker);
  else freeLocksOf(session, worker);
  leaveBus(session, worker);
  forgetProcessesOf(session, worker);
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
    result: undefined,
    reason: ended === undefined ? null : (row.reason ?? ""),
    kept: ended,
    error: undefined,
    at: now,
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
  for (const { seq, fence, progress, checkIn, at } of notes) {
    const saidAt = checkIn === undefined ? null : at;
    const values = [progress ?? null, checkIn ?? null, saidAt, seq, fence];
    const noted = session.sql(write.noteRun).get(...values) as { hooked: number } | undefined;
    if (noted?.hooked === 1 && checkIn !== undefined) tellHooks(session, [seq], at, "checkIn");
  }
}

/** What is asked of a queue by hand. */
export function changeQueue(session: Session, asked: QueueWrite): { changed: boolean } {
  const { book } = session;
  if (asked.type === "resume" && !book.knows(asked.queue)) return { changed: false };
  const queue = book.queue(asked.queue);
  const changed = changedBy(queue, asked);
  if (changed) book.touched(queue);
  return { changed };
}
