import { limits } from "../base/limits.ts";
import { Fields } from "../job/fields.ts";
import { parseInstant } from "./instant.ts";
import { type ScheduleOptions, scheduleFields } from "./schedule.ts";
import { next, timingOf } from "./timing.ts";
import { parseTiming, type TimingOptions } from "./timing-options.ts";
import { zoneOf } from "./zone.ts";

export interface PreviewOptions {
  /** The first time shown is past it; `every` counts from it. Default: now. */
  from?: Date | number;
  /** Default 5, at most 1 000. */
  count?: number;
  /** For a spec that names none. Default: the host's. */
  zone?: string;
}

export interface PreviewFacts {
  readonly now: number;
  readonly zone: string;
}

/**
 * The next times of a cron expression or a schedule, without its jitter; fewer where no more come.
 * Throws ERR_ERGATE_SCHEDULE, ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the bad field's path.
 */
export function preview(
  spec: string | TimingOptions | ScheduleOptions,
  options: PreviewOptions,
  facts: PreviewFacts,
): Date[] {
  const fields = new Fields(options, "options", ["from", "count", "zone"]);
  const zone = zoneOf(fields.string("zone") ?? facts.zone, "options.zone");
  const from = parseInstant(fields.raw("from") ?? facts.now, zone, "options.from");
  const count = fields.integer("count", 1, limits.previewTimes) ?? 5;
  const value = typeof spec === "string" ? { cron: spec } : spec;
  const timing = timingOf(parseTiming(new Fields(value, "", scheduleFields), zone.name), from);
  const dates: Date[] = [];
  for (let at = next(timing, from); at !== undefined && dates.length < count; ) {
    dates.push(new Date(at));
    at = next(timing, at);
  }
  return dates;
}
