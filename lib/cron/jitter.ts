import type { CronPattern } from "./pattern.ts";
import { dayFrom } from "./pattern.ts";
import type { Timing } from "./timing.ts";

/**
 * What a schedule's firings are delayed by: the same in every process and at every start, so that
 * they stay as far apart as they were. From 0 up to `jitterMs`, by the name's FNV-1a hash.
 */
export function delayMsOf(name: string, jitterMs: number): number {
  return Math.floor((hashOf(name) / 2 ** 32) * jitterMs);
}

/** FNV-1a, whose high bits hardly change with a last letter: so they are mixed (murmur3's end). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The shortest time from one firing to the next, by an even clock; undefined for a single one. */
export function gapMsOf(timing: Timing): number | undefined {
  switch (timing.type) {
    case "every":
      return timing.everyMs;
    case "at":
      return undefined;
    case "cron":
      return patternGapMs(timing.pattern);
    default:
      return timing satisfies never;
  }
}

/**
 * Two neighbours differ in the second alone, or the minute goes on and the second starts anew, or
 * the hour, or the day; each is as close as its neighbours are.
 */
function patternGapMs(pattern: CronPattern): number {
  const [seconds, minutes, hours] = [pattern.seconds, pattern.minutes, pattern.hours].map((set) =>
    set.values(),
  ) as [number[], number[], number[]];
  const second = -widthOf(seconds);
  const minute = second - 60 * widthOf(minutes);
  const hour = minute - 3_600 * widthOf(hours);
  const gaps = [
    stepOf(seconds),
    60 * stepOf(minutes) + second,
    3_600 * stepOf(hours) + minute,
    86_400 * dayStepOf(pattern) + hour,
  ];
  return Math.min(...gaps) * 1_000;
}

function widthOf(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[0] ?? 0);
}

/** The least difference of neighbours; infinite for fewer than two. */
function stepOf(values: readonly number[]): number {
  const steps = values.slice(1).map((value, at) => value - (values[at] ?? 0));
  return Math.min(...steps);
}

/** Days whose neighbours are compared: two years of any pattern that leaves out each second day. */
const daysLooked = 400;

function dayStepOf(pattern: CronPattern): number {
  let step = Number.POSITIVE_INFINITY;
  let day = dayFrom(pattern, 0);
  for (let looked = 0; looked < daysLooked && day !== undefined && step > 1; looked++) {
    const later = dayFrom(pattern, day + 1);
    if (later !== undefined) step = Math.min(step, later - day);
    day = later;
  }
  return step;
}
