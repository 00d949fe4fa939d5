import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { DialectRules, FieldName } from "./dialect.ts";
import { NumberSet } from "./number-set.ts";
import type { NthWeekday } from "./pattern.ts";

/** One field of a cron expression, where it stands, and what is known of its like. */
export interface FieldText {
  readonly name: FieldName;
  readonly text: string;
  /** Counted from 1, in the expression. */
  readonly column: number;
  /** The expression, with its path before it, for what is said of it. */
  readonly expression: string;
  readonly path: string;
}

/** What a field says. Years are kept less `cronYearMin`, as ranges: a set holds 60 numbers. */
export interface Field {
  readonly values: NumberSet;
  readonly years: Set<number>;
  /** It has a bare `*` or `?`. */
  isOpen: boolean;
  /** It has a `*` or `?`, perhaps with a step. */
  isStarred: boolean;
  last: boolean;
  lastWorkday: boolean;
  readonly nearestWorkdays: NumberSet;
  readonly lastWeekdays: NumberSet;
  readonly nthWeekdays: NthWeekday[];
}

interface Bounds {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** The first stands for `min`. */
  readonly names?: readonly string[];
}

const monthNames = [
  ...["january", "february", "march", "april", "may", "june", "july"],
  ...["august", "september", "october", "november", "december"],
];
const weekdayNames = [
  ...["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"],
];

const boundsOf: Readonly<Record<FieldName, Bounds>> = {
  second: { label: "second", min: 0, max: 59 },
  minute: { label: "minute", min: 0, max: 59 },
  hour: { label: "hour", min: 0, max: 23 },
  monthDay: { label: "day of month", min: 1, max: 31 },
  month: { label: "month", min: 1, max: 12, names: monthNames },
  weekday: { label: "day of week", min: 0, max: 6, names: weekdayNames },
  year: { label: "year", min: limits.cronYearMin, max: limits.cronYearMax },
};

/**
 * Reads one field: a list of values, ranges, steps, and of `L`, `W` and `#` where days may have
 * them. Throws ERR_ERGATE_SCHEDULE with the reason and the field's column. A range is checked
 * before it is expanded.
 */
export function parseField(source: FieldText, rules: DialectRules): Field {
  const field: Field = {
    values: new NumberSet(),
    years: new Set(),
    isOpen: false,
    isStarred: false,
    last: false,
    lastWorkday: false,
    nearestWorkdays: new NumberSet(),
    lastWeekdays: new NumberSet(),
    nthWeekdays: [],
  };
  for (const entry of source.text.toLowerCase().split(",")) {
    if (entry === "") throw fieldFault(source, "has an empty place in its list");
    if (!rules.specials || !addSpecial(field, entry, source, rules)) {
      addRange(field, entry, source, rules);
    }
  }
  return field;
}

/** A refusal of a field: its label, what is wrong, and where. */
export function fieldFault(source: FieldText, problem: string): ErgateError {
  const { label } = boundsOf[source.name];
  const sentence = `${label} ${problem}, column ${source.column}`;
  const message = `${source.path} ${JSON.stringify(source.expression)}: ${sentence}`;
  return new ErgateError("ERR_ERGATE_SCHEDULE", message, { path: source.path });
}

/** True where `entry` was one of the days' own forms. */
function addSpecial(field: Field, entry: string, source: FieldText, rules: DialectRules): boolean {
  if (source.name === "monthDay") return addMonthDay(field, entry, source, rules);
  if (source.name !== "weekday") return false;
  const [, day, nth] = /^([^-/]+?)(?:l|#(\w*))$/.exec(entry) ?? [];
  if (day === undefined) {
    if (entry !== "l") return false;
    throw fieldFault(source, 'L needs a day, such as "5L" for the last Friday');
  }
  const weekday = numberOf(day, source, rules) % 7;
  if (nth === undefined) {
    field.lastWeekdays.add(weekday);
    return true;
  }
  if (!/^[1-5]$/.test(nth)) throw fieldFault(source, `#${nth} is out of range #1–#5`);
  field.nthWeekdays.push({ weekday, nth: Number(nth) });
  return true;
}

function addMonthDay(field: Field, entry: string, source: FieldText, rules: DialectRules): boolean {
  if (entry === "l") {
    field.last = true;
  } else if (entry === "lw") {
    field.lastWorkday = true;
  } else {
    const [, day] = /^(\w+)w$/.exec(entry) ?? [];
    if (day === undefined) return false;
    field.nearestWorkdays.add(numberOf(day, source, rules));
  }
  return true;
}

function addRange(field: Field, entry: string, source: FieldText, rules: DialectRules): void {
  const [range = "", step, ...tooMany] = entry.split("/");
  if (tooMany.length > 0) throw fieldFault(source, `${shown(entry)} has two steps`);
  const { min, max } = boundsOf[source.name];
  const isStar = range === "*" || range === "?";
  const [from, to] = isStar ? [min, max] : rangeOf(range, step !== undefined, source, rules);
  if (from > to) throw fieldFault(source, `range ${from}–${to} runs backwards`);
  const by = step === undefined ? 1 : stepOf(step, source, rules);
  if (isStar) {
    field.isStarred = true;
    field.isOpen ||= step === undefined;
  }
  for (let value = from; value <= to; value += by) addValue(field, value, source.name);
}

function addValue(field: Field, value: number, name: FieldName): void {
  if (name === "year") field.years.add(value);
  else field.values.add(name === "weekday" ? value % 7 : value);
}

function rangeOf(
  range: string,
  isStepped: boolean,
  source: FieldText,
  rules: DialectRules,
): [from: number, to: number] {
  const [first = "", second, ...tooMany] = range.split("-");
  if (tooMany.length > 0) throw fieldFault(source, `${shown(range)} is no range`);
  const from = numberOf(first, source, rules);
  if (second !== undefined) return [from, endOf(second, source, rules)];
  if (!isStepped) return [from, from];
  const { max } = boundsOf[source.name];
  if (rules.openSteps) return [from, max];
  throw fieldFault(source, `step needs a range: ${shown(`${range}-${max}/…`)}, or "*/…"`);
}

/** The end of a range, where Sunday follows Saturday. */
function endOf(text: string, source: FieldText, rules: DialectRules): number {
  const isSunday = source.name === "weekday" && /^sun(day)?$/.test(text);
  const value = numberOf(text, source, rules);
  return isSunday && rules.sundayIsSeven ? 7 : value;
}

function numberOf(text: string, source: FieldText, rules: DialectRules): number {
  const { label, min, max, names = [] } = boundsOf[source.name];
  const name = names.findIndex((each) => {
    return text === each.slice(0, 3) || (rules.longNames && text === each);
  });
  if (name >= 0) return min + name;
  const most = source.name === "weekday" && rules.sundayIsSeven ? 7 : max;
  if (!/^\d+$/.test(text)) {
    throw fieldFault(source, text === "" ? "misses a value" : `${shown(text)} is no ${label}`);
  }
  const value = Number(text);
  if (value >= min && value <= most) return value;
  throw fieldFault(source, `${text.slice(0, shownChars)} is out of range ${min}–${most}`);
}

function stepOf(text: string, source: FieldText, rules: DialectRules): number {
  const { min, max } = boundsOf[source.name];
  const most = rules.wideSteps ? Number.MAX_SAFE_INTEGER : max - min + 1;
  const step = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (step >= 1 && step <= most) return step;
  const range = rules.wideSteps ? "1 and more" : `1–${most}`;
  throw fieldFault(source, `step ${shown(text)} is out of range ${range}`);
}

const shownChars = 20;

function shown(text: string): string {
  return JSON.stringify(text.slice(0, shownChars));
}
