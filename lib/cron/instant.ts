import { ErgateError } from "../base/error.ts";
import type { Zone } from "./zone.ts";

/** A moment as users write it: a Date, ms since the epoch, or `"2026-03-29T09:00"`. */
export type InstantOption = Date | number | string;

/** The last moment of the year 9999. */
const instantMax = 253_402_300_799_999;
const form =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?)?\s*(Z|[+-]\d\d:\d\d)?$/i;

/**
 * A moment in ms since the epoch. Text without an offset is by the zone's clock: one that it skips
 * is the end of the gap, one that it shows twice the first. Throws ERR_ERGATE_SCHEDULE with `path`.
 */
export function parseInstant(value: unknown, zone: Zone, path: string): number {
  const instant = instantOf(value, zone);
  if (instant !== undefined && instant >= 0 && instant <= instantMax) return Math.round(instant);
  const shown = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : String(value);
  const accepted = 'a moment is a Date, ms since the epoch, or "2026-03-29T09:00" (also with Z)';
  throw new ErgateError("ERR_ERGATE_SCHEDULE", `${path} is ${shown}: ${accepted}`, { path });
}

function instantOf(value: unknown, zone: Zone): number | undefined {
  if (value instanceof Date) return value.getTime();
  if (typeof value === "number") return value;
  if (typeof value !== "string") return undefined;
  const match = form.exec(value.trim());
  return match === null ? undefined : instantOfParts(match.slice(1), zone);
}

function instantOfParts(parts: readonly (string | undefined)[], zone: Zone): number | undefined {
  const numbers = parts.slice(0, 6).map((part) => Number(part ?? "0"));
  const [year = 0, month = 0, date = 0, hour = 0, minute = 0, second = 0] = numbers;
  const isInRange = month >= 1 && month <= 12 && hour < 24 && minute < 60 && second < 60;
  const seconds = Date.UTC(year, month - 1, date, hour, minute, second);
  // 30 February would be another day, in March.
  if (!isInRange || new Date(seconds).getUTCDate() !== date) return undefined;
  const wall = seconds + Number((parts[6] ?? "").padEnd(3, "0"));
  const offset = offsetMsOf(parts[7]);
  if (offset !== undefined) return wall - offset;
  return zone.instantAfter(wall, Number.NEGATIVE_INFINITY) ?? zone.gapEnd(wall);
}

/** Undefined for text that names no offset. */
function offsetMsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (text.toUpperCase() === "Z") return 0;
  const size = (Number(text.slice(1, 3)) * 60 + Number(text.slice(4))) * 60_000;
  return text.startsWith("-") ? -size : size;
}
