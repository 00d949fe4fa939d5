import { fingerprintOfReason } from "../../job/fingerprint.ts";
import type { AttemptOutcome } from "../../job/job.ts";
import type { RunError } from "../../job/outcome.ts";
import type { JobState } from "../../job/state.ts";
import { errorBytes } from "./attempt.ts";
import { tellLeft } from "./hooks.ts";
import { endKey, takeKey } from "./keys.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/** What one outcome makes of a running row. */
export interface Leaving {
  state: JobState;
  attempt: number;
  runAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  /** A running row has none: its claim took away what an earlier run left. */
  result: string | undefined;
  reason: string | null;
  kept: AttemptOutcome | undefined;
  error: RunError | undefined;
  /** When it leaves. */
  at: number;
}

/** Moves a running row and keeps the book; `rescue` ends interrupted runs by it too. */
export function leaveRunning(
  session: Session,
  row: MoveRow,
  leaving: Leaving,
  crash: { suspect: number; crashes: number; crashedAt: number | null },
): void {
  const { state, attempt, runAt, startedAt, finishedAt, result = "", reason, error } = leaving;
  // An error's own is noted with the attempt that it is kept with.
  const fingerprint = error === undefined ? fingerprintOfReason(state, reason ?? "") : undefined;
  session
    .sql(write.leaveRunning)
    .run(
      state,
      attempt,
      runAt,
      startedAt,
      finishedAt,
      result === "" ? null : result,
      reason,
      crash.suspect,
      crash.crashes,
      crash.crashedAt,
      fingerprint ?? null,
      row.seq,
    );
  const lane = session.book.laneByKey(row.lane);
  session.book.shift(lane, "running", state);
  if (state === "available" && crash.suspect === 1) lane.suspects++;
  if (finishedAt !== null) {
    lane.finalBytes += row.bytes + errorBytes(error) + Buffer.byteLength(result);
    endKey(session, row, state, finishedAt);
  } else if (state === "available" && row.unique_until === "started") {
    // It goes back as if it had not been started: with its key, unless another took that.
    takeKey(session, row.unique_key ?? "", row.seq, 0);
  }
  if (row.hooked === 1) tellLeft(session, [row.seq], leaving.at);
}
