import type { JobId } from "./job.ts";
import type { SkipReason } from "./schedule-policy.ts";
import type { FinalState } from "./state.ts";

/** A run of a schedule or a command, as it is kept: also of due times that had none. */

/** Why a run came about: its time, a hand, or a time that was missed. */
export type RunTrigger = "cron" | "manual" | "catch-up";

/** What a job brings that is a run. Times are milliseconds since the epoch. */
export interface NewRun {
  id: string;
  /** Undefined: a command that was enqueued by hand. */
  schedule: string | undefined;
  trigger: RunTrigger;
  /** The time that the schedule means. */
  planAt: number;
  /** When it was decided on. */
  scheduleAt: number;
  isCommand: boolean;
}

/** How a run ended: as its job did, never begun, or deleted before its end. */
export type RunOutcome = FinalState | "skipped" | "deleted";

/** Times are milliseconds since the epoch: planAt ≤ scheduleAt ≤ startAt ≤ endAt. */
export interface Run {
  id: string;
  /** Undefined while it waits for the run before it, and where it was skipped. */
  jobId: JobId | undefined;
  schedule: string | undefined;
  /** Of the job that it runs. */
  job: string;
  trigger: RunTrigger;
  planAt: number;
  scheduleAt: number;
  startAt: number | undefined;
  endAt: number | undefined;
  /** Undefined while it is not over. */
  outcome: RunOutcome | undefined;
  skipReason: SkipReason | undefined;
  /** Where one record stands for several skipped times: how many, and the last of them. */
  skipped: { count: number; more: boolean; untilAt: number } | undefined;
  /** The message of its last error, or why it was stopped, died or was refused. */
  error: string | undefined;
  attempt: number;
  worker: string | undefined;
  /** Of a command, as it ran. */
  command: string | undefined;
  exitCode: number | undefined;
  signal: string | undefined;
  output: string | undefined;
  truncated: boolean | undefined;
}

/** What a scheduled run's handler sees. */
export interface PlannedRun {
  /** Of the schedule. */
  readonly name: string;
  /** The time that it means, in milliseconds since the epoch. */
  readonly planAt: number;
}
