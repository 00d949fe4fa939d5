import { limits } from "../base/limits.ts";
import type { Dialect } from "./dialect.ts";
import { parseExpression } from "./expression.ts";
import type { CronPattern } from "./pattern.ts";
import { nextByClock } from "./wall-clock.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** When a schedule fires, as plain data. All moments are ms since the epoch. */
export type TimingSpec = TimingWindow &
  (
    | { readonly type: "cron"; readonly expression: string; readonly dialect: Dialect }
    | { readonly type: "every"; readonly everyMs: number }
    | { readonly type: "at"; readonly at: number }
  );

export interface TimingWindow {
  /** An IANA name. `every` and `at` only show their times in it. */
  readonly zone: string;
  /** The first moment at which it may fire. */
  readonly start?: number;
  /** The first moment at which it may no more. */
  readonly end?: number;
}

/** A spec, ready to be computed with: some 600 bytes, beside the zone, which all share. */
export type Timing = { readonly start: number; readonly end: number } & (
  | { readonly type: "cron"; readonly pattern: CronPattern; readonly zone: Zone }
  | { readonly type: "every"; readonly everyMs: number; readonly anchor: number }
  | { readonly type: "at"; readonly at: number }
);

/**
 * `createdAt` is what `every` counts from: it fires at createdAt + n · every, however late it was
 * before. Throws ERR_ERGATE_SCHEDULE with `path` for a zone or an expression that can't be read.
 */
export function timingOf(spec: TimingSpec, createdAt: number): Timing {
  const zone = zoneOf(spec.zone, "zone");
  const start = spec.start ?? Number.NEGATIVE_INFINITY;
  const end = spec.end ?? Number.POSITIVE_INFINITY;
  switch (spec.type) {
    case "cron": {
      const pattern = parseExpression(spec.expression, spec.dialect, "cron");
      return { type: "cron", pattern, zone, start, end };
    }
    case "every":
      return { type: "every", everyMs: spec.everyMs, anchor: createdAt, start, end };
    case "at":
      return { type: "at", at: spec.at, start, end };
    default:
      return spec satisfies never;
  }
}

/** The first firing past `after`; undefined where none comes, or none within 130 years. */
export function next(timing: Timing, after: number): number | undefined {
  const from = Math.max(after, timing.start - 1);
  const instant = nextUnbounded(timing, from);
  return instant !== undefined && instant < timing.end ? instant : undefined;
}

function nextUnbounded(timing: Timing, after: number): number | undefined {
  switch (timing.type) {
    case "cron":
      return nextByClock(timing.pattern, timing.zone, after);
    case "every": {
      const passed = Math.floor((after - timing.anchor) / timing.everyMs);
      return timing.anchor + Math.max(1, passed + 1) * timing.everyMs;
    }
    case "at":
      return timing.at > after ? timing.at : undefined;
    default:
      return timing satisfies never;
  }
}

/** The first firings past `after` up to `until`, which counts in; at most `max`. */
export function between(timing: Timing, after: number, until: number, max: number): number[] {
  const instants: number[] = [];
  for (let at = next(timing, after); at !== undefined && at <= until; at = next(timing, at)) {
    if (instants.length === max) break;
    instants.push(at);
  }
  return instants;
}

/**
 * The last firing past `after` up to `until`, which counts in. It asks for the next one from ever
 * earlier moments until that comes in time, then halves: some 40 questions, however many firings
 * lie between.
 */
export function lastBetween(timing: Timing, after: number, until: number): number | undefined {
  let found: number | undefined;
  let late = until;
  for (let back = 1_000; found === undefined; back *= 4) {
    const early = Math.max(after, until - back);
    found = due(timing, early, until);
    if (found === undefined) late = early;
    if (early === after) break;
  }
  if (found === undefined) return undefined;
  while (late - found > 1) {
    const middle: number = found + Math.floor((late - found) / 2);
    const later = due(timing, middle, until);
    if (later === undefined) late = middle;
    else found = later;
  }
  return found;
}

function due(timing: Timing, after: number, until: number): number | undefined {
  const instant = next(timing, after);
  return instant !== undefined && instant <= until ? instant : undefined;
}

export interface Count {
  readonly count: number;
  /** Whether there are more than were counted. */
  readonly more: boolean;
}

/** How many firings come past `after` up to `until`: exact up to 10 000, and for `every`. */
export function countBetween(timing: Timing, after: number, until: number): Count {
  if (timing.type === "every") {
    const first = next(timing, after);
    if (first === undefined || first > until) return { count: 0, more: false };
    const end = Math.min(until, timing.end - 1);
    return { count: 1 + Math.floor((end - first) / timing.everyMs), more: false };
  }
  let count = 0;
  for (let at = next(timing, after); at !== undefined && at <= until; at = next(timing, at)) {
    if (count === limits.scheduleCounted) return { count, more: true };
    count++;
  }
  return { count, more: false };
}
