import type { Settlement } from "../../job/outcome.ts";
import { deleteRows } from "./move.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";

/**
 * Deletes jobs with `skipDead` that these settlements ended as dead, after followers and counts.
 * Returns their indexes: an ask that overruled the death keeps its row.
 */
export function dropDead(
  session: Session,
  settlements: readonly Settlement[],
  late: readonly number[],
): number[] {
  const skipped: number[] = [];
  const gone: MoveRow[] = [];
  settlements.forEach(({ seq, outcome }, at) => {
    if (outcome.type !== "discarded" || outcome.skipDead !== true || late.includes(at)) return;
    const row = session.sql(read.rowBySeq).get(seq) as MoveRow | undefined;
    if (row?.state !== "dead") return;
    skipped.push(at);
    gone.push(row);
  });
  deleteRows(session, gone);
  return skipped;
}
