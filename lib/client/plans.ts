import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { delayMsOf, gapMsOf } from "../cron/jitter.ts";
import { parseSchedule, type Schedule } from "../cron/schedule.ts";
import { next, type Timing, timingOf } from "../cron/timing.ts";
import type { ScheduleRow } from "../protocol/schedule.ts";

/** A stored schedule, read and ready to be computed with. */
export interface Plan {
  readonly revision: number;
  readonly schedule: Schedule;
  readonly timing: Timing;
  /** What its jitter delays each of its times by. */
  readonly delayMs: number;
  /** How late a time may be dealt with and is no missed one. */
  readonly graceMs: number;
}

/** Reads stored schedules; one that did not change since is read once. */
export class Plans {
  readonly #known = new Map<string, Plan>();

  /** Throws as `parseSchedule` does for a spec that it can't read: edited by hand, or newer. */
  of(row: ScheduleRow): Plan {
    const known = this.#known.get(row.name);
    if (known?.revision === row.revision) return known;
    const schedule = parseSchedule(row.name, jsonOf(row), row.name, "UTC");
    return this.keep(schedule, row.createdAt, row.revision);
  }

  /** What was just saved need not be read again. */
  keep(schedule: Schedule, createdAt: number, revision: number): Plan {
    const plan = planOf(schedule, createdAt, revision);
    if (this.#known.size >= limits.schedulePlans) this.#known.clear();
    this.#known.set(schedule.name, plan);
    return plan;
  }
}

/** As `formatSchedule` wrote it, unless somebody edited it. Throws ERR_ERGATE_SCHEDULE. */
function jsonOf({ name, spec }: ScheduleRow): unknown {
  try {
    return JSON.parse(spec);
  } catch (cause) {
    const message = `what is stored of the schedule "${name}" is no JSON`;
    throw new ErgateError("ERR_ERGATE_SCHEDULE", message, { path: name, cause });
  }
}

export function planOf(schedule: Schedule, createdAt: number, revision: number): Plan {
  const timing = timingOf(schedule.timing, createdAt);
  const delayMs = delayMsOf(schedule.name, schedule.jitterMs);
  const gapMs = gapMsOf(timing) ?? Number.POSITIVE_INFINITY;
  const graceMs = Math.min(limits.scheduleGraceMs, gapMs / 2);
  return { revision, schedule, timing, delayMs, graceMs };
}

/** When its first time past `after` is due; undefined: never, or not while it is paused. */
export function dueAfter({ schedule, timing, delayMs }: Plan, after: number): number | undefined {
  const at = schedule.paused ? undefined : next(timing, after);
  return at === undefined ? undefined : at + delayMs;
}
