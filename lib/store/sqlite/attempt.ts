import { limits } from "../../base/limits.ts";
import { fingerprintOf } from "../../job/fingerprint.ts";
import type { AttemptOutcome } from "../../job/job.ts";
import type { RunError } from "../../job/outcome.ts";
import type { MoveRow } from "./rows.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

interface KeptAttempt {
  outcome: AttemptOutcome;
  startedAt: number | null;
  finishedAt: number;
  worker: string;
  error: RunError | undefined;
}

/** Keeps a run that did not complete; the oldest of more than `limits.attemptsKept` give way. */
export function keepAttempt(session: Session, row: MoveRow, kept: KeptAttempt): void {
  const { outcome, startedAt, finishedAt, worker, error } = kept;
  const fingerprint = error && fingerprintOf(error);
  const { number } = session
    .sql(write.insertAttempt)
    .get(
      row.seq,
      row.seq,
      row.attempt,
      outcome,
      startedAt,
      finishedAt,
      worker,
      error?.message ?? null,
      error?.stack ?? null,
      fingerprint ?? null,
    ) as { number: number };
  if (number > limits.attemptsKept) {
    session.sql(write.dropOldAttempts).run(row.seq, number - limits.attemptsKept);
  }
  if (fingerprint === undefined) return;
  session.sql(write.noteError).run(errorBytes(error), fingerprint, row.seq);
}

/** UTF-8 bytes that an error takes in the file. */
export function errorBytes(error: RunError | undefined): number {
  if (error === undefined) return 0;
  return Buffer.byteLength(error.message) + Buffer.byteLength(error.stack ?? "");
}
