import { limits } from "../base/limits.ts";
import type { SchedulePolicy, SkipReason } from "../job/schedule-policy.ts";
import { between, countBetween, lastBetween, next, type Timing } from "./timing.ts";

/** Which due times of a schedule there are at a moment, and what becomes of those it missed. */

export interface DueFacts {
  /** The last planned time that was dealt with; at first the moment of creation. */
  readonly lastPlanned: number;
  readonly now: number;
  /**
   * Since when a scheduler has looked without a break: what was due before was missed. At its
   * start, and after a sleep, this is `now`.
   */
  readonly awakeSince: number;
  /** By how much the schedule's jitter delays it. */
  readonly delayMs: number;
}

export interface Due {
  /** Oldest first. To be decided on one by one, by overlap. */
  readonly runs: readonly DueRun[];
  readonly skips: readonly DueSkip[];
  /** All planned times up to this one are dealt with: the next look's `lastPlanned`. */
  readonly lastPlanned: number;
  /** When to look again: at once where it is past. Undefined: never. */
  readonly nextAt: number | undefined;
}

export interface DueRun {
  readonly planAt: number;
  readonly trigger: "cron" | "catch-up";
}

/** Neighbouring planned times, skipped for one reason: a year of minutes is one of these. */
export interface DueSkip {
  /** The first and the last of them. */
  readonly from: number;
  readonly until: number;
  readonly count: number;
  /** Whether `count` stopped counting. */
  readonly more: boolean;
  readonly reason: SkipReason;
}

/**
 * All that is due and was not dealt with, each time once. Since it goes by planned times alone, a
 * clock that jumps neither doubles nor loses one: set back, nothing is due until the clock has come
 * past `lastPlanned` again; set forward, what was jumped over was missed.
 */
export function dueSlots(timing: Timing, policy: SchedulePolicy, facts: DueFacts): Due {
  const { lastPlanned, delayMs } = facts;
  const until = facts.now - delayMs;
  const first = next(timing, lastPlanned);
  if (first === undefined || first > until) return due([], [], lastPlanned, first, delayMs);
  const missedUntil = Math.min(until, facts.awakeSince - delayMs - 1);
  const made = makeUp(timing, policy, { ...facts, first, missedUntil });
  const from = Math.max(lastPlanned, missedUntil);
  const onTime = between(timing, from, until, limits.scheduleDueSlots);
  const runs = [...made.runs, ...onTime.map((planAt): DueRun => ({ planAt, trigger: "cron" }))];
  const last = onTime.at(-1) ?? made.last;
  return due(runs, made.skips, last, next(timing, last), delayMs);
}

function due(
  runs: readonly DueRun[],
  skips: readonly DueSkip[],
  lastPlanned: number,
  next: number | undefined,
  delayMs: number,
): Due {
  return { runs, skips, lastPlanned, nextAt: next === undefined ? undefined : next + delayMs };
}

interface MissedFacts extends DueFacts {
  first: number;
  missedUntil: number;
}

interface MadeUp {
  runs: DueRun[];
  skips: DueSkip[];
  last: number;
}

function makeUp(timing: Timing, policy: SchedulePolicy, facts: MissedFacts): MadeUp {
  const { lastPlanned, missedUntil } = facts;
  if (facts.first > missedUntil) return { runs: [], skips: [], last: lastPlanned };
  const windowFrom = Math.max(lastPlanned, facts.now - policy.windowMs - facts.delayMs - 1);
  const newest = newestOf(timing, policy, windowFrom, missedUntil);
  const oldest = newest[0] ?? missedUntil + 1;
  const skips = [
    ...skipOf(timing, lastPlanned, Math.min(windowFrom, missedUntil), "window"),
    ...skipOf(timing, windowFrom, oldest - 1, reasonOf(policy)),
  ];
  const runs = newest.map((planAt): DueRun => ({ planAt, trigger: "catch-up" }));
  const last = newest.at(-1) ?? skips.at(-1)?.until ?? lastPlanned;
  return { runs, skips, last };
}

/** The missed times that run, oldest first. */
function newestOf(
  timing: Timing,
  { missed }: SchedulePolicy,
  after: number,
  until: number,
): number[] {
  const max = missed.type === "all" ? missed.max : missed.type === "once" ? 1 : 0;
  const newest: number[] = [];
  let late = until;
  while (newest.length < max && late > after) {
    const found = lastBetween(timing, after, late);
    if (found === undefined) break;
    newest.push(found);
    late = found - 1;
  }
  return newest.reverse();
}

function reasonOf({ missed }: SchedulePolicy): SkipReason {
  switch (missed.type) {
    case "skip":
      return "missed";
    case "once":
      return "coalesced";
    case "all":
      return "max";
    default:
      return missed satisfies never;
  }
}

function skipOf(timing: Timing, after: number, until: number, reason: SkipReason): DueSkip[] {
  const from = next(timing, after);
  const last = from === undefined ? undefined : lastBetween(timing, after, until);
  if (from === undefined || last === undefined) return [];
  return [{ from, until: last, ...countBetween(timing, after, until), reason }];
}
