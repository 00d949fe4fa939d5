import { commandRunId } from "../../job/command-run.ts";
import type { RunMark, SpawnedRun } from "../../protocol/rescue.ts";
import * as sql from "./command.sql.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** The processes of commands, as they are noted while they run. */
export function spawn(session: Session, runs: readonly SpawnedRun[]): void {
  const { worker } = session;
  if (worker === undefined) return;
  for (const { seq, fence, runId, pid, startedAt } of runs) {
    session.sql(sql.insertProcess).run(worker.key, seq, fence, runId, pid, startedAt);
  }
}

export function forgetProcess(session: Session, run: { seq: number; fence: number }): void {
  const { worker } = session;
  if (worker !== undefined) session.sql(sql.deleteProcess).run(worker.key, run.seq, run.fence);
}

export function forgetProcessesOf(session: Session, worker: number): void {
  session.sql(sql.deleteProcessesOf).run(worker);
}

/**
 * By what the processes of a dead worker's run are found; undefined: it is no command's. Of one
 * that died between a start and its note the mark is known all the same.
 */
export function markOf(
  session: Session,
  worker: { key: number; id: string },
  { seq, fence, lane, started_at: startedAt }: MoveRow,
): RunMark | undefined {
  const noted = session.sql(sql.processOf).get(worker.key, seq, fence) as Row | undefined;
  if (noted !== undefined) {
    const [pid, at] = [Number(noted.pid), Number(noted.started_at)];
    return { runId: String(noted.run_id), pid, startedAt: at };
  }
  const { name } = session.book.laneByKey(lane);
  const stored = session.sql(read.definition).get(session.namespace, name) as Row | undefined;
  if (stored?.command !== 1) return undefined;
  return { runId: commandRunId(worker.id, seq, fence), pid: 0, startedAt: startedAt ?? 0 };
}
