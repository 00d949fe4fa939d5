import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { Piscina } from "piscina";
import { systemClock } from "../../lib/base/clock.ts";
import { sibling } from "../../lib/base/sibling.ts";
import type { Figures } from "../harness.ts";

/** The limits of what runs in threads. */

/** Piscina with one `run()` a job and no storage; `width` of them under way. */
export async function drainPiscina({ jobs, width }: { jobs: number; width: number }) {
  const threads = availableParallelism();
  const filename = sibling(import.meta.url, "../noop-entry").href;
  const pool = new Piscina({ filename, minThreads: threads, maxThreads: threads });
  const burst = async (count: number) => {
    let left = count;
    const caller = async () => {
      while (left-- > 0) await pool.run({ to: "a@b.c", n: left });
    };
    await Promise.all(Array.from({ length: width }, caller));
  };
  await burst(jobs / 10);
  const started = systemClock.monotonic();
  await burst(jobs);
  return { perSecond: (jobs * 1_000) / (systemClock.monotonic() - started) };
}

/** Bare threads, one a core, each with the kernel in a loop. */
export async function spin(input: { jobs: number; iterations: number }): Promise<Figures> {
  const threads = availableParallelism();
  const workerData = { iterations: input.iterations, jobs: Math.ceil(input.jobs / threads) };
  const entry = sibling(import.meta.url, "./bench-spin-entry");
  const workers = Array.from({ length: threads }, () => new Worker(entry, { workerData }));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const started = systemClock.monotonic();
  for (const worker of workers) worker.postMessage("go");
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const seconds = (systemClock.monotonic() - started) / 1_000;
  return { perSecond: (workerData.jobs * threads) / seconds };
}

/** A thread that answers each message. Resolves after the answer. */
export function echoThread(): { trip(): Promise<unknown>; end(): Promise<unknown> } {
  const worker = new Worker(sibling(import.meta.url, "./bench-echo-entry"));
  return {
    trip() {
      worker.postMessage(0);
      return new Promise((resolve) => worker.once("message", resolve));
    },
    end: () => worker.terminate(),
  };
}
