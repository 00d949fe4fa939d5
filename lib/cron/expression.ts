import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type Dialect, dialectRules, type FieldName } from "./dialect.ts";
import { type Field, type FieldText, fieldFault, parseField } from "./field.ts";
import { type CronPattern, dayFrom } from "./pattern.ts";

/**
 * Reads a cron expression in a dialect. Throws ERR_ERGATE_SCHEDULE with the reason and the column
 * of the bad field; also for one whose date never comes, such as 30 February. One whose years are
 * past is fine, and fires no more: what an app declares must not fail on the day after its last
 * firing.
 */
export function parseExpression(expression: string, dialect: Dialect, path: string): CronPattern {
  const rules = dialectRules[dialect];
  const words = wordsOf(expression, path);
  const texts = fieldTexts(words, expression, dialect, path);
  const fields = new Map(texts.map((text) => [text.name, parseField(text, rules)]));
  const pattern = patternOf(fields, texts, rules.steppedStarIsOpen);
  if (dayFrom(pattern, 0) === undefined) throw neverFault(texts);
  return pattern;
}

interface Word {
  readonly text: string;
  readonly column: number;
}

function wordsOf(expression: string, path: string): Word[] {
  if (expression.length > limits.cronChars) {
    const most = limits.cronChars;
    const problem = `has ${expression.length} characters: the limit is ${most}`;
    throw new ErgateError("ERR_ERGATE_SCHEDULE", `${path} ${problem}`, { path });
  }
  return [...expression.matchAll(/\S+/g)].map(({ 0: text, index }) => ({
    text,
    column: index + 1,
  }));
}

/** The fields of an expression, those that it leaves out among them. */
function fieldTexts(
  words: readonly Word[],
  expression: string,
  dialect: Dialect,
  path: string,
): FieldText[] {
  const { layouts, nicknames } = dialectRules[dialect];
  const [first] = words;
  if (first?.text.startsWith("@")) {
    const plain = nicknames[first.text.toLowerCase()];
    if (plain === undefined || words.length > 1) {
      const known = Object.keys(nicknames).join(", ");
      throw fault(path, expression, `no nickname; known are ${known}`, first.column);
    }
    return named(dialectRules.ergate.layouts[5] ?? [], plain.split(" "), { expression, path });
  }
  const layout = layouts[words.length];
  if (layout !== undefined) return named(layout, words, { expression, path });
  const counts = Object.keys(layouts).map(Number);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const column = words[most]?.column ?? expression.length + 1;
  const problem = `${words.length} fields where ${least} to ${most} are expected`;
  throw fault(path, expression, problem, column);
}

function named(
  layout: readonly FieldName[],
  words: readonly (Word | string)[],
  common: { expression: string; path: string },
): FieldText[] {
  const given = words.map((word, at) => {
    const { text, column } = typeof word === "string" ? { text: word, column: 1 } : word;
    return { ...common, name: layout[at] as FieldName, text, column };
  });
  const absent = Object.entries(absentFields).filter(([name]) => !layout.includes(name as never));
  const added = absent.map(([name, text]) => {
    return { ...common, name: name as FieldName, text, column: 1 };
  });
  return [...given, ...added];
}

const absentFields: Partial<Record<FieldName, string>> = { second: "0", weekday: "*", year: "*" };

function patternOf(
  fields: ReadonlyMap<FieldName, Field>,
  texts: readonly FieldText[],
  steppedStarIsOpen: boolean,
): CronPattern {
  const of = (name: FieldName) => fields.get(name) as Field;
  const [monthDay, weekday, year] = [of("monthDay"), of("weekday"), of("year")];
  const isOpen = (field: Field) => (steppedStarIsOpen ? field.isStarred : field.isOpen);
  const isTextFixed = ({ name, text }: FieldText) => {
    return (name !== "minute" && name !== "hour") || !/[*?/]/.test(text);
  };
  return {
    seconds: of("second").values,
    minutes: of("minute").values,
    hours: of("hour").values,
    months: of("month").values,
    days: {
      monthDays: monthDay.values,
      last: monthDay.last,
      lastWorkday: monthDay.lastWorkday,
      nearestWorkdays: monthDay.nearestWorkdays,
      weekdays: weekday.values,
      lastWeekdays: weekday.lastWeekdays,
      nthWeekdays: weekday.nthWeekdays,
      either: !isOpen(monthDay) && !isOpen(weekday),
    },
    years: year.isOpen ? undefined : [...year.years].sort((one, other) => one - other),
    isFixed: texts.every(isTextFixed),
  };
}

function neverFault(texts: readonly FieldText[]): ErgateError {
  const of = (name: FieldName) => texts.find((text) => text.name === name) as FieldText;
  const [monthDay, month, year] = [of("monthDay"), of("month"), of("year")];
  const inYear = year.text === "*" ? "" : ` of year ${year.text}`;
  return fieldFault(monthDay, `${monthDay.text} never comes in month ${month.text}${inYear}`);
}

function fault(path: string, expression: string, problem: string, column: number): ErgateError {
  const message = `${path} ${JSON.stringify(expression)}: ${problem}, column ${column}`;
  return new ErgateError("ERR_ERGATE_SCHEDULE", message, { path });
}
