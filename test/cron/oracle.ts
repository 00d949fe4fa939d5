/**
 * What a schedule should do, found another way than lib/cron finds it: it looks at what the zone's
 * clock shows in each single minute, through the parts of `Intl.DateTimeFormat`, and asks of each
 * whether the expression means it. Expressions come as values, so that no parser is trusted.
 */

export type Item =
  | { kind: "star"; step?: number }
  | { kind: "one"; value: number }
  | { kind: "range"; from: number; to: number; step?: number }
  | { kind: "L" }
  | { kind: "LW" }
  | { kind: "W"; day: number }
  | { kind: "lastOf"; weekday: number }
  | { kind: "nth"; weekday: number; nth: number };

export interface Expression {
  /** Undefined: second 0 alone, and not written. */
  second: Item[] | undefined;
  minute: Item[];
  hour: Item[];
  monthDay: Item[];
  month: Item[];
  weekday: Item[];
  /** Undefined: not written. Only with seconds. */
  year: Item[] | undefined;
}

export function textOf(expression: Expression): string {
  const { second, minute, hour, monthDay, month, weekday, year } = expression;
  const fields = [second, minute, hour, monthDay, month, weekday, year];
  return fields
    .flatMap((field) => (field === undefined ? [] : [field.map(itemText).join()]))
    .join(" ");
}

function itemText(item: Item): string {
  switch (item.kind) {
    case "star":
      return item.step === undefined ? "*" : `*/${item.step}`;
    case "one":
      return String(item.value);
    case "range":
      return `${item.from}-${item.to}${item.step === undefined ? "" : `/${item.step}`}`;
    case "W":
      return `${item.day}W`;
    case "lastOf":
      return `${item.weekday}L`;
    case "nth":
      return `${item.weekday}#${item.nth}`;
    default:
      return item.kind;
  }
}

/** A minute of real time, and what the clock shows in it, as minutes since 1970 on that clock. */
export interface Minutes {
  readonly start: number;
  readonly shown: Int32Array;
}

const minuteMs = 60_000;

export function walk(zone: string, start: number, end: number): Minutes {
  const read = reader(zone);
  const shown = new Int32Array((end - start) / minuteMs);
  for (let at = 0; at < shown.length; at++) shown[at] = read(start + at * minuteMs);
  return { start, shown };
}

/** What a zone's clock shows, as minutes since 1970 on that clock. */
export function reader(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  return (instant) => {
    const parts: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(instant)) parts[type] = Number(value);
    const { year = 0, month = 0, day = 0, hour = 0, minute = 0 } = parts;
    return Date.UTC(year, month - 1, day, hour, minute) / minuteMs;
  };
}

/** The instants at which it fires, from `from` on. What was walked before is what came before. */
export function firings(expression: Expression, { start, shown }: Minutes, from: number): number[] {
  const means = meaning(expression);
  const isFixed = [...expression.minute, ...expression.hour].every(
    (item) => item.kind !== "star" && !("step" in item),
  );
  const seconds = expression.second === undefined ? [0] : numbers(0, 59, expression.second);
  const found: number[] = [];
  const seen = new Set<number>();
  for (let at = 1; at < shown.length; at++) {
    const [before, label] = [shown[at - 1] as number, shown[at] as number];
    const instant = start + at * minuteMs;
    const isShownFirst = !seen.has(label);
    if (isFixed) {
      for (let skipped = before + 1; skipped < label; skipped++) {
        if (means(skipped) && instant >= from && found.at(-1) !== instant) found.push(instant);
      }
      seen.add(label);
    }
    if (instant < from || !means(label) || (isFixed && !isShownFirst)) continue;
    for (const second of seconds) {
      const each = instant + second * 1_000;
      if (found.at(-1) !== each) found.push(each);
    }
  }
  return found;
}

/** Whether any date of 130 years is meant. */
export function everComes(expression: Expression): boolean {
  const means = dayMeaning(expression);
  for (let day = 0; day < 130 * 366; day++) if (means(day)) return true;
  return false;
}

function meaning(expression: Expression): (label: number) => boolean {
  const dayMeans = dayMeaning(expression);
  const days = new Map<number, boolean>();
  const times = Array.from({ length: 1_440 }, (_, time) => {
    const [hour, minute] = [Math.floor(time / 60), time % 60];
    return holds(expression.hour, hour, 0) && holds(expression.minute, minute, 0);
  });
  return (label) => {
    const day = Math.floor(label / 1_440);
    let isDay = days.get(day);
    if (isDay === undefined) {
      isDay = dayMeans(day);
      days.set(day, isDay);
    }
    return isDay && times[label - day * 1_440] === true;
  };
}

function dayMeaning(expression: Expression): (day: number) => boolean {
  const { monthDay, month, weekday, year } = expression;
  const isOpen = (field: Item[]) => field.some((item) => item.kind === "star" && !item.step);
  const isEither = !isOpen(monthDay) && !isOpen(weekday);
  return (day) => {
    const date = new Date(day * 86_400_000);
    if (!holds(month, date.getUTCMonth() + 1, 1)) return false;
    if (year !== undefined && !holds(year, date.getUTCFullYear(), 1970)) return false;
    const inMonth = monthDay.some((item) => meansMonthDay(item, date));
    const inWeek = weekday.some((item) => meansWeekday(item, date));
    return isEither ? inMonth || inWeek : inMonth && inWeek;
  };
}

function meansMonthDay(item: Item, date: Date): boolean {
  const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
  const workdays = monthOf(year, month).filter(({ weekday }) => weekday >= 1 && weekday <= 5);
  switch (item.kind) {
    case "L":
      return day === monthOf(year, month).length;
    case "LW":
      return day === workdays.at(-1)?.day;
    case "W": {
      if (item.day > monthOf(year, month).length) return false;
      const distances = workdays.map((each) => Math.abs(each.day - item.day));
      return day === workdays[distances.indexOf(Math.min(...distances))]?.day;
    }
    default:
      return holds([item], day, 1);
  }
}

function meansWeekday(item: Item, date: Date): boolean {
  const weekday = date.getUTCDay();
  const same = monthOf(date.getUTCFullYear(), date.getUTCMonth()).filter(
    (each) => each.weekday === weekday,
  );
  switch (item.kind) {
    case "lastOf":
      return item.weekday % 7 === weekday && same.at(-1)?.day === date.getUTCDate();
    case "nth":
      return item.weekday % 7 === weekday && same[item.nth - 1]?.day === date.getUTCDate();
    default:
      return holds([item], weekday, 0) || (weekday === 0 && holds([item], 7, 0) && !isStar(item));
  }
}

function isStar(item: Item): boolean {
  return item.kind === "star";
}

function monthOf(year: number, month: number): { day: number; weekday: number }[] {
  const days: { day: number; weekday: number }[] = [];
  for (let day = 1; new Date(Date.UTC(year, month, day)).getUTCMonth() === month; day++) {
    days.push({ day, weekday: new Date(Date.UTC(year, month, day)).getUTCDay() });
  }
  return days;
}

function numbers(min: number, max: number, field: Item[]): number[] {
  const all = Array.from({ length: max - min + 1 }, (_, at) => min + at);
  return all.filter((value) => holds(field, value, min));
}

function holds(field: Item[], value: number, min: number): boolean {
  return field.some((item) => {
    switch (item.kind) {
      case "star":
        return (value - min) % (item.step ?? 1) === 0;
      case "one":
        return value === item.value;
      case "range":
        return (
          value >= item.from && value <= item.to && (value - item.from) % (item.step ?? 1) === 0
        );
      default:
        return false;
    }
  });
}
