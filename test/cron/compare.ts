import assert from "node:assert/strict";
import { next, type Timing, timingOf } from "../../lib/cron/timing.ts";
import { type Expression, everComes, firings, type Minutes, textOf } from "./oracle.ts";

/** The zones of the oracle: half an hour's DST, a skipped day, odd offsets, DST at midnight, none. */
export const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Kathmandu",
  "America/Sao_Paulo",
  "Africa/Casablanca",
  "America/St_Johns",
  "Asia/Tehran",
];

export const dayMs = 86_400_000;

/**
 * Compares all firings of a stretch that was walked with those of the oracle. The first 26 hours are
 * what came before. Returns how many there were.
 */
export function compare(expression: Expression, zone: string, minutes: Minutes): number {
  const from = minutes.start + 26 * 3_600_000;
  const end = minutes.start + minutes.shown.length * 60_000;
  const text = textOf(expression);
  const timing = readable(expression, zone);
  if (timing === undefined) return 0;
  const expected = firings(expression, minutes, from);
  const found: number[] = [];
  for (let at = next(timing, from - 1); at !== undefined && at < end; at = next(timing, at)) {
    found.push(at);
    if (found.length > expected.length) break;
  }
  const shown = (instants: number[]) => instants.map((each) => new Date(each).toISOString());
  if (found.length === expected.length && found.every((each, at) => each === expected[at])) {
    return found.length;
  }
  assert.deepEqual(shown(found), shown(expected), `${text} in ${zone}`);
  throw new Error("two lists differ, and don't");
}

/** Undefined for what was rightly refused, since it never comes. */
function readable(expression: Expression, zone: string): Timing | undefined {
  const text = textOf(expression);
  try {
    return timingOf({ type: "cron", expression: text, dialect: "ergate", zone }, 0);
  } catch (error) {
    assert.match((error as Error).message, /never comes/, text);
    assert.equal(everComes(expression), false, text);
    return undefined;
  }
}
