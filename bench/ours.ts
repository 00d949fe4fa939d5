import { join } from "node:path";
import { createRuntime, defineJob, type JobDefinition, type Runtime } from "../actors/index.ts";
import { systemClock } from "../lib/base/clock.ts";
import { sibling } from "../lib/base/sibling.ts";
import type { RuntimeOptions } from "../lib/client/options.ts";
import type { Durability } from "../lib/job/job.ts";

/** What the sides that measure the runtime share. */

export interface OursOptions {
  durability?: Durability;
  concurrency?: number;
  http?: RuntimeOptions["http"];
}

/** A runtime with `job` on a fresh file. */
export function openOurs(
  folder: string,
  job: JobDefinition,
  { durability = "fsync", concurrency = 100, http }: OursOptions = {},
): Promise<Runtime> {
  const storage = { file: join(folder, "ours.db"), durability };
  return createRuntime({
    storage,
    jobs: [job],
    concurrency,
    ...(http === undefined ? {} : { http }),
  });
}

/** A job that does nothing in the loop, and counts its runs. */
export function loopNoop(): { job: JobDefinition; runs: Counter } {
  const runs = new Counter();
  return { job: defineJob("noop", { run: () => runs.add() }), runs };
}

/** A job that does nothing in a thread. */
export function threadNoop(): JobDefinition {
  return defineJob("noop", { thread: sibling(import.meta.url, "./noop-entry") });
}

/** Counts, and tells when a count is reached. */
class Counter {
  count = 0;
  #target = Number.POSITIVE_INFINITY;
  #reached: (() => void) | undefined;

  add(): void {
    this.count++;
    if (this.count >= this.#target) this.#reached?.();
  }

  /** One waits at a time. */
  reaches(target: number): Promise<void> {
    if (this.count >= target) return Promise.resolve();
    this.#target = target;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }
}

export function payload(n: number): { to: string; n: number } {
  return { to: "a@b.c", n };
}

const fillRows = 1_000;

/** Enqueues many of the job, not timed. */
export async function fill(
  runtime: Runtime,
  job: JobDefinition,
  count: number,
  args: (n: number) => object = payload,
): Promise<void> {
  for (let done = 0; done < count; done += fillRows) {
    const length = Math.min(fillRows, count - done);
    const requests = Array.from({ length }, (_, at) => ({ job, args: args(done + at) }));
    await runtime.enqueueMany(requests);
  }
}

/**
 * `callers` of enqueue, each waiting for its receipt before its next call. Their arguments are
 * numbered from `n` on.
 */
export async function callers(
  runtime: Runtime,
  job: JobDefinition,
  count: number,
  goesOn: () => boolean,
  n = 0,
  args: (n: number) => object = payload,
): Promise<void> {
  const caller = async () => {
    while (goesOn()) await runtime.enqueue(job, args(n++));
  };
  await Promise.all(Array.from({ length: count }, caller));
}

/**
 * Warms up with a tenth, then drains `count` waiting jobs that a pause held back, and answers the
 * milliseconds until the last is settled: not when its handler was called, which flatters by 5 %.
 */
export async function drainMs(
  runtime: Runtime,
  job: JobDefinition,
  count: number,
  args?: (n: number) => object,
  ran?: Counter,
): Promise<number> {
  const warm = Math.ceil(count / 10);
  await runtime.start();
  await fill(runtime, job, warm, args);
  await completed(runtime, warm);
  await runtime.queues.pause(job.queue);
  await fill(runtime, job, count, args);
  const started = systemClock.monotonic();
  await runtime.queues.resume(job.queue);
  // Asked the store only at the end where the handler can be heard: each look costs the drain.
  await ran?.reaches(warm + count);
  await completed(runtime, warm + count);
  return systemClock.monotonic() - started;
}

/** Resolves once so many of its jobs are settled. */
async function completed(runtime: Runtime, count: number): Promise<void> {
  // Each look takes a tenth of a millisecond of the cores that the drain runs on.
  while ((await runtime.jobs.count({ state: "completed" })) < count) await after(10);
}

/** A look at something once it may have changed, and idle time between two samples. */
export function after(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
