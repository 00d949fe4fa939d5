import { limits } from "../../base/limits.ts";
import type { AttemptOutcome } from "../../job/job.ts";
import type { RunError } from "../../job/outcome.ts";
import type { RescuedWorker } from "../../protocol/write.ts";
import {
  type CrashVerdict,
  crashError,
  crashVerdict,
  hasCulprit,
  type InterruptedRun,
  poisonReason,
} from "../crash.ts";
import { keepAttempt } from "./attempt.ts";
import { freeLocksOf } from "./lease.ts";
import { type Leaving, leaveRunning } from "./leaving.ts";
import { runningOf } from "./member.ts";
import * as read from "./read.sql.ts";
import { type MoveRow, optional } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import * as write from "./write.sql.ts";

/**
 * Ends what dead runtimes left running: their lock is free, or can't be probed and the lease is
 * over.
 */
export function rescue(session: Session, own: number, now: number): { workers: RescuedWorker[] } {
  const { book } = session;
  const dead = book.others.filter((worker) => worker.key !== own && isDead(session, worker, now));
  book.others = book.others.filter((worker) => !dead.includes(worker));
  return { workers: dead.map((worker) => bury(session, worker, now)) };
}

function isDead(session: Session, worker: Row, now: number): boolean {
  const alive = session.locks.probe(String(worker.id));
  return alive === undefined ? Number(worker.lease_until) < now : !alive;
}

function bury(session: Session, worker: Row, now: number): RescuedWorker {
  const rows = runningOf(session, Number(worker.key));
  const runs = rows.map((row) => interruptedRun(session, row));
  const culprit = hasCulprit(runs);
  const verdicts = runs.map((run) => crashVerdict(run, culprit, now));
  const id = String(worker.id);
  rows.forEach((row, at) => {
    recover(session, row, verdicts[at] as CrashVerdict, id, now);
  });
  session.sql(write.deleteWorker).run(Number(worker.key));
  session.sql(write.deleteLingeringOf).run(Number(worker.key));
  freeLocksOf(session, Number(worker.key));
  session.locks.remove(id);
  const poisoned = rows.filter((_, at) => verdicts[at]?.type === "poisoned").map((row) => row.id);
  return {
    id,
    pid: Number(worker.pid),
    released: verdicts.filter(({ type }) => type !== "poisoned" && type !== "ended").length,
    suspects: verdicts.filter(({ type }) => type === "suspected").length,
    poisoned,
  };
}

function interruptedRun(session: Session, row: MoveRow): InterruptedRun {
  return {
    ask: row.ask ?? undefined,
    entered: row.started_at !== null,
    suspect: row.suspect === 1,
    crashes: row.crashes,
    crashedAt: optional(row.crashed_at),
    crashLimit: crashLimitOf(session, row),
  };
}

function crashLimitOf(session: Session, row: MoveRow): number {
  const { name } = session.book.laneByKey(row.lane);
  const stored = session.sql(read.definition).get(session.namespace, name) as Row | undefined;
  if (stored === undefined) return limits.crashLimit;
  return stored.crash_limit === null ? Number.POSITIVE_INFINITY : Number(stored.crash_limit);
}

function recover(
  session: Session,
  row: MoveRow,
  verdict: CrashVerdict,
  worker: string,
  now: number,
): void {
  const error = crashError(worker);
  const { leaving, crash, kept } = recoveryOf(row, verdict, error, now);
  leaveRunning(session, row, leaving, crash);
  if (kept === undefined) return;
  const startedAt = row.started_at;
  keepAttempt(session, row, { outcome: kept, startedAt, finishedAt: now, worker, error });
}

/** What a verdict makes of a row, and as what the attempt is kept; undefined: it is not kept. */
interface Recovery {
  leaving: Leaving;
  crash: { suspect: number; crashes: number; crashedAt: number | null };
  kept: AttemptOutcome | undefined;
}

function recoveryOf(
  row: MoveRow,
  verdict: CrashVerdict,
  error: RunError,
  finishedAt: number,
): Recovery {
  const back = givenBack(row);
  const over = { ...back, attempt: row.attempt, startedAt: row.started_at, finishedAt, error };
  const crash = { suspect: 0, crashes: row.crashes, crashedAt: row.crashed_at };
  switch (verdict.type) {
    case "ended": {
      const leaving = { ...over, state: verdict.state, reason: row.reason ?? "" };
      return { leaving, crash, kept: verdict.state };
    }
    case "released":
      return { leaving: back, crash: { ...crash, suspect: row.suspect }, kept: undefined };
    case "interrupted":
      return { leaving: back, crash, kept: "crashed" };
    case "suspected": {
      const { crashes, crashedAt = null } = verdict;
      return { leaving: back, crash: { suspect: 1, crashes, crashedAt }, kept: "crashed" };
    }
    case "poisoned": {
      const { crashes, crashedAt } = verdict;
      const leaving: Leaving = { ...over, state: "dead", reason: poisonReason };
      return { leaving, crash: { suspect: 0, crashes, crashedAt }, kept: "crashed" };
    }
    default:
      return verdict satisfies never;
  }
}

/** As it was before it was claimed. */
function givenBack(row: MoveRow): Leaving {
  return {
    state: "available",
    attempt: row.attempt - 1,
    runAt: row.run_at,
    startedAt: null,
    finishedAt: null,
    result: undefined,
    reason: null,
    kept: undefined,
    error: undefined,
  };
}
