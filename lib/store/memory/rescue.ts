import { limits } from "../../base/limits.ts";
import type { OrphanedWorker, RescuedWorker, RunMark } from "../../protocol/rescue.ts";
import type { Write, WriteAnswers } from "../../protocol/write.ts";
import {
  type CrashVerdict,
  crashError,
  crashVerdict,
  hasCulprit,
  type InterruptedRun,
  poisonReason,
} from "../crash.ts";
import { leaveBus } from "./bus.ts";
import { disownAll, freeAll } from "./leases.ts";
import { ceaseAll } from "./linger.ts";
import { markOf } from "./processes.ts";
import { keeping, type Row, type RowPatch } from "./row.ts";
import { afterAsk, givenBack, leave, left } from "./settle.ts";
import type { Table, Worker } from "./table.ts";

/** Ends what dead runtimes left running: their store closed without a `leave`. */
export function rescue(table: Table, asked: Asked): WriteAnswers["rescue"] {
  const dead = [...table.workers.values()].filter(
    ({ number, lock }) => number !== asked.worker && !lock.held,
  );
  const burials = dead.map((worker) => bury(table, worker, asked));
  return {
    workers: burials.flatMap(({ rescued }) => rescued ?? []),
    orphaned: burials.flatMap(({ orphaned }) => orphaned ?? []),
  };
}

type Asked = Extract<Write, { type: "rescue" }>;

interface Burial {
  /** Undefined: all that it left waits. */
  rescued: RescuedWorker | undefined;
  /** Its commands wait: undefined where nothing of it is left. */
  orphaned: OrphanedWorker | undefined;
}

function bury(table: Table, worker: Worker, { now, host, cleared = [] }: Asked): Burial {
  const all = table.runningOf(worker.number);
  const known = cleared.find(({ id }) => id === worker.id);
  const waits = known === undefined && host !== undefined && worker.host === host;
  const marks = new Map<Row, RunMark>();
  for (const row of waits ? all : []) {
    const mark = markOf(table, worker, row);
    if (mark !== undefined) marks.set(row, mark);
  }
  const culprit =
    known?.culprit === true || hasCulprit(all.map((row) => interruptedRun(table, row)));
  const rows = all.filter((row) => !marks.has(row));
  const verdicts = rows.map((row) => crashVerdict(interruptedRun(table, row), culprit, now));
  verdicts.forEach((verdict, at) => {
    const row = rows[at] as Row;
    table.change(row, patchOf(row, verdict, worker.id, now));
  });
  freeAll(table, worker.number);
  table.hooks.freeOf(worker.id, now);
  leaveBus(table, worker.number);
  const rescued = rescuedOf(worker, rows, verdicts);
  if (marks.size === 0) {
    removeWorker(table, worker.number);
    return { rescued, orphaned: undefined };
  }
  const { id, pid } = worker;
  const orphaned = { id, pid, culprit, marks: [...marks.values()] };
  return { rescued: rows.length === 0 ? undefined : rescued, orphaned };
}

function rescuedOf(
  worker: Worker,
  rows: readonly Row[],
  verdicts: readonly CrashVerdict[],
): RescuedWorker {
  const final = verdicts.filter(({ type }) => type === "ended" || type === "poisoned").length;
  return {
    id: worker.id,
    pid: worker.pid,
    released: rows.length - final,
    suspects: verdicts.filter(({ type }) => type === "suspected").length,
    poisoned: rows.filter((_, at) => verdicts[at]?.type === "poisoned").map(({ id }) => id),
  };
}

function interruptedRun(table: Table, row: Row): InterruptedRun {
  const { ask, suspect, crashes, crashedAt } = row;
  const crashLimit = table.definitions.get(row.name)?.crashLimit ?? limits.crashLimit;
  return { ask, entered: row.startedAt !== undefined, suspect, crashes, crashedAt, crashLimit };
}

function patchOf(row: Row, verdict: CrashVerdict, worker: string, now: number): RowPatch {
  const times = { startedAt: row.startedAt, finishedAt: now };
  const back: RowPatch = { ...givenBack(row), state: "available" };
  const final: RowPatch = { ...left, suspect: false, finishedAt: now };
  const kept = keeping(row, "crashed", worker, times, crashError(worker));
  switch (verdict.type) {
    case "ended": {
      const { state } = verdict;
      const own = keeping(row, state, worker, times, crashError(worker));
      return { ...final, state, reason: row.reason ?? "", ...own };
    }
    case "released":
      return back;
    case "interrupted":
      return { ...back, suspect: false, ...kept };
    case "suspected": {
      const { crashes, crashedAt } = verdict;
      return { ...back, suspect: true, crashes, crashedAt, ...kept };
    }
    case "poisoned": {
      const { crashes, crashedAt } = verdict;
      return { ...final, state: "dead", reason: poisonReason, crashes, crashedAt, ...kept };
    }
    default:
      return verdict satisfies never;
  }
}

/** Takes a runtime away. What it still held goes back as not entered; an ask still holds. */
export function leaveStorage(table: Table, worker: number, now: number, keepLocks = false): void {
  for (const row of table.runningOf(worker)) {
    const outcome = afterAsk(row, { type: "released", entered: false });
    leave(table, row, { startedAt: row.startedAt, finishedAt: now }, outcome);
  }
  leaveBus(table, worker);
  if (keepLocks) disownAll(table, worker);
  removeWorker(table, worker);
}

function removeWorker(table: Table, worker: number): void {
  ceaseAll(table, worker);
  freeAll(table, worker);
  table.processes.delete(worker);
  if (table.workers.delete(worker)) table.changes++;
}
