import type { CeasedRun } from "../../protocol/write.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/** A run whose job goes on without it keeps its place in the limits until it is over. */
export function linger(session: Session, row: MoveRow, since: number): void {
  const { lane, owner, seq, fence } = row;
  session.sql(write.insertLingering).run(lane, owner, seq, fence, since);
}

/** Runs of this worker that lingered and are over now. */
export function cease(session: Session, runs: readonly CeasedRun[]): void {
  const { worker } = session;
  if (worker === undefined) return;
  for (const { lane, seq, fence } of runs) {
    session.sql(write.deleteLingering).run(lane, worker.key, seq, fence);
  }
}
