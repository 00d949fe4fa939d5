import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type PreviewOptions, preview } from "../cron/preview.ts";
import { parseSchedule, type Schedule, type ScheduleOptions } from "../cron/schedule.ts";
import type { TimingOptions } from "../cron/timing-options.ts";
import { hostZone } from "../cron/zone.ts";
import { Fields } from "../job/fields.ts";
import type { Page } from "../job/job.ts";
import type { Run } from "../job/run.ts";
import { type Overlap, overlaps } from "../job/schedule-policy.ts";
import type { ScheduleRow, ScheduleView } from "../protocol/schedule.ts";
import type { PageOptions } from "./client.ts";
import { type FiringParts, jobOptionsOf, slotOf } from "./firing.ts";
import { reasonGiven, scheduleGiven } from "./given.ts";
import { pageGiven } from "./paging.ts";
import { runOf } from "./runs.ts";
import { busy, saveSchedule } from "./saving.ts";
import { hasEnded, type StoredSchedule, specGiven, specOf, storedOf } from "./stored-schedule.ts";

export interface TriggerOptions {
  /** What it does while an earlier run is not done. Default: as the schedule says. */
  overlap?: Overlap;
}

export interface SchedulesClient {
  /**
   * Makes the schedule or changes it, for all processes at once. Resolves with what it was, as it
   * was stored; undefined where there was none, or none that can be read. What runs goes on, and a
   * time of the old one that is due by now runs by the old one. It lives until code declares
   * something else than it did. Throws ERR_ERGATE_SCHEDULE with the column of the bad field,
   * ERR_ERGATE_OPTION, ERR_ERGATE_DURATION and others with its path, ERR_ERGATE_JOB_UNKNOWN for a
   * job that is neither registered nor stored, and what an enqueue of its arguments throws.
   */
  upsert(name: string, spec: ScheduleOptions): Promise<ScheduleOptions | undefined>;
  get(name: string): Promise<StoredSchedule | undefined>;
  /** By name. */
  list(options?: PageOptions): Promise<Page<StoredSchedule>>;
  /**
   * Its times pass without a run until it is resumed; what runs goes on. Resolves with whether that
   * changed anything. Rejects with ERR_ERGATE_SCHEDULE_UNKNOWN.
   */
  pause(name: string): Promise<boolean>;
  /**
   * It goes on with its next time; those that passed meanwhile are recorded as skipped. Resolves
   * with whether that changed anything. Rejects with ERR_ERGATE_SCHEDULE_UNKNOWN.
   */
  resume(name: string): Promise<boolean>;
  /**
   * Its runs go on, and stay on record. Of one that code declares it stands until code declares
   * something else. Resolves with whether there was one.
   */
  remove(name: string): Promise<boolean>;
  /**
   * Makes the schedule unless there is one of that name that has not ended. Resolves with whether
   * it did. Throws as `upsert` does.
   */
  create(name: string, spec: ScheduleOptions): Promise<boolean>;
  /**
   * No time of it comes any more, and its runs that are not over are stopped with `reason`, in one
   * commit: its `end` is now. It stays on record until it is removed or saved anew. Resolves with
   * whether that changed anything. Rejects with ERR_ERGATE_SCHEDULE_UNKNOWN.
   */
  end(name: string, reason?: string): Promise<boolean>;
  /**
   * Runs it now, also while it is paused, beside its times, which stay as they are. Where an
   * earlier run is not done it waits or is skipped, as `overlap` says. Rejects with
   * ERR_ERGATE_SCHEDULE_UNKNOWN.
   */
  trigger(name: string, options?: TriggerOptions): Promise<Run>;
  /**
   * Of one schedule, also a removed one; else of all, and of commands. Newest first, with the times
   * that had no run.
   */
  runs(name?: string, options?: PageOptions): Promise<Page<Run>>;
  /**
   * The next times of a cron expression or a schedule, without its jitter: `every` counts from
   * `from`; in a schedule that was got, from where it does. Throws as `upsert` does for times that
   * can't be read.
   */
  preview(spec: string | TimingOptions | ScheduleOptions, options?: PreviewOptions): Date[];
}

export function localSchedules(parts: FiringParts): SchedulesClient {
  return {
    upsert: (name, spec) => upsert(parts, name, spec),
    get: async (name) => get(parts, scheduleGiven(name)),
    list: (options = {}) => list(parts, options),
    pause: async (name) => setPaused(parts, scheduleGiven(name), true),
    resume: async (name) => setPaused(parts, scheduleGiven(name), false),
    remove: async (name) => remove(parts, scheduleGiven(name)),
    create: (name, spec) => create(parts, name, spec),
    end: async (name, reason = "its schedule was ended by hand") =>
      end(parts, scheduleGiven(name), reasonGiven(reason)),
    trigger: async (name, options = {}) => trigger(parts, scheduleGiven(name), options),
    runs: async (name, options = {}) => {
      return runs(parts, name === undefined ? undefined : scheduleGiven(name), options);
    },
    preview: (spec, options = {}) => timesOf(parts, spec, options),
  };
}

async function upsert(
  parts: FiringParts,
  name: string,
  spec: ScheduleOptions,
): Promise<ScheduleOptions | undefined> {
  const schedule = parseSchedule(name, specGiven(spec), "spec", hostZone());
  await checkJob(parts, schedule, "spec");
  const { previous } = await saveSchedule(parts, name, () => schedule);
  return previous && specOf(previous);
}

/** Its job is known and takes the arguments. Throws what an enqueue would. */
export async function checkJob(
  { requests }: FiringParts,
  schedule: Schedule,
  path: string,
): Promise<void> {
  try {
    await requests.prepare(schedule.job, JSON.parse(schedule.args), jobOptionsOf(schedule));
  } catch (error) {
    if (!(error instanceof ErgateError)) throw error;
    const at = error.path === undefined ? path : `${path}.${error.path.replace(/^options\./, "")}`;
    throw new ErgateError(error.code, `${path}: ${error.message}`, { path: at, cause: error });
  }
}

async function existing({ read }: FiringParts, name: string): Promise<ScheduleView | undefined> {
  const row = await read({ type: "schedule", name });
  return row?.removed === true ? undefined : row;
}

async function get(parts: FiringParts, name: string): Promise<StoredSchedule | undefined> {
  const row = await existing(parts, name);
  return row && storedOf(row, parts.plans);
}

async function list(parts: FiringParts, options: PageOptions): Promise<Page<StoredSchedule>> {
  const page = await parts.read({ type: "schedules", removed: false, ...pageGiven(options) });
  return { items: page.items.map((row) => storedOf(row, parts.plans)), next: page.next };
}

async function setPaused(parts: FiringParts, name: string, paused: boolean): Promise<boolean> {
  const { previous, saved } = await saveSchedule(parts, name, (row) => {
    if (row === undefined) return undefined;
    const { schedule } = parts.plans.of(row);
    return schedule.paused === paused ? undefined : { ...schedule, paused };
  });
  if (previous === undefined) throw unknown(name);
  return saved;
}

async function remove(parts: FiringParts, name: string): Promise<boolean> {
  for (let tries = 0; tries < limits.scheduleSaveTries; tries++) {
    const row = await existing(parts, name);
    if (row === undefined) return false;
    const schedules = [{ name, revision: row.revision }];
    const { removed } = await parts.ask({ type: "removeSchedules", schedules, forget: false });
    if (removed[0] === true) return true;
  }
  throw busy(name);
}

async function create(parts: FiringParts, name: string, spec: ScheduleOptions): Promise<boolean> {
  const schedule = parseSchedule(name, specGiven(spec), "spec", hostZone());
  await checkJob(parts, schedule, "spec");
  const { saved } = await saveSchedule(parts, name, (row) => {
    const isThere = row !== undefined && !hasEnded(specOf(row), parts.clock.now());
    return isThere ? undefined : schedule;
  });
  return saved;
}

async function end(parts: FiringParts, name: string, reason: string): Promise<boolean> {
  const change = (row: ScheduleRow | undefined): Schedule | undefined => {
    const now = parts.clock.now();
    if (row === undefined || hasEnded(specOf(row), now)) return undefined;
    const { schedule } = parts.plans.of(row);
    const { start, ...timing } = schedule.timing;
    // One that has not begun has no beginning any more: it would lie behind the end.
    const begun = start !== undefined && start < now ? { start } : {};
    return { ...schedule, timing: { ...timing, ...begun, end: now } };
  };
  const { previous, saved } = await saveSchedule(parts, name, change, reason);
  if (previous === undefined) throw unknown(name);
  return saved;
}

async function trigger(parts: FiringParts, name: string, options: TriggerOptions): Promise<Run> {
  const given = new Fields(options, "options", ["overlap"]).oneOf("overlap", overlaps);
  const row = await existing(parts, name);
  if (row === undefined) throw unknown(name);
  const plan = parts.plans.of(row);
  const { policy } = plan.schedule;
  const now = parts.clock.now();
  // Its time is now, whatever the schedule's jitter and deadline are.
  const at = { planAt: now, trigger: "manual" } as const;
  const slot = await slotOf(parts, { ...plan, delayMs: 0 }, at, now);
  const firing = {
    ...{ name, expect: undefined, overlap: given ?? policy.overlap, deadlineMs: undefined },
    ...{ slots: [slot], skips: [], lastPlanned: row.lastPlanned, nextAt: row.nextAt },
  };
  const { firings } = await parts.ask({ type: "fire", firings: [firing], now });
  if (firings[0]?.type !== "fired") throw unknown(name);
  const page = { type: "runs", schedule: name, job: undefined, cursor: undefined } as const;
  const { items } = await parts.read({ ...page, limit: limits.pageRowsDefault });
  const run = items.find(({ id }) => id === slot.run.id);
  if (run === undefined) throw busy(name);
  return runOf(run);
}

async function runs(
  parts: FiringParts,
  schedule: string | undefined,
  options: PageOptions,
): Promise<Page<Run>> {
  const query = { type: "runs", schedule, job: undefined, ...pageGiven(options) } as const;
  const { items, next } = await parts.read(query);
  return { items: items.map(runOf), next };
}

export function timesOf(
  { clock }: Pick<FiringParts, "clock">,
  spec: Parameters<SchedulesClient["preview"]>[0],
  options: PreviewOptions,
): Date[] {
  const stored = typeof spec === "object" && spec !== null && "createdAt" in spec;
  const anchor = stored ? (spec as StoredSchedule).createdAt : undefined;
  return preview(specGiven(spec), options, { now: clock.now(), zone: hostZone(), anchor });
}

function unknown(name: string): ErgateError {
  const message = `there is no schedule named ${JSON.stringify(name)}`;
  return new ErgateError("ERR_ERGATE_SCHEDULE_UNKNOWN", message, { path: "name" });
}
