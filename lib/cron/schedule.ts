import type { Duration } from "../base/duration.ts";
import { ErgateError } from "../base/error.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import { type HookOptions, hookTextOf, storedHook } from "../job/hook.ts";
import { anywhere } from "../job/hook-rules.ts";
import type { JobMeta } from "../job/job.ts";
import { metaTextOf } from "../job/meta.ts";
import { checkJobName } from "../job/name.ts";
import {
  type Missed,
  type Overlap,
  overlaps,
  type SchedulePolicy,
} from "../job/schedule-policy.ts";
import { gapMsOf } from "./jitter.ts";
import { type TimingSpec, timingOf } from "./timing.ts";
import { parseTiming, type TimingOptions, timingFields, timingOptions } from "./timing-options.ts";

/** A schedule as users write it: when, what it enqueues, and its policies. */
export interface ScheduleOptions extends TimingOptions {
  /** A definition, or the name of one. */
  job: string | { readonly name: string };
  /** Default null. */
  args?: unknown;
  /** For a firing while an earlier run is not done. Default `skip`. */
  overlap?: Overlap;
  /** For due times that no process was there for. Default `once`. `"all"`: 100 at most. */
  missed?: MissedOption;
  /** Due times that were missed longer ago are skipped. Default 24 h. */
  window?: Duration;
  /** How late a run may start. Default: at any time. */
  deadline?: Duration;
  /** Delays all firings by the part of it that the name decides. Default 0. */
  jitter?: Duration;
  /**
   * Whom its runs tell of their moves, in place of their job's hook. It has no keys of its own, as
   * a schedule is shown: the runtime's sign.
   */
  hook?: string | ScheduleHook;
  /** Default false. */
  paused?: boolean;
  /** Of the jobs that it enqueues. Default none. */
  meta?: JobMeta;
}

export type ScheduleHook = Omit<HookOptions, "secret">;

/** `"all(3)"` is `{ all: 3 }`. */
export type MissedOption = "skip" | "once" | "all" | `all(${number})` | { readonly all: number };

/** A schedule, checked. */
export interface Schedule {
  readonly name: string;
  readonly timing: TimingSpec;
  readonly job: string;
  /** JSON text. */
  readonly args: string;
  readonly policy: SchedulePolicy;
  readonly jitterMs: number;
  readonly hook: ScheduleHook | undefined;
  readonly paused: boolean;
  /** JSON text of its jobs' meta; undefined: none. */
  readonly meta: string | undefined;
}

export const scheduleFields: readonly string[] = [
  ...timingFields,
  ...["job", "args", "overlap", "missed", "window", "deadline", "jitter", "hook", "paused", "meta"],
];

/**
 * Throws ERR_ERGATE_SCHEDULE, ERR_ERGATE_OPTION, ERR_ERGATE_DURATION, ERR_ERGATE_JOB_NAME,
 * ERR_ERGATE_PAYLOAD_JSON or ERR_ERGATE_PAYLOAD_SIZE with the path of the bad field.
 */
export function parseSchedule(
  name: string,
  value: unknown,
  path: string,
  defaultZone: string,
): Schedule {
  checkScheduleName(name, path);
  const fields = new Fields(value, path, scheduleFields);
  const timing = parseTiming(fields, defaultZone);
  return {
    name,
    timing,
    job: checkJobName(jobNameOf(fields.raw("job")), fields.at("job")),
    args: encodeJson(fields.raw("args") ?? null, fields.at("args"), limits.payloadBytes),
    policy: policyOf(fields),
    jitterMs: jitterMsOf(fields, timing),
    hook: hookOf(fields),
    paused: fields.boolean("paused") ?? false,
    meta: metaTextOf(fields),
  };
}

/**
 * A schedule as JSON, to store and to compare: what `parseSchedule` reads back to an equal one.
 * Defaults stand in it, so that what was stored keeps its meaning when a default changes.
 */
export function formatSchedule(schedule: Schedule): string {
  const { timing, job, args, policy, jitterMs, hook, paused, meta } = schedule;
  const { overlap, missed, windowMs, deadlineMs } = policy;
  const options: ScheduleOptions = {
    ...timingOptions(timing),
    job,
    args: JSON.parse(args),
    overlap,
    missed: missed.type === "all" ? { all: missed.max } : missed.type,
    window: windowMs,
    ...(deadlineMs === undefined ? {} : { deadline: deadlineMs }),
    jitter: jitterMs,
    ...(hook === undefined ? {} : { hook }),
    paused,
    ...(meta === undefined ? {} : { meta: JSON.parse(meta) }),
  };
  return JSON.stringify(options);
}

function checkScheduleName(name: string, path: string): void {
  const isText = typeof name === "string";
  if (isText && /^[\p{L}\p{N}._:/-]+$/u.test(name) && name.length <= limits.nameChars) return;
  const form = `a schedule's name has 1 to ${limits.nameChars} letters, digits and . _ : / -`;
  const shown = isText ? JSON.stringify(name.slice(0, 60)) : `a value of type ${typeof name}`;
  const message = `${path} is named ${shown}: ${form}`;
  throw new ErgateError("ERR_ERGATE_SCHEDULE", message, { path });
}

function jobNameOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "name" in value ? value.name : value;
}

/** Where it may go is checked with the job that it is for. */
function hookOf(fields: Fields): ScheduleHook | undefined {
  const given = fields.raw("hook");
  if (given === undefined) return undefined;
  const path = fields.at("hook");
  const { url, events, secret } = storedHook(hookTextOf(given, path, anywhere));
  if (secret === undefined) return { url, ...(events && { events }) };
  throw optionError(`${path}.secret`, "would be shown with its schedule: hooks.secret signs");
}

function policyOf(fields: Fields): SchedulePolicy {
  return {
    overlap: fields.oneOf("overlap", overlaps) ?? "skip",
    missed: missedOf(fields),
    windowMs: fields.durationMs("window") ?? limits.scheduleWindowMs,
    deadlineMs: fields.durationMs("deadline"),
  };
}

function missedOf(fields: Fields): Missed {
  const value = fields.raw("missed") ?? "once";
  if (value === "skip" || value === "once") return { type: value };
  if (value === "all") return { type: "all", max: limits.scheduleCatchUp };
  const path = fields.at("missed");
  if (typeof value === "object") {
    const max = new Fields(value, path, ["all"]).integer("all", 1, limits.scheduleCatchUpMax);
    if (max === undefined) throw optionError(`${path}.all`, "is missing");
    return { type: "all", max };
  }
  const [, digits] = typeof value === "string" ? (/^all\((\d+)\)$/.exec(value) ?? []) : [];
  const max = Number(digits ?? 0);
  if (max >= 1 && max <= limits.scheduleCatchUpMax) return { type: "all", max };
  throw optionError(path, `must be skip, once, all or all(1) to all(${limits.scheduleCatchUpMax})`);
}

/** Jitter moves firings apart; as large as the time between two, it would move them together. */
function jitterMsOf(fields: Fields, timing: TimingSpec): number {
  const jitterMs = fields.durationMs("jitter") ?? 0;
  if (jitterMs === 0) return 0;
  const gapMs = gapMsOf(timingOf(timing, 0));
  if (gapMs === undefined || jitterMs < gapMs) return jitterMs;
  const problem = `is ${jitterMs} ms: it must be below the ${gapMs} ms from one firing to the next`;
  throw optionError(fields.at("jitter"), problem);
}
