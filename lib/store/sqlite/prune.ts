import { limits } from "../../base/limits.ts";
import type { JobId } from "../../job/job.ts";
import { type FinalState, finalStates } from "../../job/state.ts";
import type { Retention } from "../../protocol/retention.ts";
import type { WriteAnswers } from "../../protocol/write.ts";
import { pruneBus } from "../bus.ts";
import { pruneHooks } from "../hooks.ts";
import { busStore } from "./bus.ts";
import { hookStore } from "./hooks.ts";
import { expireKeys } from "./keys.ts";
import { forgetLocks } from "./lease.ts";
import { deleteRows } from "./move.ts";
import * as read from "./read.sql.ts";
import type { MoveRow } from "./rows.ts";
import { pruneRuns } from "./runs.ts";
import { pruneSchedules } from "./schedules.ts";
import type { Session } from "./session.ts";

/** What gives way first when the bytes are too many: what ended well. */
const bytesOrder: readonly (readonly FinalState[])[] = [
  ["completed", "stopped"],
  ["cancelled"],
  ["dead"],
];

/**
 * Deletes final jobs past their age, then past their count, then the oldest past the bytes; then
 * unique keys whose period is over, events of hooks that died long ago, records of runs, locks
 * that are free for long, messages, and schedules that ended long ago.
 */
export function prune(
  session: Session,
  retention: Retention,
  now: number,
  limit: number,
): WriteAnswers["prune"] {
  const deleted: JobId[] = [];
  const drop = (rows: readonly MoveRow[]) => {
    deleteRows(session, rows);
    for (const row of rows) deleted.push(row.id);
  };
  for (const state of finalStates) {
    const before = now - retention.ageMs[state];
    drop(oldest(session, state, before, limit - deleted.length));
  }
  for (const state of finalStates) {
    const surplus = Math.min(
      total(session, state) - retention.count[state],
      limit - deleted.length,
    );
    drop(oldest(session, state, Number.POSITIVE_INFINITY, surplus));
  }
  for (const states of bytesOrder) {
    drop(pastBytes(session, states, retention.bytes, limit - deleted.length));
  }
  const expired = expireKeys(session, now, limit - deleted.length);
  const untold = pruneHooks(hookStore(session), now, Math.max(0, limit - deleted.length - expired));
  const left = limit - deleted.length - expired - untold;
  const forgotten = pruneRuns(session, retention.runs, now, left);
  forgetLocks(session, now);
  const messages = pruneBus(busStore(session), now);
  const ended = pruneSchedules(session, now - limits.scheduleEndedMs, left - forgotten);
  const more = left - forgotten - ended <= 0 || messages >= limits.busPruneRows;
  return { deleted, more, finalBytes: finalBytes(session), dead: total(session, "dead") };
}

function oldest(session: Session, state: FinalState, before: number, limit: number): MoveRow[] {
  if (limit <= 0 || before === Number.NEGATIVE_INFINITY) return [];
  const until = Math.min(before, Number.MAX_SAFE_INTEGER);
  const rows = session.sql(read.oldestFinal).all(session.namespace, state, until, limit);
  return rows as unknown as MoveRow[];
}

/** The oldest of these states, as many as bring the bytes below their bound. */
function pastBytes(
  session: Session,
  states: readonly FinalState[],
  bytesMax: number,
  limit: number,
): MoveRow[] {
  let surplus = finalBytes(session) - bytesMax;
  if (surplus <= 0) return [];
  const rows = states.flatMap((state) => oldest(session, state, Number.POSITIVE_INFINITY, limit));
  const byAge = rows as (MoveRow & { finished_at: number })[];
  byAge.sort((one, other) => one.finished_at - other.finished_at || one.seq - other.seq);
  const dropped: MoveRow[] = [];
  for (const row of byAge.slice(0, Math.max(0, limit))) {
    if (surplus <= 0) break;
    dropped.push(row);
    surplus -= row.bytes;
  }
  return dropped;
}

function total(session: Session, state: FinalState): number {
  let count = 0;
  for (const lane of session.book.lanes()) count += lane.counts[state];
  return count;
}

function finalBytes(session: Session): number {
  let bytes = 0;
  for (const lane of session.book.lanes()) bytes += lane.finalBytes;
  return bytes;
}
