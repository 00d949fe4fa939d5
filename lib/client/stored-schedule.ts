import { messageOf } from "../base/error.ts";
import type { ScheduleOptions } from "../cron/schedule.ts";
import type { Run } from "../job/run.ts";
import type { ScheduleRow, ScheduleView } from "../protocol/schedule.ts";
import type { Plans } from "./plans.ts";
import { runOf } from "./runs.ts";

/**
 * A schedule as it is stored, defaults included, with what it does. Times and durations are
 * milliseconds.
 */
export interface StoredSchedule extends Omit<ScheduleOptions, "job"> {
  name: string;
  /** The name of its job. */
  job: string;
  paused: boolean;
  /** What `every` counts from: when its times were last set. */
  createdAt: number;
  /** With its jitter. Undefined: no more, or not while it is paused. */
  nextAt: number | undefined;
  /** The newest that has, or had, a job; skipped times are among `runs` alone. */
  lastRun: Run | undefined;
  /** How many of its runs run. */
  running: number;
  /** Rises with every change, over the file. */
  revision: number;
  /**
   * Why it can't be read: edited by hand, or written by a newer version. It does not fire until it
   * is saved anew; what could not be read of it is missing here.
   */
  problem: string | undefined;
}

const state = ["name", "createdAt", "nextAt", "lastRun", "running", "revision", "problem"];

/** What was got is a spec, too: to be changed and saved again, or looked ahead from. */
export function specGiven<T>(spec: T): T {
  if (typeof spec !== "object" || spec === null || !("revision" in spec)) return spec;
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !state.includes(key))) as T;
}

export function storedOf(row: ScheduleView, plans: Plans): StoredSchedule {
  const { name, createdAt, nextAt, lastRun, running, revision } = row;
  return {
    ...{ job: "", paused: false, ...specOf(row) },
    ...{ name, createdAt, nextAt, lastRun: lastRun && runOf(lastRun), running, revision },
    problem: problemOf(row, plans),
  };
}

/** As `formatSchedule` wrote it: its job by name. Undefined for what is no JSON object. */
export function specOf({ spec }: ScheduleRow): (ScheduleOptions & { job: string }) | undefined {
  try {
    const value: unknown = JSON.parse(spec);
    return typeof value === "object"
      ? ((value ?? undefined) as ReturnType<typeof specOf>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether its last moment is past; `end` as it is stored, in milliseconds. */
export function hasEnded(spec: Pick<ScheduleOptions, "end"> | undefined, now: number): boolean {
  return typeof spec?.end === "number" && spec.end <= now;
}

function problemOf(row: ScheduleRow, plans: Plans): string | undefined {
  try {
    plans.of(row);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
