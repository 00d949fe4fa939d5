import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { formatSchedule, type Schedule } from "../cron/schedule.ts";
import { countBetween, lastBetween, next } from "../cron/timing.ts";
import type { SavedSchedule, ScheduleRow } from "../protocol/schedule.ts";
import { type FiringParts, fireRows, skipOf } from "./firing.ts";
import { dueAfter, type Plan, planOf } from "./plans.ts";

/**
 * Saves what `change` makes of the schedule of that name, as it is or is not; undefined from it:
 * nothing is to change. A time of the old one that is due fires first, by the old one. `stops`: why
 * its runs that are not over are stopped with it. Resolves with the row as it was. Throws
 * ERR_ERGATE_SCHEDULE_BUSY where others change it again and again.
 */
export async function saveSchedule(
  parts: FiringParts,
  name: string,
  change: (row: ScheduleRow | undefined) => Schedule | undefined,
  stops?: string,
): Promise<{ previous: ScheduleRow | undefined; saved: boolean }> {
  for (let tries = 0; tries < limits.scheduleSaveTries; tries++) {
    const row = await parts.read({ type: "schedule", name });
    const previous = row?.removed === true ? undefined : row;
    const schedule = change(previous);
    if (schedule === undefined) return { previous, saved: false };
    const now = parts.clock.now();
    if (await firesFirst(parts, previous, schedule, now)) continue;
    const form = savedForm(parts, schedule, row, now);
    // What ends was made when it was made.
    const createdAt = stops === undefined || row === undefined ? form.createdAt : row.createdAt;
    const saved = { ...form, createdAt, stops };
    const { saves } = await parts.ask({ type: "saveSchedules", schedules: [saved], now });
    if (saves[0]?.type !== "saved") continue;
    parts.plans.keep(schedule, saved.createdAt, saves[0].revision);
    return { previous, saved: true };
  }
  throw busy(name);
}

/**
 * A time that has passed goes by what the schedule said then: one that its jitter still delays,
 * too, where the new one has other times.
 */
export async function firesFirst(
  parts: FiringParts,
  row: ScheduleRow | undefined,
  next: Schedule,
  now: number,
): Promise<boolean> {
  if (row?.nextAt === undefined) return false;
  const isDue = row.nextAt <= now;
  if (!isDue && !isDelayed(parts, row, next, now)) return false;
  await fireRows(parts, [row], { now, awakeSince: now, early: !isDue });
  return true;
}

function isDelayed(parts: FiringParts, row: ScheduleRow, next: Schedule, now: number): boolean {
  const before = readable(parts, row);
  if (before === undefined || row.nextAt === undefined || goesOn(before, next)) return false;
  return row.nextAt - before.delayMs <= now;
}

/** `declared`: as code says it; else a hand writes it. */
export function savedForm(
  parts: FiringParts,
  schedule: Schedule,
  row: ScheduleRow | undefined,
  now: number,
  declared?: string,
): SavedSchedule {
  const { name } = schedule;
  const spec = formatSchedule(schedule);
  const before = row === undefined || row.removed ? undefined : readable(parts, row);
  const kept = before !== undefined && row !== undefined && goesOn(before, schedule);
  const createdAt = kept ? row.createdAt : now;
  const plan = planOf(schedule, createdAt, 0);
  const lastPlanned = kept ? dealtWith(before, row, now) : newLastPlanned(schedule, now);
  return {
    ...{ name, spec, declared, replaces: row?.revision ?? 0, createdAt, lastPlanned },
    nextAt: dueAfter(plan, lastPlanned),
    skips: before === undefined ? [] : pausedSkips(parts, before, row, now),
    stops: undefined,
  };
}

/** One instant that has passed was missed, perhaps on the way here: it is made up for, or told. */
function newLastPlanned({ timing }: Schedule, now: number): number {
  return timing.type === "at" ? Math.min(now, timing.at - 1) : now;
}

/** The times of a pause have passed. A clock that was set back brings none of the others back. */
function dealtWith({ schedule }: Plan, { lastPlanned }: ScheduleRow, now: number): number {
  return schedule.paused ? Math.max(lastPlanned, now) : lastPlanned;
}

/** Its times are as they were: what `every` counts from stays. */
function goesOn({ schedule }: Plan, next: Schedule): boolean {
  return JSON.stringify(schedule.timing) === JSON.stringify(next.timing);
}

/** Times that passed while it was paused. */
function pausedSkips(parts: FiringParts, before: Plan, row: ScheduleRow | undefined, now: number) {
  const { schedule, timing } = before;
  if (!schedule.paused || row === undefined) return [];
  const from = next(timing, row.lastPlanned);
  const until = from === undefined ? undefined : lastBetween(timing, row.lastPlanned, now);
  if (from === undefined || until === undefined) return [];
  const counted = countBetween(timing, row.lastPlanned, now);
  return [skipOf(parts, schedule.job, { from, until, ...counted, reason: "paused" })];
}

function readable({ plans }: FiringParts, row: ScheduleRow): Plan | undefined {
  try {
    return plans.of(row);
  } catch {
    return undefined;
  }
}

export function busy(name: string): ErgateError {
  const message = `the schedule "${name}" is changed by others again and again: try later`;
  return new ErgateError("ERR_ERGATE_SCHEDULE_BUSY", message);
}
