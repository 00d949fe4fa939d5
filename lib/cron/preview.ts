import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import { type InstantOption, parseInstant } from "./instant.ts";
import { type ScheduleOptions, scheduleFields } from "./schedule.ts";
import { next, timingOf } from "./timing.ts";
import { parseTiming, type TimingOptions } from "./timing-options.ts";
import { zoneOf } from "./zone.ts";

export interface PreviewOptions {
  /**
   * The first time shown is past it; `every` counts from it. Text is read by the clock of `zone`.
   * Default: now.
   */
  from?: InstantOption;
  /** Default 5, at most 1 000. */
  count?: number;
  /** For an expression or a spec that names none. Default: the host's. */
  zone?: string;
}

export interface PreviewFacts {
  readonly now: number;
  readonly zone: string;
  /** What `every` counts from. Default: `from`. */
  readonly anchor?: number | undefined;
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
  if (typeof spec !== "string" && (typeof spec !== "object" || spec === null)) {
    throw optionError("spec", "must be a cron expression or a schedule");
  }
  const value = typeof spec === "string" ? { cron: spec } : spec;
  const timingSpec = parseTiming(new Fields(value, "", scheduleFields), zone.name);
  const timing = timingOf(timingSpec, facts.anchor ?? from);
  const dates: Date[] = [];
  for (let at = next(timing, from); at !== undefined && dates.length < count; ) {
    dates.push(new Date(at));
    at = next(timing, at);
  }
  return dates;
}
