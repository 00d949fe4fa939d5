import type { NewRun } from "../../job/run.ts";
import { isFinal } from "../../job/state.ts";
import type { RunRow, WaitingRun } from "../../protocol/schedule.ts";
import type { Row } from "./row.ts";

/** A run on record: its job's row says how it goes, as long as there is one. */
export interface RunRecord {
  readonly key: number;
  readonly fixed: RunRow;
  row: Row | undefined;
  waiting: WaitingRun | undefined;
  worker: string | undefined;
}

export function newRecord(key: number, run: NewRun, job: string): RunRecord {
  const { id, schedule, trigger, planAt, scheduleAt, isCommand } = run;
  const unknown = { startAt: undefined, endAt: undefined, outcome: undefined, worker: undefined };
  const told = { skipReason: undefined, skipped: undefined, error: undefined, result: undefined };
  const fixed = {
    ...{ key, id, schedule, job, trigger, planAt, scheduleAt, isCommand },
    ...{ jobId: undefined, attempt: 0, ...unknown, ...told },
  };
  return { key, fixed, row: undefined, waiting: undefined, worker: undefined };
}

/** As it stands now. */
export function recordOf({ fixed, row, worker }: RunRecord): RunRow {
  if (row === undefined) return { ...fixed };
  const { id: jobId, state, attempt, startedAt, finishedAt, result, reason, kept } = row;
  const isOver = isFinal(state);
  return {
    ...fixed,
    ...{ jobId, attempt, worker, startAt: startedAt },
    endAt: isOver ? finishedAt : undefined,
    outcome: isOver ? state : undefined,
    result: fixed.isCommand ? result : undefined,
    error: state === "completed" ? undefined : (kept.at(-1)?.error?.message ?? reason),
  };
}
