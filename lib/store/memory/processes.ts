import { commandRunId } from "../../job/command-run.ts";
import type { RunMark, SpawnedRun } from "../../protocol/rescue.ts";
import type { Row } from "./row.ts";
import type { Session } from "./session.ts";
import type { Table, Worker } from "./table.ts";

/** The processes of commands, as they are noted while they run. */
export function spawn({ table, worker }: Session, runs: readonly SpawnedRun[]): void {
  if (worker === undefined) return;
  const noted = table.processes.get(worker.number) ?? [];
  table.processes.set(worker.number, [...noted, ...runs]);
  table.changes++;
}

export function forgetProcess(
  { table, worker }: Session,
  { seq, fence }: { seq: number; fence: number },
): void {
  const noted = table.processes.get(worker?.number ?? 0) ?? [];
  const at = noted.findIndex((one) => one.seq === seq && one.fence === fence);
  if (at >= 0) noted.splice(at, 1);
}

/**
 * By what the processes of a dead worker's run are found; undefined: it is no command's. Of one
 * that died between a start and its note the mark is known all the same.
 */
export function markOf(table: Table, { number, id }: Worker, row: Row): RunMark | undefined {
  const { seq, fence, name, startedAt = 0 } = row;
  const noted = table.processes.get(number)?.find((one) => one.seq === seq && one.fence === fence);
  if (noted !== undefined) {
    return { runId: noted.runId, pid: noted.pid, startedAt: noted.startedAt };
  }
  if (table.definitions.get(name)?.isCommand !== true) return undefined;
  return { runId: commandRunId(id, seq, fence), pid: 0, startedAt };
}
