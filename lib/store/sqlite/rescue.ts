import { limits } from "../../base/limits.ts";
import type { AttemptOutcome } from "../../job/job.ts";
import type { RunError } from "../../job/outcome.ts";
import type {
  ClearedWorker,
  OrphanedWorker,
  RescuedWorker,
  RunMark,
} from "../../protocol/rescue.ts";
import type { Write, WriteAnswers } from "../../protocol/write.ts";
import {
  type CrashVerdict,
  crashError,
  crashVerdict,
  hasCulprit,
  type InterruptedRun,
  poisonReason,
} from "../crash.ts";
import { keepAttempt } from "./attempt.ts";
import { leaveBus } from "./bus.ts";
import { freeHooksOf } from "./hooks.ts";
import { freeLocksOf } from "./lease.ts";
import { type Leaving, leaveRunning } from "./leaving.ts";
import { runningOf } from "./member.ts";
import { forgetProcessesOf, markOf } from "./processes.ts";
import * as read from "./read.sql.ts";
import { type MoveRow, optional } from "./rows.ts";
import type { Row, Session } from "./session.ts";
import * as write from "./write.sql.ts";

/**
 * Ends what dead runtimes left running: their lock is free, or can't be probed and the lease is
 * over.
 */
export function rescue(session: Session, asked: Asked): WriteAnswers["rescue"] {
  const { book } = session;
  const { worker: own, now } = asked;
  const dead = book.others.filter((worker) => worker.key !== own && isDead(session, worker, now));
  const burials = dead.map((worker) => bury(session, worker, asked));
  const gone = dead.filter((_, at) => burials[at]?.orphaned === undefined);
  book.others = book.others.filter((worker) => !gone.includes(worker));
  const orphaned = burials.flatMap((burial) => burial.orphaned ?? []);
  return { workers: burials.flatMap(({ rescued }) => rescued ?? []), orphaned };
}

type Asked = Extract<Write, { type: "rescue" }>;

interface Burial {
  /** Undefined: all that it left waits. */
  rescued: RescuedWorker | undefined;
  /** Its commands wait: undefined where nothing of it is left. */
  orphaned: OrphanedWorker | undefined;
}

function isDead(session: Session, worker: Row, now: number): boolean {
  const alive = session.locks.probe(String(worker.id));
  return alive === undefined ? Number(worker.lease_until) < now : !alive;
}

function bury(session: Session, worker: Row, { now, host, cleared = [] }: Asked): Burial {
  const dead = { key: Number(worker.key), id: String(worker.id) };
  const all = runningOf(session, dead.key);
  const known: ClearedWorker | undefined = cleared.find(({ id }) => id === dead.id);
  const waits = known === undefined && host !== undefined && worker.host === host;
  const marks = new Map(waits ? all.flatMap((row) => markedRow(session, dead, row)) : []);
  const culprit =
    known?.culprit === true || hasCulprit(all.map((row) => interruptedRun(session, row)));
  const rows = all.filter((row) => !marks.has(row));
  const verdicts = rows.map((row) => crashVerdict(interruptedRun(session, row), culprit, now));
  rows.forEach((row, at) => {
    recover(session, row, verdicts[at] as CrashVerdict, dead.id, now);
  });
  freeLocksOf(session, dead.key);
  freeHooksOf(session, dead.id, now);
  leaveBus(session, dead.key);
  const rescued = rescuedOf(worker, rows, verdicts);
  if (marks.size === 0) {
    forget(session, dead);
    return { rescued, orphaned: undefined };
  }
  const { id, pid } = rescued;
  const orphaned = { id, pid, culprit, marks: [...marks.values()] };
  return { rescued: rows.length === 0 ? undefined : rescued, orphaned };
}

type Dead = { key: number; id: string };

function markedRow(session: Session, dead: Dead, row: MoveRow): [MoveRow, RunMark][] {
  const mark = markOf(session, dead, row);
  return mark === undefined ? [] : [[row, mark]];
}

function forget(session: Session, { key, id }: Dead): void {
  session.sql(write.deleteWorker).run(key);
  session.sql(write.deleteLingeringOf).run(key);
  forgetProcessesOf(session, key);
  session.locks.remove(id);
}

function rescuedOf(
  worker: Row,
  rows: readonly MoveRow[],
  verdicts: readonly CrashVerdict[],
): RescuedWorker {
  const poisoned = rows.filter((_, at) => verdicts[at]?.type === "poisoned").map((row) => row.id);
  return {
    id: String(worker.id),
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
  const back = givenBack(row, finishedAt);
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
function givenBack(row: MoveRow, at: number): Leaving {
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
    at,
  };
}
