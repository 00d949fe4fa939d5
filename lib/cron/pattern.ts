import { limits } from "../base/limits.ts";
import type { NumberSet } from "./number-set.ts";

/**
 * A cron expression that was understood, and the search for the next time of day and date that fit
 * it, on a clock without zone: "wall" is the ms since the epoch that a date and time would be in
 * UTC. `Timing` maps those to instants.
 *
 * The search is ours. Croner 11, which was to compute here, takes 83 kB and 88 µs a pattern (its
 * years are an array of 10 000): 830 MB for 10 000 schedules, against 6 MB here. Its `nextRun()` is
 * right on such a clock, but takes 3 to 19 µs (26 to 70 with a zone), against 0.5 to 2; and it
 * refuses `LW` in a list. So it is the tests' second opinion, and the limit of the benchmark.
 */
export interface CronPattern {
  readonly seconds: NumberSet;
  readonly minutes: NumberSet;
  readonly hours: NumberSet;
  readonly months: NumberSet;
  readonly days: CronDays;
  /** Ascending; undefined: every year. */
  readonly years: readonly number[] | undefined;
  /** Minute and hour are both without `*`, `?` and `/`: a clock that is set changes nothing. */
  readonly isFixed: boolean;
}

export interface CronDays {
  readonly monthDays: NumberSet;
  /** `L`. */
  readonly last: boolean;
  /** `LW`: the last from Monday to Friday. */
  readonly lastWorkday: boolean;
  /** `15W`: the nearest from Monday to Friday, in the same month. */
  readonly nearestWorkdays: NumberSet;
  /** Sunday is 0. */
  readonly weekdays: NumberSet;
  /** `5L`: the month's last Friday. */
  readonly lastWeekdays: NumberSet;
  /** `5#2`: the month's second Friday. */
  readonly nthWeekdays: readonly NthWeekday[];
  /** Whether a day of the month or a day of the week is enough; else both must fit. */
  readonly either: boolean;
}

export interface NthWeekday {
  readonly weekday: number;
  readonly nth: number;
}

const dayMs = 86_400_000;
const daySeconds = 86_400;

/** The first wall past `wall` that fits; undefined where none comes within 130 years. */
export function nextWall(pattern: CronPattern, wall: number): number | undefined {
  const second = Math.floor(wall / 1_000) + 1;
  const day = Math.floor(second / daySeconds);
  const time = timeFrom(pattern, second - day * daySeconds);
  const fit = dayFrom(pattern, time < 0 ? day + 1 : day);
  if (fit === undefined) return undefined;
  return fit * dayMs + (fit === day ? time : firstTime(pattern)) * 1_000;
}

/** The first second of a day, from `second` on, that fits; -1 where none is left. */
function timeFrom(pattern: CronPattern, second: number): number {
  const { hours, minutes, seconds } = pattern;
  const hour = Math.floor(second / 3_600);
  const minute = Math.floor(second / 60) % 60;
  if (hours.has(hour)) {
    if (minutes.has(minute)) {
      const exact = seconds.atLeast(second % 60);
      if (exact >= 0) return second - (second % 60) + exact;
    }
    const later = minutes.atLeast(minute + 1);
    if (later >= 0) return hour * 3_600 + later * 60 + seconds.first;
  }
  const later = hours.atLeast(hour + 1);
  return later < 0 ? -1 : later * 3_600 + minutes.first * 60 + seconds.first;
}

function firstTime({ hours, minutes, seconds }: CronPattern): number {
  return hours.first * 3_600 + minutes.first * 60 + seconds.first;
}

/** The first day since the epoch, from `day` on, that fits. Looks at months, never at each day. */
export function dayFrom(pattern: CronPattern, day: number): number | undefined {
  const start = new Date(day * dayMs);
  const yearMax = start.getUTCFullYear() + limits.cronSearchYears;
  let year = yearFrom(pattern, start.getUTCFullYear());
  let month = 1;
  let date = 1;
  if (year === start.getUTCFullYear()) {
    month = start.getUTCMonth() + 1;
    date = start.getUTCDate();
  }
  while (year !== undefined && year <= yearMax) {
    const fit = pattern.months.atLeast(month);
    if (fit < 0) {
      [year, month, date] = [yearFrom(pattern, year + 1), 1, 1];
      continue;
    }
    const first = Date.UTC(year, fit - 1, 1) / dayMs;
    const found = dateFrom(pattern.days, first, monthDays(year, fit), fit === month ? date : 1);
    if (found > 0) return first + found - 1;
    [month, date] = [fit + 1, 1];
  }
  return undefined;
}

function yearFrom({ years }: CronPattern, year: number): number | undefined {
  return years === undefined ? year : years.find((each) => each >= year);
}

/** The first date of a month, from `date` on, that fits; 0 where there is none. */
function dateFrom(days: CronDays, first: number, length: number, date: number): number {
  const fit = datesOf(days, first, length) & (-1 << date);
  return fit === 0 ? 0 : 31 - Math.clz32(fit & -fit);
}

/** The dates of a month that fit, as bits 1 to 31. `first` is its first day since the epoch. */
function datesOf(days: CronDays, first: number, length: number): number {
  const all = -2 & (-1 >>> (31 - length));
  // The epoch was a Thursday.
  const weekday = (((first + 4) % 7) + 7) % 7;
  const inMonth = monthDates(days, weekday, length) & all;
  const inWeek = weekDates(days, weekday, length) & all;
  return days.either ? inMonth | inWeek : inMonth & inWeek;
}

function monthDates(days: CronDays, weekday: number, length: number): number {
  let dates = 0;
  for (let date = 1; date <= length; date++) if (days.monthDays.has(date)) dates |= 1 << date;
  if (days.last) dates |= 1 << length;
  if (days.lastWorkday) dates |= 1 << lastWorkday(weekday, length);
  if (!days.nearestWorkdays.isEmpty) {
    for (let date = 1; date <= length; date++) {
      if (days.nearestWorkdays.has(date)) dates |= 1 << nearestWorkday(date, weekday, length);
    }
  }
  return dates;
}

function lastWorkday(weekday: number, length: number): number {
  const last = (weekday + length - 1) % 7;
  return last === 0 ? length - 2 : last === 6 ? length - 1 : length;
}

/** Saturday gives way to Friday, Sunday to Monday; but never to another month. */
function nearestWorkday(date: number, weekday: number, length: number): number {
  const own = (weekday + date - 1) % 7;
  if (own === 6) return date === 1 ? 3 : date - 1;
  if (own === 0) return date === length ? date - 2 : date + 1;
  return date;
}

/** The bits 1, 8, 15, 22 and 29: every seventh date. */
const sevenths = (1 << 1) | (1 << 8) | (1 << 15) | (1 << 22) | (1 << 29);

function weekDates(days: CronDays, weekday: number, length: number): number {
  let dates = 0;
  for (let each = 0; each < 7; each++) {
    const delay = (each - weekday + 7) % 7;
    if (days.weekdays.has(each)) dates |= sevenths << delay;
    if (days.lastWeekdays.has(each)) dates |= 1 << lastOf(1 + delay, length);
  }
  for (const { weekday: each, nth } of days.nthWeekdays) {
    const date = 1 + ((each - weekday + 7) % 7) + (nth - 1) * 7;
    if (date <= length) dates |= 1 << date;
  }
  return dates;
}

function lastOf(date: number, length: number): number {
  return date + Math.floor((length - date) / 7) * 7;
}

function monthDays(year: number, month: number): number {
  if (month !== 2) return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}
