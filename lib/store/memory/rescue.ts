import { limits } from "../../base/limits.ts";
import type { RescuedWorker } from "../../protocol/write.ts";
import {
  type CrashVerdict,
  crashError,
  crashVerdict,
  hasCulprit,
  type InterruptedRun,
  poisonReason,
} from "../crash.ts";
import { disownAll, freeAll } from "./leases.ts";
import { ceaseAll } from "./linger.ts";
import { keeping, type Row, type RowPatch } from "./row.ts";
import { afterAsk, givenBack, leave, left } from "./settle.ts";
import type { Table, Worker } from "./table.ts";

/** Ends what dead runtimes left running: their store closed without a `leave`. */
export function rescue(table: Table, own: number, now: number): { workers: RescuedWorker[] } {
  const dead = [...table.workers.values()].filter(
    ({ number, lock }) => number !== own && !lock.held,
  );
  return { workers: dead.map((worker) => bury(table, worker, now)) };
}

function bury(table: Table, worker: Worker, now: number): RescuedWorker {
  const rows = table.runningOf(worker.number);
  const runs = rows.map((row) => interruptedRun(table, row));
  const culprit = hasCulprit(runs);
  const verdicts = runs.map((run) => crashVerdict(run, culprit, now));
  verdicts.forEach((verdict, at) => {
    const row = rows[at] as Row;
    table.change(row, patchOf(row, verdict, worker.id, now));
  });
  removeWorker(table, worker.number);
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
  if (keepLocks) disownAll(table, worker);
  removeWorker(table, worker);
}

function removeWorker(table: Table, worker: number): void {
  ceaseAll(table, worker);
  freeAll(table, worker);
  if (table.workers.delete(worker)) table.changes++;
}
