import { ErgateError } from "../base/error.ts";
import { dialects } from "../cron/dialect.ts";
import type { InstantOption } from "../cron/instant.ts";
import type { MissedOption, ScheduleOptions } from "../cron/schedule.ts";
import type { TimingOptions } from "../cron/timing-options.ts";
import { overlaps } from "../job/schedule-policy.ts";
import type { Args, OptionSpecs } from "./options.ts";

/** How the command line says when a schedule fires, and by which policies. */

export const timingOptions = {
  every: { value: "DURATION", help: "instead of cron: at creation + n times it" },
  at: { value: "TIME", help: "instead of cron: once, such as 2030-01-31T12:00" },
  zone: {
    value: "ZONE",
    help: "the clock it goes by, such as Europe/Berlin (default: the host's)",
  },
  start: { value: "TIME", help: "not before that" },
  end: { value: "TIME", help: "not from then on" },
  dialect: { value: "NAME", help: `how cron is read: ${dialects.join(", ")}` },
} as const satisfies OptionSpecs;

export const policyOptions = {
  overlap: { value: "POLICY", help: `while a run is not done: ${overlaps.join(", ")}` },
  missed: { value: "POLICY", help: "times no process was there for: once, skip, all, all(N)" },
  window: { value: "DURATION", help: "those missed longer ago are skipped (default 24h)" },
  deadline: { value: "DURATION", help: "how late a run may start (default: at any time)" },
  jitter: { value: "DURATION", help: "delay all by the part of it that the name decides" },
  paused: { help: "it begins with schedules resume" },
} as const satisfies OptionSpecs;

export function timingOf(args: Args): TimingOptions {
  const timing: TimingOptions = {};
  const zone = args.text("zone");
  const every = args.duration("every");
  const dialect = args.choice("dialect", dialects);
  if (zone !== undefined) timing.zone = zone;
  if (every !== undefined) timing.every = every;
  if (dialect !== undefined) timing.dialect = dialect;
  for (const name of ["at", "start", "end"] as const) {
    const moment = momentOf(args, name);
    if (moment !== undefined) timing[name] = moment;
  }
  return timing;
}

/** Digits alone are milliseconds since the epoch; the rest is read by the zone's clock. */
export function momentOf(args: Args, name: string): InstantOption | undefined {
  const text = args.text(name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : text;
}

export function policyOf(args: Args): Partial<ScheduleOptions> {
  const policy: Partial<ScheduleOptions> = {};
  const overlap = args.choice("overlap", overlaps);
  const missed = args.text("missed");
  if (overlap !== undefined) policy.overlap = overlap;
  if (missed !== undefined) policy.missed = missed as MissedOption;
  for (const name of ["window", "deadline", "jitter"] as const) {
    const duration = args.duration(name);
    if (duration !== undefined) policy[name] = duration;
  }
  if (args.flag("paused")) policy.paused = true;
  return policy;
}

/** A refusal in the words of the command line: its path is an option. */
export async function inOptions<T>(action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ErgateError) || error.path === undefined) throw error;
    const { code, cause } = error;
    const message = optionText(error.message.replace(/^spec: /, ""));
    throw new ErgateError(code, message, { path: optionText(error.path), cause });
  }
}

function optionText(text: string): string {
  return text.replace(/^(?:spec|options)\.(?=\w)/, "--").replace(/^spec\b/, "NAME");
}
