import type { NewJob } from "../../job/job.ts";
import { isFinal, type JobState } from "../../job/state.ts";
import type { Duplicate } from "../../protocol/write.ts";
import { stateMovedTo } from "../duplicate.ts";
import { tellHooks } from "./hooks.ts";
import { giveKey, type Holder } from "./keys.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/**
 * What a unique job comes to whose key is held. Undefined: the key is its own from now on, and it
 * is to be inserted.
 */
export function meet(
  session: Session,
  job: NewJob,
  holder: Holder,
  { at, seq, now }: { at: number; seq: number; now: number },
): Duplicate | undefined {
  const { unique } = job;
  const { id, state, row } = holder;
  if (unique === undefined || unique.onConflict === "reject") return { type: "rejected", at, id };
  if (unique.onConflict === "keep" || row === undefined || isFinal(state)) {
    return { type: "duplicate", at, id, state };
  }
  if (state === "running") {
    giveKey(session, unique.key, seq);
    return undefined;
  }
  if (!unique.moveTime) {
    session.sql(write.replaceArgs).run(job.args, row.seq);
    return { type: "replaced", at, id, state, moved: undefined };
  }
  const runAt = job.runAt ?? now;
  const next = stateMovedTo(state, runAt, now);
  session.sql(write.replaceJob).run(job.args, next, runAt, row.seq);
  const queue = moveLane(session, row, next);
  if (row.hooked === 1 && next !== state) tellHooks(session, [row.seq], now);
  return { type: "replaced", at, id, state: next, moved: { queue, runAt } };
}

/** Keeps the book; answers the row's queue. */
function moveLane(session: Session, row: MoveRow, to: JobState): string {
  const lane = session.book.laneByKey(row.lane);
  const from = row.state as JobState;
  session.book.shift(lane, from, to);
  if (row.suspect === 1) {
    if (from === "available") lane.suspects--;
    if (to === "available") lane.suspects++;
  }
  return lane.queue;
}
