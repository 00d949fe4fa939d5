import type { NewJob } from "../job/job.ts";
import type { NewRun, Run } from "../job/run.ts";
import type { Overlap, SkipReason } from "../job/schedule-policy.ts";
import type { EndAnswer } from "./write.ts";

/** What the store holds of schedules and their runs, and what is written of them. */

/** A schedule as it is stored. Times are milliseconds since the epoch. */
export interface ScheduleRow {
  name: string;
  /** JSON text that `parseSchedule` reads. */
  spec: string;
  /** What code last said of it, undefined where only hands wrote it. */
  declared: string | undefined;
  /** What `every` counts from. */
  createdAt: number;
  /** All its times up to this one are dealt with. */
  lastPlanned: number;
  /** When to look at it next; undefined: never. */
  nextAt: number | undefined;
  /** Rises with every change of the spec, over the file. */
  revision: number;
  /** A hand removed what code declared: that stands until code says something else. */
  removed: boolean;
}

/** The same with what it does now. */
export interface ScheduleView extends ScheduleRow {
  lastRun: RunRow | undefined;
  /** Runs of it whose jobs run. */
  running: number;
}

/** A run as the store holds it: its job's result is still JSON text. */
export interface RunRow
  extends Omit<Run, "command" | "exitCode" | "signal" | "output" | "truncated"> {
  key: number;
  isCommand: boolean;
  /** Of a command. */
  result: string | undefined;
}

/** What is due, and when more is. */
export interface DueSchedules {
  rows: readonly ScheduleRow[];
  /** Of the rest. */
  nextAt: number | undefined;
  /** Whether a run waits for the one before it. */
  waiting: boolean;
}

export interface SavedSchedule {
  name: string;
  spec: string;
  /** Undefined: a hand writes it, and what code said stands. */
  declared: string | undefined;
  /** The revision that it replaces; 0: there must be none of that name. */
  replaces: number;
  createdAt: number;
  lastPlanned: number;
  nextAt: number | undefined;
  skips: readonly SkippedSlots[];
  /** Why all its runs that are not over are stopped with it; undefined: they go on. */
  stops: string | undefined;
}

/** `changed`: another was quicker, or a time of it is due that goes before. */
export type SaveAnswer =
  /** `ends`: of the runs that are stopped with it. */
  { type: "saved"; revision: number; ends: readonly EndAnswer[] } | { type: "changed" };

/** What one schedule's times come to at a look. */
export interface Firing {
  name: string;
  /** What its row must still say; undefined: it fires by hand, beside its times. */
  expect: { revision: number; lastPlanned: number } | undefined;
  overlap: Overlap;
  deadlineMs: number | undefined;
  slots: readonly FiringSlot[];
  skips: readonly SkippedSlots[];
  lastPlanned: number;
  nextAt: number | undefined;
}

export interface FiringSlot {
  run: NewRun;
  /** Its planned time with the schedule's delay. */
  dueAt: number;
  /** Of the job. */
  name: string;
  job: NewJob | undefined;
  /** Why there is no job. */
  refused: string | undefined;
}

/** Neighbouring times that were skipped for one reason. */
export interface SkippedSlots {
  /** Of the record. */
  id: string;
  name: string;
  from: number;
  until: number;
  count: number;
  more: boolean;
  reason: SkipReason;
}

/** `stale`: its row says something else by now, and nothing was done. */
export type FiringAnswer = { type: "stale" } | { type: "fired"; runs: readonly RunFate[] };

export type RunFate =
  | { type: "enqueued"; id: string; job: NewJob }
  /** It waits for the run before it. */
  | { type: "waiting"; id: string }
  | { type: "skipped"; id: string; reason: SkipReason };

export interface FireAnswer {
  firings: readonly FiringAnswer[];
  /** Of runs that give way. */
  ends: readonly EndAnswer[];
}

/** A run that waits for the one before it, as it is kept. */
export interface WaitingRun {
  run: NewRun;
  job: NewJob;
  dueAt: number;
  deadlineMs: number | undefined;
}

export type ScheduleWrite =
  /** Writes each that still is what it replaces. */
  | { type: "saveSchedules"; schedules: readonly SavedSchedule[]; now: number }
  /** Those of these revisions; their runs go on, and stay on record. */
  | {
      type: "removeSchedules";
      schedules: readonly { name: string; revision: number }[];
      /** Code says them no more: nothing is to be remembered of them. */
      forget: boolean;
    }
  /**
   * Enqueues a run for each due time that has none, or records why not: in the transaction in which
   * its schedule's row says that it is dealt with.
   */
  | { type: "fire"; firings: readonly Firing[]; now: number }
  /** Enqueues runs that waited for the one before them, which is over; at most `limit`. */
  | { type: "advance"; now: number; limit: number };

export interface ScheduleAnswers {
  saveSchedules: { saves: readonly SaveAnswer[] };
  removeSchedules: { removed: readonly boolean[] };
  fire: FireAnswer;
  advance: FireAnswer;
}
