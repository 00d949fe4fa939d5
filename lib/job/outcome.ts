import type { AttemptOutcome, JobId } from "./job.ts";

/**
 * What a run's end does to its row. The closed set of ways to settle. A run that failed may have a
 * result, too: JSON text, as a command's is.
 */
export type Outcome =
  | { type: "completed"; result: string | undefined }
  /** Goes to `retryable`, to run again at `runAt`. */
  | ({ type: "failed"; error: RunError; runAt: number } & Left)
  /** Goes to `dead`. `skipDead`: and its row goes in the same commit. */
  | ({ type: "discarded"; reason: string; error: RunError | undefined; skipDead?: true } & Left)
  /** Goes to `scheduled`; the attempt is given back. */
  | { type: "snoozed"; runAt: number }
  | ({ type: "stopped"; reason: string; error: RunError | undefined } & Left)
  | ({ type: "cancelled"; reason: string; error: RunError | undefined } & Left)
  /** Goes to `available`; the attempt is given back. `entered`: its handler had begun. */
  | { type: "released"; entered: boolean };

interface Left {
  result?: string | undefined;
}

/** An attempt that ended its job as dead failed, unless it discarded the job itself. */
export function deathKeptAs({ error }: { error: RunError | undefined }): AttemptOutcome {
  return error === undefined ? "discarded" : "failed";
}

export interface RunError {
  message: string;
  stack: string | undefined;
}

/** An outcome with the fence that it must pass: a late one moves nothing. */
export interface Settlement {
  seq: number;
  lane: number;
  bytes: number;
  id: JobId;
  attempt: number;
  fence: number;
  startedAt: number | undefined;
  finishedAt: number;
  /** The job has a unique key, which its end may free. */
  unique: boolean;
  /** The job has a status hook, which its move is told to. */
  hooked: boolean;
  outcome: Outcome;
  /** Its process was noted: that note goes with it. */
  spawned?: boolean | undefined;
  /** Its handler could not be ended and still runs: it keeps its place in every limit. */
  lingers?: boolean;
}

/** How a handler may end a run other than by a value or an error. */
export type Directive =
  | { readonly type: "retryAfter"; readonly ms: number; readonly error?: RunError }
  /** Milliseconds since the epoch. */
  | { readonly type: "retryAt"; readonly at: number; readonly error?: RunError }
  | { readonly type: "snooze"; readonly ms: number }
  | { readonly type: "discard"; readonly reason: string }
  | { readonly type: "cancelJob"; readonly reason: string };
