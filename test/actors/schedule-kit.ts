import type { TestContext } from "node:test";
import { createRuntime, defineJob, type JobDefinition } from "../../actors/index.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { ScheduleOptions } from "../../lib/cron/schedule.ts";
import type { Run } from "../../lib/job/run.ts";
import { VirtualClock, virtualStartMs } from "../../lib/kernel/testkit.ts";
import { aborted, type Given, newFile, silent, turns } from "./kit.ts";

/** Runtimes with schedules on a virtual clock and a real file: their lives, and what they leave. */

export const second = 1_000;
export const minute = 60 * second;
export const hour = 60 * minute;
/** 2026-01-01T00:00:00Z, a Thursday. */
export const t0 = virtualStartMs;

/** As many turns of the loop as a look, its commit and the run take. */
const restTurns = 16;

/** Moves the clock; the runtimes come to rest at each timer. */
export function move(clock: VirtualClock, ms: number): Promise<void> {
  return clock.advanceAsync(ms, () => turns(restTurns));
}

export interface World {
  clock: VirtualClock;
  file: string;
  /** In which second from t0 `work` was entered for which planned time. */
  entered: [at: number, planAt: number | undefined][];
  /** `{ ms }`: how long a run takes by the clock. It ends at once where it is cancelled. */
  work: JobDefinition<{ ms: number }>;
  /** A runtime on the file that has not started. */
  make(given?: Given): Promise<Runtime>;
  /** Begins a life of a runtime on the file. */
  live(given?: Given): Promise<Runtime>;
  /** Ends a life at once: what runs is interrupted. */
  end(runtime: Runtime): Promise<void>;
}

export function world(t: TestContext, startMs: number = t0): World {
  const clock = new VirtualClock(startMs);
  const file = newFile(t);
  const entered: World["entered"] = [];
  const work = defineJob<{ ms: number }>("work", {
    async run({ ms }, ctx) {
      entered.push([Math.floor(since(clock.now())), ctx.schedule && since(ctx.schedule.planAt)]);
      if (ms === 0) return;
      const done = new Promise<void>((resolve) => void clock.after(ms, resolve));
      await Promise.race([done, aborted(ctx.signal)]);
      ctx.signal.throwIfAborted();
    },
  });
  const end = (runtime: Runtime) => stopped(clock, runtime);
  const make = async (given: Given = {}) => {
    const storage = { file, place: "inline" } as const;
    const runtime = await createRuntime({ storage, clock, jobs: [work], logger: silent, ...given });
    t.after(() => end(runtime));
    return runtime;
  };
  const live = async (given: Given = {}) => {
    const runtime = await make(given);
    await runtime.start();
    return runtime;
  };
  return { clock, file, entered, work, make, live, end };
}

/** A stop takes virtual time. */
async function stopped(clock: VirtualClock, runtime: Runtime): Promise<void> {
  let over = false;
  const stopping = runtime.stop({ graceMs: 0 }).finally(() => {
    over = true;
  });
  while (!over) await clock.advanceAsync(1, () => turns(restTurns));
  return stopping;
}

/** Seconds from t0. */
function since(at: number): number {
  return (at - t0) / second;
}

/** A schedule of `work` that is over at once. */
export function spec(more: Partial<ScheduleOptions>): ScheduleOptions {
  return { zone: "UTC", job: "work", args: { ms: 0 }, ...more };
}

/** All runs of a schedule, the oldest record first, page by page. */
export async function history(runtime: Runtime, name?: string): Promise<Run[]> {
  const runs: Run[] = [];
  let cursor: string | undefined;
  do {
    const page = await runtime.schedules.runs(name, { limit: 500, ...(cursor && { cursor }) });
    runs.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return runs.reverse();
}

/** `60 cron completed`; a record of several skipped times is `60..180 missed ×3`. */
function told({ planAt, trigger, outcome, skipReason, skipped }: Run): string {
  if (skipped === undefined) return `${since(planAt)} ${trigger} ${skipReason ?? outcome}`;
  return `${since(planAt)}..${since(skipped.untilAt)} ${skipReason} ×${skipped.count}`;
}

export async function toldOf(runtime: Runtime, name?: string): Promise<string[]> {
  return (await history(runtime, name)).map(told);
}
