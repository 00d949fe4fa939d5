/** The ways to write cron that are read, told apart by who reads them. */

/**
 * `ergate`: 5 fields minute first, 6 seconds first, 7 with a year. `robfig-v1` (Harbor): 5 or 6
 * fields, both seconds first, a missing weekday is `*`, `@every 1h30m`. `cronexpr` (go-crontab): 5
 * fields minute first, 6 with a year, 7 with seconds and a year.
 */
export type Dialect = "ergate" | "robfig-v1" | "cronexpr";

export const dialects: readonly Dialect[] = ["ergate", "robfig-v1", "cronexpr"];

export type FieldName = "second" | "minute" | "hour" | "monthDay" | "month" | "weekday" | "year";

export interface DialectRules {
  /** The fields of an expression, by their number. */
  readonly layouts: Readonly<Record<number, readonly FieldName[]>>;
  /** Expressions of five fields, minute first. */
  readonly nicknames: Readonly<Record<string, string>>;
  /** Whether `L`, `W` and `#` are known. */
  readonly specials: boolean;
  /** Whether 7 is Sunday, too. */
  readonly sundayIsSeven: boolean;
  /** Whether `5/15` is read, as 5 to the end by 15. */
  readonly openSteps: boolean;
  /** Whether January is JAN, too. */
  readonly longNames: boolean;
  /** Whether a step may be larger than its range, which then has one value. */
  readonly wideSteps: boolean;
  /** Whether both days must fit beside a star with a step, too, and not only beside a bare one. */
  readonly steppedStarIsOpen: boolean;
}

const five: readonly FieldName[] = ["minute", "hour", "monthDay", "month", "weekday"];

const common = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

export const dialectRules: Readonly<Record<Dialect, DialectRules>> = {
  ergate: {
    layouts: { 5: five, 6: ["second", ...five], 7: ["second", ...five, "year"] },
    nicknames: { ...common, "@midnight": "0 0 * * *" },
    specials: true,
    sundayIsSeven: true,
    openSteps: false,
    longNames: false,
    wideSteps: false,
    steppedStarIsOpen: false,
  },
  "robfig-v1": {
    layouts: { 5: ["second", ...five.slice(0, -1)], 6: ["second", ...five] },
    nicknames: { ...common, "@midnight": "0 0 * * *" },
    specials: false,
    sundayIsSeven: false,
    openSteps: true,
    longNames: false,
    wideSteps: true,
    steppedStarIsOpen: true,
  },
  cronexpr: {
    layouts: { 5: five, 6: [...five, "year"], 7: ["second", ...five, "year"] },
    nicknames: common,
    specials: true,
    sundayIsSeven: true,
    openSteps: true,
    longNames: true,
    wideSteps: false,
    steppedStarIsOpen: false,
  },
};
