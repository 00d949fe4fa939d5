import { limits } from "../../base/limits.ts";
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
    ) as { number: number };
  if (number > limits.attemptsKept) {
    session.sql(write.dropOldAttempts).run(row.seq, number - limits.attemptsKept);
  }
  const bytes = errorBytes(error);
  if (bytes > 0) session.sql(write.addErrorBytes).run(bytes, row.seq);
}

/** UTF-8 bytes that an error takes in the file. */
export function errorBytes(error: RunError | undefined): number {
  if (error === undefined) return 0;
  return Buffer.byteLength(error.message) + Buffer.byteLength(error.stack ?? "");
}
