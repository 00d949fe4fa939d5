import { soon } from "../base/clock.ts";
import { messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type DueRun, type DueSkip, dueSlots } from "../cron/due.ts";
import type { Schedule } from "../cron/schedule.ts";
import type { EnqueueOptions } from "../job/context.ts";
import type { NewJob } from "../job/job.ts";
import { metaOf } from "../job/meta.ts";
import type { RunTrigger } from "../job/run.ts";
import type { Firing, FiringSlot, ScheduleRow, SkippedSlots } from "../protocol/schedule.ts";
import type { LocalParts } from "./parts.ts";
import { dueAfter, type Plan, type Plans } from "./plans.ts";

/** From stored schedules that are due to the write that fires them. */

export interface FiringParts
  extends Pick<LocalParts, "clock" | "read" | "ask" | "requests" | "newId"> {
  readonly plans: Plans;
  /** Told of a spec that can't be read: its schedule fires no more. */
  unreadable(name: string, error: unknown): void;
}

/** What a look at all schedules comes to. */
export interface Look {
  /** When to look again; undefined: when something changes. */
  nextAt: number | undefined;
  /** Whether a run waits for the one before it. */
  waiting: boolean;
  /** Another process deals with what is due now. */
  outrun: boolean;
}

/**
 * Fires what is due now, the most overdue first, at most `limits.scheduleRows` schedules. Times
 * before `awakeSince` were missed, unless they are later by no more than their grace.
 */
export async function fireDue(parts: FiringParts, awakeSince: number): Promise<Look> {
  const now = parts.clock.now();
  const { rows, nextAt, waiting } = await parts.read({
    type: "due",
    now,
    limit: limits.scheduleRows,
  });
  if (waiting) await parts.ask({ type: "advance", now, limit: limits.scheduleRows });
  if (rows.length === 0) return { nextAt, waiting, outrun: false };
  const answers = await fireRows(parts, rows, { now, awakeSince });
  const { firings, stale } = answers;
  const next = firings.map((firing) => firing.nextAt ?? Number.POSITIVE_INFINITY);
  const rest = firings.length < rows.length ? now : Number.POSITIVE_INFINITY;
  const earliest = Math.min(nextAt ?? Number.POSITIVE_INFINITY, rest, ...next);
  return {
    nextAt: Number.isFinite(earliest) ? earliest : undefined,
    waiting: waiting || answers.waiting,
    outrun: stale > firings.length / 2,
  };
}

/**
 * Brings schedules back whose times are dealt with hours ahead: a clock was wrong, and was set
 * right. What ran meanwhile is on record, and does not run again.
 */
export async function bringBack(parts: FiringParts): Promise<void> {
  const now = parts.clock.now();
  const after = now + limits.scheduleAheadMs;
  const rows = await parts.read({ type: "ahead", after, limit: limits.scheduleRows });
  if (rows.length === 0) return;
  const firings = rows.map((row): Firing => {
    const plan = readable(parts, row);
    const nextAt = plan && dueAfter(plan, now);
    return { ...unplanned(row), lastPlanned: now, nextAt };
  });
  await parts.ask({ type: "fire", firings, now });
  if (rows.length === limits.scheduleRows) await bringBack(parts);
}

interface Moment {
  now: number;
  awakeSince: number;
  /** Planned times that have passed go now, whatever their jitter delays them by. */
  early?: boolean;
}

/**
 * Fires rows that were read as due: the first of them, where many of their times are. A stale one
 * was changed since, or fired by another.
 */
export async function fireRows(
  parts: FiringParts,
  rows: readonly ScheduleRow[],
  moment: Moment,
): Promise<{ firings: Firing[]; stale: number; waiting: boolean }> {
  const firings: Firing[] = [];
  let slots = 0;
  for (const row of rows) {
    const firing = await firingOf(parts, row, moment);
    firings.push(firing);
    // To find what was missed takes milliseconds a schedule: the host's loop goes on between.
    if (firing.skips.length > 0) await new Promise<void>(soon);
    slots += firing.slots.length;
    if (slots >= limits.scheduleLookSlots) break;
  }
  const answer = await parts.ask({ type: "fire", firings, now: moment.now });
  const fates = answer.firings.flatMap((one) => (one.type === "fired" ? one.runs : []));
  return {
    firings,
    stale: answer.firings.filter(({ type }) => type === "stale").length,
    waiting: fates.some(({ type }) => type === "waiting"),
  };
}

async function firingOf(
  parts: FiringParts,
  row: ScheduleRow,
  { now, awakeSince, early = false }: Moment,
): Promise<Firing> {
  const known = readable(parts, row);
  if (known === undefined) return unplanned(row);
  const plan = early ? { ...known, delayMs: 0 } : known;
  const { schedule, timing, delayMs, graceMs } = plan;
  const { name, lastPlanned } = row;
  const awake = early ? Number.NEGATIVE_INFINITY : Math.min(awakeSince, now - graceMs);
  const facts = { lastPlanned, now, awakeSince: awake, delayMs };
  const due = dueSlots(timing, schedule.policy, facts);
  const slots: FiringSlot[] = [];
  for (const run of due.runs) slots.push(await slotOf(parts, plan, run, now));
  return {
    ...{ name, expect: { revision: row.revision, lastPlanned }, slots },
    ...{ overlap: schedule.policy.overlap, deadlineMs: schedule.policy.deadlineMs },
    ...{ skips: due.skips.map((skip) => skipOf(parts, schedule.job, skip)) },
    ...{ lastPlanned: due.lastPlanned, nextAt: due.nextAt },
  };
}

function readable({ plans, unreadable }: FiringParts, row: ScheduleRow): Plan | undefined {
  try {
    return plans.of(row);
  } catch (error) {
    unreadable(row.name, error);
    return undefined;
  }
}

/** One that can't be read keeps its place, and is looked at no more until it is saved anew. */
function unplanned({ name, revision, lastPlanned }: ScheduleRow): Firing {
  const policy = { overlap: "skip", deadlineMs: undefined } as const;
  const expect = { revision, lastPlanned };
  return { name, expect, ...policy, slots: [], skips: [], lastPlanned, nextAt: undefined };
}

/** One planned time, with the job that it enqueues. */
export async function slotOf(
  parts: FiringParts,
  { schedule, delayMs }: Plan,
  { planAt, trigger }: DueRun | { planAt: number; trigger: RunTrigger },
  now: number,
): Promise<FiringSlot> {
  const times = { planAt, scheduleAt: Math.max(planAt, now) };
  const run = { id: parts.newId(), schedule: schedule.name, trigger, ...times, isCommand: false };
  const slot = { run, dueAt: planAt + delayMs, name: schedule.job };
  try {
    const args: unknown = JSON.parse(schedule.args);
    const job: NewJob = await parts.requests.prepare(schedule.job, args, jobOptionsOf(schedule));
    const known = { ...run, isCommand: job.run?.isCommand ?? false };
    return { ...slot, run: known, job: { ...job, run: known }, refused: undefined };
  } catch (error) {
    return { ...slot, job: undefined, refused: messageOf(error) };
  }
}

/** What the jobs of a schedule get beside their arguments. */
export function jobOptionsOf({ hook, meta }: Schedule): EnqueueOptions {
  return {
    ...(hook === undefined ? {} : { hook }),
    ...(meta === undefined ? {} : { meta: metaOf(meta) }),
  };
}

export function skipOf(
  { newId }: Pick<FiringParts, "newId">,
  name: string,
  { from, until, count, more, reason }: DueSkip,
): SkippedSlots {
  return { id: newId(), name, from, until, count, more, reason };
}
