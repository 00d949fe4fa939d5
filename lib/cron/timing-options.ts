import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { type Fields, optionError } from "../job/fields.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { isEvery, parseEvery } from "./every.ts";
import { parseExpression } from "./expression.ts";
import { type InstantOption, parseInstant } from "./instant.ts";
import type { TimingSpec, TimingWindow } from "./timing.ts";
import { type Zone, zoneOf } from "./zone.ts";

/** When a schedule fires, as users write it: one of `cron`, `every` and `at`. */
export interface TimingOptions {
  cron?: string;
  /** It fires at creation + n · every, however late a firing was. */
  every?: Duration;
  at?: InstantOption;
  /** An IANA name. Default: the host's. */
  zone?: string;
  /** The first moment at which it may fire. */
  start?: InstantOption;
  /** The first moment at which it may no more. */
  end?: InstantOption;
  /** How `cron` is read. Default `ergate`. */
  dialect?: Dialect;
}

/** The names of the fields that `parseTiming` reads. */
export const timingFields: readonly string[] = [
  ...["cron", "every", "at", "zone", "start", "end", "dialect"],
];

/**
 * Throws ERR_ERGATE_OPTION, ERR_ERGATE_DURATION or ERR_ERGATE_SCHEDULE with the field's path.
 * `defaultZone` is for a schedule that names none.
 */
export function parseTiming(fields: Fields, defaultZone: string): TimingSpec {
  const zone = zoneOf(fields.string("zone") ?? defaultZone, fields.at("zone"));
  const window = windowOf(fields, zone);
  const dialect = fields.oneOf("dialect", dialects);
  const [kind, other] = (["cron", "every", "at"] as const).filter(
    (key) => fields.raw(key) !== undefined,
  );
  if (kind === undefined) throw optionError(fields.at("cron"), "is missing, as are every and at");
  if (other !== undefined) throw optionError(fields.at(other), `excludes ${kind}`);
  if (dialect !== undefined && kind !== "cron") {
    throw optionError(fields.at("dialect"), "goes with cron alone");
  }
  switch (kind) {
    case "cron":
      return cronOf(fields, dialect ?? "ergate", window);
    case "every":
      return { type: "every", everyMs: everyMsOf(fields), ...window };
    case "at":
      return { type: "at", at: parseInstant(fields.raw("at"), zone, fields.at("at")), ...window };
    default:
      return kind satisfies never;
  }
}

/** The same spec as users would write it, in ms: `parseTiming` reads it back. */
export function timingOptions(spec: TimingSpec): TimingOptions {
  const { zone, start, end } = spec;
  const window = {
    zone,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
  switch (spec.type) {
    case "cron": {
      const { dialect } = spec;
      return { cron: spec.expression, ...(dialect === "ergate" ? {} : { dialect }), ...window };
    }
    case "every":
      return { every: spec.everyMs, ...window };
    case "at":
      return { at: spec.at, ...window };
    default:
      return spec satisfies never;
  }
}

function windowOf(fields: Fields, zone: Zone): TimingWindow {
  const [start, end] = (["start", "end"] as const).map((key) => {
    const value = fields.raw(key);
    return value === undefined ? undefined : parseInstant(value, zone, fields.at(key));
  });
  if (start !== undefined && end !== undefined && start >= end) {
    throw optionError(fields.at("end"), "must be past start");
  }
  return {
    zone: zone.name,
    ...(start === undefined ? {} : { start }),
    ...(end === undefined ? {} : { end }),
  };
}

function cronOf(fields: Fields, dialect: Dialect, window: TimingWindow): TimingSpec {
  const expression = (fields.string("cron") as string).trim();
  const path = fields.at("cron");
  if (dialect === "robfig-v1" && isEvery(expression)) {
    return { type: "every", everyMs: parseEvery(expression, path), ...window };
  }
  parseExpression(expression, dialect, path);
  return { type: "cron", expression, dialect, ...window };
}

function everyMsOf(fields: Fields): number {
  const everyMs = fields.durationMs("every") as number;
  if (everyMs >= limits.scheduleEveryMs) return everyMs;
  throw optionError(fields.at("every"), `must be ${limits.scheduleEveryMs} ms or longer`);
}
